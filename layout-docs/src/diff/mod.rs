//! What changed between two states of the layouts, and whom it breaks.
//!
//! # Who depends on a layout
//!
//! | | who | relies on |
//! |---|---|---|
//! | *code* | compiled with the old offsets and not built again: a code cache, assembly by hand, another binary | each field where it was, with the values it knows, of the size it allocates |
//! | *data* | objects made before: snapshots, images of heaps, core files | their bytes meaning the same under the new layouts |
//! | *readers* | tools that know the old layouts: debuggers, profilers, scripts over core files | finding what they know in new objects |
//!
//! A change is *breaking* if it breaks one of them, else *compatible*. Values that the old layouts do not know may turn
//! up only where these left room for them: names in the free patterns of an enum, fields in reserved bits, classes below
//! an open one. Whoever reads such a place has to expect the unknown already.
//!
//! # The rules
//!
//! | change | breaks | for |
//! |---|---|---|
//! | docs, lines, files, modules, the order of registries, the spelling of a type | nobody: no change at all | the layout is the same |
//! | a new class, struct or bit field | nobody | nothing that was there moved |
//! | a new class below one that was a leaf | code | casts to a leaf compare one address, and do not know what is below it |
//! | a class is gone | code, data | objects of it are nothing now |
//! | a name changed, of a class, struct, field, bit field or value, and the bytes did not | nobody | offsets and numbers are what is relied on; tools that go by names learn the new one |
//! | another parent | code, data, readers | casts ask for the ancestors |
//! | a leaf opens, an open class closes, an abstract one may have instances | nobody | nothing that is there changes |
//! | a class becomes abstract | code, data | instances of it were made |
//! | an instance type, or a range of them, is pinned; an order is asked for | nobody | nobody could know the number before |
//! | … is changed or is pinned no longer | code, data, readers; the order: code | all three compare numbers |
//! | instances grow or shrink; elements begin elsewhere; a class with children ends elsewhere | code, data, readers | code allocates, tools step over, and old objects have the old size |
//! | a field moves, or changes its size or its kind | code, data, readers | the old offset is something else |
//! | a new field | code, data | it is missing in old objects (also where padding was: padding is never written), and old code does not write it |
//! | a field is gone | code, readers | they read what stands there now |
//! | a set admits more | code | it casts what it reads without a look |
//! | a set admits less | code, data | old objects hold what new code does not expect |
//! | a set in other words for the same | nobody | |
//! | constant or not; another memory order | code | it keeps what it read; both sides of a memory order must agree |
//! | what a weak field splices; whether a struct is an ephemeron; padding in other pieces | nobody | collector's work; holds nothing |
//! | a tail or an optional field is new, gone, in another place, or of another length | code, data, readers | what lies behind the fixed part depends on it |
//! | a bit field moves or changes its size, its kind or the number of its elements | code, data, readers | the old mask cuts out something else |
//! | a new bit field in reserved bits | nobody | they were zero, and zero is a value of it |
//! | … whose zero has no name | data | old objects have zero there |
//! | … in ignored bits | code, data | they may be anything in old objects, and code keeps them |
//! | a bit field is gone | code, data, readers | its bits are reserved, and are not zero in old objects |
//! | a new name of an enum or of a flag | nobody | the pattern was free: decoding it has to fail already |
//! | a name is gone | code, data | old objects have it |
//! | a name has another number | code, data, readers | |
//! | ignored bits become reserved | code, data | they are not zero in old objects |
//! | reserved bits become ignored; more or fewer bits to use, with no field affected | nobody | |
//!
//! What is the same cause is said once: fields that one change shifts are one [`Change`] that names it, and a class
//! whose parent grew says so.
//!
//! # Renames
//!
//! Classes, structs and bit fields are known by their paths. One that is in another module now is the same still, if it
//! alone has its name among those that are gone and those that have come.
//!
//! A field has a new name if one with the same place, size and kind is gone. A class, struct or bit field has a new name
//! if it alone is what one that is gone was, field by field.
//!
//! # Pointer widths
//!
//! Models and locks hold the layouts for both widths, whichever one the program is compiled for. So two builds of a
//! program that differ in nothing but the feature `pointer-compression` are the same here, although neither can
//! read the other's data.

mod bits;
mod changes;
mod compare;
mod identify;
mod markdown;
mod members;
mod text;

use crate::lock::Lock;
use crate::model::PerWidth;
use serde::Serialize;

pub use changes::{Moved, What};

