//! The command `layout-docs`, for a model in a file or for the classes of a program.

mod failure;
mod load;

use crate::lock::Lock;
use crate::model::Model;
use crate::select::{is_called, is_same_crate};
use crate::{
    MODEL_SCHEMA, Verdict, diff, render_dot, render_graph_svg, render_html, render_json, render_markdown, render_text,
    render_wavedrom_all, write_mdbook,
};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use failure::Failure;
use heapwright::layout::ClassRegistry;
use load::Side;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use load::{LoadError, load};

/// Runs the command `layout-docs` over the classes of `registries`, with the arguments of this process: the `main` of a
/// program of yours.
///
/// ```no_run
/// # static CLASSES: heapwright::layout::ClassRegistry = heapwright::layout::ClassRegistry::new("mine", &[]);
/// fn main() -> std::process::ExitCode {
///     heapwright_docs::cli(&[&CLASSES])
/// }
/// ```
///
/// As `examples/layouts.rs` of a crate, `cargo run --example layouts -- render -f html -o layouts.html` draws it,
/// `… lock -o layouts.lock` writes its lock, `… check layouts.lock` compares the two, and `… diff layouts.lock` says
/// what changed, as Markdown with `-f md`. A file with another model may be named wherever the command takes one.
/// `--help` says the rest.
///
/// It exits with 0 if all went well; `check` and `diff` exit with 0 if the layouts are the same, 1 if they changed and
/// the change breaks nobody, 2 if it breaks somebody (see [`diff`](mod@crate::diff)). Errors exit with 64 and above, so
/// that none looks like an answer: 64 for arguments that are wrong, 65 for files that are no models or locks, 66 for
/// files that cannot be read, 74 for output that cannot be written.
#[must_use]
pub fn cli(registries: &[&ClassRegistry]) -> ExitCode {
    Program { own: Some(Model::from_registries(registries)) }.run(std::env::args_os())
}

/// The program `layout-docs` itself: as [`cli()`], for models in files.
#[doc(hidden)]
#[must_use]
pub fn cli_of_files() -> ExitCode {
    Program { own: None }.run(std::env::args_os())
}

/// Draws object layouts, keeps them under lock, says what changed.
#[derive(Debug, Parser)]
#[command(name = "layout-docs", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes of check and diff: 0 same, 1 changed but compatible, 2 breaking.
Of all commands: 64 wrong arguments, 65 a file is no model or lock, 66 a file cannot be read, 74 output cannot be written.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Draws the layouts
    Render(Render),
    /// Writes the lock: what compiled code, snapshots and debuggers rely on
    Lock(LockArguments),
    /// Compares the layouts with a lock
    #[command(allow_missing_positional = true, after_help = EXIT_CODES)]
    Check(Check),
    /// Says what changed between two models or locks, and whom it breaks. Both hold the layouts for both pointer widths, so
    /// builds that differ in that alone are the same
    #[command(after_help = EXIT_CODES)]
    Diff(DiffArguments),
    /// Prints the JSON Schema of models
    Schema(Output),
    /// Prints the script that gives gdb the command `heapwright`
    Gdb(Output),
}

#[derive(Debug, Args)]
struct Render {
    /// The model: JSON as written by `render -f json`, or any program or shared library that uses Heapwright; `-` reads standard input
    model: Option<PathBuf>,
    /// What to write
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    output: Output,
    /// Where sources can be read, such as `https://example.org/blob/main/{file}#L{line}`
    #[arg(long, value_name = "URL")]
    source_url: Option<String>,
    /// The folder that source files are named relative to
    #[arg(long, value_name = "DIR")]
    source_root: Option<PathBuf>,
    #[command(flatten)]
    part: Part,
    /// Only this class and those above it; may be given again
    #[arg(long = "class", value_name = "NAME")]
    classes: Vec<String>,
    /// Number real objects instead of telling their addresses, so that the output is the same for each run
    #[arg(long)]
    number_objects: bool,
}

#[derive(Debug, Args)]
struct Part {
    /// Only the classes that this crate lists, and those above them; may be given again
    #[arg(long = "crate", value_name = "NAME")]
    crates: Vec<String>,
}

