//! The declarations, in V8's order of fields.

use heapwright::prelude::*;

/// V8: `PrimitiveHeapObject`.
#[heap_object(abstract)]
pub struct PrimitiveHeapObject {}

/// V8: `HeapNumber`.
#[heap_object(extends = PrimitiveHeapObject)]
pub struct HeapNumber {
    pub value: f64,
}

#[heap_object(extends = PrimitiveHeapObject)]
pub struct Oddball {
    #[constant]
    pub kind: Smi,
}

/// V8: `Name`, `String`: the hash and the length are raw.
#[heap_object(extends = PrimitiveHeapObject, abstract)]
pub struct Name {
    #[relaxed]
    pub raw_hash_field: u32,
}

#[heap_object(extends = Name, abstract)]
pub struct Text {
    #[constant]
    pub length: i32,
}

#[heap_object(extends = Name)]
pub struct Symbol {
    pub flags: u32,
    pub description: Tagged<(Text, Oddball)>,
}

/// V8: `SeqOneByteString`, whose length is inherited.
#[heap_object(extends = Text, inherits(length: i32))]
pub struct SeqOneByteString {
    #[constant]
    #[length = length]
    pub chars: [u8],
}

/// What an external string's bytes belong to.
pub(crate) struct Resource {
    pub(crate) text: &'static str,
}

/// V8: `ExternalString`.
#[heap_object(extends = Text)]
pub struct ExternalString {
    #[constant]
    pub(crate) resource: External<Resource>,
    pub resource_data: External<u8>,
}

/// V8: `FixedArrayBase`.
#[heap_object(abstract)]
pub struct FixedArrayBase {
    #[constant]
    pub length: Smi,
}

/// V8: `FixedArray`.
#[heap_object(extends = FixedArrayBase, inherits(length: Smi))]
pub struct FixedArray {
    #[length = length]
    #[relaxed]
    pub objects: [Tagged<Any>],
}

/// V8: `WeakFixedArray`, whose elements may be strong, weak or Smis.
#[heap_object(extends = FixedArrayBase, inherits(length: Smi))]
pub struct WeakFixedArray {
    #[length = length]
    #[relaxed]
    pub objects: [Tagged<MaybeObject>],
}

/// V8: `WeakArrayList`, whose capacity is raw and may be larger than its length.
#[heap_object]
pub struct WeakArrayList {
    #[constant]
    pub capacity: u32,
    pub length: u32,
    #[length = capacity]
    pub objects: [Tagged<MaybeObject>],
}

/// V8: `Struct`.
#[heap_object(abstract)]
pub struct Struct {}

/// V8: `EnumCache`.
#[heap_object(extends = Struct)]
pub struct EnumCache {
    pub keys: Tagged<FixedArray>,
    pub indices: Tagged<FixedArray>,
}

/// V8: `DescriptorEntry`.
#[heap_struct]
pub struct DescriptorEntry {
    pub key: Tagged<(Name, Oddball)>,
    pub details: Tagged<(Oddball, Smi)>,
    pub value: Tagged<MaybeObject>,
}

#[bitfield(u32)]
pub struct DescriptorArrayFlags {
    #[bits(2)]
    pub fast_iterable: u8,
}

/// V8: `DescriptorArray`.
#[heap_object]
pub struct DescriptorArray {
    #[constant]
    pub number_of_all_descriptors: u16,
    pub number_of_descriptors: u16,
    #[relaxed]
    pub flags: Bits<DescriptorArrayFlags>,
    pub enum_cache: Tagged<EnumCache>,
    #[length = number_of_all_descriptors]
    pub descriptors: [Inline<DescriptorEntry>],
}

#[bitfield(u8)]
pub struct MapBitFields1 {
    pub has_non_instance_prototype: bool,
    pub is_callable: bool,
    pub has_named_interceptor: bool,
    pub has_indexed_interceptor: bool,
    pub is_undetectable: bool,
    pub is_access_check_needed: bool,
    pub is_constructor: bool,
    pub has_prototype_slot: bool,
}

#[bitfield(u8)]
pub struct MapBitFields2 {
    pub new_target_is_base: bool,
    pub is_immutable_prototype: bool,
    #[bits(6)]
    pub elements_kind: u8,
}