/// Compares two states of the layouts.
///
/// ```
/// use heapwright_docs::{Lock, Verdict, diff};
///
/// let before = "layout-lock 1\nclass Point\n  size 8/16\n  field x at 4/8 size 4/8 smi\n";
/// let after = before.replace("size 8/16", "size 12/24").replace("x at 4/8", "x at 8/16");
///
/// let diff = diff(&Lock::parse(before)?, &Lock::parse(&after)?);
/// assert_eq!(diff.verdict(), Verdict::Breaking);
/// assert!(diff.to_text().contains("field `x` moved from 4 / 8 to 8 / 16, because "));
/// # Ok::<(), heapwright_docs::LockError>(())
/// ```
#[must_use]
pub fn diff(old: &Lock, new: &Lock) -> Diff {
    let (old, new) = identify::with_short_names(old, new);
    Diff { entries: compare::entries(&old, &new) }
}

/// What changed between two states of the layouts. See the [module](self) for the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// What differs: classes, each after its parent, then structs, then bit fields, by name.
    pub entries: Vec<Entry>,
}

/// A class, struct or bit field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// What it is.
    pub item: Item,
    /// Its name or, where the two states have several of that name, its path; the new one, unless it is gone.
    pub id: String,
    /// What it was called before, if it has another name now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Bytes of an instance before, without tails; of an abstract class, where its fields ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<PerWidth>,
    /// The same after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<PerWidth>,
    /// What happened to it, in the order of its bytes.
    pub changes: Vec<Change>,
}

/// What an [`Entry`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A class.
    Class,
    /// A struct in objects.
    Struct,
    /// A struct of bit fields.
    Bitfield,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What changed.
    pub what: What,
    /// Whom it breaks; nobody if it is compatible.
    pub breaks: &'static [Party],
}

/// Who depends on a layout. See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Code that was compiled with the old offsets.
    Code,
    /// Objects that were made before.
    Data,
    /// Tools that know the old layouts.
    Readers,
}

/// The answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing that anybody relies on changed.
    Same,
    /// There are changes, which break nobody.
    Compatible,
    /// Compiled code, old objects or tools are broken.
    Breaking,
}

impl Verdict {
    /// 0, 1, 2: what `layout-docs diff` and `check` exit with. Errors exit with 64 and above.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        self as u8
    }

    /// `same`, `compatible`, `breaking`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Compatible => "compatible",
            Verdict::Breaking => "breaking",
        }
    }
}

impl Party {
    /// `code`, `data`, `readers`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Party::Code => "code",
            Party::Data => "data",
            Party::Readers => "readers",
        }
    }
}

impl Item {
    /// `class`, `struct`, `bit field`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Item::Class => "class",
            Item::Struct => "struct",
            Item::Bitfield => "bit field",
        }
    }
}

impl Change {
    /// Whether it breaks anybody.
    #[must_use]
    pub const fn is_breaking(&self) -> bool {
        !self.breaks.is_empty()
    }
}

impl Entry {
    /// The worst of its changes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.changes.iter().any(Change::is_breaking) { Verdict::Breaking } else { Verdict::Compatible }
    }

    /// Whether it was not there before.
    #[must_use]
    pub fn is_added(&self) -> bool {
        matches!(self.changes.first(), Some(Change { what: What::Added { .. }, .. }))
    }

    /// Whether it is gone.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        matches!(self.changes.first(), Some(Change { what: What::Removed, .. }))
    }
}

impl Diff {
    /// The worst of all changes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.entries.iter().map(Entry::verdict).max().unwrap_or(Verdict::Same)
    }

    /// For a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::render(self)
    }

    /// For a pull request: a line, a table of bytes before and after, the details folded.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// For programs: `version`, `verdict`, `exit_code`, and the entries, with a sentence for each change.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Json<'d> {
            version: u32,
            verdict: Verdict,
            exit_code: u8,
            entries: &'d [Entry],
        }
        let verdict = self.verdict();
        let json = Json { version: 1, verdict, exit_code: verdict.exit_code(), entries: &self.entries };
        let text = serde_json::to_string_pretty(&json);
        text.unwrap_or_else(|e| unreachable!("strings and numbers have a JSON form: {e}")) + "\n"
    }

    /// `breaking: 2 classes changed, 1 class added`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        let states = [(" added", 0), (" removed", 1), (" changed", 2)];
        for (word, state) in [states[2], states[0], states[1]] {
            for item in [Item::Class, Item::Struct, Item::Bitfield] {
                let of_state = |e: &&Entry| match state {
                    0 => e.is_added(),
                    1 => e.is_removed(),
                    _ => !e.is_added() && !e.is_removed(),
                };
                let count = self.entries.iter().filter(|e| e.item == item).filter(of_state).count();
                let plural = match (count, item) {
                    (0, _) => continue,
                    (1, _) => "",
                    (_, Item::Class) => "es",
                    _ => "s",
                };
                parts.push(format!("{count} {}{plural}{word}", item.name()));
            }
        }
        match self.verdict() {
            Verdict::Same => "same: no layout changed".to_owned(),
            verdict => format!("{}: {}", verdict.name(), parts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
