//! Who takes how much: spaces, classes, pages, and what objects keep alive.

use crate::classes::Album;
use crate::{Done, heading};
use heapwright::prelude::*;
use heapwright_docs::{Colour, render_page_map, render_page_map_svg};
use std::cmp::Reverse;
use std::fs::{self, File};
use std::path::Path;

/// All of it.
pub fn look(scope: &mut HandleScope<'_>, album: Handle<'_, Album>, folder: Option<&Path>) -> Done {
    heading("statistics");
    print!("{}", scope.statistics());

    heading("classes");
    for class in scope.class_statistics().iter().take(5) {
        println!("{class}");
    }

    heading("who allocated");
    for (space, origin, bytes) in scope.allocation_statistics().iter() {
        println!("{space:<23} {origin:<8} {bytes:>10}");
    }

    heading("what objects take");
    print!("{}", scope.footprint([album.get(scope)]));

    heading("pages");
    print!("{}", render_page_map(&scope.page_map(48), Colour::None));
    if let Some(folder) = folder {
        fs::write(folder.join("pages.svg"), render_page_map_svg(&scope.page_map(48)))?;
    }
    snapshot(scope, folder)
}

/// All objects and references, by name; and who keeps what alive alone.
fn snapshot(scope: &mut HandleScope<'_>, folder: Option<&Path>) -> Done {
    heading("a heap snapshot");
    let snapshot = scope.heap_snapshot();
    println!("{} nodes, {} edges", snapshot.nodes().len(), snapshot.edge_count());
    let (retained, dominators) = (snapshot.retained_sizes(), snapshot.dominators());
    let mut nodes: Vec<usize> = (0..retained.len()).collect();
    nodes.sort_by_key(|&node| (Reverse(retained[node]), node));
    let name = |node: usize| match snapshot.name(&snapshot.nodes()[node]) {
        "" => "the root".to_owned(),
        name => format!("{name} @{}", snapshot.nodes()[node].id),
    };
    println!("retained      own  node");
    for &node in &nodes[..7] {
        println!("{:>8} {:>8}  {}", retained[node], snapshot.nodes()[node].self_size, name(node));
    }
    let title = (0..retained.len()).find(|&node| snapshot.name(&snapshot.nodes()[node]) == "Song 2 of 2001");
    let kept_by = std::iter::successors(title, |&node| dominators[node]);
    println!("{}", kept_by.map(name).collect::<Vec<_>>().join(", kept alive by "));
    if let Some(folder) = folder {
        snapshot.write_to(File::create(folder.join("albums.heapsnapshot"))?)?;
    }
    Ok(())
}
