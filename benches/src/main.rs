//! Whole-program benchmarks, written as a user would write them: safe code on the public API.
//!
//! `heapwright-benches BENCH PEER PARAMS…` runs one benchmark and prints one line of JSON: `bench`, `peer`, `params`,
//! `seconds` (of the work alone), `max_rss_kb`, `checksum`. Algorithms, object shapes and checksums are those that other
//! heaps are measured with, so that the lines can be put side by side. `PEER` is a label, printed as given.
#![forbid(unsafe_code)]

mod alloc;
mod binary_trees;
mod common;
mod gcbench;
mod handles;
mod map_churn;
mod mutate_old;
mod prop;
mod splay;

use common::Outcome;
use std::process::ExitCode;
use std::time::Instant;

/// A benchmark: takes its parameters, returns a line for each figure: the params to print, if not those given, and the outcome.
type Bench = fn(&[u32]) -> Option<Vec<(Option<&'static str>, Outcome)>>;

fn one(outcome: Outcome) -> Option<Vec<(Option<&'static str>, Outcome)>> {
    Some(vec![(None, outcome)])
}

const BENCHES: &[(&str, &str, Bench)] = &[
    ("binary_trees", "DEPTH", |params| match params {
        [depth] => one(Outcome::of(binary_trees::run(*depth))),
        _ => None,
    }),
    ("alloc", "N", |params| match params {
        [n] => one(Outcome::of(alloc::run(*n))),
        _ => None,
    }),
    ("gcbench", "STRETCH_DEPTH", |params| match params {
        [depth] if (10..=28).contains(depth) => one(Outcome::of(gcbench::run(*depth))),
        _ => None,
    }),
    ("splay", "OPERATIONS", |params| match params {
        [operations] => one(splay::run(*operations)),
        _ => None,
    }),
    ("mutate_old", "STORES", |params| match params {
        [stores] => one(Outcome::of(mutate_old::run(*stores))),
        _ => None,
    }),
    ("map_churn", "ENTRIES BITS", |params| match params {
        [entries, bits] if *entries > 0 && (1..=24).contains(bits) => one(map_churn::run(*entries, *bits)),
        _ => None,
    }),
    ("prop", "KINDS N", |params| match params {
        [kinds, n] => one(prop::run(*kinds, *n)?),
        _ => None,
    }),
    ("handles", "N", |params| match params {
        [n] if *n >= 100 => {
            let line = |(name, ns): (&'static str, f64)| {
                let seconds = Some(ns * f64::from(*n) / 1e9);
                (Some(name), Outcome { checksum: 0, more: format!(r#","ns_per_op":{ns:.2}"#), seconds })
            };
            Some(handles::run(*n).into_iter().map(line).collect())
        }
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
    let outcomes = work(&numbers)?;
    let all = start.elapsed().as_secs_f64();
    let given = params.join(" ");
    let line = |(name, outcome): &(Option<&str>, Outcome)| {
        let Outcome { checksum, more, seconds } = outcome;
        let (params, seconds, rss) = (name.unwrap_or(&given), seconds.unwrap_or(all), max_rss_kb());
        format!(
            r#"{{"bench":"{bench}","peer":"{peer}","params":"{params}","seconds":{seconds:.4},"max_rss_kb":{rss},"checksum":{checksum}{more}}}"#
        )
    };
    Some(outcomes.iter().map(line).collect::<Vec<_>>().join("\n"))
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
        assert_eq!(gcbench::run(12), 4441);
        assert_eq!(splay::run(50).checksum, 2_319_734_544);
        assert_eq!(mutate_old::run(1_000_000), 3_539_924_156);
        assert_eq!(map_churn::run(2_000, 10).checksum, 6_133_226);
        for kinds in [0, 1, 4, 64] {
            assert_eq!(prop::run(kinds, 1000).unwrap().checksum, 31_020);
        }
        assert_eq!(handles::run(1000).len(), 7);
    }

    #[test]
    fn unknown_benches_and_params_are_refused() {
        let line = |words: &[&str]| run(&words.iter().map(|w| (*w).to_string()).collect::<Vec<_>>());
        assert!(line(&["nothing", "us", "1"]).is_none());
        assert!(line(&["alloc", "us", "many"]).is_none());
        assert!(line(&["alloc", "us", "1000"]).is_some_and(|l| l.contains(r#""params":"1000""#)));
    }
}
