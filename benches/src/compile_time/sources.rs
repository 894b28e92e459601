//! The crates that are measured, written by this program.
//!
//! | crate | has |
//! |---|---|
//! | `empty` | nothing: what `cargo` and `rustc` take to start |
//! | `ours` | 100 classes of 8 fields, every fourth with a tail, and 10 bit fields of 4 fields that they share |
//! | `by-hand` | the same structs with offsets, getters, setters with a barrier, constructor, size and `Debug`, by hand |
//! | `by-zerocopy` | structs of the same fields as plain integers, with zerocopy's derives; they have no accessors |
//! | `our-bits` | 100 bit fields of 8 fields |
//! | `by-bitfield-struct` | the same with the crate of that name |

use std::fmt::Write as _;
use std::io::Result;
use std::path::Path;

pub(crate) const CLASSES: usize = 100;
pub(crate) const FIELDS: usize = 8;
pub(crate) const EMPTY: &str = "empty";
const BITFIELDS: usize = 10;

/// A crate to measure.
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    /// The crate that its time is divided by.
    pub(crate) against: Option<&'static str>,
    dependency: &'static str,
    /// Files below `src/`.
    files: Vec<(&'static str, String)>,
}

pub(crate) fn crates() -> Vec<Crate> {
    let one = |name, against, dependency, source| Crate { name, against, dependency, files: vec![("lib.rs", source)] };
    vec![
        one(EMPTY, None, "", "//! Nothing.\n".to_owned()),
        Crate {
            name: "by-hand",
            against: None,
            dependency: "",
            files: vec![("lib.rs", by_hand()), ("support.rs", include_str!("support.rs.txt").to_owned())],
        },
        one("ours", Some("by-hand"), OURS, ours()),
        one("by-zerocopy", Some("by-hand"), "zerocopy = { version = \"0.8\", features = [\"derive\"] }", by_zerocopy()),
        one("by-bitfield-struct", None, "bitfield-struct = \"0.13\"", bits("bitfield_struct::bitfield")),
        one("our-bits", Some("by-bitfield-struct"), OURS, bits("heapwright::prelude::bitfield")),
    ]
}

const OURS: &str = concat!("heapwright = { path = \"", env!("CARGO_MANIFEST_DIR"), "/../heap\" }");

/// Writes a workspace of them. Files that are right already are left alone.
pub(crate) fn write(folder: &Path, crates: &[Crate]) -> Result<()> {
    let members: Vec<_> = crates.iter().map(|of_crate| format!("{:?}", of_crate.name)).collect();
    write_file(
        &folder.join("Cargo.toml"),
        &format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", ")),
    )?;
    for Crate { name, dependency, files, .. } in crates {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n"
        );
        write_file(&folder.join(name).join("Cargo.toml"), &manifest)?;
        for (file, text) in files {
            write_file(&folder.join(name).join("src").join(file), text)?;
        }
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// A field of every class: its name, what is said of it, and what holds it by our words and as a plain integer.
struct Field {
    name: &'static str,
    doc: &'static str,
    holds: Holds,
}

enum Holds {
    /// An instance of the class so many further on.
    Class(usize),
    /// The same, or nothing.
    Optional(usize),
    Any,
    Smi,
    U32,
    Bits,
}

const THE_FIELDS: [Field; FIELDS] = [
    Field { name: "next", doc: "The one after it.", holds: Holds::Class(1) },
    Field { name: "owner", doc: "The one that it belongs to.", holds: Holds::Class(17) },
    Field { name: "cached", doc: "What was last found with it, if anything.", holds: Holds::Optional(40) },
    Field { name: "value", doc: "Its value.", holds: Holds::Any },
    Field { name: "count", doc: "How often it was used.", holds: Holds::Smi },
    Field { name: "length", doc: "How long it is.", holds: Holds::Smi },
    Field { name: "hash", doc: "Its hash code.", holds: Holds::U32 },
    Field { name: "flags", doc: "Facts about it.", holds: Holds::Bits },
];

