//! The command line.

use clap::Parser;
use std::num::NonZero;
use std::path::PathBuf;

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

    /// Write a line to standard error for each collection.
    #[arg(long)]
    pub trace_gc: bool,

    /// Write all objects and references of the heap with the whole document to FILE, for the Memory panel of Chrome's
    /// DevTools: its name has to end in `.heapsnapshot` there.
    #[arg(long, value_name = "FILE")]
    pub heap_snapshot: Option<PathBuf>,

    /// Write what each node of that snapshot retains to FILE: a line each, with its id, its dominator's id (0 if it has
    /// none) and bytes. For comparing with what other programs make of the snapshot.
    #[arg(long, value_name = "FILE", requires = "heap_snapshot")]
    pub retained_sizes: Option<PathBuf>,

    /// Show what the pages of the heap are full of at the end, and draw it to FILE.
    #[arg(long, value_name = "FILE.svg")]
    pub page_map: Option<PathBuf>,

    /// The folder for `layouts.html`, `layouts.md` and `layouts.json`.
    #[arg(long, value_name = "DIR", default_value = "target/json_heap")]
    pub out: PathBuf,
}
