//! The pages that tests look at, written to a folder of the build.

use heapwright_docs::model::{Admits, Class, Holds};
use heapwright_docs::{Model, render_html};
use heapwright_objects::FixedArrayInit;
use heapwright_objects::prelude::*;
use std::path::{Path, PathBuf};
use std::{env, fs};

const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../layout-docs/tests/model.json");

/// A few classes of every kind, with links to their sources.
pub(crate) fn small() -> PathBuf {
    write("small", &small_model().with_source_url("https://example.org/{file}#L{line}"))
}

/// The classes that come with `heapwright-objects`.
pub(crate) fn standard() -> PathBuf {
    write("standard", &Model::from_registries(&[&heapwright_objects::CLASSES, heapwright::core_classes()]))
}

/// An array and a string as they lie in a heap, over the layouts of their classes.
pub(crate) fn objects() -> PathBuf {
    let mut isolate = heapwright_objects::builder().build().expect("an isolate");
    let mut scope = isolate.enter();
    let text = Str::new(&mut scope, "a text");
    let array = FixedArray::new(&mut scope, FixedArrayInit { elements: Filled::new(text, 40) });
    let image = |object: &HeapObject| scope.object_image(object, 8);
    let model = Model::from_registries(&[&heapwright_objects::CLASSES, heapwright::core_classes()])
        .with_object("an array", &image(array.get(&scope)))
        .with_object("a string", &image(text.get(&scope)))
        .with_footprint("the array with its string", &scope.footprint([array.get(&scope)]))
        .with_numbered_objects();
    write("objects", &model)
}

/// A thousand classes, in trees that refer to each other.
pub(crate) fn large() -> PathBuf {
    let mut model = Model::from_registries(&[&heapwright_objects::CLASSES, heapwright::core_classes()]);
    // The first class is above all others and stays one.
    let originals = model.classes[1..].to_vec();
    for copy in 1.. {
        for class in &originals {
            if model.classes.len() == 1000 {
                return write("large", &model);
            }
            model.classes.push(renamed(class, &originals, copy));
        }
    }
    unreachable!("the list grows")
}

/// What `LAYOUT_PAGES` lists, separated by spaces: pages that a command has written.
pub(crate) fn given() -> Vec<PathBuf> {
    let list = env::var("LAYOUT_PAGES").unwrap_or_default();
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let find = |path: &str| root.join(path).canonicalize().unwrap_or_else(|error| panic!("{path}: {error}"));
    list.split_whitespace().map(find).collect()
}

fn small_model() -> Model {
    let json = fs::read_to_string(SMALL).unwrap_or_else(|error| panic!("{SMALL}: {error}"));
    Model::from_json(&json).expect("the fixture is a model")
}

fn renamed(class: &Class, all: &[Class], copy: u32) -> Class {
    let name = |id: &str| {
        if all.iter().any(|other| other.id == id) { format!("{id}{copy}") } else { id.to_owned() }
    };
    let mut class = class.clone();
    class.id = name(&class.id);
    class.name.clone_from(&class.id);
    class.parent = class.parent.as_deref().map(name);
    for field in &mut class.fields {
        if let Holds::Strong { admits } | Holds::Weak { admits } | Holds::MaybeWeak { admits } = &mut field.holds {
            for admits in admits {
                if let Admits::Class(id) | Admits::Weak(id) = admits {
                    *id = name(id);
                }
            }
        }
    }
    class
}

fn write(name: &str, model: &Model) -> PathBuf {
    model.check().expect("the model is consistent");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(dir).expect("the folder of the build can be written");
    // Tests run at the same time: none reads what another has half written.
    let (path, half) =
        (dir.join(format!("{name}.html")), dir.join(format!("{name}.{:?}", std::thread::current().id())));
    fs::write(&half, render_html(model)).and_then(|()| fs::rename(&half, &path)).expect("the page can be written");
    path
}
