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
    /// It is neither a model nor a program, where nothing else will do.
    #[error("{file}: neither a model, as `render -f json` writes it, nor a program")]
    NoModel {
        /// The file.
        file: String,
    },
    /// It is neither a model, a program nor a lock.
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

/// What can be compared.
pub(super) enum Side {
    Model(Box<Model>),
    Lock(Lock),
}

impl Side {
    /// The crates that a lock says it is of; none if it does not say, or is a model.
    pub(super) fn locked_crates(&self) -> Vec<String> {
        match self {
            Side::Model(_) => Vec::new(),
            Side::Lock(lock) => lock.crates.iter().cloned().collect(),
        }
    }

    /// As a lock, with so much of a model as these crates list; all of it if there are none.
    pub(super) fn lock_of(self, crates: &[String]) -> Lock {
        match self {
            Side::Lock(lock) => lock,
            Side::Model(model) if crates.is_empty() => Lock::from_model(&model),
            Side::Model(model) => Lock::from_model(&model.of_crates(crates)),
        }
    }
}

/// Reads the model in a file, whatever kind of file that is: JSON, as [`render_json`](crate::render_json) writes it, or a
/// program that uses Heapwright.
/// `-` is standard input.
///
/// # Errors
///
/// If it cannot be read, or is no model.
pub fn load(path: impl AsRef<Path>) -> Result<Model, LoadError> {
    match content(path.as_ref()) {
        Ok((_, Side::Model(model))) => Ok(*model),
        Ok((file, Side::Lock(_))) => Err(LoadError::IsLock { file }),
        Err(LoadError::Lock { file, .. } | LoadError::Unknown { file, .. }) => Err(LoadError::NoModel { file }),
        Err(other) => Err(other),
    }
}

/// Reads the model or the lock in a file.
pub(super) fn side(path: &Path) -> Result<Side, LoadError> {
    Ok(content(path)?.1)
}

fn content(path: &Path) -> Result<(String, Side), LoadError> {
    let (file, bytes) = read(path)?;
    if is_binary(&bytes) {
        let model = Model::from_binary(&bytes).map_err(|error| LoadError::Binary { file: file.clone(), error })?;
        return Ok((file, Side::Model(model.into())));
    }
    let Ok(text) = str::from_utf8(&bytes) else {
        return Err(LoadError::Unknown { file, problem: "it is no text" });
    };
    let content = if text.trim_start().starts_with(['{', '[', '"']) {
        Model::from_json(text)
            .map(|model| Side::Model(model.into()))
            .map_err(|error| LoadError::Model { file: file.clone(), error })
    } else {
        Lock::parse(text).map(Side::Lock).map_err(|error| LoadError::Lock { file: file.clone(), error })
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
