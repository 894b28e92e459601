//! Runs `cargo check` and tells what it took.

use std::io::{Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

/// Linux shows processes' times in these units a second, whatever the kernel's own clock.
const TICKS: f64 = 100.0;

/// One check.
pub(crate) struct Sample {
    /// Seconds of CPU time, user and system, of `cargo` and all it ran.
    cpu: f64,
    wall: f64,
}

/// The middle of some samples.
pub(crate) struct Median {
    pub(crate) cpu: f64,
    pub(crate) cpu_min: f64,
    pub(crate) wall: f64,
}

impl Median {
    pub(crate) fn of(samples: &[Sample]) -> Median {
        let sorted = |of: fn(&Sample) -> f64| {
            let mut numbers: Vec<f64> = samples.iter().map(of).collect();
            numbers.sort_by(f64::total_cmp);
            numbers
        };
        let (cpu, wall) = (sorted(|sample| sample.cpu), sorted(|sample| sample.wall));
        Median { cpu: cpu[cpu.len() / 2], cpu_min: cpu[0], wall: wall[wall.len() / 2] }
    }
}

/// Checks all crates, so that only they themselves are left to do, and shows their errors.
pub(crate) fn warm(folder: &Path) -> Result<()> {
    succeed(cargo(folder).args(["check", "--workspace", "--quiet"]))
}

/// Checks one crate again, and nothing else.
pub(crate) fn check(folder: &Path, name: &str) -> Result<Sample> {
    let source = std::fs::File::options().append(true).open(folder.join(name).join("src/lib.rs"))?;
    source.set_modified(SystemTime::now())?;
    let (cpu, start) = (cpu_of_children()?, Instant::now());
    succeed(cargo(folder).args(["check", "--quiet", "--offline", "-p", name]))?;
    Ok(Sample { cpu: cpu_of_children()? - cpu, wall: start.elapsed().as_secs_f64() })
}

/// The `cargo` that runs this program. Incremental compilation would remember the very work that is measured.
fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", folder.join("target"));
    cargo.stdin(Stdio::null());
    cargo
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(Error::other(format!("{command:?}: {status}"))) }
}

/// Seconds of CPU time of all processes that this one has waited for, and those they have.
fn cpu_of_children() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    ticks_of_children(&stat)
        .map(|ticks| ticks as f64 / TICKS)
        .ok_or_else(|| Error::other("no times in /proc/self/stat"))
}

/// The fields `cutime` and `cstime`. Counted from behind the program's name, which may have any characters in it.
fn ticks_of_children(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13).map(str::parse::<u64>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a ) 1 b) S 1 7 7 0 -1 4194560 105 9 0 0 1 2 30 40 20 0 1 0 100 5000 200";
        assert_eq!(ticks_of_children(stat), Some(70));
        assert_eq!(ticks_of_children("nothing"), None);
    }

    #[test]
    fn the_median_is_the_middle() {
        let samples = [3.0, 1.0, 2.0].map(|cpu| Sample { cpu, wall: 2.0 * cpu });
        let median = Median::of(&samples);
        assert_eq!((median.cpu, median.cpu_min, median.wall), (2.0, 1.0, 4.0));
    }
}
