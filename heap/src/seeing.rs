//! Seeing the heap: each instrument at work, with what it prints. For reading; there is no code here.
//!
//! All output below is that of one program, `examples/examples/see_heap` in the repository, with compressed pointers:
//! `cargo run --example see_heap`. A test compares the two; times and addresses differ from run to run. Its heap holds
//! a shelf of albums, which refer to their songs and titles; the collector has one thread there, so that each run is
//! like the other. The calls are in the program, a function for each part of the output, which begins with a line `== …
//! ==`.
//!
//! | what you want to know | instrument | what it costs |
//! |---|---|---|
//! | when and why is it collected, how long does it take? | [a line for each collection](#a-line-for-each-collection), [records](#records-of-collections), [events](#events), [callbacks](#callbacks) | a line, once a collection |
//! | how full is it? | [statistics of spaces and classes](#spaces-and-classes) | spaces nothing, classes a walk over all objects |
//! | where do the bytes lie, what is wasted? | [the map of pages](#the-map-of-pages) | a walk, and following all references |
//! | what does this thing take? | [the footprint](#what-objects-take) | following what it refers to |
//! | why is this still alive? | [a heap snapshot](#heap-snapshots), [roots](#roots) | a full collection, memory outside of the heap |
//! | which code allocates so much? | [the sampling profile](#a-profile-of-allocations), [allocation observers](#allocation-observers) | a look at each new object |
//! | who changes this field? | [observers of stores](#observers-of-stores) | all stores take the slow path |
//! | what is in this object? | [printers](#objects-printed), [images over layouts](#objects-over-their-layouts), [the debugger](#in-the-debugger) | nothing until used |
//! | is there any object such that …? | [the iterator over all objects](#all-objects) | a walk |
//! | is the heap damaged? | [the verifier](#the-verifier), [schedules](#collections-that-a-seed-chooses) | slow: for tests |
//!
//! What takes `&HandleScope` looks at the heap as it is: objects that died since the last collection are there too,
//! unless it says otherwise. Nothing here allocates in the heap. A walk over a million objects takes a small part of
//! what a full collection does; following all references takes about two of them.
//!
//! # A line for each collection
//!
//! [`IsolateBuilder::trace_gc_to_stderr`](crate::IsolateBuilder::trace_gc_to_stderr) writes it to standard error when
//! the collection is over; [`trace_gc`](crate::IsolateBuilder::trace_gc) gives its [record](crate::CollectionRecord) to
//! a function of yours, whose `Display` is the line. What each column is, is told at `trace_gc_to_stderr`.
//!
//! ```text
//! == a line for each collection ==
//! [1]       6.4 ms: young semi-space full          0.6 (    2.5) →     0.6 (    2.5) MiB  pause   3.049 ms  copied   0.5 promoted   0.2 MiB  ran      6.4 ms at    99 MiB/s
//! [1]       9.5 ms: young semi-space full          0.6 (    2.5) →     0.6 (    3.0) MiB  pause   2.765 ms  copied   0.0 promoted   0.5 MiB  ran      0.0 ms at     0 MiB/s  remembered 1701 slots
//! [1]      16.7 ms: full  requested                1.0 (    3.0) →     0.6 (    3.2) MiB  pause   1.720 ms  copied   0.0 promoted   0.4 MiB  ran      4.4 ms at    84 MiB/s  live     0.6 MiB  scavenge 0.135 mark 1.130 evacuate 0.000 sweep 0.452 ms
//! ```
//!
//! Here the young generation was full twice: at first what lived was copied, then promoted. A pause in which nothing is
//! copied may have been spent on remembered slots, each of which is looked at: old objects referred to what is young. The full
//! collection was asked for. Steps of marking between collections are not told one by one; the line of the full collection after them
//! has their sum.
//!
//! # Records of collections
//!
//! [`HandleScope::statistics`](crate::HandleScope::statistics) has the last 64; older ones are in the totals alone.
//! What the fields mean is said at [`CollectionRecord`](crate::CollectionRecord);
//! [`allocation_rate`](crate::CollectionRecord::allocation_rate) and
//! [`mutator_utilization`](crate::CollectionRecord::mutator_utilization) are made of them.
//!
//! ```text
//! == the record of a collection ==
//! CollectionRecord {
//!     isolate: 2,
//!     kind: Full,
//!     reason: Requested,
//!     since_start: 16.164556ms,
//!     mutator: 4.385998ms,
//!     pause: 2.76116ms,
//!     phases: CollectionPhases {
//!         scavenging: 178.052µs,
//!         marking: 2.169918ms,
//!         evacuating: 392ns,
//!         sweeping: 410.127µs,
//!     },
//!     allocated: 389324,
//!     used_before: 1056964,
//!     used_after: 1056964,
//!     committed_before: 3145728,
//!     committed_after: 3670016,
//!     copied: 0,
//!     promoted: 389324,
//!     remembered: 0,
//!     evacuated: 0,
//!     evacuated_chunks: 0,
//!     aborted_chunks: 0,
//!     live: Some(
//!         1056964,
//!     ),
//!     marking_steps: MarkingSteps {
//!         count: 0,
//!         pause: 0ns,
//!         longest_pause: 0ns,
//!         visited: 0,
//!         elsewhere: 0,
//!     },
//! }
//! ```
//!
//! The phases do not add up to the pause: weak references, weak callbacks and sizes are in none of them.
//!
//! # Events
//!
//! Each collection is an event of [`tracing`](https://docs.rs/tracing), of level `DEBUG` and target `heapwright::gc`,
//! with all that the record has: any subscriber may write, count or send it, such as `tracing_subscriber::fmt` with
//! `RUST_LOG=heapwright::gc=debug`. There are no spans, for the event is emitted when all is over: a subscriber may do
//! what it likes, a panic in it included.
//!
//! ```text
//! == an event for each collection ==
//! DEBUG heapwright::gc
//!   message = collected
//!   isolate = 2
//!   kind = "young"
//!   reason = "requested"
//!   since_start_us = 19047
//!   mutator_us = 121
//!   pause_us = 7
//!   scavenging_us = 7
//!   marking_us = 0
//!   evacuating_us = 0
//!   sweeping_us = 0
//!   allocated = 0
//!   used_before = 1056964
//!   used_after = 1056964
//!   committed_before = 3670016
//!   committed_after = 3670016
//!   copied = 0
//!   promoted = 0
//!   remembered = 0
//!   evacuated = 0
//!   evacuated_chunks = 0
//!   aborted_chunks = 0
//!   marking_steps = 0
//!   marking_steps_us = 0
//!   marking_steps_visited = 0
//!   marking_steps_elsewhere = 0
//!   unreturned = 0
//! ```
//!
//! `live` is there for full collections only. `unreturned` is what the operating system refused to take back.
//!
//! # Callbacks
//!
//! [`add_gc_prologue`](crate::HandleScope::add_gc_prologue) and
//! [`add_gc_epilogue`](crate::HandleScope::add_gc_epilogue) are called before and after, and are told what is used,
//! committed and external. They cannot look at the heap, for an allocation may be under way.
//! [`collect_for`](crate::HandleScope::collect_for) gives a reason of your own, which lines, records and events show.
//!
//! ```text
//! == callbacks before and after ==
//! before, the program has nothing to do: 1056964 bytes
//! after, the program has nothing to do: 1056964 bytes
//! ```
//!
//! # Spaces and classes
//!
//! [`HandleScope::statistics`](crate::HandleScope::statistics) costs no walk, and prints as this table, in bytes:
//!
//! ```text
//! == statistics ==
//! space                    committed        used   available   wasted  pages
//! new_space                  2097152           0      507648        0      8
//! old_space                  1048576      896956      118340        0      4
//! map_space                   262144         280      253544        0      1
//! large_object_space          262144      160008           0    93816      1
//! all                        3670016     1057244      879532    93816     14
//! most so far 3932160, allowed 2147483648; external 0
//! old generation 1056964, collected at 33554432
//! young collections 3, 5.494 ms, the longest 2.811 ms; copied 507632, promoted 667640, evacuated 0
//! full  collections 2, 5.298 ms, the longest 2.761 ms; copied 0, promoted 389324, evacuated 0
//! steps of marking  0, 0.000 ms, the longest 0.000 ms; visited 0, and other threads 0
//! ```
//!
//! The shelf has 40,000 places, too many for a page among others: it lies in a page of its own, whose rest is wasted.
//! In `new_space`, the half that waits to be copied into counts as committed and as nothing else. `used` has dead
//! objects in it. What the process holds besides, the pool of freed pages for one, is in
//! [`memory_statistics`](crate::HandleScope::memory_statistics).
//!
//! [`class_statistics`](crate::HandleScope::class_statistics) walks the heap; most bytes first, and not those of
//! classes below:
//!
//! ```text
//! == classes ==
//!     20994 objects      489076 bytes  Text
//!     17994 objects      287904 bytes  Song
//!         1 objects      160008 bytes  Shelf
//!      3000 objects      119976 bytes  Album
//!         7 objects         280 bytes  Map
//! ```
//!
//! [`allocation_statistics`](crate::HandleScope::allocation_statistics) counts all that was ever allocated, by space
//! and by who did it; copies of the collector, `gc`, count once more. It costs nothing, for linear allocation areas are
//! counted when they are changed.
//!
//! ```text
//! == who allocated ==
//! new_space               runtime      896956
//! new_space               gc           507632
//! old_space               gc           896956
//! map_space               runtime         280
//! new_large_object_space  runtime      160008
//! large_object_space      gc           160008
//! ```
//!
//! # What objects take
//!
//! [`HandleScope::footprint`](crate::HandleScope::footprint) counts what some objects refer to, directly or not, each
//! object once; here an album with its songs and all titles. What else refers to it does not matter: what would be
//! freed without it is in a [snapshot](#heap-snapshots).
//!
//! ```text
//! == what objects take ==
//! 1 root: 10 objects, 192 bytes, 5 wasted; depth 2, 9 references
//! class  objects  bytes  share  average  largest  wasted
//! Text         5     96  50.0%     19.2       20       5
//! Song         4     64  33.3%     16.0       16       0
//! Album        1     32  16.7%     32.0       32       0
//! bytes by space: old_space 192
//! ```
//!
//! `wasted` is padding. `heapwright_docs::Class::bytes_with` tells what objects of a class take without there being
//! any.
//!
//! # The map of pages
//!
//! [`HandleScope::page_map`](crate::HandleScope::page_map) says of each page, piece by piece, what lives, is dead, free
//! and wasted. `heapwright_docs::render_page_map` draws it for terminals, with colours if they are wanted:
//!
//! ```text
//! == pages ==
//! new_space: 8 pages, 2048 KiB; 100 % free
//!   0x7f3600040000   256 KiB  ················································  100 % free
//!   0x7f3600080000   256 KiB  ················································  100 % free
//!   0x7f36000c0000   256 KiB  ················································  100 % free
//!   0x7f3600100000   256 KiB  ················································  100 % free
//!   0x7f36001c0000   256 KiB  ················································  100 % free
//!   0x7f3600200000   256 KiB  ················································  100 % free
//!   0x7f3600340000   256 KiB  ················································  100 % free
//!   0x7f3600380000   256 KiB  ················································  100 % free
//! old_space: 4 pages, 1024 KiB; 44 % live, 44 % dead, 12 % free
//!   0x7f3600140000   256 KiB  ▇▆▇▆▆▇▆▇▇▇▇▆▆▆▇▆▆▇▆▇▆▆▇▆▇▇▆▇▆▇▇▆▇▆▇▇▆▇▆▆▆▇▆▆▇▆▇▆  75 % live, 25 % dead, < 1 % free
//!   0x7f3600180000   256 KiB  ▆▇▆▇▇▆▇▆▇▇▆▇▆▇▇▆▇▆▆▇▇▇▆▇▆▄······················  40 % live, 13 % dead, 47 % free
//!   0x7f36002c0000   256 KiB  ▁xxxxxx▃▇▇▆▇▆▇▆▇▇▆▆▇▇▆▆▇▇▆▇▇▆▆▇▇▆▆▆▇▆▇▇▆▆▇▇▆▆▆▇▃  62 % live, 38 % dead, < 1 % free
//!   0x7f3600300000   256 KiB  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx▁  < 1 % live, > 99 % dead, < 1 % free
//! map_space: 1 page, 256 KiB; < 1 % live, > 99 % free
//!   0x7f3600240000   256 KiB  ▁···············································  < 1 % live, > 99 % free
//! large_object_space: 1 page, 256 KiB; 63 % live, 37 % wasted
//!   0x7f3600280000   256 KiB  ██████████████████████████████▃-----------------  63 % live, 37 % wasted
//! ▁▄█ live, by share; where nothing is: x dead, - wasted, · free
//! ```
//!
//! A thousand albums and some others have just been taken from the shelf, and nothing was collected since: `x`. The
//! same as a picture, by `heapwright_docs::render_page_map_svg`:
//!
#![doc = include_str!("seeing/pages.svg")]
//!
//! It does not tell which classes are where; [`chunks`](crate::HandleScope::chunks) has addresses, flags and sizes
//! without a walk, and `json_heap --page-map FILE.svg` draws a heap of your own document.
//!
//! # Heap snapshots
//!
//! [`HandleScope::heap_snapshot`](crate::HandleScope::heap_snapshot) collects, and returns all objects and references
//! by the names of the declarations. [`retained_sizes`](crate::inspect::HeapSnapshot::retained_sizes) says what would
//! be freed with each node, [`dominators`](crate::inspect::HeapSnapshot::dominators) which one alone keeps it alive:
//!
//! ```text
//! == a heap snapshot ==
//! 21016 nodes, 51028 edges
//! retained      own  node
//!   610348        0  the root
//!   610348        0  (GC roots) @3
//!   610068        0  (handle scopes) @7
//!   609876   160008  Shelf @42123
//!      432       52  Album @127
//!      432       52  Album @137
//!      432       52  Album @147
//! Song 2 of 2001 @21143, kept alive by Song @21145, kept alive by Album @21133, kept alive by Shelf @42123, kept alive by (handle scopes) @7, kept alive by (GC roots) @3, kept alive by the root
//! ```
//!
//! With the feature `heap-snapshot`, `HeapSnapshot::write_to` makes a file for others to read, of some 50 bytes an
//! object with its references (`see_heap DIR` and `json_heap --heap-snapshot FILE` write some): the Memory panel of
//! Chrome's DevTools (Load profile; the file's name ends in `.heapsnapshot`) has objects by class, what retains them,
//! and the difference of two snapshots, for an object keeps its number; memlab finds what grows (`memlab analyze
//! object-size --snapshot FILE`). Both compute the same retained sizes. Values outside of references are not in it, but
//! for texts and numbers that are all that an object is; a text's first 1,024 characters are. It takes some 24 bytes
//! outside of the heap for each object and each reference, and from the first one on each collection looks through all
//! objects that have numbers.
//!
//! # Roots
//!
//! [`HandleScope::visit_roots`](crate::HandleScope::visit_roots) shows what the collector begins with: handles,
//! globals, root tables, maps of classes. Here are two handles, the maps left out:
//!
//! ```text
//! == roots ==
//! handle scopes: <Shelf 0x7f3600282080>
//! handle scopes: <Album 0x7f36002c209c>
//! ```
//!
//! # A profile of allocations
//!
//! [`start_sampling`](crate::HandleScope::start_sampling) takes one object each so many bytes, and watches it weakly;
//! here two parts of the program have [labels](crate::HandleScope::with_allocation_label), and the second one throws
//! away what it makes:
//!
//! ```text
//! == a sampling allocation profile ==
//! one sample each 1024 bytes on average, seed 42; estimates
//!   live bytes       live    all bytes        all  samples  class
//!       336641      14346       336641      14346      325  Text in new albums
//!       202276      12642       202276      12642      196  Song in new albums
//!        69957       1826        69957       1826       67  Album in new albums
//!            0          0       223712       9640      216  Text in one place
//!            0          0       119714       7482      116  Song in one place
//!            0          0        43683       1365       42  Album in one place
//! ```
//!
//! All numbers are estimates, off by some `1 / √samples`; in truth 14,003 titles, 12,003 songs and 2,000 albums are
//! alive. [`AllocationProfile::write_to`](crate::AllocationProfile) makes a `.heapprofile` for DevTools of it. It does
//! not know stacks: labels are where the program says.
//!
//! # Allocation observers
//!
//! [`add_allocation_observer`](crate::HandleScope::add_allocation_observer) calls you each so many bytes. It cannot
//! allocate, or look at the heap.
//!
//! ```text
//! == an allocation observer ==
//! 50040 bytes more, the last object: Album
//! 50008 bytes more, the last object: Album
//! ```
//!
//! # Observers of stores
//!
//! [`observe_stores`](crate::HandleScope::observe_stores) calls you after each store of a reference, here into albums;
//! into fields declared `#[observed]`, as `seconds` is here, also after stores of other values. While there is one,
//! every store of every class takes the slow path.
//!
//! ```text
//! == an observer of stores ==
//! <Album 0x7f36004e6978>.songs = Tagged(<Song 0x7f36004e69a8>)
//! <Album 0x7f36004e6978>.seconds = Tagged(60)
//! <Album 0x7f36004e6978>.songs = Tagged(<Song 0x7f36004e69cc>)
//! <Album 0x7f36004e6978>.seconds = Tagged(180)
//! <Album 0x7f36004e6978>.songs = Tagged(<Song 0x7f36004e69f0>)
//! <Album 0x7f36004e6978>.seconds = Tagged(360)
//! ```
//!
//! # Objects, printed
//!
//! Every object has `Debug`, from its layout: `{:#?}` tells offsets, sizes and places, and a `print` hook of the class
//! says what `{:?}` is.
//!
//! ```text
//! == an object, printed ==
//! "Album 1"
//! Album at 0x7f36002c209c, 32 bytes, old_space {
//!        4  count: 4
//!        8  seconds: 600
//!       12  title: <Text 0x7f360033fee0>
//!       16  songs: [<Song 0x7f360033fef0>, <Song 0x7f360033ff00>, <Song 0x7f360033ff10>, <Song 0x7f360033ff20>]
//! }
//! ```
//!
//! What it refers to is told by class and address, and not followed; of a tail there are 16 elements.
//!
//! # Objects over their layouts
//!
//! [`HandleScope::object_image`](crate::HandleScope::object_image) copies an object's bytes with what each of them is.
//! `heapwright_docs::Model::with_object` draws them over the layout, for terminals, in Markdown or on the page that has
//! the whole layout:
//!
//! ```text
//! == an object over its layout ==
//! …
//! REAL OBJECTS                                                                                   as they lay in the heap
//! ..: bytes that differ from run to run are left out: addresses and padding.
//!
//! the first song: Song, 16 bytes, #1 in old_space, compressed pointers
//!        0   1   2   3   4   5   6   7   8   9   10  11  12  13  14  15
//!       +---------------+---------------+---------------+---------------+
//!     0 | map           | seconds       | title         | album         |
//!       | ..  ..  ..  ..| 78  00  00  00| ..  ..  ..  ..| ..  ..  ..  ..|
//!       | #2 Map        | 60            | #3 "Song 0 of~| weak #4 Album |
//!       +---------------+---------------+---------------+---------------+
//!     8 title: #3 "Song 0 of 1"
//! ```
//!
//! `layout-docs render PROGRAM` draws the layouts of all classes of a program without running it; the README shows one.
//!
//! # All objects
//!
//! [`HandleScope::heap_objects`](crate::HandleScope::heap_objects) is an iterator: of all, of a space, of a class, or
//! of what roots reach. It borrows the scope, so that nothing moves meanwhile.
//!
//! ```text
//! == all objects ==
//! 41988 objects in old space
//! the longest song: Some(Song { seconds: 540, title: <Text 0x7f36001a2e08>, album: weak <Album 0x7f36001a2c94> })
//! 20984 objects that nothing reaches
//! ```
//!
//! # The verifier
//!
//! [`HandleScope::verify`](crate::HandleScope::verify) checks the whole heap: that maps are as they were made and no
//! forwarding word is left; sizes and alignment; that each reference leads to where an object begins, of a class and
//! strength that the field admits; that each reference from old to young is remembered; while marking is under way,
//! that visited objects refer to none that marking does not know; flags and owners of pages; roots; and last what the
//! classes' `verify` hooks say. Here a hook found something:
//!
//! ```text
//! == the verifier ==
//! Ok(())
//! Album at 0x7f36004e6978 in new_space, byte 0: 0 seconds, and its songs take 360
//! ```
//!
//! What safe code cannot bring about, tests of ours do: they damage a map, drop a remembered slot, skip a barrier.
//! [`Violation`](crate::inspect::Violation) has all there is. It says
//!
//! ```text
//! Map at 0x7fc1003420f8 in map_space, byte 0: the instance size of the map is not that of a class of this isolate
//! Node at 0x7fc100382080 in old_space, byte 8: field `next` refers to a young object and is not in the remembered set
//! Node at 0x7fc100382080 in old_space, byte 12: field `weak` refers to a young object and is not in the remembered set
//! Node at 0x7fc100382080 in old_space, byte 8: field `next` refers to 0x7fc100042080, where no object begins
//! ```
//!
//! The first violation is all that is told. It costs a walk, a set of all addresses and a look at every word, together
//! about what two full collections take. [`IsolateBuilder::verify`](crate::IsolateBuilder::verify) does it before and
//! after each collection and panics; a hook has to hold whenever something is allocated, then. It cannot see that a
//! value is the wrong one of the right class, or that raw bytes are.
//!
//! # Collections that a seed chooses
//!
//! [`IsolateBuilder::schedule`](crate::IsolateBuilder::schedule) collects, or marks, at allocations that come from a
//! seed; [`schedule_so_far`](crate::HandleScope::schedule_so_far) says where it did, as a text with which the same
//! happens again. The verifier's panic has it, too. [`IsolateBuilder::stress`](crate::IsolateBuilder::stress) collects
//! at each Nth allocation.
//!
//! ```text
//! == collections that a seed chooses ==
//! 24:young 53:start 65:mark=1185 83:young 146:mark=1947 188:finish 233:start
//! ```
//!
//! # In the debugger
//!
//! gdb shows the same without running anything, in a live process and in a core file; [`debugger`](crate::debugger)
//! says how it is loaded. `help heapwright` lists the commands. Here it has stopped in the program where the album is
//! printed:
//!
//! ```text
//! (gdb) heapwright print album
//! Album at 0x7ffe002c209c, 32 bytes, old_space {
//!        4  count: 4
//!        8  seconds: 600
//!       12  title: <Text 0x7ffe0033fee0>
//!       16  songs: [<Song 0x7ffe0033fef0>, <Song 0x7ffe0033ff00>, <Song 0x7ffe0033ff10>, <Song 0x7ffe0033ff20>]
//! }
//! (gdb) heapwright print album .title
//! Text at 0x7ffe0033fee0, 16 bytes, old_space {
//!        4  length: 7
//!        8  chars: [65, 108, 98, 117, 109, 32, 49]  "Album 1"
//! }
//! (gdb) heapwright print album .songs[0].seconds
//! 60
//! (gdb) heapwright referrers album
//! <Song 0x7ffe0033fef0>.album  weakly
//! <Song 0x7ffe0033ff00>.album  weakly
//! <Song 0x7ffe0033ff10>.album  weakly
//! <Song 0x7ffe0033ff20>.album  weakly
//! 4 found
//! ```
//!
//! It does not see what a `print` hook writes, unless the program lives and `heapwright call` lets it print by itself.
