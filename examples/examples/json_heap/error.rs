//! What can go wrong, each in one line.

use crate::load::LoadError;
use crate::lookup::PointerError;
use heapwright::inspect::VerifyError;
use heapwright::{IsolateError, OutOfMemory};
use std::error::Error as _;
use std::io;
use std::path::PathBuf;

/// Why the program ends early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input cannot be had.
    #[error("cannot read {name}: {error}")]
    Input {
        /// What was to be read.
        name: String,
        /// Why not.
        error: io::Error,
    },
    /// `cargo metadata` failed.
    #[error("cannot get the default input from `cargo metadata`: {0}")]
    Metadata(String),
    /// The input is not a document, or too large for the heap.
    #[error("{name}: {error}")]
    Load {
        /// What was read.
        name: String,
        /// What is wrong.
        error: LoadError,
    },
    /// The heap is too small for something else than a document.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// No heap could be made.
    #[error("{0}{cause}", cause = .0.source().map(|cause| format!(": {cause}")).unwrap_or_default())]
    Isolate(#[from] IsolateError),
    /// A `--pointer` is malformed.
    #[error(transparent)]
    Pointer(#[from] PointerError),
    /// A bug in the heap.
    #[error("the heap is damaged: {0}")]
    Verify(#[from] VerifyError),
    /// A bug here or in the heap.
    #[error("{0}")]
    Mismatch(String),
    /// The layout docs could not be written.
    #[error("cannot write layout docs to {}: {error}", dir.display())]
    Layouts {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The heap snapshot could not be written.
    #[error("cannot write a heap snapshot to {}: {error}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The map of pages could not be written.
    #[error("cannot write a map of pages to {}: {error}", path.display())]
    PageMap {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The report could not be written.
    #[error("cannot write the report: {0}")]
    Output(#[from] io::Error),
}
