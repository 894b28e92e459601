//! Reading a model from JSON, and what must hold for the renderers to trust it.

use crate::model::{Bitfield, Class, Field, Holds, Meaning, Model, PerWidth, SCHEMA_VERSION, Struct, Width};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// The largest fixed part that is drawn, in bytes; `heapwright` itself stops at an eighth of that.
pub(crate) const MAX_HEADER: u32 = 1 << 16;

/// The most classes above each other; `heapwright` itself stops far below.
const MAX_DEPTH: u32 = 100;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The text is no JSON, or not that of a model.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The JSON has another version.
    #[error("schema_version is {found}, but this program reads {SCHEMA_VERSION}")]
    Version {
        /// The version in the JSON.
        found: u32,
    },
    /// The parts of the model contradict each other.
    #[error("{place}: {problem}")]
    Inconsistent {
        /// The offending part, such as `classes[3] (Script).fields[1] (name)`.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Model {
    /// Reads a model and checks that it is consistent.
    ///
    /// # Errors
    ///
    /// If the text is not JSON of a model of this [`SCHEMA_VERSION`] (with line and column), or if its parts
    /// contradict each other (with the path of the part).
    pub fn from_json(text: &str) -> Result<Model, ModelError> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let Version { schema_version: found } = serde_json::from_str(text)?;
        if found != SCHEMA_VERSION {
            return Err(ModelError::Version { found });
        }
        let model: Model = serde_json::from_str(text)?;
        model.check()?;
        Ok(model)
    }

    /// Checks that ids are unique and resolve, that every class stands after its parent, that fields neither overlap
    /// nor leave their class or struct, and that structs are as large where they are held as where they are declared.
    ///
    /// # Errors
    ///
    /// For the first part that breaks this.
    pub fn check(&self) -> Result<(), ModelError> {
        if let Some(url) = &self.source_url {
            check_url(url)?;
        }
        let mut bitfields = HashSet::new();
        for (i, bits) in self.bitfields.iter().enumerate() {
            let place = format!("bitfields[{i}] ({})", bits.id);
            check_id(&bits.id, &place)?;
            ensure(bitfields.insert(bits.id.as_str()), &place, || "another bit field has this id".into())?;
        }
        for (i, bits) in self.bitfields.iter().enumerate() {
            check_bitfield(bits, &bitfields, &format!("bitfields[{i}] ({})", bits.id))?;
        }
        let mut found = Found { bitfields, structs: HashMap::new() };
        for (i, layout) in self.structs.iter().enumerate() {
            let place = format!("structs[{i}] ({})", layout.id);
            check_id(&layout.id, &place)?;
            check_struct(layout, &found, &place)?;
            ensure(found.structs.insert(&layout.id, layout).is_none(), &place, || "another struct has this id".into())?;
        }
        let mut classes: HashMap<&str, &Class> = HashMap::new();
        let mut depths: HashMap<&str, u32> = HashMap::new();
        for (i, class) in self.classes.iter().enumerate() {
            let place = format!("classes[{i}] ({})", class.id);
            check_id(&class.id, &place)?;
            check_class(class, &classes, &found, &place)?;
            let depth = class.parent.as_deref().and_then(|id| depths.get(id)).map_or(0, |depth| depth + 1);
            ensure(depth < MAX_DEPTH, &place, || format!("more than {MAX_DEPTH} classes are above it"))?;
            depths.insert(&class.id, depth);
            ensure(classes.insert(&class.id, class).is_none(), &place, || "another class has this id".into())?;
        }
        for (i, class) in self.elsewhere.iter().enumerate() {
            let place = format!("elsewhere[{i}] ({})", class.id);
            check_id(&class.id, &place)?;
            check_id(&class.path, &place)?;
        }
        crate::check_live::check(self, &classes)?;
        Ok(())
    }
}