#[bitfield(u32)]
pub struct MapBitFields3 {
    #[bits(10)]
    pub enum_length: u32,
    #[bits(10)]
    pub number_of_own_descriptors: u32,
    pub is_prototype_map: bool,
    pub is_dictionary_map: bool,
    pub owns_descriptors: bool,
    pub is_in_retained_map_list: bool,
    pub is_deprecated: bool,
    pub is_unstable: bool,
    pub is_migration_target: bool,
    pub is_extensible: bool,
    pub may_have_interesting_properties: bool,
    #[bits(3)]
    pub construction_counter: u8,
}

#[heap_object]
pub struct TransitionArray {
    #[constant]
    pub length: Smi,
    #[length = length]
    pub transitions: [Tagged<MaybeObject>],
}

/// V8's `Map` as V8 lays it out: an ordinary class here, as objects get their maps from the heap.
#[heap_object]
pub struct V8Map {
    pub instance_size_in_words: u8,
    pub inobject_properties_start_or_constructor_function_index: u8,
    pub used_or_unused_instance_size_in_words: u8,
    pub visitor_id: u8,
    pub instance_type: u16,
    pub bit_field: Bits<MapBitFields1>,
    pub bit_field2: Bits<MapBitFields2>,
    #[relaxed]
    pub bit_field3: Bits<MapBitFields3>,
    pub padding: OptionalPadding<4>,
    pub prototype: Tagged<Any>,
    pub constructor_or_back_pointer: Tagged<Any>,
    pub instance_descriptors: Tagged<Option<DescriptorArray>>,
    pub dependent_code: Tagged<Option<WeakArrayList>>,
    pub prototype_validity_cell: Tagged<Any>,
    #[acquire_release]
    pub transitions_or_prototype_info: Tagged<(Weak<V8Map>, V8Map, TransitionArray, Smi)>,
}

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ScopeType {
    Script,
    Repl,
    Class,
    Eval,
    Module,
    Function,
    Catch,
    Block,
    With,
    ShadowRealm,
}

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum VariableAllocationInfo {
    None,
    Stack,
    Context,
    Unused,
}

#[bitfield(u32)]
pub struct ScopeFlags {
    #[bits(4)]
    pub scope_type: ScopeType,
    pub sloppy_eval_can_extend_vars: bool,
    #[bits(1)]
    pub language_mode: u8,
    pub declaration_scope: bool,
    #[bits(2)]
    pub receiver_variable: VariableAllocationInfo,
    pub class_scope_has_private_brand: bool,
    pub has_saved_class_variable: bool,
    pub allocates_arguments: bool,
    #[bits(2)]
    pub function_variable: VariableAllocationInfo,
    pub has_inferred_function_name: bool,
    pub has_simple_parameters: bool,
    #[bits(5)]
    pub function_kind: u8,
    pub has_outer_scope_info: bool,
    #[bits(10)]
    __: (),
}

#[bitfield(u31)]
pub struct VariableProperties {
    #[bits(4)]
    pub variable_mode: u8,
    pub init_flag: bool,
    pub maybe_assigned_flag: bool,
    pub is_parameter: bool,
    #[bits(16)]
    pub parameter_number_or_position: u16,
    pub is_static_flag: bool,
}

#[heap_struct]
pub struct PositionInfo {
    pub start: Smi,
    pub end: Smi,
}

#[heap_struct]
pub struct FunctionVariableInfo {
    pub name: Tagged<Option<Text>>,
    pub context_or_stack_slot_index: Smi,
}

#[heap_struct]
pub struct ModuleVariable {
    pub name: Tagged<Text>,
    pub index: Smi,
    pub properties: SmiBits<VariableProperties>,
}

pub(crate) const MAX_INLINED_LOCAL_NAMES: i32 = 75;

