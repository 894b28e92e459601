//! A progress bar for loads that take long, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(300);

/// How much of the input was loaded.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    total: u64,
    /// Bytes of the documents that are finished.
    finished: u64,
    /// Whether a bar may be shown at all.
    enabled: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// For `total` bytes. Shows a bar only if both outputs are a terminal: in a pipe it would be noise.
    pub fn new(total: usize) -> Progress {
        let enabled = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        Progress { enabled, total: total as u64, ..Progress::hidden() }
    }

    /// One that shows nothing.
    pub fn hidden() -> Progress {
        Progress { started: Instant::now(), total: 0, finished: 0, enabled: false, bar: None }
    }

    /// `bytes` of the document at hand were read.
    pub fn set(&mut self, bytes: usize) {
        if !self.enabled || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("loading {bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
            let bar = ProgressBar::with_draw_target(Some(self.total), ProgressDrawTarget::stderr());
            bar.with_finish(ProgressFinish::AndClear).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(self.finished + bytes as u64);
    }

    /// A document of `bytes` was read.
    pub fn finish_document(&mut self, bytes: usize) {
        self.finished += bytes as u64;
        self.set(0);
    }
}
