//! `layout-docs`: draws layout models that were saved in files, locks them, says what changed.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    heapwright_docs::cli_of_files()
}
