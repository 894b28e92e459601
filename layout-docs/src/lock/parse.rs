//! From the lock's text to the lock.

use super::{Bitfield, Bits, Class, Field, LOCK_VERSION, Lock, Renames, Struct, Tail, short_names};
use crate::model::{Access, Admits, Alignment, Holds, InstanceTypeOrder, Length, Meaning, PerWidth, Value};
use std::collections::HashMap;
use std::str::FromStr;

/// Why a text is no lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LockError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

impl Lock {
    /// Reads the text of a lock.
    ///
    /// # Errors
    ///
    /// If it has another [version](LOCK_VERSION) or is no lock, if it holds a conflict that `git` left, or if it names a
    /// parent, a struct or a bit field that it does not have.
    pub fn parse(text: &str) -> Result<Lock, LockError> {
        let mut reader = Reader::default();
        let mut is_begun = false;
        for (i, line) in text.lines().enumerate() {
            reader.line = i + 1;
            let at = |problem| LockError { line: i + 1, problem };
            if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
                return Err(at("a merge left a conflict here: renew the lock".to_owned()));
            }
            if line.trim_start().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let mut words = Words { words: split(line).map_err(at)?, next: 0 };
            if is_begun {
                reader.read(&mut words).and_then(|()| words.end()).map_err(at)?;
            } else {
                version(&mut words).map_err(at)?;
                is_begun = true;
            }
        }
        let line = text.lines().count().max(1);
        if !is_begun {
            return Err(LockError {
                line,
                problem: format!("`layout-lock {LOCK_VERSION}` is missing: this is no lock"),
            });
        }
        reader.resolve();
        reader.check()?;
        Ok(reader.lock)
    }
}

type Parsed<T> = Result<T, String>;

fn version(words: &mut Words) -> Parsed<()> {
    if words.take("layout-lock") {
        let found: u32 = words.number()?;
        if found != LOCK_VERSION {
            return Err(format!("the lock has version {found}, but this program reads {LOCK_VERSION}"));
        }
        return words.end();
    }
    Err(format!("expected `layout-lock {LOCK_VERSION}`: this is no lock"))
}