#[derive(Debug, Args)]
struct LockArguments {
    /// The model, or a program; `-` reads standard input
    model: Option<PathBuf>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Check {
    /// The model, or a program; `-` reads standard input
    #[arg(index = 1)]
    model: Option<PathBuf>,
    /// The lock that it is held to
    #[arg(index = 2, required = true)]
    lock: Option<PathBuf>,
    #[command(flatten)]
    part: Part,
}

#[derive(Debug, Args)]
struct DiffArguments {
    /// What was: a model, a program or a lock; `-` reads standard input
    #[arg(index = 1)]
    old: PathBuf,
    /// What is: a model, a program or a lock
    #[arg(index = 2, value_name = "NEW")]
    model: Option<PathBuf>,
    /// What to write
    #[arg(short, long, value_enum, default_value_t = DiffFormat::Text)]
    format: DiffFormat,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Output {
    /// Where to write it, instead of standard output
    #[arg(short, long, value_name = "PATH")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Tables and ASCII rulers for a terminal
    Text,
    /// Markdown for GitHub
    Md,
    /// One self-contained page
    Html,
    /// The model, pretty-printed
    Json,
    /// Which class refers to which, for Graphviz
    Dot,
    /// Which class refers to which, as a picture
    Svg,
    /// All bit fields as registers for WaveDrom, in one object by name; WaveDrom takes one: `jq .Name`
    Wavedrom,
    /// Chapters for mdBook; `--out` is the book's `src` folder
    Mdbook,
}

/// Where links of graphs lead: the page as [`write_all`](crate::write_all) names it in the examples.
const PAGE: &str = "layouts.html";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DiffFormat {
    /// A report for a terminal
    Text,
    /// Markdown for a pull request
    Md,
    /// For programs
    Json,
}

/// What the commands work on.
struct Program {
    /// The model of the program's own classes, for when no file is named.
    own: Option<Model>,
}

impl Program {
    fn run(&self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let path = arguments.first().map(Path::new);
        let name = path.and_then(Path::file_stem).and_then(|name| name.to_str()).unwrap_or("layout-docs").to_owned();
        let again = path.and_then(invocation).unwrap_or_else(|| name.clone());
        let parsed = self.command().try_get_matches_from(arguments);
        let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
        let result = match parsed {
            Ok(arguments) => self.execute(arguments.command, &again),
            Err(error) => {
                // Help and versions are printed as errors, too; those that are none go to standard output.
                let printed = error.print();
                return match printed {
                    Ok(()) if !error.use_stderr() => ExitCode::SUCCESS,
                    _ => ExitCode::from(failure::USAGE),
                };
            }
        };
        match result {
            Ok(verdict) => ExitCode::from(verdict.exit_code()),
            Err(failure) => {
                eprintln!("{name}: {failure}");
                ExitCode::from(failure.exit_code())
            }
        }
    }

    /// The command line. The model need not be named where the program has one.
    fn command(&self) -> clap::Command {
        let mut command = Arguments::command();
        if self.own.is_none() {
            // So that what is missing after one argument is the lock.
            command = command.mut_subcommand("check", |check| check.allow_missing_positional(false));
        }
        for subcommand in ["render", "lock", "check", "diff"] {
            command = command.mut_subcommand(subcommand, |subcommand| {
                subcommand.mut_arg("model", |model| match (&self.own, model.get_help().map(ToString::to_string)) {
                    (Some(_), Some(help)) => model.help(format!("{help}; by default the classes of this program")),
                    _ => model.required(true),
                })
            });
        }
        command
    }

    fn execute(&self, command: Command, name: &str) -> Result<Verdict, Failure> {
        match command {
            Command::Render(arguments) => self.render(arguments),
            Command::Lock(LockArguments { model, part, output }) => {
                let lock = Lock::from_model(&part.of(self.model(model.as_deref())?)?);
                output.write(&lock.to_string())
            }
            Command::Check(Check { model, lock, part }) => {
                self.check(model.as_deref(), &lock.unwrap_or_default(), &part, name)
            }
            Command::Diff(arguments) => self.diff(arguments),
            Command::Schema(output) => output.write(MODEL_SCHEMA),
            Command::Gdb(output) => output.write(heapwright::debugger::GDB_SCRIPT),
        }
    }

    /// The model in a file, or the program's own.
    fn model(&self, path: Option<&Path>) -> Result<Model, Failure> {
        match (path, &self.own) {
            (Some(path), _) => Ok(load(path)?),
            (None, Some(own)) => Ok(own.clone()),
            (None, None) => Err(Failure::Usage("which model?".to_owned())),
        }
    }

    fn render(&self, arguments: Render) -> Result<Verdict, Failure> {
        let mut model = arguments.part.of(self.model(arguments.model.as_deref())?)?;
        if !arguments.classes.is_empty() {
            let is_there = |name: &&String| model.classes.iter().any(|class| is_called(class, name));
            if let Some(missing) = arguments.classes.iter().find(|name| !is_there(name)) {
                return Err(Failure::Usage(format!("there is no class `{missing}`")));
            }
            model = model.of_classes(&arguments.classes);
        }
        if let Some(root) = arguments.source_root {
            model = model.with_source_root(root);
        }
        if arguments.number_objects {
            model = model.with_numbered_objects();
        }
        if let Some(url) = arguments.source_url {
            model = model.with_source_url(url);
            model.check().map_err(|error| Failure::Usage(error.to_string()))?;
        }
        arguments.output.write(&match arguments.format {
            Format::Mdbook => {
                let dir =
                    arguments.output.out.ok_or_else(|| Failure::Usage("`-f mdbook` needs `--out DIR`".to_owned()))?;
                write_mdbook(&model, &dir).map_err(|error| Failure::Output(format!("{}: {error}", dir.display())))?;
                return Ok(Verdict::Same);
            }
            Format::Text => render_text(&model),
            Format::Md => render_markdown(&model),
            Format::Html => render_html(&model),
            Format::Json => render_json(&model),
            Format::Dot => render_dot(&model, PAGE),
            Format::Svg => render_graph_svg(&model, PAGE),
            Format::Wavedrom => render_wavedrom_all(&model),
        })
    }

