//! From the lock to its text.

use super::names::{short_names, split};
use super::{Bitfield, Bits, Class, Field, LOCK_VERSION, Lock, Renames, Struct, Tail};
use crate::model::{Access, Admits, Holds, InstanceTypeOrder, Length, Meaning, PerWidth};
use core::fmt::{Display, Formatter, Result, Write};
use std::collections::BTreeMap;

const HEAD: &str = "\
# Object layouts under lock: what compiled code, snapshots and debuggers rely on.
# a/b: a bytes with compressed, b with full pointers. Not to be edited by hand: it is renewed by
# `layout-docs lock`, or by LAYOUT_DOCS=overwrite in the environment of the test that compares it.
";

/// Words that stand for something in a set, so that a class of that name is quoted.
const SET_WORDS: [&str; 5] = ["any", "smi", "nil", "weak", "nothing"];

impl Display for Lock {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{HEAD}layout-lock {LOCK_VERSION}")?;
        if !self.crates.is_empty() {
            f.write_str("crates")?;
            self.crates.iter().try_for_each(|name| write!(f, " {}", word(name)))?;
            f.write_char('\n')?;
        }
        let (classes, structs, bitfields) = (short(&self.classes), short(&self.structs), short(&self.bitfields));
        let lock = self.renamed(&classes, &structs, &bitfields);
        for (path, class) in in_order(&self.classes, &classes, &lock.classes) {
            write!(f, "\nclass {}", in_module(path))?;
            self::class(f, class)?;
        }
        for (path, layout) in in_order(&self.structs, &structs, &lock.structs) {
            write!(f, "\nstruct {}", in_module(path))?;
            struct_(f, layout)?;
        }
        for (path, bits) in in_order(&self.bitfields, &bitfields, &lock.bitfields) {
            writeln!(f, "\nbitfield {}", in_module(path))?;
            bitfield(f, bits)?;
        }
        Ok(())
    }
}

fn short<T>(all: &BTreeMap<String, T>) -> Renames {
    short_names(all.keys().map(String::as_str))
}

/// Paths in the order of their names, each with what has short names in it.
fn in_order<'l, T>(
    all: &'l BTreeMap<String, T>,
    short: &'l Renames,
    renamed: &'l BTreeMap<String, T>,
) -> impl Iterator<Item = (&'l str, &'l T)> {
    let mut paths: Vec<&String> = all.keys().collect();
    paths.sort_by_key(|path| (split(path).1, split(path).0));
    paths.into_iter().filter_map(|path| Some((path.as_str(), renamed.get(short.get(path).unwrap_or(path))?)))
}

/// `Point in my_runtime::shapes`.
fn in_module(path: &str) -> String {
    match split(path) {
        ("", name) => word(name),
        (module, name) => format!("{} in {}", word(name), word(module)),
    }
}

fn class(f: &mut impl Write, class: &Class) -> Result {
    f.write_str(if class.is_abstract { " abstract" } else { "" })?;
    f.write_str(if class.is_open { " open\n" } else { "\n" })?;
    if let Some(parent) = &class.parent {
        writeln!(f, "  extends {}", word(parent))?;
    }
    if let Some(number) = class.instance_type {
        writeln!(f, "  instance_type {number}")?;
    }
    if let Some((first, last)) = class.instance_types {
        writeln!(f, "  instance_types {first} to {last}")?;
    }
    match class.instance_type_order {
        Some(InstanceTypeOrder::Lowest) => writeln!(f, "  lowest_instance_type")?,
        Some(InstanceTypeOrder::Highest) => writeln!(f, "  highest_instance_type")?,
        None => {}
    }
    if !class.align.is_word() {
        writeln!(f, "  align {}", class.align.name())?;
    }
    write!(f, "  size {}", bytes(class.instance_size))?;
    if class.header_size != class.instance_size {
        write!(f, " header {}", bytes(class.header_size))?;
    }
    f.write_char('\n')?;
    class.fields.iter().try_for_each(|field| self::field(f, field))?;
    class.tails.iter().try_for_each(|tail| self::tail(f, tail))
}

fn struct_(f: &mut impl Write, layout: &Struct) -> Result {
    f.write_str(if layout.is_tagged { " tagged" } else { " raw" })?;
    f.write_str(if layout.is_ephemeron { " ephemeron\n" } else { "\n" })?;
    writeln!(f, "  size {}", bytes(layout.size))?;
    layout.fields.iter().try_for_each(|field| self::field(f, field))
}

