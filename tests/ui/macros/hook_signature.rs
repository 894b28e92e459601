//! A hook is a function of the class: a printer takes a formatter too, a verifier says in text what is wrong.

use core::fmt;
use heapwright::prelude::*;

#[heap_object(print = print_point, verify = verify_point)]
struct Point {
    x: Smi,
}

fn print_point(x: i32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{x}")
}

fn verify_point(point: &Point) -> bool {
    point.x() >= 0
}

#[heap_object(verify = verify_scope)]
struct Other {}

fn verify_scope(_: &Other, _: &mut HandleScope<'_>) -> Result<(), String> {
    Ok(())
}

fn main() {}