fn check_url(url: &str) -> Result<(), ModelError> {
    let scheme_is_safe = match url.split_once(':') {
        Some((scheme, _)) => ["https", "http", "file", "vscode"].contains(&scheme) || scheme.contains(['/', '{', '.']),
        None => true,
    };
    // Words in braces: those of the URL, and no others.
    let words = url.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word);
    if let Some(unknown) = words.clone().find(|word| !["file", "line"].contains(word)) {
        return Err(inconsistent("source_url", format!("{{{unknown}}} is not known: there are {{file}} and {{line}}")));
    }
    ensure(words.clone().any(|word| word == "file"), "source_url", || {
        format!("\"{url}\" has no {{file}}, so that all links would lead to one place")
    })?;
    ensure(scheme_is_safe, "source_url", || format!("\"{url}\" is neither https, http, file, vscode nor relative"))
}

pub(crate) fn check_id(id: &str, place: &str) -> Result<(), ModelError> {
    let is_path = !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '#'));
    ensure(is_path, place, || "the id is not a Rust path".into())
}

/// What fields may hold.
struct Found<'m> {
    bitfields: HashSet<&'m str>,
    structs: HashMap<&'m str, &'m Struct>,
}

impl Found<'_> {
    /// Checks that what a field or an element of this size holds is there.
    fn check_held(&self, name: &str, holds: &Holds, size: PerWidth, place: &str) -> Result<(), ModelError> {
        if let Some(id) = holds.bitfield() {
            ensure(self.bitfields.contains(id), place, || {
                format!("\"{name}\" holds the bit field \"{id}\", which is not in `bitfields`")
            })?;
        }
        if let Some(id) = holds.struct_id() {
            let layout = self.structs.get(id).ok_or_else(|| {
                inconsistent(place, format!("\"{name}\" holds the struct \"{id}\", which is not in `structs`"))
            })?;
            ensure(layout.size == size, place, || {
                format!("\"{name}\" has {size} bytes, but the struct \"{id}\" that it holds has {}", layout.size)
            })?;
        }
        Ok(())
    }
}

fn check_class(class: &Class, above: &HashMap<&str, &Class>, found: &Found<'_>, place: &str) -> Result<(), ModelError> {
    let parent =
        match &class.parent {
            None => None,
            Some(id) => Some(*above.get(id.as_str()).ok_or_else(|| {
                inconsistent(place, format!("its parent \"{id}\" is not among the classes before it"))
            })?),
        };
    ensure(parent.is_none_or(|p| p.tails.is_empty()), place, || "its parent's instances end in a tail".into())?;
    for width in Width::ALL {
        let start = parent.map_or(0, |p| p.header_size.get(width));
        let end = check_placed(&class.fields, start, width, place)?;
        let header = class.header_size.get(width);
        ensure(end <= header, place, || {
            format!("fields end at byte {end} ({}), after its header_size of {header}", width.name())
        })?;
        ensure(header <= MAX_HEADER, place, || format!("its header_size of {header} exceeds {MAX_HEADER}"))?;
        let (size, rounded) = (class.instance_size.get(width), header.next_multiple_of(width.tagged_size()));
        ensure(size == rounded, place, || {
            format!("its instance_size ({}) is {size}, but its header_size makes that {rounded}", width.name())
        })?;
        for (i, tail) in class.tails.iter().enumerate() {
            let place = format!("{place}.tails[{i}] ({})", tail.name);
            let size = tail.element_size.get(width);
            ensure((1..=MAX_HEADER).contains(&size), &place, || {
                format!("its element_size ({}) is {size}, not 1 to {MAX_HEADER}", width.name())
            })?;
            check_align(tail.element_align, width, &place)?;
        }
    }
    let mut names = HashSet::new();
    let fields = class.fields.iter().map(|f| (&f.name, &f.holds, f.size));
    for (name, holds, size) in fields.chain(class.tails.iter().map(|t| (&t.name, &t.holds, t.element_size))) {
        ensure(names.insert(name), place, || format!("two fields are named \"{name}\""))?;
        found.check_held(name, holds, size, place)?;
    }
    Ok(())
}

