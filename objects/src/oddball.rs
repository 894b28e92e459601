//! `undefined`, `null`, `true`, `false` and the hole. V8: `oddball.h`.
//!
//! In V8 all of them are of one instance type and told apart by address. Here each is of a class of its own, so that
//! types can name them: `Tagged<(Str, Undefined)>` admits a string or `undefined` and nothing else. The check is the same
//! load and compare.
//!
//! Each isolate has one of each, as roots in read-only space (see [`StandardRoots`](crate::StandardRoots)). Code that
//! tells values by class (`value.is::<Undefined>()`) does not depend on that.

use crate::{HeapNumber, Str};
use core::fmt;
use heapwright::{BitEnum, Smi, heap_object};

/// Which oddball. The numbers are V8's.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OddballKind {
    /// `false`.
    False = 0,
    /// `true`.
    True = 1,
    /// A place in an array where nothing was ever stored.
    TheHole = 2,
    /// `null`.
    Null = 3,
    /// `undefined`.
    Undefined = 5,
}

/// A value that is an object only because every value has to be something. V8: `Oddball`.
///
/// All fields are constant: oddballs are made for read-only space, as is all that they refer to.
#[heap_object(abstract, print = Oddball::print)]
pub struct Oddball {
    /// The value as a number, read without a further load. V8: `to_number_raw`.
    #[constant]
    to_number_raw: f64,
    /// The value as a string.
    #[constant]
    to_string: Tagged<Str>,
    /// The value as a number.
    #[constant]
    to_number: Tagged<(HeapNumber, Smi)>,
    /// What `typeof` yields.
    #[constant]
    type_of: Tagged<Str>,
    /// Which oddball, as a number; see [`Oddball::oddball_kind`].
    #[constant]
    kind: Smi,
}

impl Oddball {
    /// What `{:?}` prints: the value's name.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_string().write_utf8(f)
    }

    /// Which oddball it is; `None` if another crate's class has a kind that is not listed.
    #[must_use]
    pub fn oddball_kind(&self) -> Option<OddballKind> {
        OddballKind::from_bits(u64::try_from(self.kind()).ok()?)
    }
}

/// `undefined`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let scope = isolate.enter();
/// let undefined = scope.undefined();
/// assert_eq!(undefined.to_string().to_rust_string(), "undefined");
/// assert_eq!(undefined.oddball_kind(), Some(OddballKind::Undefined));
/// ```
#[heap_object(extends = Oddball)]
pub struct Undefined {}

/// `null`.
#[heap_object(extends = Oddball)]
pub struct Null {}

/// `true`.
#[heap_object(extends = Oddball)]
pub struct True {}

/// `false`.
#[heap_object(extends = Oddball)]
pub struct False {}

/// The hole: what an array holds where nothing was ever stored. It never reaches the programs that run. V8: since lately
/// a `Hole`, of an instance type of its own; before that an oddball.
#[heap_object(extends = Oddball)]
pub struct TheHole {}
