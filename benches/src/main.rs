//! Whole-program benchmarks, written as a user would write them: safe code on the public API.
//!
//! `heapwright-benches BENCH PEER PARAMS…` runs one benchmark and prints one line of JSON: `bench`, `peer`, `params`,
//! `seconds` (of the work alone), `max_rss_kb`, `checksum`. Algorithms, object shapes and checksums are those that other
//! heaps are measured with, so that the lines can be put side by side. `PEER` is a label, printed as given.
#![forbid(unsafe_code)]

mod alloc;
mod binary_trees;

use std::process::ExitCode;
use std::time::Instant;

/// A benchmark: takes its parameters, returns its checksum.
type Bench = fn(&[u32]) -> Option<u64>;

const BENCHES: &[(&str, &str, Bench)] = &[
    ("binary_trees", "DEPTH", |params| match params {
        [depth] => Some(binary_trees::run(*depth)),
        _ => None,
    }),
    ("alloc", "N", |params| match params {
        [n] => Some(alloc::run(*n)),
        _ => None,
    }),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Some(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("usage: heapwright-benches BENCH PEER PARAMS…");
            for (name, params, _) in BENCHES {
                eprintln!("  {name} PEER {params}");
            }
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Option<String> {
    let [bench, peer, params @ ..] = arguments else { return None };
    let (_, _, work) = BENCHES.iter().find(|(name, ..)| name == bench)?;
    let numbers: Vec<u32> = params.iter().map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let start = Instant::now();
    let checksum = work(&numbers)?;
    let seconds = start.elapsed().as_secs_f64();
    Some(format!(
        r#"{{"bench":"{bench}","peer":"{peer}","params":"{}","seconds":{seconds:.4},"max_rss_kb":{},"checksum":{checksum}}}"#,
        params.join(" "),
        max_rss_kb()
    ))
}

/// The process's peak resident memory, as the kernel tells it; 0 where it does not.
fn max_rss_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|kb| kb.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_other_heaps() {
        assert_eq!(binary_trees::run(10), 135_854);
        assert_eq!(alloc::run(1_000_000), alloc::checksum(1_000_000));
    }

    #[test]
    fn unknown_benches_and_params_are_refused() {
        let line = |words: &[&str]| run(&words.iter().map(|w| (*w).to_string()).collect::<Vec<_>>());
        assert!(line(&["nothing", "us", "1"]).is_none());
        assert!(line(&["alloc", "us", "many"]).is_none());
        assert!(line(&["alloc", "us", "1000"]).is_some_and(|l| l.contains(r#""params":"1000""#)));
    }
}
