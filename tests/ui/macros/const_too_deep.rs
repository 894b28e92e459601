//! A class has at most seven above it: so many fit its display.

use heapwright::prelude::*;

#[heap_object(open)]
struct A1 {}

#[heap_object(extends = A1, open)]
struct A2 {}

#[heap_object(extends = A2, open)]
struct A3 {}

#[heap_object(extends = A3, open)]
struct A4 {}

#[heap_object(extends = A4, open)]
struct A5 {}

#[heap_object(extends = A5, open)]
struct A6 {}

#[heap_object(extends = A6, open)]
struct A7 {}

#[heap_object(extends = A7, open)]
struct A8 {}

fn main() {}
