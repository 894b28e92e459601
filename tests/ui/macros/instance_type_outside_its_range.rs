//! A class below a range is numbered within it.

use heapwright::prelude::*;

#[heap_object(abstract, instance_types = 205..=214)]
struct Context {}

#[heap_object(extends = Context, instance_type = 215)]
struct BlockContext {}

#[heap_object(extends = Context, open, instance_types = 210..=220)]
struct WithContext {}

#[heap_object(open, instance_type = 300, instance_types = 301..=310)]
struct Own {}

fn main() {}
