//! What a table of fields lists: fields, tails, and below those that hold a struct the struct's fields.

use crate::index::Index;
use crate::model::{Access, Class, Field, Holds, Length, PerWidth, Struct, Tail, Width};
use crate::view::Role;
use crate::words;

/// One line of a table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'m> {
    pub(crate) name: &'m str,
    pub(crate) at: At,
    pub(crate) size: PerWidth,
    pub(crate) type_name: &'m str,
    pub(crate) doc: &'m str,
    /// The line of the declaration.
    pub(crate) line: u32,
    pub(crate) holds: &'m Holds,
    pub(crate) role: Role,
    pub(crate) constant: bool,
    pub(crate) access: Access,
    /// The field of its referent that replaces a weak reference when the referent dies.
    pub(crate) splice: Option<&'m str>,
    /// How many there are, for a tail.
    pub(crate) length: Option<&'m Length>,
    /// What it is a part of, for a field of a struct.
    pub(crate) outer: Option<Outer<'m>>,
    /// The class above that declares it.
    pub(crate) from: Option<&'m Class>,
}

/// The field or the tail whose struct a field is a part of.
#[derive(Clone, Copy)]
pub(crate) struct Outer<'m> {
    name: &'m str,
    has_elements: bool,
    pub(crate) layout: &'m Struct,
}

/// Where something begins.
#[derive(Clone, Copy)]
pub(crate) enum At {
    /// So many bytes after the start of the object.
    Object(PerWidth),
    /// So many bytes after the start of the element.
    Element(PerWidth),
    /// Where the tail before it ends.
    After,
}

impl At {
    pub(crate) const fn is_same(self) -> bool {
        match self {
            At::Object(bytes) | At::Element(bytes) => bytes.is_same(),
            At::After => true,
        }
    }

    /// The offset as tables have it: `8`, `+8`, or `…` where it depends on the object.
    pub(crate) fn text(self, width: Width) -> String {
        match self {
            At::Object(bytes) => bytes.get(width).to_string(),
            At::Element(bytes) => format!("+{}", bytes.get(width)),
            At::After => "…".to_owned(),
        }
    }
}

impl<'m> Row<'m> {
    /// The name with that of the field or tail around it: `position.start`, `entries[i].key`.
    pub(crate) fn label(&self) -> String {
        match self.outer {
            None => self.name.to_owned(),
            Some(outer) if outer.has_elements => format!("{}[i].{}", outer.name, self.name),
            Some(outer) => format!("{}.{}", outer.name, self.name),
        }
    }

    /// The same for anchors: `position.start`, `entries.key`.
    pub(crate) fn anchor(&self) -> String {
        let name = self.name.replace(char::is_whitespace, "-");
        match self.outer {
            None => name,
            Some(outer) => format!("{}.{name}", outer.name),
        }
    }

    /// The condition of an optional field.
    pub(crate) fn condition(&self) -> Option<&'m str> {
        self.length.filter(|l| matches!(l, Length::Condition(_))).map(Length::text)
    }

    /// `constant`, `acquire/release`: all that a table notes of it in words.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<_> = words::notes(self.constant, self.access).into_iter().map(str::to_owned).collect();
        notes.extend(self.splice.map(words::splice));
        notes
    }

    /// Its offset in the object; nothing if it is in a tail.
    pub(crate) const fn offset(&self) -> Option<PerWidth> {
        match self.at {
            At::Object(at) if self.length.is_none() => Some(at),
            _ => None,
        }
    }

    /// Whether it stands for bytes of its own and not for a struct whose fields follow it.
    pub(crate) fn is_leaf(&self) -> bool {
        self.holds.struct_id().is_none()
    }

    /// The same as a part of one element, whose start its offset is from.
    pub(crate) fn of_element(self) -> Row<'m> {
        let at = if let At::Element(at) = self.at { at } else { PerWidth { compressed: 0, full: 0 } };
        Row { at: At::Object(at), length: None, ..self }
    }

    fn of(field: &'m Field, at: At, role: Role) -> Row<'m> {
        Row {
            name: &field.name,
            at,
            size: field.size,
            type_name: &field.type_name,
            doc: &field.doc,
            line: field.line,
            holds: &field.holds,
            role,
            constant: field.constant,
            access: field.access,
            splice: field.splice.as_deref(),
            length: None,
            outer: None,
            from: None,
        }
    }
}