fn check_struct(layout: &Struct, found: &Found<'_>, place: &str) -> Result<(), ModelError> {
    for width in Width::ALL {
        let end = check_placed(&layout.fields, 0, width, place)?;
        let size = layout.size.get(width);
        ensure(end == size && (1..=MAX_HEADER).contains(&size), place, || {
            format!("fields end at byte {end} ({}), but its size is {size}", width.name())
        })?;
        check_align(layout.align, width, place)?;
    }
    ensure(
        !layout.is_ephemeron || matches!(layout.fields[..], [Field { holds: Holds::Weak { .. }, .. }, _, ..]),
        place,
        || "it is an ephemeron, but does not begin with a weak key that others follow".to_owned(),
    )?;
    let mut names = HashSet::new();
    for Field { name, holds, size, .. } in &layout.fields {
        ensure(names.insert(name), place, || format!("two fields are named \"{name}\""))?;
        ensure(holds.struct_id().is_none(), place, || format!("\"{name}\" holds a struct, but structs do not nest"))?;
        ensure(holds.is_tagged() == layout.is_tagged, place, || {
            let sort = |is_tagged| if is_tagged { "tagged" } else { "raw" };
            format!("\"{name}\" is {}, but the struct is {}", sort(holds.is_tagged()), sort(layout.is_tagged))
        })?;
        found.check_held(name, holds, *size, place)?;
    }
    Ok(())
}

/// Checks that fields follow each other, and returns where the last one ends.
fn check_placed(fields: &[Field], start: u32, width: Width, place: &str) -> Result<u32, ModelError> {
    let mut end = start;
    for (i, field) in fields.iter().enumerate() {
        let place = format!("{place}.fields[{i}] ({})", field.name);
        let (start, size) = (field.offset.get(width), field.size.get(width));
        ensure(start >= end, &place, || {
            format!("begins at byte {start} ({}), but what is before it ends at {end}", width.name())
        })?;
        end = start.checked_add(size).ok_or_else(|| inconsistent(&place, "ends beyond 4 GiB".into()))?;
        check_align(field.align, width, &place)?;
    }
    Ok(end)
}

fn check_align(align: PerWidth, width: Width, place: &str) -> Result<(), ModelError> {
    ensure(align.get(width).is_power_of_two(), place, || format!("its alignment ({}) is no power of two", width.name()))
}

fn check_bitfield(bits: &Bitfield, all: &HashSet<&str>, place: &str) -> Result<(), ModelError> {
    ensure((1..=64).contains(&bits.storage_bits), place, || "storage_bits is not 1 to 64".into())?;
    let mut end = 0;
    for (i, field) in bits.fields.iter().enumerate() {
        let place = format!("{place}.fields[{i}] ({})", field.name);
        ensure(field.shift >= end && field.size > 0, &place, || {
            format!("begins at bit {} with {} bits, but bit {end} is next", field.shift, field.size)
        })?;
        end = field.shift.saturating_add(field.size);
        ensure(end <= bits.storage_bits, &place, || {
            format!("ends at bit {end}, but the storage has {}", bits.storage_bits)
        })?;
        if let Some(len) = field.len {
            ensure(len > 0 && field.size.is_multiple_of(len), &place, || {
                format!("its {} bits cannot be shared evenly by {len} elements", field.size)
            })?;
        }
        if let Meaning::Nested { bitfield } = &field.means {
            ensure(all.contains(bitfield.as_str()), &place, || {
                format!("nests \"{bitfield}\", which is not in `bitfields`")
            })?;
        }
    }
    Ok(())
}

pub(crate) fn ensure(holds: bool, place: &str, problem: impl FnOnce() -> String) -> Result<(), ModelError> {
    if holds { Ok(()) } else { Err(inconsistent(place, problem())) }
}

