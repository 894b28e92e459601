//! The memory of a program that does not run: what its file says would be there.

use super::BinaryError;
use object::read::{Object as _, ObjectSection as _, ObjectSegment as _, ObjectSymbol as _, ObjectSymbolTable as _};
use object::{RelocationFlags, RelocationTarget, elf};
use std::collections::HashMap;

/// A binary as it would be loaded at the addresses it was linked at.
pub(super) struct Image<'f> {
    /// The address and the bytes of what is loaded from the file.
    segments: Vec<(u64, &'f [u8])>,
    /// Words that the loader writes.
    relocated: HashMap<u64, u64>,
    /// The address and the bytes of the section with the entries.
    entries: Vec<(u64, &'f [u8])>,
}

impl<'f> Image<'f> {
    pub(super) fn new(file: &'f [u8]) -> Result<Image<'f>, BinaryError> {
        let file = object::File::parse(file)?;
        if file.kind() == object::ObjectKind::Relocatable {
            return Err(BinaryError::Unlinked { what: "an object file" });
        }
        let mut segments = Vec::new();
        for segment in file.segments() {
            segments.push((segment.address(), segment.data()?));
        }
        let mut entries = Vec::new();
        for section in file.sections().filter(|section| section.name() == Ok(heapwright::debugger::SECTION)) {
            entries.push((section.address(), section.data()?));
        }
        if entries.is_empty() {
            return Err(BinaryError::NoTables);
        }
        Ok(Image { segments, relocated: relocated(&file), entries })
    }

    /// The section with the entries: address and bytes. There may be several.
    pub(super) fn entries(&self) -> &[(u64, &'f [u8])] {
        &self.entries
    }

    /// Bytes as the file has them.
    pub(super) fn bytes(&self, address: u64, size: usize, what: &str) -> Result<&'f [u8], BinaryError> {
        let found = self.segments.iter().find_map(|(start, data)| {
            let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
            data.get(offset..offset.checked_add(size)?)
        });
        found.ok_or_else(|| BinaryError::Damaged { what: format!("{what} ({size} bytes)"), address })
    }

    /// A word as the loader leaves it.
    pub(super) fn word(&self, address: u64, what: &str) -> Result<u64, BinaryError> {
        if let Some(value) = self.relocated.get(&address) {
            return Ok(*value);
        }
        let bytes = self.bytes(address, 8, what)?;
        Ok(bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
    }
}

/// What the loader writes into words of the file: addresses, in what may be loaded anywhere. Packed relocations (`RELR`)
/// have their address in the file itself.
fn relocated(file: &object::File<'_>) -> HashMap<u64, u64> {
    let symbols = file.dynamic_symbol_table();
    let value = |target, addend: i64| match target {
        RelocationTarget::Absolute => Some(addend.cast_unsigned()),
        RelocationTarget::Symbol(index) => {
            let symbol = symbols.as_ref()?.symbol_by_index(index).ok()?;
            symbol.is_definition().then(|| symbol.address().wrapping_add_signed(addend))
        }
        _ => None,
    };
    let of_words = file.dynamic_relocations().into_iter().flatten().filter(|(_, relocation)| {
        let RelocationFlags::Elf { r_type } = relocation.flags() else { return false };
        [elf::R_X86_64_RELATIVE, elf::R_X86_64_64, elf::R_AARCH64_RELATIVE, elf::R_AARCH64_ABS64].contains(&r_type)
    });
    of_words.filter_map(|(at, r)| Some((at, value(r.target(), r.addend())?))).collect()
}
