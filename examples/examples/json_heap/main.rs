//! A program that keeps a JSON document in a Heapwright heap: the first one to read.
//!
//! ```text
//! cargo run --release --example json_heap                    # the document is what `cargo metadata` prints here
//! cargo run --release --example json_heap -- FILE --pointer /a/0 --compare
//! ```
//!
//! It loads the document, looks values up, writes it back, drops half of it and collects, and shows what the heap was
//! doing meanwhile. Read it in this order:
//!
//! | module | what |
//! |---|---|
//! | [`classes`] | the heap objects, each declared once |
//! | [`load`] | JSON text to heap objects: handles and scopes |
//! | [`strings`], [`shapes`] | what objects share: weak references |
//! | [`value`], [`lookup`], [`write`], [`thin`] | working with what is there: plain references |
//! | [`job`] | all of it together |
//! | [`report`], [`compare`], [`progress`], [`input`], [`error`] | around it |
#![forbid(unsafe_code)]

pub mod classes;
pub mod compare;
pub mod error;
pub mod input;
pub mod job;
pub mod load;
pub mod lookup;
pub mod progress;
pub mod report;
pub mod shapes;
pub mod strings;
pub mod thin;
pub mod value;
pub mod write;

#[cfg(test)]
mod tests;

use clap::Parser;
use error::Error;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

/// Keeps a JSON document in a Heapwright heap and shows what becomes of it.
#[derive(Debug, Parser)]
#[command(name = "json_heap")]
pub struct Options {
    /// The document; `-` is standard input, and without it the output of `cargo metadata` for this workspace is loaded.
    pub file: Option<PathBuf>,

    /// A value to look up, as a JSON pointer (RFC 6901), such as `/packages/0/name`. May be given several times.
    #[arg(long = "pointer", value_name = "POINTER")]
    pub pointers: Vec<String>,

    /// Load the document N times.
    #[arg(long, value_name = "N", default_value = "1")]
    pub repeat: NonZero<usize>,

    /// The most that the heap may take, in MiB.
    #[arg(long, value_name = "MB", default_value = "2048")]
    pub max_heap: usize,

    /// Measure time and memory against `serde_json::Value`.
    #[arg(long)]
    pub compare: bool,

    /// Collect at every Nth allocation, and verify the heap before and after: slow, and finds bugs.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "100")]
    pub stress: Option<NonZero<u32>>,

    /// The folder for `layouts.html`, `layouts.md` and `layouts.json`.
    #[arg(long, value_name = "DIR", default_value = "target/json_heap")]
    pub out: PathBuf,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match job::run(&options, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the report has seen enough of it.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`: it panics if nobody can be told.
            let _ = writeln!(io::stderr(), "json_heap: {error}");
            ExitCode::FAILURE
        }
    }
}