/// V8: `ScopeInfo`, the test of all that Torque can say of tails.
#[heap_object]
pub struct ScopeInfo {
    #[relaxed]
    #[constant]
    pub flags: Bits<ScopeFlags>,
    pub padding: OptionalPadding<4>,
    /// For scopes that are no functions, 0.
    pub parameter_count: Smi,
    #[constant]
    pub context_local_count: Smi,
    pub position_info: Inline<PositionInfo>,
    #[constant]
    #[present_if = matches!(flags.scope_type(), ScopeType::Module)]
    pub module_variable_count: Smi,
    #[length = if context_local_count < MAX_INLINED_LOCAL_NAMES { context_local_count } else { 0 }]
    pub context_local_names: [Tagged<Text>],
    #[present_if = MAX_INLINED_LOCAL_NAMES <= context_local_count]
    pub context_local_names_hashtable: Tagged<FixedArray>,
    #[length = context_local_count]
    pub context_local_infos: [SmiBits<VariableProperties>],
    #[present_if = flags.has_saved_class_variable()]
    pub saved_class_variable_info: Tagged<(Name, Smi)>,
    #[present_if = !matches!(flags.function_variable(), VariableAllocationInfo::None)]
    pub function_variable_info: Inline<FunctionVariableInfo>,
    #[present_if = flags.has_inferred_function_name()]
    pub inferred_function_name: Tagged<(Text, Oddball)>,
    #[present_if = flags.has_outer_scope_info()]
    pub outer_scope_info: Tagged<ScopeInfo>,
    #[present_if = matches!(flags.scope_type(), ScopeType::Module)]
    pub module_info: Tagged<FixedArray>,
    #[length = match module_variable_count { Some(count) => count, None => 0 }]
    pub module_variables: [Inline<ModuleVariable>],
    #[present_if = flags.sloppy_eval_can_extend_vars()]
    pub dependent_code: Tagged<Option<WeakArrayList>>,
    #[constant]
    #[present_if = matches!(flags.scope_type(), ScopeType::Function)]
    pub unused_parameter_bits: Smi,
}

#[bitfield(u31)]
pub struct ScriptFlags {
    #[bits(1)]
    pub compilation_type: u8,
    #[bits(1)]
    pub compilation_state: u8,
    pub is_repl_mode: bool,
    #[bits(4)]
    pub origin_options: u8,
    pub break_on_entry: bool,
    pub produce_compile_hints: bool,
    pub deserialized: bool,
}

/// V8: `Script`.
#[heap_object(extends = Struct)]
pub struct Script {
    pub source: Tagged<(Text, Oddball)>,
    pub name: Tagged<Any>,
    pub line_offset: Smi,
    pub column_offset: Smi,
    pub context_data: Tagged<(Oddball, Symbol, Smi)>,
    pub script_type: Smi,
    #[acquire_release]
    pub line_ends: Tagged<(FixedArray, Smi)>,
    pub id: Smi,
    pub eval_from_shared_or_wrapped_arguments: Tagged<(SharedFunctionInfo, FixedArray, Oddball)>,
    pub eval_from_position: Tagged<(Foreign, Smi)>,
    pub eval_from_scope_info: Tagged<(ScopeInfo, Oddball)>,
    pub infos: Tagged<(WeakFixedArray, WeakArrayList)>,
    pub compiled_lazy_function_positions: Tagged<(FixedArray, Oddball)>,
    pub flags: SmiBits<ScriptFlags>,
    pub source_url: Tagged<(Text, Oddball)>,
    pub source_mapping_url: Tagged<Any>,
    pub debug_id: Tagged<(Text, Oddball)>,
    pub host_defined_options: Tagged<FixedArray>,
    pub source_hash: Tagged<(Text, Oddball)>,
}

/// V8: `Foreign`.
#[heap_object]
pub struct Foreign {
    pub foreign_address: External<u8>,
}

#[bitfield(u8)]
pub struct SharedFunctionInfoFlags2 {
    pub class_scope_has_private_brand: bool,
    pub has_static_private_methods_or_accessors: bool,
    pub is_sparkplug_compiling: bool,
    pub maglev_compilation_failed: bool,
    #[bits(3)]
    pub cached_tiering_decision: u8,
    pub function_context_independent_compiled: bool,
}

#[bitfield(u32)]
pub struct SharedFunctionInfoFlags {
    #[bits(5)]
    pub function_kind: u8,
    pub is_native: bool,
    pub is_strict: bool,
    #[bits(3)]
    pub function_syntax_kind: u8,
    pub is_class_constructor: bool,
    pub has_duplicate_parameters: bool,
    pub allow_lazy_compilation: bool,
    #[bits(5)]
    pub function_map_index: u8,
    #[bits(4)]
    pub disabled_optimization_reason: u8,
}

