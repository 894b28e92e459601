//! The job from beginning to end.

use crate::classes::{CLASSES, JsonArray, JsonArrayInit};
use crate::compare::compare;
use crate::error::Error;
use crate::input::Input;
use crate::live::Seen;
use crate::load::{LoadError, Loader};
use crate::lookup::Pointer;
use crate::options::Options;
use crate::progress::Progress;
use crate::report;
use crate::{thin, write};
use heapwright::IsolateBuilder;
use heapwright::inspect::HeapSnapshot;
use heapwright::prelude::*;
use heapwright_docs::Colour;
use serde_json::Value;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Pointers that are looked up without being asked for.
const CHOSEN_POINTERS: usize = 4;

/// Does everything that the options ask for, and reports to `out`.
pub fn run(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let pointers = options.pointers.iter().map(|pointer| pointer.parse()).collect::<Result<Vec<Pointer>, _>>()?;
    let input = Input::read(options.file.as_deref())?;
    let seen = keep_document(options, &input, pointers, out)?;
    write_layouts(options, &seen, out)?;
    if options.compare {
        let comparison = compare(builder(options), &input, options.repeat.get())?;
        report::comparison(&comparison, out)?;
    }
    Ok(())
}

/// An isolate as the options want it.
fn builder(options: &Options) -> IsolateBuilder {
    let builder =
        heapwright_objects::builder().classes(&CLASSES).max_heap_size(options.max_heap.saturating_mul(1 << 20));
    let builder = if options.trace_gc { builder.trace_gc_to_stderr() } else { builder };
    match options.stress {
        Some(interval) => builder.stress(interval.get(), CollectionKind::Full).verify(true),
        None => builder,
    }
}

/// Loads, looks up, writes back, drops, collects; returns what the document looked like when it was whole.
fn keep_document(
    options: &Options,
    input: &Input,
    pointers: Vec<Pointer>,
    out: &mut impl Write,
) -> Result<Seen, Error> {
    let mut isolate = builder(options).build()?;
    let mut scope = isolate.enter();

    let repeat = options.repeat.get();
    let bytes = input.text.len().saturating_mul(repeat);
    let mut loader = Loader::new(&mut scope, bytes, Progress::new(bytes))?;
    let start = Instant::now();
    let copies = load_copies(&mut scope, &mut loader, input, repeat)?;
    report_load(input, repeat, loader.values(), start.elapsed(), out)?;

    // What is below is read with plain references: nothing can be allocated, and so nothing can move, while they are in
    // use. The compiler sees to that.
    let document = copies.get(&scope).elements(0);
    let expected: Value = serde_json::from_str(&input.text).map_err(|error| mismatch(&error.to_string()))?;
    look_up(document, &expected, pointers, out)?;
    let written = write_back(copies.get(&scope), &expected)?;
    writeln!(out, "Written back: {}, equal to the input.\n", report::bytes(written))?;

    report::classes(&scope, out)?;
    let seen = Seen::of(&scope, copies.get(&scope).elements(0));
    writeln!(out, "The document with all that it refers to: {}", seen.footprint())?;
    if let Some(path) = &options.heap_snapshot {
        write_snapshot(&mut scope, path, options.retained_sizes.as_deref(), out)?;
    }
    let shapes = loader.shapes();
    report::shapes(shapes.all(&scope), out)?;

    drop_half(&mut scope, copies, expected, out)?;
    report::spaces(&scope.statistics(), out)?;
    report::collections(&scope.statistics(), out)?;
    if let Some(path) = &options.page_map {
        draw_pages(&scope, path, out)?;
    }
    Ok(seen)
}

/// Loads the document `repeat` times into one array.
pub fn load_copies<'s>(
    scope: &mut HandleScope<'s>,
    loader: &mut Loader<'_>,
    input: &Input,
    repeat: usize,
) -> Result<Handle<'s, JsonArray>, Error> {
    let copies = JsonArray::try_new(scope, JsonArrayInit { elements: Filled::new(smi(0), repeat) })?;
    for copy in 0..repeat {
        // The handle of a copy is needed no longer than until the copy is in the array.
        let mut inner = scope.nested();
        let document = loader.load(&mut inner, &input.text).map_err(|error| {
            let name = match error {
                LoadError::OutOfMemory { .. } if repeat > 1 => format!("{}, copy {} of {repeat}", input.name, copy + 1),
                _ => input.name.clone(),
            };
            Error::Load { name, error }
        })?;
        copies.get(&inner).set_elements(copy, document);
    }
    Ok(copies)
}

fn report_load(input: &Input, repeat: usize, values: u64, time: Duration, out: &mut impl Write) -> Result<(), Error> {
    let speed = (input.text.len() * repeat) as f64 / time.as_secs_f64();
    let times = if repeat == 1 { "once".to_owned() } else { format!("{repeat} times") };
    writeln!(out, "{}, {}", input.name, report::bytes(input.text.len()))?;
    writeln!(
        out,
        "Loaded {times}: {} in {:.2} ms, {}/s of text.\n",
        report::counted(values, "value"),
        time.as_secs_f64() * 1e3,
        report::bytes(speed as usize)
    )?;
    Ok(())
}