#[derive(Default)]
struct Reader {
    lock: Lock,
    line: usize,
    open: Option<Open>,
    /// The lines of classes, structs and bit fields.
    begun: HashMap<(&'static str, String), usize>,
    /// What else is named and must be there: its kind, its name, the line that names it.
    named: Vec<(&'static str, String, usize)>,
}

/// To what the lines belong.
enum Open {
    Class(String),
    Struct(String),
    Bitfield(String),
}

impl Reader {
    fn read(&mut self, words: &mut Words) -> Parsed<()> {
        let word = words.word("a line of the lock")?;
        match word.as_str() {
            "crates" if self.open.is_none() => {
                while let Some(name) = words.rest() {
                    self.lock.crates.insert(name);
                }
            }
            "class" => {
                let id = self.begin("class", words)?;
                let (is_abstract, is_open) = (words.take("abstract"), words.take("open"));
                self.lock.classes.insert(id.clone(), Class { is_abstract, is_open, ..Class::default() });
                self.open = Some(Open::Class(id));
            }
            "struct" => {
                let id = self.begin("struct", words)?;
                let is_tagged = words.take("tagged");
                if !is_tagged {
                    words.expect("raw")?;
                }
                let is_ephemeron = is_tagged && words.take("ephemeron");
                self.lock.structs.insert(id.clone(), Struct { is_tagged, is_ephemeron, ..Struct::default() });
                self.open = Some(Open::Struct(id));
            }
            "bitfield" => {
                let id = self.begin("bitfield", words)?;
                self.lock.bitfields.insert(id.clone(), Bitfield::default());
                self.open = Some(Open::Bitfield(id));
            }
            word => self.member(word, words)?,
        }
        Ok(())
    }

    fn begin(&mut self, kind: &'static str, words: &mut Words) -> Parsed<String> {
        let mut id = words.word("a name")?;
        if words.take("in") {
            id = format!("{}::{id}", words.word("a module")?);
        }
        match self.begun.insert((kind, id.clone()), self.line) {
            None => Ok(id),
            Some(line) => Err(format!("{kind} `{id}` again: it is on line {line} already")),
        }
    }

    fn member(&mut self, word: &str, words: &mut Words) -> Parsed<()> {
        let Reader { lock, open, named, line, .. } = self;
        let mut need = |kind, id: &str| named.push((kind, id.to_owned(), *line));
        let known = match open {
            Some(Open::Class(id)) => class_line(lock.classes.entry(id.clone()).or_default(), word, words, &mut need)?,
            Some(Open::Struct(id)) => struct_line(lock.structs.entry(id.clone()).or_default(), word, words, &mut need)?,
            Some(Open::Bitfield(id)) => {
                bits_line(lock.bitfields.entry(id.clone()).or_default(), word, words, &mut need)?
            }
            None => false,
        };
        match (known, open) {
            (true, _) => Ok(()),
            (false, None) => Err(format!("`{word}` stands before the first class, struct or bitfield")),
            (false, Some(Open::Class(_))) => Err(format!(
                "`{word}` is no line of a class: those are extends, instance_type, instance_types, lowest_instance_type, \
                 highest_instance_type, align, size, field, tail, optional"
            )),
            (false, Some(Open::Struct(_))) => Err(format!("`{word}` is no line of a struct: those are size, field")),
            (false, Some(Open::Bitfield(_))) => {
                Err(format!("`{word}` is no line of a bitfield: those are storage, bits, value, ignored"))
            }
        }
    }

    /// Gives what is named its path, where the lock has only one of the name.
    fn resolve(&mut self) {
        fn paths<'l>(all: impl Iterator<Item = &'l String>) -> Renames {
            short_names(all.map(String::as_str)).into_iter().map(|(path, name)| (name, path)).collect()
        }
        let Lock { classes, structs, bitfields, .. } = &self.lock;
        let (classes, structs, bitfields) = (paths(classes.keys()), paths(structs.keys()), paths(bitfields.keys()));
        self.lock = self.lock.renamed(&classes, &structs, &bitfields);
        for (kind, name, _) in &mut self.named {
            let paths = match *kind {
                "class" => &classes,
                "struct" => &structs,
                _ => &bitfields,
            };
            if let Some(path) = paths.get(name) {
                name.clone_from(path);
            }
        }
    }

    /// Checks that what is named is there, that no class is above itself, and that each has its size.
    fn check(&self) -> Result<(), LockError> {
        for (kind, id, line) in &self.named {
            if !self.begun.contains_key(&(*kind, id.clone())) {
                return Err(LockError { line: *line, problem: format!("the lock has no {kind} `{id}`") });
            }
        }
        let at = |kind, id: &String| self.begun.get(&(kind, id.clone())).copied().unwrap_or(1);
        for id in self.lock.classes.keys() {
            if self.lock.lineage(id).count() > self.lock.classes.len() {
                return Err(LockError { line: at("class", id), problem: format!("class `{id}` extends itself") });
            }
        }
        let zero = PerWidth::default();
        let classes = self.lock.classes.iter().map(|(id, c)| ("class", id, c.instance_size));
        let sizes = classes.chain(self.lock.structs.iter().map(|(id, s)| ("struct", id, s.size)));
        for (kind, id, size) in sizes {
            if size == zero {
                return Err(LockError { line: at(kind, id), problem: format!("{kind} `{id}` has no size") });
            }
        }
        for (id, bits) in &self.lock.bitfields {
            if bits.storage_bits == 0 {
                return Err(LockError { line: at("bitfield", id), problem: format!("bitfield `{id}` has no storage") });
            }
        }
        Ok(())
    }
}

/// Hears of a name that must be there: its kind, and the name.
type Need<'a> = &'a mut dyn FnMut(&'static str, &str);

fn class_line(class: &mut Class, word: &str, words: &mut Words, need: Need<'_>) -> Parsed<bool> {
    match word {
        "extends" => {
            let parent = words.word("a class")?;
            need("class", &parent);
            class.parent = Some(parent);
        }
        "instance_type" => class.instance_type = Some(words.number()?),
        "instance_types" => {
            let first = words.number()?;
            words.expect("to")?;
            class.instance_types = Some((first, words.number()?));
        }
        "lowest_instance_type" => class.instance_type_order = Some(InstanceTypeOrder::Lowest),
        "highest_instance_type" => class.instance_type_order = Some(InstanceTypeOrder::Highest),
        "align" => {
            class.align = match words.word("an alignment")?.as_str() {
                "double" => Alignment::Double,
                "double_unaligned" => Alignment::DoubleUnaligned,
                other => return Err(format!("`{other}` is no alignment: those are double, double_unaligned")),
            };
        }
        "size" => {
            class.instance_size = words.bytes()?;
            class.header_size = if words.take("header") { words.bytes()? } else { class.instance_size };
            let PerWidth { compressed, full } = class.header_size;
            let rounded = (compressed.checked_next_multiple_of(4), full.checked_next_multiple_of(8));
            if rounded != (Some(class.instance_size.compressed), Some(class.instance_size.full)) {
                return Err("the size is not that of the header, rounded up to tagged words".to_owned());
            }
        }
        "field" => add_field(&mut class.fields, words, need)?,
        "tail" | "optional" => class.tails.push(tail(word == "optional", words, need)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn struct_line(layout: &mut Struct, word: &str, words: &mut Words, need: Need<'_>) -> Parsed<bool> {
    match word {
        "size" => layout.size = words.bytes()?,
        "field" => add_field(&mut layout.fields, words, need)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn add_field(fields: &mut Vec<Field>, words: &mut Words, need: Need<'_>) -> Parsed<()> {
    let name = words.word("the name of a field")?;
    if fields.iter().any(|f| f.name == name) {
        return Err(format!("field `{name}` again"));
    }
    words.expect("at")?;
    let offset = words.bytes()?;
    words.expect("size")?;
    let size = words.bytes()?;
    let holds = holds(words, need)?;
    let (constant, access) = accessors(words);
    let splice = if words.take("splices") { Some(words.word("the name of a field")?) } else { None };
    fields.push(Field { name, holds, offset, size, constant, access, splice });
    Ok(())
}

fn tail(is_optional: bool, words: &mut Words, need: Need<'_>) -> Parsed<Tail> {
    let name = words.word("the name of a tail")?;
    words.expect("of")?;
    let element_size = words.bytes()?;
    let length = if is_optional {
        words.expect("if")?;
        Length::Condition(words.word("a condition")?)
    } else {
        words.expect("times")?;
        if words.take("=") {
            Length::Expression(words.word("an expression")?)
        } else {
            Length::Field(words.word("the name of a field")?)
        }
    };
    let holds = holds(words, need)?;
    let (constant, access) = accessors(words);
    Ok(Tail { name, holds, element_size, length, constant, access })
}

fn accessors(words: &mut Words) -> (bool, Access) {
    let constant = words.take("constant");
    let access = if words.take("relaxed") {
        Access::Relaxed
    } else if words.take("acquire_release") {
        Access::AcquireRelease
    } else if words.take("seq_cst") {
        Access::SeqCst
    } else {
        Access::Plain
    };
    (constant, access)
}

fn holds(words: &mut Words, need: Need<'_>) -> Parsed<Holds> {
    let kind = words.word("what is held")?;
    let mut named = |kind, words: &mut Words| -> Parsed<String> {
        let id = words.word("a name")?;
        need(kind, &id);
        Ok(id)
    };
    Ok(match kind.as_str() {
        "strong" => Holds::Strong { admits: set(words)? },
        "weak" => Holds::Weak { admits: set(words)? },
        "maybe_weak" => Holds::MaybeWeak { admits: set(words)? },
        "smi" => Holds::Smi,
        "smi_bits" => Holds::SmiBits { bitfield: named("bitfield", words)? },
        "raw" => Holds::Raw { primitive: words.word("a primitive")? },
        "bits" => Holds::Bits { bitfield: named("bitfield", words)? },
        "external" => Holds::External { type_name: words.word("a type")? },
        "struct" => Holds::Struct { id: named("struct", words)? },
        "padding" => Holds::Padding,
        other => {
            return Err(format!(
                "`{other}` is nothing that a field holds: strong, weak, maybe_weak, smi, smi_bits, raw, bits, external, \
                 struct or padding"
            ));
        }
    })
}

fn set(words: &mut Words) -> Parsed<Vec<Admits>> {
    let mut set = Vec::new();
    if words.take("nothing") {
        return Ok(set);
    }
    loop {
        set.push(if words.take("any") {
            Admits::Any
        } else if words.take("smi") {
            Admits::Smi
        } else if words.take("nil") {
            Admits::None
        } else if words.take("weak") {
            Admits::Weak(words.word("a class")?)
        } else {
            Admits::Class(words.word("a class")?)
        });
        if !words.take("|") {
            return Ok(set);
        }
    }
}

fn bits_line(bits: &mut Bitfield, word: &str, words: &mut Words, need: Need<'_>) -> Parsed<bool> {
    let place = |words: &mut Words| -> Parsed<(u32, u32)> {
        words.expect("shift")?;
        let shift = words.number()?;
        words.expect("size")?;
        let size: u32 = words.number()?;
        if size == 0 || shift >= 64 || size > 64 - shift {
            return Err(format!("shift {shift} and size {size} leave 64 bits"));
        }
        Ok((shift, size))
    };
    match word {
        "storage" => {
            bits.storage = words.word("a storage")?;
            words.expect("of")?;
            bits.storage_bits = words.number()?;
        }
        "ignored" => {
            let (shift, size) = place(words)?;
            let means = Meaning::Gap;
            bits.fields.push(Bits { name: String::new(), shift, size, means, len: None, flags: Vec::new() });
        }
        "bits" => {
            let name = words.word("the name of a bit field")?;
            let (shift, size) = place(words)?;
            let len = if words.take("array") { Some(words.number()?) } else { None };
            let means = meaning(words, need)?;
            bits.fields.push(Bits { name, shift, size, means, len, flags: Vec::new() });
        }
        "value" => {
            let name = words.word("a name")?;
            words.expect("=")?;
            let value = Value { name, value: words.number()? };
            match bits.fields.last_mut() {
                Some(Bits { means: Meaning::Enum { values }, .. }) => values.push(value),
                Some(Bits { means: Meaning::Unsigned, flags, .. }) => flags.push(value),
                _ => return Err("a value must stand below bits that are an enum or flags".to_owned()),
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn meaning(words: &mut Words, need: Need<'_>) -> Parsed<Meaning> {
    let word = words.word("what the bits mean")?;
    Ok(match word.as_str() {
        "bool" => Meaning::Bool,
        "unsigned" | "flags" => Meaning::Unsigned,
        "signed" => Meaning::Signed,
        "enum" => Meaning::Enum { values: Vec::new() },
        "nested" => {
            let bitfield = words.word("a bitfield")?;
            need("bitfield", &bitfield);
            Meaning::Nested { bitfield }
        }
        other => {
            return Err(format!("`{other}` is nothing that bits mean: bool, unsigned, flags, signed, enum or nested"));
        }
    })
}

/// A word of a line.
struct Word {
    text: String,
    is_quoted: bool,
}

fn split(line: &str) -> Parsed<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('"') {
            let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let Some(Ok(text)) = strings.next() else { return Err(format!("{rest} is no string")) };
            let end = strings.byte_offset();
            words.push(Word { text, is_quoted: true });
            rest = &rest[end..];
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(Word { text: rest[..end].to_owned(), is_quoted: false });
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// The words of a line, to be read one after the other.
struct Words {
    words: Vec<Word>,
    next: usize,
}

impl Words {
    /// Steps over the keyword if it is next.
    fn take(&mut self, keyword: &str) -> bool {
        let is_next = self.words.get(self.next).is_some_and(|w| !w.is_quoted && w.text == keyword);
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, keyword: &str) -> Parsed<()> {
        if self.take(keyword) { Ok(()) } else { Err(format!("expected `{keyword}`, found {}", self.found())) }
    }

    fn word(&mut self, what: &str) -> Parsed<String> {
        self.rest().ok_or_else(|| format!("expected {what}, found the end of the line"))
    }

    /// The next word, if there is one.
    fn rest(&mut self) -> Option<String> {
        let word = self.words.get(self.next).map(|w| w.text.clone());
        self.next += 1;
        word
    }

    fn number<N: FromStr>(&mut self) -> Parsed<N> {
        let found = self.found();
        self.word("a number")?.parse().map_err(|_| format!("expected a number, found {found}"))
    }

    fn bytes(&mut self) -> Parsed<PerWidth> {
        let found = self.found();
        let word = self.word("a number of bytes")?;
        let (compressed, full) = word.split_once('/').unwrap_or((&word, &word));
        match (compressed.parse(), full.parse()) {
            (Ok(compressed), Ok(full)) => Ok(PerWidth { compressed, full }),
            _ => Err(format!("expected bytes such as `8` or `4/8`, found {found}")),
        }
    }

    fn end(&self) -> Parsed<()> {
        if self.next >= self.words.len() {
            Ok(())
        } else {
            Err(format!("expected the end of the line, found {}", self.found()))
        }
    }

    fn found(&self) -> String {
        self.words.get(self.next).map_or("the end of the line".to_owned(), |w| format!("`{}`", w.text))
    }
}
