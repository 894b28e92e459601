//! JSON, and files.

use crate::model::Model;
use crate::{render_html, render_markdown};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The model as pretty-printed JSON, which [`Model::from_json`] reads.
#[must_use]
pub fn render_json(model: &Model) -> String {
    let mut json = serde_json::to_string_pretty(model)
        .unwrap_or_else(|e| unreachable!("strings and numbers have a JSON form: {e}"));
    json.push('\n');
    json
}

/// Writes `<stem>.html`, `<stem>.md` and `<stem>.json` into `dir`, which is made if it does not exist, and returns
/// their paths.
///
/// # Errors
///
/// If the folder or a file cannot be written.
pub fn write_all(model: &Model, dir: impl AsRef<Path>, stem: &str) -> io::Result<Vec<PathBuf>> {
    let dir = dir.as_ref();
    fs::create_dir_all(dir)?;
    let files = [("html", render_html(model)), ("md", render_markdown(model)), ("json", render_json(model))];
    files
        .into_iter()
        .map(|(extension, content)| {
            let path = dir.join(format!("{stem}.{extension}"));
            fs::write(&path, content)?;
            Ok(path)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FIXTURE, model};

    #[test]
    fn json_round_trips() {
        let model = model();
        let json = render_json(&model);
        assert_eq!(Model::from_json(&json).unwrap(), model);
        let ours: serde_json::Value = serde_json::from_str(&json).unwrap();
        let fixture: serde_json::Value = serde_json::from_str(FIXTURE).unwrap();
        assert_eq!(ours, fixture);
    }

    #[test]
    fn writes_three_files() {
        let dir = std::env::temp_dir().join(format!("layout-docs-{}", std::process::id()));
        let paths = write_all(&model(), &dir, "layouts").unwrap();
        let names: Vec<_> = paths.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["layouts.html", "layouts.md", "layouts.json"]);
        assert!(paths.iter().all(|p| fs::metadata(p).unwrap().len() > 1000));
        fs::remove_dir_all(dir).unwrap();
    }
}
