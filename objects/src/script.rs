//! Scripts, and what all such records extend. V8: `struct.h`, `script.h`.

use crate::{FixedArray, Foreign, Str, Undefined};
use heapwright::{Any, BitEnum, Smi, bitfield, heap_object};

/// A record that programs never see. V8: `Struct`.
#[heap_object(abstract)]
pub struct Struct {}

/// How a script came to be compiled.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CompilationType {
    /// By the embedder.
    Host,
    /// By `eval`.
    Eval,
}

/// How far a script has got.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ScriptCompilationState {
    /// Not compiled yet.
    Initial,
    /// Compiled.
    Compiled,
}

/// Whose code a script is. The numbers are V8's.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ScriptType {
    /// The runtime's own.
    Native = 0,
    /// Of an extension.
    Extension = 1,
    /// The user's.
    Normal = 2,
    /// WebAssembly.
    Wasm = 3,
    /// Of the debugger.
    Inspector = 4,
}

/// Facts about a script, packed into one Smi. V8: `ScriptFlags`.
#[bitfield(u31)]
pub struct ScriptFlags {
    /// How it came to be compiled.
    #[bits(1)]
    pub compilation_type: CompilationType,
    /// How far it has got.
    #[bits(1)]
    pub compilation_state: ScriptCompilationState,
    /// Whether it was typed at a prompt.
    #[bits(1)]
    pub is_repl_mode: bool,
    /// What the embedder said of its origin.
    #[bits(4)]
    pub origin_options: u8,
    /// Whether its first function was asked for.
    #[bits(1)]
    pub is_eagerly_compiled: bool,
    /// Whose code it is.
    #[bits(3)]
    pub script_type: ScriptType,
}

/// A script that was added to the virtual machine. V8: `Script`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let source = Str::new(&mut scope, "1 + 1");
/// let name = intern(&mut scope, "sum.js");
/// let script = Script::new(&mut scope, ScriptInit {
///     parent: (), source, name, line_offset: 0, wrapper: Nil, flags: ScriptFlags::new(), id: 7, line_ends: smi(0),
/// });
/// let script = script.get(&scope);
/// script.set_is_repl_mode(true);
/// assert!(script.is_repl_mode() && script.id() == 7);
/// assert!(script.source().cast::<Str>().eq_str("1 + 1"));
/// ```
#[heap_object(extends = Struct)]
pub struct Script {
    /// The source text, or `undefined` if it is not known.
    source: Tagged<(Str, Undefined)>,
    /// The name, of whatever kind the embedder uses.
    name: Tagged<Any>,
    /// The line of the resource at which the script begins.
    line_offset: Smi,
    /// The embedder's object for the script.
    wrapper: Weak<Foreign>,
    /// Facts.
    flags: SmiBits<ScriptFlags>,
    /// A number that no other script has.
    #[constant]
    id: Smi,
    /// Where the lines end, as Smis; a Smi before somebody asks. Background threads may compute and publish it.
    #[acquire_release]
    line_ends: Tagged<(FixedArray, Smi)>,
}
