use heapwright::prelude::*;

/// Facts about a script.
#[bitfield(u31)]
pub struct ScriptFlags {
    /// Whether it was typed into a console.
    pub is_repl_mode: bool,
    /// Where it came from.
    #[bits(4)]
    pub origin: u8,
}