impl<'m> Index<'m> {
    /// The rows of a class, inherited ones first.
    pub(crate) fn rows(&self, class: &'m Class) -> Vec<Row<'m>> {
        let mut rows = Vec::new();
        for owner in self.lineage(class) {
            let from = (owner.id != class.id).then_some(owner);
            let first = rows.len();
            self.add_own(owner, &mut rows);
            rows[first..].iter_mut().for_each(|row| row.from = from);
        }
        rows
    }

    /// The rows of what the class itself declares.
    pub(crate) fn own_rows(&self, class: &'m Class) -> Vec<Row<'m>> {
        let mut rows = Vec::new();
        self.add_own(class, &mut rows);
        rows
    }

    /// The rows of a struct.
    pub(crate) fn struct_rows(&self, layout: &'m Struct) -> Vec<Row<'m>> {
        layout.fields.iter().map(|f| Row::of(f, At::Object(f.offset), self.role(&f.holds))).collect()
    }

    fn add_own(&self, class: &'m Class, rows: &mut Vec<Row<'m>>) {
        for field in &class.fields {
            // The tagged word that every object begins with is its map.
            let is_map = field.offset.full == 0 && matches!(field.holds, Holds::Strong { .. });
            let role = if is_map { Role::Map } else { self.role(&field.holds) };
            let row = Row::of(field, At::Object(field.offset), role);
            rows.push(row);
            self.add_parts(row, field.offset, rows);
        }
        for (i, tail) in class.tails.iter().enumerate() {
            let row = Row {
                name: &tail.name,
                at: if i == 0 { At::Object(class.header_size) } else { At::After },
                size: tail.element_size,
                type_name: &tail.type_name,
                doc: &tail.doc,
                line: tail.line,
                holds: &tail.holds,
                role: self.role(&tail.holds),
                constant: tail.constant,
                access: tail.access,
                splice: None,
                length: Some(&tail.length),
                outer: None,
                from: None,
            };
            rows.push(row);
            self.add_parts(row, PerWidth { compressed: 0, full: 0 }, rows);
        }
    }

    /// The fields of the struct that `row` holds, if it does.
    fn add_parts(&self, row: Row<'m>, start: PerWidth, rows: &mut Vec<Row<'m>>) {
        let Some(layout) = row.holds.struct_id().and_then(|id| self.struct_(id)) else { return };
        let has_elements = row.length.is_some() && row.condition().is_none();
        let outer = Some(Outer { name: row.name, has_elements, layout });
        for field in &layout.fields {
            let at = start.plus(field.offset);
            let at = if row.length.is_some() { At::Element(at) } else { At::Object(at) };
            rows.push(Row { outer, ..Row::of(field, at, self.role(&field.holds)) });
        }
    }

    /// The rows of one element of a tail: itself, or the fields of its struct.
    pub(crate) fn element_rows(&self, class: &'m Class, tail: &'m Tail) -> Vec<Row<'m>> {
        let is_of_tail = |row: &Row<'m>| match row.outer {
            Some(outer) => outer.name == tail.name,
            None => row.name == tail.name && row.is_leaf(),
        };
        self.own_rows(class).into_iter().filter(is_of_tail).collect()
    }

    /// What bytes that hold this are for; of a struct, what is most telling of it.
    pub(crate) fn role(&self, holds: &Holds) -> Role {
        match holds {
            Holds::Strong { .. } => Role::Strong,
            Holds::Weak { .. } => Role::Weak,
            Holds::MaybeWeak { .. } => Role::MaybeWeak,
            Holds::Smi => Role::Smi,
            Holds::Raw { .. } | Holds::External { .. } => Role::Raw,
            Holds::SmiBits { .. } | Holds::Bits { .. } => Role::Bits,
            Holds::Struct { id } => {
                let parts = self.struct_(id).into_iter().flat_map(|s| &s.fields).map(|f| self.role(&f.holds));
                parts.min_by_key(|role| Role::ALL.iter().position(|r| r == role)).unwrap_or(Role::Raw)
            }
            Holds::Padding => Role::Padding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn structs_are_followed_by_their_fields() {
        let model = model();
        let index = Index::new(&model);
        let rows = index.rows(index.class("ScopeInfo").unwrap());
        let find = |label: &str| rows.iter().find(|r| r.label() == label).unwrap_or_else(|| panic!("no {label}"));
        assert!(matches!(find("position.end").at, At::Object(at) if at == PerWidth { compressed: 24, full: 36 }));
        assert_eq!(find("position.end").anchor(), "position.end");
        assert!(!find("position").is_leaf());
        assert_eq!(find("function_name").condition(), Some("flags.has_function_name()"));
        assert_eq!(find("local_names").at.text(Width::Full), "40");
        assert_eq!(find("function_name").at.text(Width::Full), "…");
        let rows = index.rows(index.class("DescriptorArray").unwrap());
        let value = rows.iter().find(|r| r.name == "value").unwrap();
        assert_eq!((value.label().as_str(), value.anchor().as_str()), ("entries[i].value", "entries.value"));
        assert_eq!((value.at.text(Width::Compressed), value.role), ("+8".to_owned(), Role::MaybeWeak));
    }
}