fn has_tail(class: usize) -> bool {
    class.is_multiple_of(4)
}

/// The name of a class that another refers to.
fn class_name(class: usize) -> String {
    format!("Class{:03}", class % CLASSES)
}

fn bitfield_name(class: usize) -> String {
    format!("Flags{}", class % BITFIELDS)
}

fn ours() -> String {
    let mut text =
        "//! Classes as our macros make them.\n#![forbid(unsafe_code)]\nuse heapwright::prelude::*;\n".to_owned();
    for bitfield in 0..BITFIELDS {
        let name = bitfield_name(bitfield);
        text += &format!(
            "\n/// Facts.\n#[bitfield(u32)]\npub struct {name} {{\n    /// The kind.\n    #[bits(4)]\n    pub kind: u8,\n    \
             /// Whether it is shared.\n    pub is_shared: bool,\n    /// Whether it is used.\n    pub is_used: bool,\n    \
             /// How many were seen.\n    #[bits(12)]\n    pub seen: u16,\n}}\n"
        );
    }
    for class in 0..CLASSES {
        text += &format!("\n/// A thing of kind {class}.\n#[heap_object]\npub struct {} {{\n", class_name(class));
        for Field { name, doc, holds } in &THE_FIELDS {
            let ty = match holds {
                Holds::Class(other) => format!("Tagged<{}>", class_name(class + other)),
                Holds::Optional(other) => format!("Tagged<Option<{}>>", class_name(class + other)),
                Holds::Any => "Tagged<Any>".to_owned(),
                Holds::Smi => "Smi".to_owned(),
                Holds::U32 => "u32".to_owned(),
                Holds::Bits => format!("Bits<{}>", bitfield_name(class)),
            };
            let constant = if *name == "length" && has_tail(class) { "    #[constant]\n" } else { "" };
            text += &format!("    /// {doc}\n{constant}    {name}: {ty},\n");
        }
        if has_tail(class) {
            text += "    /// What it has.\n    #[length = length]\n    elements: [Tagged<Any>],\n";
        }
        text += "}\n";
    }
    let classes: Vec<_> = (0..CLASSES).map(class_name).collect();
    text +=
        &format!("\nheap_classes! {{\n    /// All of them.\n    pub static CLASSES = [{}];\n}}\n", classes.join(", "));
    text
}

/// As an author of a runtime writes it: what the fields are goes into the offsets, the accessors, the constructor, the
/// size and the printer, each in turn.
fn by_hand() -> String {
    let mut text =
        "//! The same classes, written by hand.\n#![allow(dead_code)]\n\nmod support;\npub use support::*;\n\
                    use core::cell::Cell;\nuse core::fmt;\n"
            .to_owned();
    for bitfield in 0..BITFIELDS {
        text += &include_str!("flags.rs.txt").replace("$Flags", &bitfield_name(bitfield));
    }
    for class in 0..CLASSES {
        hand_written_class(&mut text, class).expect("a string takes everything");
    }
    text
}

