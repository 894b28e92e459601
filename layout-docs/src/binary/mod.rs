//! Models from binaries: the tables that `heapwright` leaves in every program, library or object that it is compiled into.
//!
//! Nothing is run and nothing is known here of how the tables lie in memory: the binary itself says that, in its schema, as
//! [`heapwright::debugger`] describes it. So the program may be stripped, and of another pointer width or compiler.
//!
//! What stands in a file may be anything; whatever it is, reading it ends in a model that is [consistent](Model::check)
//! or in a [`BinaryError`].

mod image;
mod schema;
mod tables;

use crate::{Model, ModelError};

/// Why a binary has no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BinaryError {
    /// The file is none that can be read.
    #[error("no binary that can be read: {0}")]
    Format(#[from] object::read::Error),
    /// It is a part of a program, in which addresses are still missing.
    #[error(
        "{what}, which is not linked yet: give a program or a shared library. Classes without one are drawn by three \
         lines of yours: `fn main() -> ExitCode {{ heapwright_docs::cli(&[&CLASSES]) }}` in `examples/layouts.rs`"
    )]
    Unlinked {
        /// What it is.
        what: &'static str,
    },
    /// There are no tables in it.
    #[error(
        "no Heapwright classes in it: there is no section `heapwright`. \
         Does it use a registry, as in `Isolate::builder().classes(&CLASSES)`?"
    )]
    NoTables,
    /// The schema is of another version.
    #[error("its tables begin with \"{found}\", but this program reads tables of version 1")]
    Version {
        /// The schema's first line.
        found: String,
    },
    /// The tables lead to where nothing is, or to what cannot be.
    #[error("damaged tables: {what} at {address:#x}")]
    Damaged {
        /// What was to be read there.
        what: String,
        /// The address, as the file is linked.
        address: u64,
    },
    /// All was read, but it contradicts itself.
    #[error("contradictory tables: {0}")]
    Inconsistent(#[from] ModelError),
}

/// Whether some bytes begin as a binary does.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF") || is_archive(bytes)
}

/// Whether some bytes begin as a static library does, or as Rust's own libraries: `.a`, `.rlib`.
fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"!<arch>\n") || bytes.starts_with(b"!<thin>\n")
}

impl Model {
    /// The classes of all crates that are linked into a binary, an ELF file, read from its bytes. It may be stripped.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let this_program = std::fs::read(std::env::current_exe()?)?;
    /// let model = heapwright_docs::Model::from_binary(&this_program)?;
    /// assert!(model.classes.iter().any(|class| class.name == "Map"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the file is none that can be read, has no tables, or damaged ones.
    pub fn from_binary(bytes: &[u8]) -> Result<Model, BinaryError> {
        if is_archive(bytes) {
            return Err(BinaryError::Unlinked { what: "a static library" });
        }
        let model = tables::read(&image::Image::new(bytes)?)?;
        model.check()?;
        Ok(model)
    }
}
