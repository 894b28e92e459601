//! The rules, one by one, on the fixture; and that nothing panics, whatever the models.

use super::*;
use crate::fixture::model;
use crate::lock::{Class, Field, Renames};
use crate::model::{Access, Admits, Holds, Length, Meaning, Model, Value};
use proptest::prelude::*;

fn lock() -> Lock {
    let lock = Lock::from_model(&model());
    identify::with_short_names(&lock, &lock).0
}

/// What is said of the fixture after `change`: the sentences, each with whom it breaks.
fn said(change: impl FnOnce(&mut Lock)) -> Vec<String> {
    let (old, mut new) = (lock(), lock());
    change(&mut new);
    let entries = diff(&old, &new).entries;
    let said = |e: &Entry, c: &Change| format!("{} {}: {} [{}]", e.item.name(), e.id, c.what, text::parties(c.breaks));
    entries.iter().flat_map(|e| e.changes.iter().map(move |c| said(e, c))).collect()
}

fn class<'l>(lock: &'l mut Lock, id: &str) -> &'l mut Class {
    lock.classes.get_mut(id).unwrap_or_else(|| panic!("{id}"))
}

fn field<'l>(lock: &'l mut Lock, id: &str, name: &str) -> &'l mut Field {
    class(lock, id).fields.iter_mut().find(|f| f.name == name).unwrap_or_else(|| panic!("{id}.{name}"))
}

fn width(compressed: u32, full: u32) -> PerWidth {
    PerWidth { compressed, full }
}

#[test]
fn the_same_is_the_same() {
    let diff = diff(&lock(), &lock());
    assert_eq!((diff.verdict(), diff.verdict().exit_code()), (Verdict::Same, 0));
    assert_eq!(diff.to_text(), "same: no layout changed\n");
    assert_eq!(diff.to_markdown(), "✅ **Object layouts: same**: no layout changed\n");
}

#[test]
fn classes_come_go_and_are_renamed() {
    assert_eq!(said(|l| drop(l.classes.remove("HeapNumber"))), ["class HeapNumber: removed [breaks code, data]"]);
    let number = |l: &mut Lock| l.classes["HeapNumber"].clone();
    assert_eq!(
        said(|l| {
            let mut new = number(l);
            new.fields[0].name = "other".into();
            new.parent = Some("Struct".into());
            l.classes.insert("Fresh".into(), new);
        }),
        ["class Fresh: added, below `Struct` [breaks nobody]"]
    );
    // Below what was a leaf.
    assert_eq!(
        said(|l| {
            let new = Class { parent: Some("HeapNumber".into()), ..number(l) };
            l.classes.insert("Fresh".into(), new);
        }),
        ["class Fresh: added, below `HeapNumber` [breaks code]"]
    );
    assert_eq!(
        said(|l| {
            let new = l.classes.remove("HeapNumber").unwrap();
            l.classes.insert("Float64".into(), new);
        }),
        ["class Float64: renamed: it was `HeapNumber` [breaks nobody]"]
    );
}

/// Classes are known by their paths: a namesake in another module is one class more, and no other one.
#[test]
fn a_namesake_is_a_class_of_its_own() {
    let with = |change: &dyn Fn(&mut Lock)| {
        let mut lock = lock();
        let to_path = Renames::from([("Str".to_owned(), "a::Str".to_owned())]);
        lock = lock.renamed(&to_path, &Renames::default(), &Renames::default());
        change(&mut lock);
        lock
    };
    let said = |old: &Lock, new: &Lock| -> Vec<String> {
        let entries = diff(old, new).entries;
        entries.iter().flat_map(|e| e.changes.iter().map(move |c| format!("{}: {}", e.id, c.what))).collect()
    };
    let other = |l: &Lock| Class { fields: vec![], ..l.classes["a::Str"].clone() };
    let one = with(&|_| {});
    let two = with(&|l| {
        let other = other(l);
        l.classes.insert("b::Str".into(), other);
    });
    assert_eq!(said(&one, &two), ["b::Str: added, below `HeapObject`"]);
    assert_eq!(said(&two, &one), ["b::Str: removed"]);
    // The same layout under the same name is no other name for what was there either.
    let twin = with(&|l| {
        let twin = l.classes["a::Str"].clone();
        l.classes.insert("b::Str".into(), twin);
    });
    assert_eq!(said(&one, &twin), ["b::Str: added, below `HeapObject`"]);
    // In another module, alone with its name, it is the same still, wherever it is named.
    let moved = one.renamed(
        &Renames::from([("a::Str".to_owned(), "c::Str".to_owned())]),
        &Renames::default(),
        &Renames::default(),
    );
    assert_eq!(said(&one, &moved), [] as [&str; 0]);
    assert_eq!(said(&lock(), &moved), [] as [&str; 0]);
    // What the name meant is another class now.
    let other =
        with(&|l| field(l, "Script", "source").holds = Holds::Strong { admits: vec![Admits::Class("x::Str".into())] });
    assert_eq!(said(&one, &other)[0], "Script: `source` admits other values: x::Str instead of a::Str | Undefined");
}

