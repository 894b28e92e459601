//! Who watches what the program does: samples and steps of allocations, stores; and the verifier.

use crate::classes::{Album, Shelf};
use crate::{Done, add_album, heading};
use heapwright::{StoreFilter, prelude::*};
use std::fs::File;
use std::path::Path;

/// All of it.
pub fn look(scope: &mut HandleScope<'_>, shelf: Handle<'_, Shelf>, folder: Option<&Path>) -> Done {
    samples(scope, shelf, folder)?;
    steps(scope, shelf);
    stores(scope, shelf)?;
    verify(scope, shelf);
    Ok(())
}

/// Which classes are made where, and what lives of it.
fn samples(scope: &mut HandleScope<'_>, shelf: Handle<'_, Shelf>, folder: Option<&Path>) -> Done {
    heading("a sampling allocation profile");
    scope.start_sampling(1024, 42);
    scope.with_allocation_label("new albums", |scope| (4_000..6_000).for_each(|place| add_album(scope, shelf, place)));
    // Each takes the place of the one before, which dies.
    scope.with_allocation_label("one place", |scope| (0..2_000).for_each(|_| add_album(scope, shelf, 6_000)));
    scope.collect(CollectionKind::Full);
    let profile = scope.stop_sampling().ok_or("it was under way")?;
    print!("{profile}");
    if let Some(folder) = folder {
        profile.write_to(File::create(folder.join("albums.heapprofile"))?)?;
    }
    Ok(())
}

/// A call each so many bytes.
fn steps(scope: &mut HandleScope<'_>, shelf: Handle<'_, Shelf>) {
    heading("an allocation observer");
    let observer = scope.add_allocation_observer(50_000, |step| {
        println!("{} bytes more, the last object: {}", step.bytes, step.class.name());
    });
    (7_000..7_500).for_each(|place| add_album(scope, shelf, place));
    scope.remove_allocation_observer(observer);
}

/// A call for each store into a field.
fn stores(scope: &mut HandleScope<'_>, shelf: Handle<'_, Shelf>) -> Done {
    heading("an observer of stores");
    let observer = scope.observe_stores(StoreFilter::class::<Album>(), |store| {
        println!("{:?}.{} = {:?}", store.host(), store.place().name(), store.value());
    })?;
    add_album(scope, shelf, 7);
    scope.unobserve(observer)?;
    Ok(())
}

/// That all is as it should be, and what is said if it is not.
fn verify(scope: &mut HandleScope<'_>, shelf: Handle<'_, Shelf>) {
    heading("the verifier");
    println!("{:?}", scope.verify());
    let wrong = shelf.get(scope).albums(7).expect("it is there");
    wrong.set_seconds(0);
    match scope.verify() {
        Ok(()) => println!("nothing is wrong"),
        Err(error) => println!("{error}"),
    }
}
