//! The two pointer widths, and numbers that differ between them.

use crate::debugger::described;

/// How wide a tagged field is. One of the two is compiled in; layouts are known for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointerWidth {
    /// 4-byte tagged fields: offsets into the 4 GiB cage (feature `pointer-compression`).
    Compressed,
    /// 8-byte tagged fields: whole addresses.
    Full,
}

impl PointerWidth {
    /// Both widths, compressed first.
    pub const ALL: [PointerWidth; 2] = [PointerWidth::Compressed, PointerWidth::Full];

    /// The width this build uses.
    pub const CURRENT: PointerWidth =
        if cfg!(feature = "pointer-compression") { PointerWidth::Compressed } else { PointerWidth::Full };

    /// Bytes of a tagged field. V8: `kTaggedSize`.
    #[must_use]
    pub const fn tagged_size(self) -> u32 {
        match self {
            PointerWidth::Compressed => 4,
            PointerWidth::Full => 8,
        }
    }

    /// A name for messages and docs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PointerWidth::Compressed => "compressed pointers",
            PointerWidth::Full => "full pointers",
        }
    }
}

/// A number of bytes under each pointer width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PerWidth {
    /// With 4-byte tagged fields.
    pub compressed: u32,
    /// With 8-byte tagged fields.
    pub full: u32,
}

impl PerWidth {
    /// The same number under both widths.
    #[must_use]
    pub const fn both(bytes: u32) -> PerWidth {
        PerWidth { compressed: bytes, full: bytes }
    }

    /// The size of `n` tagged fields.
    #[must_use]
    pub const fn tagged(n: u32) -> PerWidth {
        PerWidth { compressed: n * 4, full: n * 8 }
    }

    /// The number under `width`.
    #[must_use]
    pub const fn get(self, width: PointerWidth) -> u32 {
        match width {
            PointerWidth::Compressed => self.compressed,
            PointerWidth::Full => self.full,
        }
    }

    /// The number under the width compiled in.
    #[must_use]
    pub const fn current(self) -> u32 {
        if cfg!(feature = "pointer-compression") { self.compressed } else { self.full }
    }

    /// Sum under each width.
    #[must_use]
    pub const fn plus(self, other: PerWidth) -> PerWidth {
        PerWidth { compressed: self.compressed + other.compressed, full: self.full + other.full }
    }

    /// The smaller of the two under each width.
    #[must_use]
    pub const fn min(self, other: PerWidth) -> PerWidth {
        const fn min(a: u32, b: u32) -> u32 {
            if a < b { a } else { b }
        }
        PerWidth { compressed: min(self.compressed, other.compressed), full: min(self.full, other.full) }
    }

    /// The larger of the two under each width.
    #[must_use]
    pub const fn max(self, other: PerWidth) -> PerWidth {
        const fn max(a: u32, b: u32) -> u32 {
            if a > b { a } else { b }
        }
        PerWidth { compressed: max(self.compressed, other.compressed), full: max(self.full, other.full) }
    }

    /// Rounded up to whole tagged words under each width: the size of an object whose fields end here.
    #[must_use]
    pub const fn round_up_to_tagged(self) -> PerWidth {
        PerWidth { compressed: self.compressed.next_multiple_of(4), full: self.full.next_multiple_of(8) }
    }
}

described!(struct PerWidth { compressed, full });
