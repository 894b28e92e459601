//! A struct whose fields lie inside objects: no map, no identity, no life of its own.

use super::field::{FieldKind, FieldLayout};
use super::width::PerWidth;
use crate::debugger::described;

/// Everything the declaration of a `#[heap_struct]` says. Offsets are from the struct's start.
#[derive(Debug)]
pub struct StructLayout {
    /// The struct's name.
    pub name: &'static str,
    /// The module that declares it.
    pub module_path: &'static str,
    /// The file that declares it.
    pub file: &'static str,
    /// The line of its name.
    pub line: u32,
    /// The doc comment, lines joined by `\n`.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [FieldLayout],
    /// Whether its fields are tagged words, all of them; else they are raw, all of them.
    pub is_tagged: bool,
    /// Whether its values live as long as its key does: declared `#[heap_struct(ephemeron)]`.
    pub is_ephemeron: bool,
    /// Bytes.
    pub size: PerWidth,
    /// The alignment it needs, in bytes.
    pub align: PerWidth,
}

impl StructLayout {
    /// The layout of a struct with these fields. Called by the macros.
    #[must_use]
    pub const fn new(
        name: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
        doc: &'static str,
        is_tagged: bool,
        fields: &'static [FieldLayout],
    ) -> StructLayout {
        let (mut size, mut align) = (PerWidth::both(0), PerWidth::both(1));
        let mut i = 0;
        while i < fields.len() {
            size = fields[i].offset.plus(fields[i].size);
            align = align.max(fields[i].align);
            i += 1;
        }
        StructLayout { name, module_path, file, line, doc, fields, is_tagged, is_ephemeron: false, size, align }
    }

    /// With values that its key keeps alive. Called by the macros.
    #[must_use]
    pub const fn ephemeron(mut self) -> StructLayout {
        self.is_ephemeron = true;
        self
    }

    /// Whether none of its fields has a setter.
    #[must_use]
    pub const fn is_constant(&self) -> bool {
        let mut i = 0;
        while i < self.fields.len() {
            if !self.fields[i].constant && !matches!(self.fields[i].kind, FieldKind::Padding) {
                return false;
            }
            i += 1;
        }
        true
    }

    /// Whether the collector may find a pointer in it.
    #[must_use]
    pub const fn may_hold_pointer(&self) -> bool {
        let mut i = 0;
        while i < self.fields.len() {
            if self.fields[i].kind.may_hold_pointer() {
                return true;
            }
            i += 1;
        }
        false
    }
}

described!(struct StructLayout { name, module_path, file, line, doc, fields, is_tagged, is_ephemeron, size, align });
