//! Where classes, structs and bit fields are: on one page, or each in a file of its own.

use super::escape::anchor;
use crate::index::{Holder, Index};
use crate::model::Model;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;

/// What has a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Class,
    Struct,
    Bits,
}

impl Kind {
    /// The folder of its files.
    const fn folder(self) -> &'static str {
        match self {
            Kind::Class => "class",
            Kind::Struct => "struct",
            Kind::Bits => "bits",
        }
    }

    /// What its anchors begin with.
    const fn prefix(self) -> &'static str {
        match self {
            Kind::Class => "",
            Kind::Struct => "struct.",
            Kind::Bits => "bits.",
        }
    }
}

/// The model with the places of its parts.
#[derive(Clone, Copy)]
pub(crate) struct Pages<'i, 'm> {
    pub(crate) index: &'i Index<'m>,
    /// The files, and the way from the file being written to their folders (`` or `../`); nothing for one page.
    pub(crate) files: Option<(&'i Files, &'i str)>,
}

impl<'m> Deref for Pages<'_, 'm> {
    type Target = Index<'m>;

    fn deref(&self) -> &Index<'m> {
        self.index
    }
}

impl Pages<'_, '_> {
    /// Where something is, for a link.
    pub(crate) fn href(&self, kind: Kind, id: &str) -> String {
        match self.file(kind, id) {
            Some(file) => file,
            None => format!("#{}", self.anchor(kind, id)),
        }
    }

    /// Where a field is, for a link.
    pub(crate) fn field_href(&self, holder: &Holder<'_>) -> String {
        let kind = if holder.owner_is_bitfield { Kind::Bits } else { Kind::Class };
        let file = self.file(kind, holder.owner).unwrap_or_default();
        format!("{file}#{}", self.field_anchor(kind, holder.owner, &holder.anchor))
    }

    /// The anchor of a heading.
    pub(crate) fn anchor(&self, kind: Kind, id: &str) -> String {
        format!("{}{}", kind.prefix(), anchor(id))
    }

    /// The anchor of a field.
    pub(crate) fn field_anchor(&self, kind: Kind, owner: &str, field: &str) -> String {
        format!("{}.{}", self.anchor(kind, owner), anchor(field))
    }

    fn file(&self, kind: Kind, id: &str) -> Option<String> {
        self.files.and_then(|(files, up)| files.path(kind, id).map(|path| format!("{up}{path}")))
    }

    /// Whether each has a file of its own.
    pub(crate) fn is_book(&self) -> bool {
        self.files.is_some()
    }
}

/// The files of classes, structs and bit fields.
pub(crate) struct Files(HashMap<(Kind, String), String>);

impl Files {
    pub(crate) fn new(model: &Model) -> Files {
        let classes = model.classes.iter().map(|c| (Kind::Class, c.id.as_str()));
        let structs = model.structs.iter().map(|s| (Kind::Struct, s.id.as_str()));
        let bits = model.bitfields.iter().map(|b| (Kind::Bits, b.id.as_str()));
        let mut taken = HashSet::new();
        let mut files = HashMap::new();
        for (kind, id) in classes.chain(structs).chain(bits) {
            let stem = format!("{}/{}", kind.folder(), id.replace("::", "-").replace([':', '#'], "-"));
            // Some file systems do not tell `Map` from `MAP`.
            let mut path = stem.clone();
            let mut number = 2;
            while !taken.insert(path.to_lowercase()) {
                path = format!("{stem}-{number}");
                number += 1;
            }
            files.insert((kind, id.to_owned()), path + ".md");
        }
        Files(files)
    }

    pub(crate) fn path(&self, kind: Kind, id: &str) -> Option<&str> {
        self.0.get(&(kind, id.to_owned())).map(String::as_str)
    }
}
