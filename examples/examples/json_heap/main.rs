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
//! | [`live`] | real objects drawn over their layouts, and what the document takes |
//! | [`job`] | all of it together |
//! | [`options`], [`input`], [`report`], [`compare`], [`progress`], [`error`] | around it |
#![forbid(unsafe_code)]

pub mod classes;
pub mod compare;
pub mod error;
pub mod input;
pub mod job;
pub mod live;
pub mod load;
pub mod lookup;
pub mod options;
pub mod progress;
pub mod report;
pub mod shapes;
pub mod strings;
pub mod thin;
pub mod value;
pub mod write;

use clap::Parser;
use error::Error;
use options::Options;
use std::io::{self, Write};
use std::process::ExitCode;

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
