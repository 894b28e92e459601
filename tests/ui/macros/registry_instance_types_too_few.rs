//! A range has to hold the class and all below it.

use heapwright::prelude::*;

#[heap_object(open, instance_types = 205..=206)]
struct Context {}

#[heap_object(extends = Context)]
struct BlockContext {}

#[heap_object(extends = Context)]
struct WithContext {}

#[heap_object(extends = Context)]
struct AwaitContext {}

heap_classes! { static CLASSES = [Context, BlockContext, WithContext, AwaitContext]; }

fn main() {}
