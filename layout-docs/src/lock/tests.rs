//! Locks of the fixture.

use super::*;
use crate::fixture::model;
use crate::model::Elsewhere;

#[test]
fn what_is_written_is_read_back() {
    let lock = Lock::from_model(&model());
    let text = lock.to_string();
    assert_eq!(Lock::parse(&text).unwrap(), lock, "{text}");
    assert_eq!(Lock::parse(&text.replace('\n', "\r\n")).unwrap(), lock);
}

#[test]
fn docs_lines_and_the_order_of_classes_are_not_in_it() {
    let mut changed = model();
    changed.generator = "another".into();
    for class in &mut changed.classes {
        class.doc = "another".into();
        class.line += 100;
        class.file = "/home/someone/another.rs".into();
        class.fields.iter_mut().for_each(|f| f.type_name = "Another".into());
    }
    changed.classes.reverse();
    assert_eq!(Lock::from_model(&changed).to_string(), Lock::from_model(&model()).to_string());
}

/// Of classes in functions of one module only the order is kept, so a line more above them is no change.
#[test]
fn lines_in_ids_become_numbers() {
    let named = |first: u32, second: u32| {
        let mut model = model();
        for (id, line) in [("Str", first), ("HeapNumber", second)] {
            let json = serde_json::to_string(&model).unwrap();
            let json = json.replace(&format!("\"{id}\""), &format!("\"a::S::L{line}\""));
            model = Model::from_json(&json).unwrap();
            let class = model.classes.iter_mut().find(|c| c.id == format!("a::S::L{line}")).unwrap();
            (class.module, class.name, class.line) = ("a".into(), "S".into(), line);
        }
        Lock::from_model(&model)
    };
    assert_eq!(named(7, 90), named(107, 190));
    assert!(named(7, 90).to_string().contains("class S::#1 in a\n"));
}

/// Names from strange models, and classes that are called as the lock's own words are.
#[test]
fn odd_names_are_quoted() {
    let mut lock = Lock::from_model(&model());
    let script = lock.classes.iter_mut().find(|(path, _)| path.ends_with("::Script")).unwrap().1;
    script.fields[0].name = "two words\n\"quoted\" # /".into();
    script.fields[1].name = String::new();
    let admits = ["any", "nothing", "weak", "nil", "smi", "constant"].map(|id| Admits::Class(id.into())).to_vec();
    script.fields[2].holds = Holds::Strong { admits: [admits, vec![Admits::Weak("any".into())]].concat() };
    script.fields[3].holds = Holds::External { type_name: "Vec<Box<dyn Fn(u8) -> u8>>".into() };
    assert_eq!(Lock::parse(&lock.to_string()).unwrap(), lock, "{lock}");
}

#[test]
fn errors_name_the_line() {
    let text = Lock::from_model(&model()).to_string();
    let error = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in\n{text}");
        Lock::parse(&text.replacen(from, to, 1)).expect_err(to).to_string()
    };
    for (from, to, message) in [
        ("layout-lock 1", "layout-lock 7", "line 4: the lock has version 7, but this program reads 1"),
        ("layout-lock 1", "class A", "line 4: expected `layout-lock 1`: this is no lock"),
        ("\n\nclass ", "\n<<<<<<< HEAD\nclass ", "line 6: a merge left a conflict here: renew the lock"),
        ("\n\nclass ", "\nsize 4\nclass ", "line 6: `size` stands before the first class, struct or bitfield"),
        ("  extends HeapObject", "  extends Nobody", "line 8: the lock has no class `Nobody`"),
        (" size 12/24\n", " size 12/24/36\n", "expected bytes such as `8` or `4/8`, found `12/24/36`"),
        ("  size 4/8\n", "  size 4/8 header 4/9\n", "the size is not that of the header, rounded up"),
        (
            "class HeapNumber in heapwright_objects::heapnumber\n",
            "class Map in heapwright::map\n",
            "class `heapwright::map::Map` again: it is on line ",
        ),
        (" smi constant", " smi constantly", "expected the end of the line, found `constantly`"),
        ("class Map ", "class Map\n  colour red\n#", "`colour` is no line of a class: those are extends, "),
        (" raw ", " cooked ", "`cooked` is nothing that a field holds: strong, "),
    ] {
        let found = error(from, to);
        assert!(found.contains(message) && found.starts_with("line "), "{found}\ninstead of\n{message}");
    }
    assert_eq!(Lock::parse("").unwrap_err().to_string(), "line 1: `layout-lock 1` is missing: this is no lock");
    let cycle = "layout-lock 1\nclass A\n  extends B\n  size 4/8\nclass B\n  extends A\n  size 4/8\n";
    assert_eq!(Lock::parse(cycle).unwrap_err().to_string(), "line 2: class `A` extends itself");
    assert_eq!(Lock::parse("layout-lock 1\nclass A").unwrap_err().to_string(), "line 2: class `A` has no size");
}

/// Names alone where they say enough, paths where two classes share one or the lock has none of them.
#[test]
fn namesakes_have_their_paths() {
    let mut model = model();
    let number = model.classes.iter_mut().find(|c| c.id == "HeapNumber").unwrap();
    (number.name, number.module) = ("Str".into(), "other::module".into());
    let map = Elsewhere { id: "Gone".into(), path: "far::away::Gone".into() };
    model.elsewhere.push(map);
    let script = model.classes.iter_mut().find(|c| c.id == "Script").unwrap();
    let source = script.fields.iter_mut().find(|f| f.name == "source").unwrap();
    let admits = ["Str", "HeapNumber", "Map", "Gone", "Unknown"].map(|id| Admits::Class(id.into()));
    source.holds = Holds::Strong { admits: admits.to_vec() };
    let lock = Lock::from_model(&model);
    let text = lock.to_string();
    assert!(
        text.contains("\nclass Str in other::module\n") && text.contains("\nclass Str in heapwright_objects::str\n")
    );
    let set = "strong heapwright_objects::str::Str | other::module::Str | Map | far::away::Gone | Unknown\n";
    assert!(text.contains(set), "{text}");
    assert_eq!(Lock::parse(&text).unwrap(), lock, "{text}");
    assert!(text.contains("layout-lock 1\ncrates heapwright heapwright_objects\n\nclass "), "{text}");
    let error = Lock::parse(&text.replace("extends Struct\n", "extends Str\n")).unwrap_err();
    assert!(error.problem.contains("the lock has no class `Str`"), "{error}");
}