    fn check(&self, model: Option<&Path>, path: &Path, part: &Part, name: &str) -> Result<Verdict, Failure> {
        only_one_from_standard_input(model, path)?;
        let (was, now) = (load::side(path)?, self.model(model)?);
        let all: Vec<String> = now.crates.iter().map(|c| c.name.clone()).collect();
        let is = Side::Model(now.into());
        let crates = part.of_both(&was, &is)?;
        let diff = diff(&was.lock_of(&crates), &is.lock_of(&crates));
        if diff.verdict() == Verdict::Same {
            return Ok(Verdict::Same);
        }
        let model = model.map(|path| format!("{} ", path.display())).unwrap_or_default();
        let is_part = all.iter().any(|name| !crates.iter().any(|chosen| is_same_crate(chosen, name)));
        let (there, missing): (Vec<&String>, Vec<&String>) =
            crates.iter().partition(|chosen| all.iter().any(|name| is_same_crate(chosen, name)));
        let missing: String =
            missing.iter().map(|name| format!("\nThe crate `{name}` of the lock is not there at all.\n")).collect();
        let crates: String = there.iter().filter(|_| is_part).map(|name| format!("--crate {name} ")).collect();
        let renew = format!("{name} lock {model}{crates}-o {}", path.display());
        Output { out: None }.write(&format!(
            "{}{missing}\nThe lock {} is out of date. If the changes are meant, renew it and commit it:\n\n    {renew}\n",
            diff.to_text(),
            path.display()
        ))?;
        Ok(diff.verdict())
    }

    fn diff(&self, arguments: DiffArguments) -> Result<Verdict, Failure> {
        only_one_from_standard_input(arguments.model.as_deref(), &arguments.old)?;
        let old = load::side(&arguments.old)?;
        let new = match (&arguments.model, &self.own) {
            (None, Some(own)) => Side::Model(own.clone().into()),
            (path, _) => load::side(path.as_deref().unwrap_or(Path::new("-")))?,
        };
        let crates = arguments.part.of_both(&old, &new)?;
        let diff = diff(&old.lock_of(&crates), &new.lock_of(&crates));
        arguments.output.write(&match arguments.format {
            DiffFormat::Text => diff.to_text(),
            DiffFormat::Md => diff.to_markdown(),
            DiffFormat::Json => diff.to_json(),
        })?;
        Ok(diff.verdict())
    }
}

fn only_one_from_standard_input(a: Option<&Path>, b: &Path) -> Result<(), Failure> {
    if a == Some(Path::new("-")) && b == Path::new("-") {
        return Err(Failure::Usage("only one side can be `-`, standard input".to_owned()));
    }
    Ok(())
}

/// How to run an example again: Cargo puts those into a folder of that name, in which nobody looks for commands.
fn invocation(program: &Path) -> Option<String> {
    let is_example = program.parent().and_then(Path::file_name)? == "examples";
    let name = program.file_stem()?.to_str()?;
    is_example.then(|| format!("cargo run --example {name} --"))
}

impl Part {
    /// So much of a model as the crates list; all of it if none is named.
    fn of(&self, model: Model) -> Result<Model, Failure> {
        if self.crates.is_empty() {
            return Ok(model);
        }
        for name in &self.crates {
            if !model.crates.iter().any(|c| is_same_crate(name, &c.name)) {
                let names: Vec<&str> = model.crates.iter().map(|c| c.name.as_str()).collect();
                return Err(Failure::Usage(format!("there is no crate `{name}`: the model has {}", names.join(", "))));
            }
        }
        Ok(model.of_crates(&self.crates))
    }

    /// The crates that two sides are compared by: those that are named, else those of a lock. A lock is compared whole.
    fn of_both(self: &Part, old: &Side, new: &Side) -> Result<Vec<String>, Failure> {
        let (old, new) = (old.locked_crates(), new.locked_crates());
        if self.crates.is_empty() {
            return Ok(if old.is_empty() { new } else { old });
        }
        let is_named = |name: &String| self.crates.iter().any(|named| is_same_crate(named, name));
        match old.iter().chain(&new).find(|name| !is_named(name)) {
            None => Ok(self.crates.clone()),
            Some(name) => Err(Failure::Usage(format!(
                "a lock is compared whole, and this one is of the crate `{name}` too, which no `--crate` names"
            ))),
        }
    }
}

impl Output {
    fn write(&self, text: &str) -> Result<Verdict, Failure> {
        match &self.out {
            Some(path) => {
                std::fs::write(path, text).map_err(|error| Failure::Output(format!("{}: {error}", path.display())))?
            }
            None => match io::stdout().lock().write_all(text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(Failure::Output(format!("standard output: {error}")));
                }
                _ => {}
            },
        }
        Ok(Verdict::Same)
    }
}