#[test]
fn qualities_of_classes() {
    for (change, expected) in [
        (
            (|c| c.parent = Some("Struct".into())) as fn(&mut Class),
            "extends `Struct` instead of `HeapObject` [breaks code, data, readers]",
        ),
        (|c| c.is_open = true, "may be extended now [breaks nobody]"),
        (|c| c.is_abstract = true, "is abstract now [breaks code, data]"),
        (|c| c.instance_type = Some(7), "instance type is fixed now: 7 [breaks nobody]"),
        (|c| c.instance_types = Some((7, 9)), "range of instance types is fixed now: 7 to 9 [breaks nobody]"),
    ] {
        let said = said(|l| change(class(l, "HeapNumber")));
        assert!(said.iter().any(|s| *s == format!("class HeapNumber: {expected}")), "{said:?}");
    }
    let (mut old, mut new) = (lock(), lock());
    class(&mut old, "HeapNumber").instance_type = Some(7);
    for (to, expected) in
        [(None, "instance type is fixed no longer: it was 7"), (Some(8), "instance type changed from 7 to 8")]
    {
        class(&mut new, "HeapNumber").instance_type = to;
        let changes = &diff(&old, &new).entries[0].changes;
        assert_eq!((changes[0].what.to_string().as_str(), changes[0].breaks.len()), (expected, 3));
    }
}

#[test]
fn what_fields_hold() {
    let name = class(&mut lock(), "Script")
        .fields
        .iter()
        .find(|f| matches!(f.holds, Holds::Strong { .. }))
        .unwrap()
        .name
        .clone();
    let of = |admits: &[Admits]| Holds::Strong { admits: admits.to_vec() };
    let narrow = [Admits::Class("Str".into())];
    let wide = [Admits::Class("Str".into()), Admits::Smi];
    let other_words = [Admits::Smi, Admits::Class("Str".into()), Admits::Class("Str".into())];
    let mut old = lock();
    for (from, to, expected, breaks) in [
        (&narrow[..], &wide[..], "admits more: Str | smi instead of Str", "breaks code"),
        (&wide, &narrow, "admits less: Str instead of Str | smi", "breaks code, data"),
        (&wide, &other_words, "admits the same: smi | Str | Str instead of Str | smi", "breaks nobody"),
        (&narrow, &[Admits::Any], "admits more: any instead of Str", "breaks code"),
        (&narrow, &[Admits::Smi], "admits other values: smi instead of Str", "breaks code, data"),
        (&narrow, &[Admits::Class("HeapObject".into())], "admits more: HeapObject instead of Str", "breaks code"),
    ] {
        field(&mut old, "Script", &name).holds = of(from);
        let mut new = old.clone();
        field(&mut new, "Script", &name).holds = of(to);
        let diff = diff(&old, &new);
        let change = &diff.entries[0].changes[0];
        assert_eq!(
            (change.what.to_string(), text::parties(change.breaks)),
            (format!("`{name}` {expected}"), breaks.to_owned())
        );
    }
    let said = said(|l| {
        let field = field(l, "Script", &name);
        field.holds = Holds::Smi;
        field.constant = !field.constant;
        field.access = Access::SeqCst;
    });
    assert!(
        said[0].contains(" holds smi instead of strong ") && said[0].ends_with("[breaks code, data, readers]"),
        "{said:?}"
    );
    assert!(said[1].contains("constant") && said[1].ends_with("[breaks code]"), "{said:?}");
    assert!(said[2].ends_with("is sequentially consistent instead of plain [breaks code]"), "{said:?}");
}

