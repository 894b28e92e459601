//! How the command fails: with codes that no answer has, those of BSD's `sysexits.h`.

use super::LoadError;

/// Wrong arguments.
pub(super) const USAGE: u8 = 64;
/// A file that is no model or lock.
const DATA: u8 = 65;
/// A file that cannot be read.
const NO_INPUT: u8 = 66;
/// Output that cannot be written.
const OUTPUT: u8 = 74;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{0}")]
    Output(String),
}

impl Failure {
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => USAGE,
            Failure::Load(LoadError::Read { .. }) => NO_INPUT,
            Failure::Load(_) => DATA,
            Failure::Output(_) => OUTPUT,
        }
    }
}
