//! What is the same class, struct or bit field in both states, and what a report calls it.

use crate::lock::{Lock, Renames, last_segment, short_names};
use std::collections::BTreeSet;

/// Both states with one name for what is the same: that of the new one, and no longer than need be.
pub(super) fn with_short_names(old: &Lock, new: &Lock) -> (Lock, Lock) {
    let all = |lock: &Lock| -> [BTreeSet<String>; 3] {
        let classes = lock.classes.keys().cloned().chain(lock.admitted().map(str::to_owned));
        [classes.collect(), lock.structs.keys().cloned().collect(), lock.bitfields.keys().cloned().collect()]
    };
    let (was, is) = (all(old), all(new));
    let [classes, structs, bitfields] = [0, 1, 2].map(|sort| moved(&was[sort], &is[sort]));
    let old = old.renamed(&classes, &structs, &bitfields);
    let was = all(&old);
    let [classes, structs, bitfields] =
        [0, 1, 2].map(|sort| short_names(was[sort].union(&is[sort]).map(String::as_str)));
    (old.renamed(&classes, &structs, &bitfields), new.renamed(&classes, &structs, &bitfields))
}

/// What lies in another module now: of those that one state alone has, those that are alone with their name in both.
fn moved(old: &BTreeSet<String>, new: &BTreeSet<String>) -> Renames {
    let gone: Vec<&String> = old.difference(new).collect();
    let come: Vec<&String> = new.difference(old).collect();
    let only = |all: &[&String], name: &str| {
        let mut of_name = all.iter().filter(|path| last_segment(path) == name);
        of_name.next().filter(|_| of_name.next().is_none()).map(|path| (*path).clone())
    };
    let to = |from: &&String| {
        let name = last_segment(from);
        only(&gone, name)?;
        only(&come, name)
    };
    gone.iter().filter_map(|from| Some(((*from).clone(), to(from)?))).collect()
}