/// Looks up what was asked for and something deep inside with what is around it, and compares with what `serde_json`
/// finds.
fn look_up(
    document: Tagged<'_, Any>,
    expected: &Value,
    asked: Vec<Pointer>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let chosen = std::iter::successors(Some(Pointer::into_the_thick(document)), Pointer::parent).take(CHOSEN_POINTERS);
    let mut found = Vec::new();
    for pointer in asked.into_iter().chain(chosen) {
        let text = pointer.find(document).map(write::to_text).transpose()?;
        let value: Option<Value> = text.as_deref().and_then(|text| serde_json::from_str(text).ok());
        if value.as_ref() != expected.pointer(&pointer.to_string()) {
            return Err(mismatch(&format!("the value at `{pointer}` is not the one in the input")));
        }
        found.push((pointer, text));
    }
    report::lookups(&found, out)
}

/// Writes every copy of the document, and compares the first with the input and the others with the first. Returns the
/// bytes that one has.
fn write_back(copies: &JsonArray, expected: &Value) -> Result<usize, Error> {
    let first = write::to_text(copies.elements(0))?;
    if serde_json::from_str(&first).ok().as_ref() != Some(expected) {
        return Err(mismatch("the document that was written back differs from the input"));
    }
    for copy in copies.elements_iter().skip(1) {
        if write::to_text(copy)? != first {
            return Err(mismatch("two copies of the document differ"));
        }
    }
    Ok(first.len())
}

/// Writes a heap snapshot, and says what retains most.
fn write_snapshot(
    scope: &mut HandleScope<'_>,
    path: &Path,
    retained: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let snapshot = scope.heap_snapshot();
    let failed = |path: &Path, error| Error::Snapshot { path: path.to_owned(), error };
    let written = File::create(path).and_then(|file| snapshot.write_to(file));
    written.map_err(|error| failed(path, error))?;
    if let Some(path) = retained {
        std::fs::write(path, retained_sizes(&snapshot)).map_err(|error| failed(path, error))?;
    }
    report::snapshot(&snapshot, path, out)
}

/// A line for each node: its id, its dominator's, and bytes.
fn retained_sizes(snapshot: &HeapSnapshot) -> String {
    let id = |node: usize| snapshot.nodes()[node].id;
    let nodes = snapshot.dominators().into_iter().zip(snapshot.retained_sizes()).enumerate();
    nodes.map(|(node, (by, bytes))| format!("{} {} {bytes}\n", id(node), by.map_or(0, id))).collect()
}

/// Shows what the pages are full of, and draws it.
fn draw_pages(scope: &HandleScope<'_>, path: &Path, out: &mut impl Write) -> Result<(), Error> {
    let svg = heapwright_docs::render_page_map_svg(&scope.page_map(128));
    std::fs::write(path, svg).map_err(|error| Error::PageMap { path: path.to_owned(), error })?;
    let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let colour = if is_coloured { Colour::Ansi } else { Colour::None };
    writeln!(out, "Pages, also drawn in {}:\n", path.display())?;
    writeln!(out, "{}", heapwright_docs::render_page_map(&scope.page_map(48), colour))?;
    Ok(())
}

/// Drops half of the copies, or of the document if there is but one; then collects, verifies, and compares what is left
/// with the input after the same treatment.
fn drop_half(
    scope: &mut HandleScope<'_>,
    copies: Handle<'_, JsonArray>,
    mut expected: Value,
    out: &mut impl Write,
) -> Result<(), Error> {
    // First collect what loading left, so that the numbers show what dropping frees.
    scope.collect(CollectionKind::Full);
    let before = scope.statistics().used();
    let is_single = copies.get(scope).elements_len() == 1;
    if is_single {
        thin::drop_half(scope, copies.get(scope).elements(0));
        thin::drop_half_of_value(&mut expected);
    } else {
        thin::drop_half(scope, copies.get(scope).as_tagged());
    }
    scope.collect(CollectionKind::Full);
    scope.verify()?;
    let after = scope.statistics().used();
    for (i, copy) in copies.get(scope).elements_iter().enumerate() {
        let left = serde_json::from_str::<Value>(&write::to_text(copy)?).ok();
        let is_dropped = !is_single && i % 2 == 1;
        if left.as_ref() != Some(if is_dropped { &Value::Null } else { &expected }) {
            return Err(mismatch("what is left after dropping half is not what should be left"));
        }
    }
    let what = if is_single { "the document" } else { "the copies" };
    writeln!(
        out,
        "Dropped half of {what} and collected: {} before, {} after.",
        report::bytes(before),
        report::bytes(after)
    )?;
    writeln!(out, "The heap was verified, and what is left is what should be left.\n")?;
    Ok(())
}

fn mismatch(what: &str) -> Error {
    Error::Mismatch(what.to_owned())
}

/// The layout docs of all classes that the isolate has, with some objects that it had.
fn write_layouts(options: &Options, seen: &Seen, out: &mut impl Write) -> Result<(), Error> {
    let registries = [&CLASSES, &heapwright_objects::CLASSES, heapwright::core_classes()];
    let model = seen.add_to(heapwright_docs::Model::from_registries(&registries));
    let paths = heapwright_docs::write_all(&model, &options.out, "layouts")
        .map_err(|error| Error::Layouts { dir: options.out.clone(), error })?;
    writeln!(out, "Layouts of all classes:")?;
    for path in paths {
        writeln!(out, "  {}", path.display())?;
    }
    Ok(())
}