fn hand_written_class(text: &mut String, class: usize) -> core::fmt::Result {
    let (name, flags) = (class_name(class), bitfield_name(class));
    let tail = has_tail(class);
    let is_constant = |field: &Field| tail && field.name == "length";
    writeln!(text, "\n/// A thing of kind {class}.\n#[repr(C)]\npub struct {name} {{\n    map: Cell<u32>,")?;
    for Field { name, holds, .. } in &THE_FIELDS {
        let cell = if matches!(holds, Holds::Bits) { &flags } else { "u32" };
        writeln!(text, "    {name}: Cell<{cell}>,")?;
    }
    if tail {
        writeln!(text, "    elements: [Cell<u32>; 0],")?;
    }
    writeln!(text, "}}\n\nimpl {name} {{")?;
    for (index, Field { name, .. }) in THE_FIELDS.iter().enumerate() {
        writeln!(
            text,
            "    /// Byte offset of `{name}`.\n    pub const {}_OFFSET: usize = {};",
            name.to_uppercase(),
            4 * index + 4
        )?;
    }
    let end = 4 * FIELDS + 4;
    if tail {
        writeln!(
            text,
            "    /// Bytes before the elements.\n    pub const HEADER_SIZE: usize = {end};\n\n    \
             /// Bytes of an instance.\n    #[inline]\n    pub const fn size_for(length: usize) -> usize {{\n        \
             Self::HEADER_SIZE + 4 * length\n    }}"
        )?;
    } else {
        writeln!(text, "    /// Bytes of an instance.\n    pub const SIZE: usize = {end};")?;
    }
    // The constructor.
    let parameters: Vec<String> = THE_FIELDS
        .iter()
        .filter(|field| !is_constant(field))
        .map(|Field { name, holds, .. }| format!("{name}: {}", hand_written_input(holds, class, &flags)))
        .chain(tail.then(|| "elements: &[Value<'_>]".to_owned()))
        .collect();
    let size = if tail { "Self::size_for(elements.len())" } else { "Self::SIZE" };
    writeln!(
        text,
        "\n    /// Makes one.\n    #[allow(clippy::too_many_arguments)]\n    \
         pub fn new<'h>(heap: &'h mut Heap, {}) -> &'h {name} {{\n        \
         // SAFETY: as many bytes as the fields need, which are all written below.\n        \
         let object: &{name} = unsafe {{ heap.allocate({size}) }};\n        object.map.set({class});",
        parameters.join(", ")
    )?;
    for field in &THE_FIELDS {
        let Field { name, holds, .. } = field;
        let value = match holds {
            Holds::Class(_) => format!("compress({name})"),
            Holds::Optional(_) => format!("{name}.map_or(0, compress)"),
            Holds::Any => format!("{name}.word()"),
            Holds::Smi if is_constant(field) => "smi(elements.len() as i32)".to_owned(),
            Holds::Smi => format!("smi({name})"),
            Holds::U32 | Holds::Bits => (*name).to_owned(),
        };
        writeln!(text, "        object.{name}.set({value});")?;
    }
    if tail {
        writeln!(
            text,
            "        for (index, element) in elements.iter().enumerate() {{\n            \
             // SAFETY: below the length.\n            \
             unsafe {{ element_at(object, Self::HEADER_SIZE, index).set(element.word()) }};\n        }}"
        )?;
    }
    writeln!(text, "        object\n    }}")?;
    // Accessors.
    for field in &THE_FIELDS {
        let Field { name, doc, holds } = field;
        let (output, get) = match holds {
            Holds::Class(other) => (
                format!("&{}", class_name(class + other)),
                format!(
                    "// SAFETY: only such objects are stored here.\n        \
                     unsafe {{ decompress(self, self.{name}.get()) }}"
                ),
            ),
            Holds::Optional(other) => (
                format!("Option<&{}>", class_name(class + other)),
                format!(
                    "// SAFETY: only such objects are stored here, or nothing.\n        \
                     unsafe {{ decompress_optional(self, self.{name}.get()) }}"
                ),
            ),
            Holds::Any => (
                "Value<'_>".to_owned(),
                format!("// SAFETY: a tagged value.\n        unsafe {{ Value::read(self, self.{name}.get()) }}"),
            ),
            Holds::Smi => ("i32".to_owned(), format!("smi_value(self.{name}.get())")),
            Holds::U32 => ("u32".to_owned(), format!("self.{name}.get()")),
            Holds::Bits => (flags.clone(), format!("self.{name}.get()")),
        };
        writeln!(
            text,
            "\n    /// {doc}\n    #[inline]\n    #[must_use]\n    pub fn {name}(&self) -> {output} {{\n        {get}\n    }}"
        )?;
        if is_constant(field) {
            continue;
        }
        let offset = format!("Self::{}_OFFSET", name.to_uppercase());
        let set = match holds {
            Holds::Class(_) => {
                format!("self.{name}.set(compress(value));\n        write_barrier(self, {offset}, compress(value));")
            }
            Holds::Optional(_) => format!(
                "let word = value.map_or(0, compress);\n        self.{name}.set(word);\n        \
                 write_barrier(self, {offset}, word);"
            ),
            Holds::Any => {
                format!("self.{name}.set(value.word());\n        write_barrier(self, {offset}, value.word());")
            }
            Holds::Smi => format!("self.{name}.set(smi(value));"),
            Holds::U32 | Holds::Bits => format!("self.{name}.set(value);"),
        };
        writeln!(
            text,
            "\n    /// Sets [`{name}`](Self::{name}).\n    #[inline]\n    \
             pub fn set_{name}(&self, value: {}) {{\n        {set}\n    }}",
            hand_written_input(holds, class, &flags)
        )?;
    }
    if tail {
        text.push_str(include_str!("elements.rs.txt"));
    }
    writeln!(
        text,
        "}}\n\nimpl fmt::Debug for {name} {{\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        \
         f.debug_struct(\"{name}\")"
    )?;
    for Field { name, holds, .. } in &THE_FIELDS {
        let value = match holds {
            Holds::Class(_) | Holds::Optional(_) | Holds::Any => format!("Address(self.{name}.get())"),
            Holds::Smi | Holds::U32 | Holds::Bits => format!("self.{name}()"),
        };
        writeln!(text, "            .field(\"{name}\", &{value})")?;
    }
    writeln!(text, "            .finish()\n    }}\n}}")
}

