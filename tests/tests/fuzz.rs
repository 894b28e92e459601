//! What the fuzz targets of `tests/fuzz` run, on stable: the corpus, and inputs drawn from a fixed seed, some from nothing and some
//! by changing what is there. `HEAPWRIGHT_CASES=50` multiplies their number, and `HEAPWRIGHT_SEED=7` draws others.
#![forbid(unsafe_code)]
#![allow(missing_docs, unreachable_pub)] // what is included here is a crate's of its own

#[path = "../fuzz/src/mutator.rs"]
mod mutator;
#[path = "../fuzz/src/readers.rs"]
mod readers;

use heapwright_tests::Random;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The files of a target's corpus.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = here("fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Runs one input; should it fail, the input is written where `cargo fuzz run` takes it from.
fn run_one(target: &str, run: fn(&[u8]), data: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(data))) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}"));
        std::fs::write(&file, data).unwrap();
        eprintln!("the {} bytes that failed are in {}", data.len(), file.display());
        std::panic::resume_unwind(panic);
    }
}

/// Changes some of an input: bytes, runs of bytes, lines.
fn mutate(random: &mut Random, data: &mut Vec<u8>, others: &[Vec<u8>]) {
    for _ in 0..=random.below(4) {
        if data.is_empty() {
            data.push(random.next() as u8);
        }
        let at = random.below(data.len());
        let most = 1 << random.below(8);
        let end = (at + 1 + random.below(most)).min(data.len());
        match random.below(8) {
            0 => data[at] ^= 1 << random.below(8),
            1 => data[at] = random.next() as u8,
            2 => drop(data.drain(at..end)),
            3 => {
                let run = data[at..end].to_vec();
                let to = random.below(data.len());
                data.splice(to..to, run);
            }
            4 => data[at] = b"0179-+.,:;{}[]<>\"'\\ \n\0\xff"[random.below(23)],
            5 => {
                let number = [0, 1, 255, 65_536, u64::MAX >> 1, u64::MAX][random.below(6)].to_string();
                data.splice(at..end, number.into_bytes());
            }
            6 => {
                // A line goes elsewhere, or is there twice.
                let lines: Vec<&[u8]> = data.split_inclusive(|byte| *byte == b'\n').collect();
                let (line, to) = (random.below(lines.len()), random.below(lines.len()));
                let mut changed = lines.clone();
                if random.one_in(2) {
                    changed.remove(line);
                }
                changed.insert(to.min(changed.len()), lines[line]);
                *data = changed.concat();
            }
            _ => {
                let other = &others[random.below(others.len())];
                if !other.is_empty() {
                    let from = random.below(other.len());
                    let run = &other[from..(from + 64).min(other.len())];
                    data.splice(at..end, run.iter().copied());
                }
            }
        }
    }
}

/// The corpus, then `fresh` inputs of random bytes and `changed` ones made of `seeds` and the corpus.
fn run(target: &str, run: fn(&[u8]), seeds: Vec<Vec<u8>>, fresh: u64, changed: u64) {
    let times = number("HEAPWRIGHT_CASES", 1);
    let mut random = Random::new(0x5eed ^ number("HEAPWRIGHT_SEED", 0));
    let known = [corpus(target), seeds].concat();
    known.iter().for_each(|data| run_one(target, run, data));
    for _ in 0..fresh * times {
        let data: Vec<u8> = (0..random.below(600)).map(|_| random.next() as u8).collect();
        run_one(target, run, &data);
    }
    for _ in 0..changed * times {
        let mut data = known[random.below(known.len())].clone();
        mutate(&mut random, &mut data, &known);
        run_one(target, run, &data);
    }
}

#[test]
fn mutator_programs() {
    run("mutator", mutator::run, Vec::new(), 60, 60);
}

fn locks() -> Vec<Vec<u8>> {
    ["../objects/layouts.lock", "../examples/examples/json_heap/layouts.lock"]
        .map(|path| std::fs::read(here(path)).unwrap())
        .to_vec()
}

#[test]
fn locks_are_read() {
    run("lock", readers::lock, locks(), 1000, 1500);
}

#[test]
fn locks_are_compared() {
    let pairs = locks().into_iter().map(|lock| [lock.clone(), lock].join(&0));
    run("diff", readers::diff, pairs.collect(), 500, 800);
}

#[test]
fn models_are_read() {
    let model = std::fs::read(here("../layout-docs/tests/model.json")).unwrap();
    run("model", readers::model, vec![model], 1000, 400);
}

#[test]
fn binaries_are_read() {
    run("binary", readers::binary, Vec::new(), 1000, 2000);
}

/// This very program, damaged where its headers and its tables are.
#[test]
fn damaged_programs_are_read() {
    let whole = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(heapwright_docs::Model::from_binary(&whole).is_ok_and(|model| !model.classes.is_empty()));
    let mut random = Random::new(number("HEAPWRIGHT_SEED", 0));
    let mut data = whole.clone();
    let mut errors = 0;
    for _ in 0..40 * number("HEAPWRIGHT_CASES", 1) {
        let mut changed = Vec::new();
        for _ in 0..=random.below(20) {
            let at = match random.below(3) {
                0 => random.below(4096),
                1 => data.len() - 1 - random.below(4096),
                _ => random.below(data.len()),
            };
            changed.push(at);
            data[at] = random.next() as u8;
        }
        errors += usize::from(heapwright_docs::Model::from_binary(&data).is_err());
        changed.into_iter().for_each(|at| data[at] = whole[at]);
    }
    assert!(errors > 0, "no damage was found");
}
