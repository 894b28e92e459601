//! What a class costs to compile: `cargo check` of a crate of 100 classes of 8 fields, against the same by hand.
//!
//! `cargo run -p heapwright-benches --bin compile-time [ROUNDS]` writes crates into `compile-time/` of the target
//! directory ([`sources`] says which), checks what they depend on, and then checks each alone, in turn, as many rounds
//! as told ([`measure`]). One line of JSON per crate: medians of the CPU time of all processes (the machine may have
//! other work) and of the wall time, and the ratio of CPU times to that of the crate it is compared with, both without
//! the time that an empty crate takes.
#![forbid(unsafe_code)]

mod measure;
mod sources;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let rounds = match std::env::args().nth(1).map_or(Ok(9), |rounds| rounds.parse()) {
        Ok(rounds) if rounds > 0 => rounds,
        _ => {
            eprintln!("usage: compile-time [ROUNDS]");
            return ExitCode::from(2);
        }
    };
    match run(rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compile-time: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let folder = target_folder()?.join("compile-time");
    let crates = sources::crates();
    sources::write(&folder, &crates)?;
    measure::warm(&folder)?;
    let mut samples: Vec<Vec<measure::Sample>> = crates.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (of_crate, samples) in crates.iter().zip(&mut samples) {
            samples.push(measure::check(&folder, of_crate.name)?);
        }
    }
    let medians: Vec<_> = samples.iter().map(|samples| measure::Median::of(samples)).collect();
    let median_of = |name| crates.iter().position(|other| other.name == name).map(|index| &medians[index]);
    let empty = median_of(sources::EMPTY).map_or(0.0, |median| median.cpu);
    for (of_crate, median) in crates.iter().zip(&medians) {
        let ratio = of_crate.against.and_then(median_of).map(|other| (median.cpu - empty) / (other.cpu - empty));
        let ratio = ratio.map_or("null".to_owned(), |ratio| format!("{ratio:.2}"));
        let against = of_crate.against.map_or("null".to_owned(), |name| format!("\"{name}\""));
        println!(
            r#"{{"bench":"compile_time","peer":"{}","params":"{} {}","rounds":{rounds},"cpu_seconds":{:.3},"cpu_min":{:.3},"wall_seconds":{:.3},"against":{against},"cpu_ratio":{ratio}}}"#,
            of_crate.name,
            sources::CLASSES,
            sources::FIELDS,
            median.cpu,
            median.cpu_min,
            median.wall,
        );
    }
    Ok(())
}

/// The target directory that this program lies in: `target/debug/compile-time`.
fn target_folder() -> Result<PathBuf, std::io::Error> {
    let program = std::env::current_exe()?;
    program.parent().and_then(Path::parent).map(Path::to_path_buf).ok_or(std::io::ErrorKind::NotFound.into())
}