fn field(f: &mut impl Write, field: &Field) -> Result {
    let (name, at, size) = (word(&field.name), bytes(field.offset), bytes(field.size));
    write!(f, "  field {name} at {at} size {size} {}", holds(&field.holds))?;
    accessors(f, field.constant, field.access)?;
    if let Some(link) = &field.splice {
        write!(f, " splices {}", word(link))?;
    }
    f.write_char('\n')
}

fn tail(f: &mut impl Write, tail: &Tail) -> Result {
    let (name, size) = (word(&tail.name), bytes(tail.element_size));
    match &tail.length {
        Length::Field(field) => write!(f, "  tail {name} of {size} times {}", word(field))?,
        Length::Expression(text) => write!(f, "  tail {name} of {size} times = {}", quoted(text))?,
        Length::Condition(text) => write!(f, "  optional {name} of {size} if {}", quoted(text))?,
    }
    write!(f, " {}", holds(&tail.holds))?;
    accessors(f, tail.constant, tail.access)?;
    f.write_char('\n')
}

fn accessors(f: &mut impl Write, constant: bool, access: Access) -> Result {
    f.write_str(if constant { " constant" } else { "" })?;
    f.write_str(match access {
        Access::Plain => "",
        Access::Relaxed => " relaxed",
        Access::AcquireRelease => " acquire_release",
        Access::SeqCst => " seq_cst",
    })
}

/// `strong Point | nil`, `raw f64`.
pub(crate) fn holds(holds: &Holds) -> String {
    match holds {
        Holds::Strong { admits } => format!("strong {}", set(admits)),
        Holds::Weak { admits } => format!("weak {}", set(admits)),
        Holds::MaybeWeak { admits } => format!("maybe_weak {}", set(admits)),
        Holds::Smi => "smi".to_owned(),
        Holds::SmiBits { bitfield } => format!("smi_bits {}", word(bitfield)),
        Holds::Raw { primitive } => format!("raw {}", word(primitive)),
        Holds::Bits { bitfield } => format!("bits {}", word(bitfield)),
        Holds::External { type_name } => format!("external {}", word(type_name)),
        Holds::Struct { id } => format!("struct {}", word(id)),
        Holds::Padding => "padding".to_owned(),
    }
}

/// `Point | nil`.
pub(crate) fn set(admits: &[Admits]) -> String {
    let class = |id: &str| if SET_WORDS.contains(&id) { quoted(id) } else { word(id) };
    let member = |admits: &Admits| match admits {
        Admits::Any => "any".to_owned(),
        Admits::Smi => "smi".to_owned(),
        Admits::None => "nil".to_owned(),
        Admits::Class(id) => class(id),
        Admits::Weak(id) => format!("weak {}", class(id)),
    };
    if admits.is_empty() {
        return "nothing".to_owned();
    }
    admits.iter().map(member).collect::<Vec<_>>().join(" | ")
}

fn bitfield(f: &mut impl Write, bits: &Bitfield) -> Result {
    writeln!(f, "  storage {} of {}", word(&bits.storage), bits.storage_bits)?;
    bits.fields.iter().try_for_each(|bits| self::bits(f, bits))
}

fn bits(f: &mut impl Write, bits: &Bits) -> Result {
    let Bits { name, shift, size, means, len, flags } = bits;
    if *means == Meaning::Gap {
        return writeln!(f, "  ignored shift {shift} size {size}");
    }
    write!(f, "  bits {} shift {shift} size {size}", word(name))?;
    if let Some(len) = len {
        write!(f, " array {len}")?;
    }
    let values = match means {
        Meaning::Bool => " bool",
        Meaning::Unsigned if flags.is_empty() => " unsigned",
        Meaning::Unsigned => " flags",
        Meaning::Signed => " signed",
        Meaning::Enum { .. } => " enum",
        Meaning::Nested { .. } => " nested ",
        Meaning::Gap => "",
    };
    f.write_str(values)?;
    if let Meaning::Nested { bitfield } = means {
        f.write_str(&word(bitfield))?;
    }
    f.write_char('\n')?;
    let values = if let Meaning::Enum { values } = means { values } else { flags };
    values.iter().try_for_each(|v| writeln!(f, "    value {} = {}", word(&v.name), v.value))
}

fn bytes(bytes: PerWidth) -> String {
    if bytes.is_same() { bytes.full.to_string() } else { format!("{}/{}", bytes.compressed, bytes.full) }
}

/// As it is if it is a path of Rust's or the name of a package, else in quotes.
fn word(text: &str) -> String {
    let is_path = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '#' | '-'))
    };
    if is_path(text) { text.to_owned() } else { quoted(text) }
}

/// As a string of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