/// V8: `SharedFunctionInfo`, without the trusted half of its function data, which the sandbox brings.
#[heap_object]
pub struct SharedFunctionInfo {
    #[acquire_release]
    pub untrusted_function_data: Tagged<Any>,
    #[acquire_release]
    pub name_or_scope_info: Tagged<(Text, Oddball, ScopeInfo, Smi)>,
    pub outer_scope_info_or_feedback_metadata: Tagged<(ScopeInfo, FeedbackMetadata, Oddball)>,
    #[acquire_release]
    pub script: Tagged<(Script, Oddball)>,
    pub length: u16,
    pub formal_parameter_count: u16,
    pub function_token_offset: u16,
    pub expected_nof_properties: u8,
    pub flags2: Bits<SharedFunctionInfoFlags2>,
    #[relaxed]
    pub flags: Bits<SharedFunctionInfoFlags>,
    #[relaxed]
    pub function_literal_id: i32,
    pub unique_id: i32,
    #[relaxed]
    pub age: u16,
    #[relaxed]
    pub feedback_slot: u16,
}

/// V8: `FeedbackMetadata`.
#[heap_object]
pub struct FeedbackMetadata {
    pub slot_count: i32,
    pub create_closure_slot_count: i32,
}

#[heap_object]
pub struct FeedbackCell {
    pub value: Tagged<Any>,
}

/// V8: `ClosureFeedbackCellArray`.
#[heap_object(extends = FixedArrayBase, inherits(length: Smi))]
pub struct ClosureFeedbackCellArray {
    #[length = length]
    pub objects: [Tagged<FeedbackCell>],
}

#[bitfield(u16)]
pub struct FeedbackVectorFlags {
    pub tiering_in_progress: bool,
    pub osr_tiering_in_progress: bool,
    pub interrupt_budget_reset_by_ic_change: bool,
}

#[bitfield(u8)]
pub struct OsrState {
    #[bits(3)]
    pub osr_urgency: u8,
    pub maybe_has_maglev_osr_code: bool,
    pub maybe_has_turbofan_osr_code: bool,
}

/// V8: `FeedbackVector`.
#[heap_object]
pub struct FeedbackVector {
    #[constant]
    pub length: i32,
    #[relaxed]
    pub invocation_count: i32,
    pub padding: OptionalPadding<4>,
    #[relaxed]
    pub invocation_count_before_stable: u8,
    #[relaxed]
    pub osr_state: Bits<OsrState>,
    pub flags: Bits<FeedbackVectorFlags>,
    pub shared_function_info: Tagged<SharedFunctionInfo>,
    pub closure_feedback_cell_array: Tagged<ClosureFeedbackCellArray>,
    pub parent_feedback_cell: Tagged<FeedbackCell>,
    #[relaxed]
    #[length = length]
    pub raw_feedback_slots: [Tagged<MaybeObject>],
}

#[heap_object(extends = FixedArrayBase, inherits(length: Smi))]
pub struct ByteArray {
    #[length = length]
    pub values: [u8],
}

pub(crate) const GROUP_WIDTH: i32 = 16;

/// V8: `SwissNameDictionary`.
#[heap_object]
pub struct SwissNameDictionary {
    pub hash: u32,
    #[constant]
    pub capacity: i32,
    pub meta_table: Tagged<ByteArray>,
    #[length = capacity * 2]
    pub data_table: [Tagged<Any>],
    #[length = capacity + GROUP_WIDTH]
    pub ctrl_table: [u8],
    #[length = capacity]
    pub property_details_table: [u8],
}

heap_classes! {
    pub static CLASSES = [
        HeapNumber, Oddball, Symbol, SeqOneByteString, ExternalString, FixedArray, WeakFixedArray, WeakArrayList,
        EnumCache, DescriptorArray, TransitionArray, V8Map, ScopeInfo, Script, Foreign, SharedFunctionInfo,
        FeedbackMetadata, FeedbackCell, ClosureFeedbackCellArray, FeedbackVector, ByteArray, SwissNameDictionary,
    ];
}
