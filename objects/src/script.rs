//! Scripts, and what all such records extend. V8: `struct.h`, `script.h`.

use crate::{FixedArray, Foreign, Str, Symbol, Undefined, WeakFixedArray};
use heapwright::{Any, BitEnum, Nil, Smi, bitfield, heap_object, smi};

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

/// A [`ScriptType`] as the one thing in a Smi.
#[bitfield(u31)]
pub struct ScriptTypeBits {
    /// Whose code it is.
    #[bits(3)]
    pub kind: ScriptType,
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
    pub is_repl_mode: bool,
    /// What the embedder said of its origin.
    #[bits(4)]
    pub origin_options: u8,
    /// Whether the debugger stops where it begins.
    pub break_on_entry: bool,
    /// Whether hints are collected on which functions to compile eagerly.
    pub produce_compile_hints: bool,
    /// Whether it came from a code cache.
    pub deserialized: bool,
}

/// A script that was added to the virtual machine. V8: `Script`, with all of its fields, in its order.
///
/// A field that V8 sets to `undefined` until something is known is `None` here, or the Smi zero where it may hold anything:
/// so each has a default, and a script is made of its source, its name and its number. The others are given with
/// `with_line_offset(3)` and so on, or set afterwards. Of what the fields may hold, V8's classes that are not in this crate
/// (`SharedFunctionInfo`, `ScopeInfo`, `ArrayList`, `WeakArrayList`) are left to the embedder, who stores them in the fields
/// that hold anything.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let source = Str::new(&mut scope, "1 + 1");
/// let name = intern(&mut scope, "sum.js");
/// let script = Script::new(&mut scope, ScriptInit { parent: (), source, name, id: 7 }.with_line_offset(3));
/// let script = script.get(&scope);
/// script.set_is_repl_mode(true);
/// assert!(script.is_repl_mode() && script.id() == 7 && script.line_offset() == 3);
/// assert!(script.source().cast::<Str>().eq_str("1 + 1"));
/// assert!(script.source_url().is_none() && script.line_ends().is_smi());
/// ```
#[heap_object(extends = Struct)]
pub struct Script {
    /// The source text, or `undefined` if it is not known.
    source: Tagged<(Str, Undefined)>,
    /// The name, of whatever kind the embedder uses.
    name: Tagged<Any>,
    /// The line of the resource at which the script begins.
    #[default = 0]
    line_offset: Smi,
    /// The column of that line at which it begins.
    #[default = 0]
    column_offset: Smi,
    /// What the embedder keeps of the context in which it was compiled.
    #[default = smi(0)]
    context_data: Tagged<(Symbol, Undefined, Smi)>,
    /// Whose code it is.
    #[default = ScriptTypeBits::new().with_kind(ScriptType::Normal)]
    script_type: SmiBits<ScriptTypeBits>,
    /// Where the lines end, as Smis; a Smi before somebody asks. Background threads may compute and publish it.
    #[acquire_release]
    #[default = smi(0)]
    line_ends: Tagged<(FixedArray, Smi)>,
    /// A number that no other script has.
    #[constant]
    id: Smi,
    /// Of code that `eval` compiled, the function that called it; of a script wrapped as a function, its arguments.
    #[default = smi(0)]
    eval_from_shared_or_wrapped_arguments: Tagged<Any>,
    /// Where in that function; of WebAssembly, its native module.
    #[default = smi(0)]
    eval_from_position: Tagged<(Foreign, Smi)>,
    /// The scope that `eval` was called in.
    #[default = smi(0)]
    eval_from_scope_info: Tagged<Any>,
    /// The functions, by the numbers of their literals, and other things that are known of them. Weak: a function that
    /// nobody uses may be dropped and made anew.
    #[default = Nil]
    infos: Tagged<Option<WeakFixedArray>>,
    /// Where functions begin that were compiled when they were first called, as Smis.
    #[default = Nil]
    compiled_lazy_function_positions: Tagged<Option<FixedArray>>,
    /// Facts.
    #[default = ScriptFlags::new()]
    flags: SmiBits<ScriptFlags>,
    /// The address that a comment in the source gives it.
    #[default = Nil]
    source_url: Tagged<Option<Str>>,
    /// Where a comment says that its source map is.
    #[default = smi(0)]
    source_mapping_url: Tagged<Any>,
    /// The number that a comment gives it for debuggers.
    #[default = Nil]
    debug_id: Tagged<Option<Str>>,
    /// What the embedder wants to be given when the script imports something.
    #[default = Nil]
    host_defined_options: Tagged<Option<FixedArray>>,
    /// The SHA-256 of the source, computed when first asked for.
    #[default = Nil]
    source_hash: Tagged<Option<Str>>,
}
