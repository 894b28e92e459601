//! The test that holds a crate to its lock.

use crate::lock::Lock;
use crate::model::Model;
use crate::{LockError, Verdict, diff};
use heapwright::layout::ClassRegistry;
use std::path::Path;
use std::{env, fs, io};

/// What renews locks instead of comparing them, in the environment: `LAYOUT_DOCS=overwrite`.
const VARIABLE: &str = "LAYOUT_DOCS";

/// Panics unless the layouts of all classes in `registries`, and of those above them, are what the lock at `path` says.
///
/// ```no_run
/// # static CLASSES: heapwright::layout::ClassRegistry = heapwright::layout::ClassRegistry::new("mine", &[]);
/// #[test]
/// fn layouts_are_locked() {
///     heapwright_docs::assert_locked(&[&CLASSES], concat!(env!("CARGO_MANIFEST_DIR"), "/layouts.lock"));
/// }
/// ```
///
/// The lock says whose registries it is of, so `layout-docs check PROGRAM layouts.lock` compares the same classes, however many
/// crates the program has.
///
/// `LAYOUT_DOCS=overwrite cargo test` writes the lock, the first time and whenever a change is meant; commit it. Both
/// pointer widths have the same lock. What counts as a change, and which ones break something, is said at
/// [`diff`](mod@crate::diff); a change that breaks nobody panics too, for the lock is out of date.
///
/// # Panics
///
/// If a layout changed, with what changed, whom it breaks and how to renew the lock; if there is no lock, or it cannot
/// be read or written; if `LAYOUT_DOCS` is something else than `overwrite`.
#[track_caller]
pub fn assert_locked(registries: &[&ClassRegistry], path: impl AsRef<Path>) {
    let now = Lock::from_model(&Model::from_registries(registries));
    let overwrite = match env::var(VARIABLE) {
        Ok(word) if word == "overwrite" => true,
        Err(env::VarError::NotPresent) => false,
        Ok(word) if word.is_empty() => false,
        Ok(word) => panic!("{VARIABLE} is `{word}`; the only word for it is `overwrite`"),
        Err(error) => panic!("{VARIABLE}: {error}"),
    };
    if let Err(message) = hold(&now, path.as_ref(), overwrite) {
        panic!("{message}");
    }
}

/// Compares `now` with the lock at `path`, or writes it there.
fn hold(now: &Lock, path: &Path, overwrite: bool) -> Result<(), String> {
    let name = path.display();
    let renew = format!("{VARIABLE}=overwrite cargo test");
    let text = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{name}: {error}")),
    };
    if overwrite {
        let now = now.to_string();
        if text.as_ref() != Some(&now) {
            fs::write(path, now).map_err(|error| format!("{name}: {error}"))?;
        }
        return Ok(());
    }
    let Some(text) = text else {
        return Err(format!("there is no lock at {name} yet\n\nMake it, and commit it:\n\n    {renew}\n"));
    };
    let lock = Lock::parse(&text).map_err(|LockError { line, problem }| {
        format!("{name}:{line}: {problem}\n\nTo write it anew:\n\n    {renew}\n")
    })?;
    let diff = diff(&lock, now);
    match diff.verdict() {
        Verdict::Same => Ok(()),
        _ => Err(format!(
            "layouts are not what {name} says\n\n{}{}\nIf that is meant, renew the lock and commit it:\n\n    {renew}\n",
            diff.to_text(),
            other_crates(&lock, now)
        )),
    }
}

/// A word on the crates if they are not those of the lock.
fn other_crates(lock: &Lock, now: &Lock) -> String {
    let list = |lock: &Lock| lock.crates.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if lock.crates.is_empty() || lock.crates == now.crates {
        return String::new();
    }
    format!("\nThe lock is of the crates {}; the test gives the registries of {}.\n", list(lock), list(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = env::temp_dir().join(format!("layout-docs-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_lock_is_made_kept_and_renewed() {
        let folder = folder("locked");
        let path = folder.join("layouts.lock");
        let mut model = model();
        let lock = Lock::from_model(&model);
        assert!(hold(&lock, &path, false).unwrap_err().contains("LAYOUT_DOCS=overwrite cargo test"));
        hold(&lock, &path, true).unwrap();
        hold(&lock, &path, false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), lock.to_string());

        model.classes[1].fields[0].constant = false;
        let changed = Lock::from_model(&model);
        let message = hold(&changed, &path, false).unwrap_err();
        for part in ["breaking: 1 class changed", "class Map, ", "is constant no longer", "LAYOUT_DOCS=overwrite"] {
            assert!(message.contains(part), "{message}");
        }
        hold(&changed, &path, true).unwrap();
        hold(&changed, &path, false).unwrap();

        let wider = changed.to_string().replace("crates ", "crates another ").replace(" size 12/24", " size 16/32");
        fs::write(&path, wider).unwrap();
        let message = hold(&changed, &path, false).unwrap_err();
        let crates =
            "is of the crates another, heapwright, heapwright_objects; the test gives the registries of heapwright, h";
        assert!(message.contains(crates), "{message}");

        fs::write(&path, "layout-lock 1\ncolour red\n").unwrap();
        assert!(hold(&changed, &path, false).unwrap_err().contains("layouts.lock:2: `colour` stands before"));
        fs::remove_dir_all(folder).unwrap();
    }

    /// A lock that says the same in other words holds.
    #[test]
    fn comments_and_order_are_free() {
        let folder = folder("locked-order");
        let path = folder.join("layouts.lock");
        let lock = Lock::from_model(&model());
        let text = lock.to_string();
        let (head, classes) = text.split_once("\n\n").unwrap();
        let (first, rest) = classes.split_once("\n\n").unwrap();
        let at = rest.find("\nstruct").unwrap();
        let text = format!("# Ours.\n{head}\r\n\n{}\n{first}\n{}", &rest[..at], &rest[at..]);
        fs::write(&path, text).unwrap();
        hold(&lock, &path, false).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