/// What a hand-written setter takes.
fn hand_written_input(holds: &Holds, class: usize, flags: &str) -> String {
    match holds {
        Holds::Class(other) => format!("&{}", class_name(class + other)),
        Holds::Optional(other) => format!("Option<&{}>", class_name(class + other)),
        Holds::Any => "Value<'_>".to_owned(),
        Holds::Smi => "i32".to_owned(),
        Holds::U32 => "u32".to_owned(),
        Holds::Bits => flags.to_owned(),
    }
}

/// Structs of integers: a derive knows of no heap.
fn by_zerocopy() -> String {
    let mut text =
        "//! The fields as plain integers.\nuse zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};\n".to_owned();
    for class in 0..CLASSES {
        text += &format!(
            "\n/// A thing of kind {class}.\n#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug)]\n\
             #[repr(C)]\npub struct {} {{\n    /// Its map.\n    pub map: u32,\n",
            class_name(class)
        );
        for Field { name, doc, holds } in &THE_FIELDS {
            let ty = if matches!(holds, Holds::Smi) { "i32" } else { "u32" };
            text += &format!("    /// {doc}\n    pub {name}: {ty},\n");
        }
        text += "}\n";
    }
    text
}

/// Bit fields of 8 fields, as both crates read them.
fn bits(attribute: &str) -> String {
    let mut text = format!("//! Bit fields.\nuse {attribute};\n");
    for bitfield in 0..CLASSES {
        text += &format!(
            "\n/// Facts of kind {bitfield}.\n#[bitfield(u32)]\npub struct Flags{bitfield:03} {{\n    \
             /// The kind.\n    #[bits(4)]\n    pub kind: u8,\n    /// Whether it is shared.\n    pub is_shared: bool,\n    \
             /// Whether it is used.\n    pub is_used: bool,\n    /// How many were seen.\n    #[bits(10)]\n    pub seen: u16,\n    \
             /// Whether it is old.\n    pub is_old: bool,\n    /// Its level.\n    #[bits(3)]\n    pub level: u8,\n    \
             /// How far to move.\n    #[bits(6)]\n    pub shift: i8,\n    /// What remains.\n    #[bits(6)]\n    pub rest: u8,\n}}\n"
        );
    }
    text
}
