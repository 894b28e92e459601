//! `layout-docs`: draws a layout model that was saved as JSON.
#![forbid(unsafe_code)]

use clap::{Parser, ValueEnum};
use heapwright_docs::{
    Model, render_dot, render_graph_svg, render_html, render_json, render_markdown, render_text, render_wavedrom_all,
    write_mdbook,
};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Draws Heapwright object layouts from a model in JSON.
#[derive(Debug, Parser)]
#[command(name = "layout-docs", version)]
struct Arguments {
    /// The model, as written by `heapwright_docs::write_all`; `-` reads standard input
    #[arg(value_name = "FILE")]
    model: PathBuf,
    /// What to write
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write it, instead of standard output
    #[arg(short, long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Where sources can be read, such as `https://example.org/blob/main/{file}#L{line}`
    #[arg(long, value_name = "URL")]
    source_url: Option<String>,
    /// The folder that source files are named relative to
    #[arg(long, value_name = "DIR")]
    source_root: Option<PathBuf>,
}

/// Where links of graphs lead: the page as [`heapwright_docs::write_all`] names it in the examples.
const PAGE: &str = "layouts.html";

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
    /// All bit fields as registers for WaveDrom
    Wavedrom,
    /// Chapters for mdBook, into the folder that `--out` names
    Mdbook,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("layout-docs: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let (name, text) = read(&arguments.model)?;
    let mut model = Model::from_json(&text).map_err(|e| format!("{name}: {e}"))?;
    if let Some(root) = arguments.source_root {
        model = model.with_source_root(root);
    }
    if let Some(url) = arguments.source_url {
        model = model.with_source_url(url);
        model.check().map_err(|e| e.to_string())?;
    }
    let output = match arguments.format {
        Format::Mdbook => {
            let dir = arguments.out.ok_or("`--format mdbook` needs `--out DIR`")?;
            write_mdbook(&model, &dir).map_err(|e| format!("{}: {e}", dir.display()))?;
            return Ok(());
        }
        Format::Text => render_text(&model),
        Format::Md => render_markdown(&model),
        Format::Html => render_html(&model),
        Format::Json => render_json(&model),
        Format::Dot => render_dot(&model, PAGE),
        Format::Wavedrom => render_wavedrom_all(&model),
        Format::Svg => render_graph_svg(&model, PAGE),
    };
    match arguments.out {
        Some(path) => std::fs::write(&path, output).map_err(|e| format!("{}: {e}", path.display())),
        None => match io::stdout().lock().write_all(output.as_bytes()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
            _ => Ok(()),
        },
    }
}

fn read(path: &Path) -> Result<(String, String), String> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|e| format!("standard input: {e}"))?;
        return Ok(("standard input".to_owned(), text));
    }
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{name}: {e}"))?;
    Ok((name, text))
}
