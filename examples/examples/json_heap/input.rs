//! The text to load: a file, standard input, or what cargo knows about this workspace.

use crate::error::Error;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;

/// A text and what to call it.
#[derive(Debug)]
pub struct Input {
    /// What the text is, for messages.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Input {
    /// Reads the file at `path`, standard input if that is `-`, and without a path runs `cargo metadata`.
    pub fn read(path: Option<&Path>) -> Result<Input, Error> {
        let Some(path) = path else { return cargo_metadata() };
        let (name, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            ("standard input".to_owned(), io::stdin().read_to_end(&mut bytes).map(|_| bytes))
        } else {
            (path.display().to_string(), std::fs::read(path))
        };
        match bytes.and_then(|bytes| String::from_utf8(bytes).map_err(not_utf8)) {
            Ok(text) => Ok(Input { name, text }),
            Err(error) => Err(Error::Input { name, error }),
        }
    }
}

fn not_utf8(error: std::string::FromUtf8Error) -> io::Error {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + valid.iter().rev().take_while(|byte| **byte != b'\n').count();
    io::Error::new(io::ErrorKind::InvalidData, format!("not UTF-8 at line {line} column {column}"))
}

fn cargo_metadata() -> Result<Input, Error> {
    // Set by `cargo run`, so that it is the same cargo.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("Cargo.toml");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .map_err(|error| Error::Metadata(error.to_string()))?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr);
        let first = messages.lines().find(|line| line.starts_with("error")).or(messages.lines().last());
        return Err(Error::Metadata(first.unwrap_or("it said nothing").to_owned()));
    }
    let text = String::from_utf8(output.stdout).map_err(|error| Error::Metadata(error.to_string()))?;
    Ok(Input { name: "`cargo metadata` of this workspace".to_owned(), text })
}