#[test]
fn names_of_fields_are_free() {
    let said = said(|l| {
        field(l, "FixedArray", "length").name = "count".into();
        class(l, "FixedArray").tails[0].length = Length::Field("count".into());
        class(l, "FixedArray").tails[0].name = "slots".into();
    });
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[0], "class FixedArray: field `length` is called `count` now [breaks nobody]");
    assert!(said[1].ends_with(" is called `slots` now [breaks nobody]"), "{said:?}");
}

/// What is said of moves between two locks, written without their head.
fn moves(old: &str, new: &str) -> Vec<String> {
    let lock = |text: &str| Lock::parse(&format!("layout-lock 1\n{text}")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let diff = diff(&lock(old), &lock(new));
    let moves = diff.entries.iter().flat_map(|e| e.changes.iter().map(move |c| (e, c)));
    let moves = moves.filter(|(_, c)| matches!(c.what, What::Moved { .. } | What::FieldSize { .. } | What::Padding));
    moves.map(|(e, c)| format!("{}: {}", e.id, c.what)).collect()
}

#[test]
fn a_cause_is_said_once() {
    let old = "class A\n size 20/32\n field a at 4/8 size 4/8 smi\n field b at 8/16 size 4 raw u32\n \
               field c at 12/20 size 4 raw u32\n field d at 16/24 size 4/8 smi\n";
    // One that grew, and holes.
    let grown = "class A\n size 24/32\n field a at 4/8 size 4/8 smi\n field b at 8/16 size 8 raw u64\n \
                 field c at 16/24 size 4 raw u32\n field d at 20/32 size 4/8 smi\n";
    let grown = grown.replace("size 24/32", "size 24/40");
    assert_eq!(
        moves(old, &grown),
        [
            "A: field `c` moved from 12 / 20 to 16 / 24, because `b` grew by 4 bytes",
            "A: field `d` moved from 16 / 24 to 20 / 32, because a hole before changed as well",
            "A: `b` grew from 4 to 8 bytes",
        ]
    );
    // One that is gone, and padding in its place under one width.
    let gone = "class A\n size 16/32\n field a at 4/8 size 4/8 smi\n field p at 8/16 size 0/4 padding\n \
                field c at 8/20 size 4 raw u32\n field d at 12/24 size 4/8 smi\n";
    assert_eq!(
        moves(old, gone),
        [
            "A: fields `c` and `d` moved by -4 bytes (compressed), because `b` was removed before and padding before changed"
        ]
    );
    // Others in between, and another order.
    let more = "class A\n size 28/40\n field a at 4/8 size 4/8 smi\n field x at 8/16 size 4 raw u32\n \
                field y at 12/20 size 4 raw u32\n field b at 16/24 size 4 raw u32\n field c at 20/28 size 4 raw u32\n \
                field d at 24/32 size 4/8 smi\n";
    assert_eq!(
        moves(old, more),
        ["A: fields `b`, `c` and `d` moved by +8 bytes, because `x` and `y` were added before"]
    );
    let swapped = old.replace("field b", "field t").replace("field c", "field b").replace("field t", "field c");
    assert_eq!(
        moves(old, &swapped),
        [
            "A: fields moved, because the order of fields changed: `c` from 12 / 20 to 8 / 16, `b` from 8 / 16 to 12 / 20"
        ]
    );
}

#[test]
fn structs_and_parents_are_causes() {
    let old = "class A open\n size 16/24\n field s at 4/8 size 8 struct S\n field t at 12/16 size 4/8 smi\n\
               class B\n extends A\n size 20/32\n field b at 16/24 size 4/8 smi\n\
               struct S raw\n size 8\n field from at 0 size 4 raw u32\n field to at 4 size 4 raw u32\n";
    let new = "class A open\n size 24/32\n field s at 4/8 size 16 struct S\n field t at 20/24 size 4/8 smi\n\
               class B\n extends A\n size 28/40\n field b at 24/32 size 4/8 smi\n\
               struct S raw\n size 16\n field from at 0 size 8 raw u64\n field to at 8 size 8 raw u64\n";
    assert_eq!(
        moves(old, new),
        [
            "A: field `t` moved from 12 / 16 to 20 / 24, because `s` grew by 8 bytes with the struct `S`",
            "A: `s` grew from 8 to 16 bytes",
            "B: field `b` moved from 16 / 24 to 24 / 32, because `A`, which it extends, grew by 8 bytes",
            "S: field `to` moved from 4 to 8, because `from` grew by 4 bytes",
            "S: `from` grew from 4 to 8 bytes",
            "S: `to` grew from 4 to 8 bytes",
        ]
    );
    assert_eq!(
        moves(new, old)[2],
        "B: field `b` moved from 24 / 32 to 16 / 24, because `A`, which it extends, shrank by 8 bytes"
    );
}

/// Padding is no field: in other pieces it is nothing, and a field in its place is new.
#[test]
fn padding_is_free_until_somebody_takes_it() {
    let old = "class A\n size 8/16\n field a at 4/8 size 2 raw u16\n field p at 6/10 size 2/6 padding\n";
    let pieces = "class A\n size 8/16\n field a at 4/8 size 2 raw u16\n field p at 6/10 size 2 padding\n \
                  field q at 8/12 size 0/4 padding\n";
    assert_eq!(moves(old, pieces), ["A: padding lies elsewhere"]);
    let lock = |text: &str| Lock::parse(&format!("layout-lock 1\n{text}")).unwrap();
    let taken = pieces.replace("p at 6/10 size 2 padding", "b at 6/10 size 2 raw u16");
    let diff = diff(&lock(old), &lock(&taken));
    assert_eq!(diff.entries[0].changes.len(), 1);
    let change = &diff.entries[0].changes[0];
    assert_eq!(change.what.to_string(), "field `b` was added at 6 / 10 where padding was: raw u16, 2 bytes");
    assert_eq!(change.breaks, [Party::Code, Party::Data]);
}

#[test]
fn tails() {
    let said_of = |change: fn(&mut Class)| said(|l| change(class(l, "ScopeInfo"))).join("\n");
    assert!(said_of(|c| drop(c.tails.pop())).ends_with("from behind the fields [breaks code, data, readers]"));
    assert!(said_of(|c| c.tails.swap(0, 1)).contains("what follows the fields is in another order: "));
    assert!(
        said_of(|c| c.tails[1].length = Length::Expression("local_count * 3".into()))
            .contains("local_count * 3 elements instead of local_count * 2 elements [breaks code, data, readers]")
    );
    assert!(
        said_of(|c| {
            c.header_size = width(32, 48);
            c.instance_size = width(32, 48);
        })
        .contains("elements begin elsewhere: moved from 28 / 40 to 32 / 48, +4 / +8 an instance")
    );
}

#[test]
fn bit_fields() {
    let id = "ScriptFlags".to_owned();
    let place = lock().bitfields[&id].fields.iter().position(|f| matches!(f.means, Meaning::Enum { .. })).unwrap();
    let said_of = |change: &dyn Fn(&mut Vec<Value>)| {
        let said = said(|l| {
            let bits = l.bitfields.get_mut(&id).unwrap();
            let Meaning::Enum { values } = &mut bits.fields[place].means else { panic!("no enum") };
            change(values);
        });
        said.join("\n")
    };
    assert!(
        said_of(&|v| v.push(Value { name: "Fresh".into(), value: 63 }))
            .ends_with("has a new name: Fresh = 63 [breaks nobody]")
    );
    assert!(said_of(&|v| drop(v.remove(0))).ends_with("[breaks code, data]"));
    assert!(said_of(&|v| v[0].name = "Other".into()).ends_with("is called Other now [breaks nobody]"));
    assert!(said_of(&|v| v[0].value = 63).ends_with("[breaks code, data, readers]"));

    let with =
        |change: &dyn Fn(&mut crate::lock::Bitfield)| said(|l| change(l.bitfields.get_mut(&id).unwrap())).join("\n");
    let fresh = |means: Meaning| crate::lock::Bits {
        name: "fresh".into(),
        shift: 29,
        size: 2,
        means,
        len: None,
        flags: vec![],
    };
    assert!(
        with(&|b| b.fields.push(fresh(Meaning::Unsigned))).ends_with("`fresh` was added in bits 30:29 [breaks nobody]")
    );
    let no_zero = Meaning::Enum { values: vec![Value { name: "One".into(), value: 1 }] };
    assert!(with(&|b| b.fields.push(fresh(no_zero.clone()))).ends_with("[breaks data]"));
    let ignored = with(&|b| b.fields.push(fresh(Meaning::Gap)));
    assert!(ignored.ends_with("bits 0x60000000 are ignored now, and were reserved [breaks nobody]"), "{ignored}");
    assert!(with(&|b| drop(b.fields.remove(0))).contains(" was removed from bit"));
    assert!(with(&|b| b.fields[0].size += 1).contains(" moved from bit"));
    assert!(with(&|b| b.fields[0].means = Meaning::Signed).contains(" is signed instead of "));
    let (old, mut new) = (lock(), lock());
    new.bitfields.get_mut(&id).unwrap().fields.push(fresh(Meaning::Gap));
    assert_eq!(diff(&new, &old).verdict(), Verdict::Breaking);
    let newer = {
        let mut l = new.clone();
        *l.bitfields.get_mut(&id).unwrap().fields.last_mut().unwrap() = fresh(Meaning::Bool);
        l
    };
    assert_eq!(diff(&new, &newer).verdict(), Verdict::Breaking);
}

/// Names of strangers do not become markup or orders to a terminal.
#[test]
fn strange_names_stay_text() {
    let (old, mut new) = (lock(), lock());
    let evil = "x`</details><script>\n\n# big\u{1b}[2J|";
    let number = new.classes.remove("HeapNumber").unwrap();
    new.classes.insert(evil.into(), Class { fields: vec![], ..number });
    field(&mut new, "Script", "name").name = evil.into();
    field(&mut new, "Script", evil).offset = width(400, 800);
    let diff = diff(&old, &new);
    let markdown = diff.to_markdown();
    assert!(!markdown.contains("<script") && !markdown.contains("\n# big"), "{markdown}");
    assert!(!diff.to_text().contains('\u{1b}'));
    assert!(serde_json::from_str::<serde_json::Value>(&diff.to_json()).is_ok());
}

#[test]
fn json_says_it_all() {
    let (old, mut new) = (lock(), lock());
    field(&mut new, "HeapNumber", "value").constant ^= true;
    let json: serde_json::Value = serde_json::from_str(&diff(&old, &new).to_json()).unwrap();
    assert_eq!((&json["version"], &json["verdict"], &json["exit_code"]), (&1.into(), &"breaking".into(), &2.into()));
    let change = &json["entries"][0]["changes"][0];
    assert_eq!((&change["what"]["kind"], &change["breaks"][0]), (&"constant".into(), &"code".into()));
    assert!(change["text"].as_str().is_some_and(|text| text.starts_with("`value` is constant")));
}

/// Changes a model in one place, such that it need not be consistent any more.
fn mutate(model: &mut Model, (kind, class, part, number): (u8, prop::sample::Index, prop::sample::Index, u32)) {
    let bits = (!model.bitfields.is_empty()).then(|| class.index(model.bitfields.len()));
    let class = class.index(model.classes.len());
    let ids: Vec<String> = model.classes.iter().map(|c| c.id.clone()).collect();
    let class = &mut model.classes[class];
    match kind {
        0 => class.parent = Some(part.get(&ids).clone()),
        1 => class.header_size.full = number,
        2 => class.instance_size.compressed = number,
        3 => class.is_open ^= true,
        4 => (class.module, class.name) = ("a".into(), format!("N{number}")),
        5 => class.fields.reverse(),
        6 if !class.fields.is_empty() => drop(class.fields.remove(part.index(class.fields.len()))),
        7 if !class.tails.is_empty() => drop(class.tails.remove(part.index(class.tails.len()))),
        8 if !class.fields.is_empty() => {
            let field = part.index(class.fields.len());
            let field = &mut class.fields[field];
            field.offset.compressed = number;
            field.size.full ^= number;
        }
        9 if !class.fields.is_empty() => {
            let field = part.index(class.fields.len());
            class.fields[field].name = format!("f {number}\n\"");
        }
        10 if !class.fields.is_empty() => {
            let field = part.index(class.fields.len());
            class.fields[field].holds =
                Holds::Strong { admits: vec![Admits::Class(part.get(&ids).clone()), Admits::None] };
        }
        11 => class.instance_types = Some((number as u16, 7)),
        12 => class.is_abstract ^= true,
        _ => {
            if let Some(bits) = bits.map(|i| &mut model.bitfields[i]).filter(|b| !b.fields.is_empty()) {
                let field = part.index(bits.fields.len());
                match kind {
                    13 => drop(bits.fields.remove(field)),
                    14 => {
                        bits.fields[field].means =
                            Meaning::Enum { values: vec![Value { name: "A B".into(), value: number.into() }] }
                    }
                    15 => bits.fields[field].means = Meaning::Nested { bitfield: bits.id.clone() },
                    16 => bits.fields[field].ignored ^= true,
                    _ => bits.fields[field].name = "other".into(),
                }
            }
        }
    }
}

type Mutation = (u8, prop::sample::Index, prop::sample::Index, u32);

fn mutated() -> impl Strategy<Value = Lock> {
    proptest::collection::vec(any::<Mutation>().prop_map(|(kind, a, b, n)| (kind % 18, a, b, n)), 0..8).prop_map(
        |mutations| {
            let mut model = model();
            mutations.into_iter().for_each(|mutation| mutate(&mut model, mutation));
            Lock::from_model(&model)
        },
    )
}

/// Without what is no change: how a leaf's last word is filled, the order of fields, which their offsets say, the names of
/// padding, and what the model's own check rules out, an instance's size that is not where its fields end.
fn seen(mut lock: Lock) -> Lock {
    for class in lock.classes.values_mut() {
        for padding in class.fields.iter_mut().filter(|f| f.holds == Holds::Padding) {
            padding.name.clear();
        }
        class.fields.sort_by(|a, b| (a.offset.full, &a.name).cmp(&(b.offset.full, &b.name)));
        if !class.tails.is_empty() || class.is_abstract {
            class.instance_size = class.header_size;
        } else if !class.is_open {
            class.header_size = class.instance_size;
        }
    }
    lock
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_the_same_is_the_same(old in mutated(), new in mutated()) {
        let there = diff(&old, &new);
        let (seen_old, seen_new) = (seen(old.clone()), seen(new.clone()));
        let _ = (there.to_text(), there.to_markdown(), there.to_json(), diff(&new, &old).to_text());
        let differs = seen_old != seen_new;
        prop_assert!((there.verdict() != Verdict::Same) == differs, "{}{}\n{}", there.to_text(), old, new);
        prop_assert_eq!(diff(&new, &new).verdict(), Verdict::Same);
    }

    /// What is written is read back, unless the model names what it does not have; then the line is said.
    #[test]
    fn locks_round_trip(lock in mutated()) {
        match Lock::parse(&lock.to_string()) {
            Ok(read) => prop_assert_eq!(read, lock),
            Err(error) => prop_assert!(
                ["has no class", "extends itself", "again", "has no size", "rounded up", "leave 64 bits"].iter().any(|p| error.problem.contains(p)),
                "{}\n{}", error, lock
            ),
        }
    }

    #[test]
    fn parsing_never_panics(text in "(layout-lock 1\n)?((class|struct|field|bits|value|extends|size|\"| [a-z]| [0-9/]{1,5}|\n|=|\\|){0,4}\n){0,8}") {
        let _ = Lock::parse(&text);
    }
}

/// That a struct is an ephemeron is in the lock, and its changing breaks nobody: it is the collector's work.
#[test]
fn ephemerons() {
    let ephemeron = |l: &mut Lock| {
        let layout = l.structs.values_mut().next().unwrap();
        (layout.is_tagged, layout.is_ephemeron) = (true, true);
    };
    let said = said(ephemeron);
    let expected = "its key keeps its values alive now, as in an ephemeron [breaks nobody]";
    assert!(said.iter().any(|line| line.ends_with(expected)), "{said:?}");
    let mut changed = lock();
    ephemeron(&mut changed);
    let text = changed.to_string();
    assert!(text.contains(" tagged ephemeron\n"), "{text}");
    assert_eq!(Lock::parse(&text).unwrap(), changed);
}
