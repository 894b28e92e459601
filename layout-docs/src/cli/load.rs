//! Models and locks from files of any kind.

use crate::binary::{BinaryError, is_binary};
use crate::check::ModelError;
use crate::lock::{Lock, LockError};
use crate::model::Model;
use std::io::{self, Read as _};
use std::path::Path;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read.
    #[error("{file}: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// It is no model.
    #[error("{file}: {error}")]
    Model {
        /// The file.
        file: String,
        /// Why.
        error: ModelError,
    },
    /// It is a binary without a model.
    #[error("{file}: {error}")]
    Binary {
        /// The file.
        file: String,
        /// Why.
        error: BinaryError,
    },
    /// It is no lock.
    #[error("{file}: {error}")]
    Lock {
        /// The file.
        file: String,
        /// Why.
        error: LockError,
    },
    /// It is neither.
    #[error("{file}: neither a model, a program nor a lock: {problem}")]
    Unknown {
        /// The file.
        file: String,
        /// What it is instead.
        problem: &'static str,
    },
    /// It is a lock where a model is needed.
    #[error("{file}: this is a lock, which has no docs and no sources; give a model, as written by `render -f json`")]
    IsLock {
        /// The file.
        file: String,
    },
}

/// What is in a file.
enum Content {
    Model(Model),
    Lock(Lock),
}

/// Reads the model in a file, whatever kind of file that is: JSON, as [`render_json`](crate::render_json) writes it, or a
/// program that uses Heapwright.
/// `-` is standard input.
///
/// # Errors
///
/// If it cannot be read, or is no model.
pub fn load(path: impl AsRef<Path>) -> Result<Model, LoadError> {
    match content(path.as_ref())? {
        (_, Content::Model(model)) => Ok(model),
        (file, Content::Lock(_)) => Err(LoadError::IsLock { file }),
    }
}

/// Reads the lock in a file, or makes that of the model there.
pub(super) fn lock(path: &Path) -> Result<Lock, LoadError> {
    Ok(match content(path)?.1 {
        Content::Model(model) => Lock::from_model(&model),
        Content::Lock(lock) => lock,
    })
}

fn content(path: &Path) -> Result<(String, Content), LoadError> {
    let (file, bytes) = read(path)?;
    if is_binary(&bytes) {
        let model = Model::from_binary(&bytes).map_err(|error| LoadError::Binary { file: file.clone(), error })?;
        return Ok((file, Content::Model(model)));
    }
    let Ok(text) = str::from_utf8(&bytes) else {
        return Err(LoadError::Unknown { file, problem: "it is no text" });
    };
    let content = if text.trim_start().starts_with(['{', '[', '"']) {
        Model::from_json(text).map(Content::Model).map_err(|error| LoadError::Model { file: file.clone(), error })
    } else {
        Lock::parse(text).map(Content::Lock).map_err(|error| LoadError::Lock { file: file.clone(), error })
    };
    Ok((file, content?))
}

fn read(path: &Path) -> Result<(String, Vec<u8>), LoadError> {
    let (file, bytes) = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
    } else {
        (path.display().to_string(), std::fs::read(path))
    };
    match bytes {
        Ok(bytes) => Ok((file, bytes)),
        Err(error) => Err(LoadError::Read { file, error }),
    }
}