pub(crate) fn inconsistent(place: &str, problem: String) -> ModelError {
    ModelError::Inconsistent { place: place.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FIXTURE, model};

    fn problem(break_it: impl FnOnce(&mut Model)) -> String {
        let mut model = model();
        break_it(&mut model);
        model.check().expect_err("the broken model passed").to_string()
    }

    #[test]
    fn json_errors_carry_a_position() {
        let broken = FIXTURE.replacen("\"line\": 1", "\"line\": \"x\"", 1);
        let message = Model::from_json(&broken).unwrap_err().to_string();
        assert!(message.contains("line ") && message.contains("column "), "{message}");
        assert!(!message.contains('\n'));
    }

    #[test]
    fn other_versions_are_refused_before_their_shape_is_read() {
        let message = Model::from_json("{\"schema_version\": 1}").unwrap_err().to_string();
        assert_eq!(message, "schema_version is 1, but this program reads 2");
    }

    #[test]
    fn contradictions_name_the_part() {
        assert!(problem(|m| m.classes[1].parent = Some("Nobody".into())).contains("\"Nobody\""));
        assert!(problem(|m| m.classes[1].fields[1].offset.full = 0).starts_with("classes[1] (Map).fields[1]"));
        assert!(problem(|m| m.classes[1].instance_size.full += 8).contains("instance_size (full)"));
        assert!(problem(|m| m.bitfields[0].fields[0].size = 99).contains("the storage has"));
        assert!(problem(|m| m.bitfields[0].fields[0].len = Some(0)).contains("shared evenly by 0 elements"));
        assert!(problem(|m| m.classes[2].id = "Map".into()).contains("another class has this id"));
        assert!(problem(|m| m.classes[2].id = "a b".into()).contains("not a Rust path"));
    }

    #[test]
    fn trees_that_are_too_deep_to_draw_are_refused() {
        let message = problem(|m| {
            let mut class = m.classes[0].clone();
            class.fields.clear();
            for i in 0..200 {
                class.parent = Some(class.id.clone());
                class.id = format!("Below{i}");
                m.classes.push(class.clone());
            }
        });
        assert!(message.contains("more than 100 classes are above it"), "{message}");
    }

    #[test]
    fn structs_and_tails_are_checked_too() {
        let array = |m: &mut Model| m.classes.iter().position(|c| c.id == "DescriptorArray").unwrap();
        assert!(problem(|m| m.structs[1].id = "Other".into()).contains("which is not in `structs`"));
        assert!(problem(|m| m.structs[1].id = "PositionInfo".into()).contains("another struct has this id"));
        assert!(
            problem(|m| m.structs[0].size.full = 12).starts_with("structs[0] (PositionInfo): fields end at byte 8")
        );
        assert!(
            problem(|m| m.structs[0].fields[1].holds = Holds::Smi).contains("\"end\" is tagged, but the struct is raw")
        );
        let nested = Holds::Struct { id: "PositionInfo".into() };
        assert!(problem(|m| m.structs[1].fields[0].holds = nested).contains("structs do not nest"));
        assert!(
            problem(|m| {
                let i = array(m);
                m.classes[i].tails[0].element_size.full = 16;
            })
            .contains("\"entries\" has 12 / 16 bytes, but the struct \"Descriptor\" that it holds has 12 / 24")
        );
        assert!(
            problem(|m| {
                let i = array(m);
                m.classes[i].tails[0].element_size.full = 0;
            })
            .contains("its element_size (full) is 0")
        );
        assert!(problem(|m| m.classes[0].tails = m.classes[2].tails.clone()).contains("instances end in a tail"));
    }

    #[test]
    fn source_urls_cannot_run_scripts() {
        assert!(problem(|m| m.source_url = Some("javascript:alert(1)".into())).starts_with("source_url"));
        for (url, message) in [
            ("https://example.org/", "source_url: \"https://example.org/\" has no {file}"),
            ("https://example.org/{file}#L{fil}", "source_url: {fil} is not known"),
        ] {
            assert!(problem(|m| m.source_url = Some(url.into())).starts_with(message));
        }
        let mut model = model();
        model.source_url = Some("https://example.org/{file}#L{line}".into());
        assert!(model.check().is_ok());
    }
}
