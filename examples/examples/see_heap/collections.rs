//! What collections say of themselves: lines, records, events, callbacks; and collections at places that a seed chooses.

use crate::classes::{CLASSES, Shelf};
use crate::events::Printed;
use crate::{Done, add_album, builder, clear_half, full_shelf, heading};
use heapwright::{GcSchedule, prelude::*};

/// A line for each collection, as it ends. `trace_gc_to_stderr()` writes the same lines to standard error.
pub fn lines() -> Done {
    heading("a line for each collection");
    let mut isolate = builder().trace_gc(|record| println!("{record}")).build()?;
    let mut scope = isolate.enter();
    let shelf = full_shelf(&mut scope);
    clear_half(&scope, shelf);
    scope.collect(CollectionKind::Full);
    Ok(())
}

/// All others.
pub fn look(scope: &mut HandleScope<'_>) -> Done {
    heading("the record of a collection");
    scope.collect(CollectionKind::Full);
    let statistics = scope.statistics();
    println!("{:#?}", statistics.collections.last().ok_or("one has run")?);

    heading("an event for each collection");
    tracing::subscriber::with_default(Printed, || scope.collect(CollectionKind::Young));

    heading("callbacks before and after");
    let before = scope.add_gc_prologue(None, |event| println!("before, {}: {} bytes", event.reason.name(), event.used));
    let after = scope.add_gc_epilogue(None, |event| println!("after, {}: {} bytes", event.reason.name(), event.used));
    scope.collect_for(CollectionKind::Full, "the program has nothing to do");
    scope.remove_gc_callback(before);
    scope.remove_gc_callback(after);
    Ok(())
}

/// Collections where a seed says, and the same again.
pub fn schedules() -> Done {
    heading("collections that a seed chooses");
    let run = |schedule: GcSchedule| -> Result<GcSchedule, Box<dyn std::error::Error>> {
        let mut isolate = Isolate::builder().classes(&CLASSES).gc_threads(1).schedule(schedule).verify(true).build()?;
        let mut scope = isolate.enter();
        let shelf = Shelf::new(&mut scope, crate::ShelfInit { albums: Filled::new(Nil, 20) });
        (0..20).for_each(|place| add_album(&mut scope, shelf, place));
        Ok(scope.schedule_so_far().ok_or("it has one")?)
    };
    let chosen = run(GcSchedule::from_seed(7))?;
    println!("{chosen}");
    assert_eq!(run(chosen.to_string().parse()?)?, chosen);
    Ok(())
}
