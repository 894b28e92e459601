//! `ScopeInfo`: twelve parts that may or may not be there, in a row.

use super::classes::*;
use super::texts::text;
use super::{assert_offsets, isolate, under_stress};
use heapwright::HeapClass;
use heapwright::prelude::*;
use heapwright::tagged::TAGGED_SIZE;
use proptest::prelude::*;

#[test]
fn offsets() {
    assert_offsets(
        ScopeInfo::LAYOUT,
        &[("flags", 4, 8), ("parameter_count", 8, 16), ("context_local_count", 12, 24), ("position_info", 16, 32)],
        (24, 48),
    );
    assert_eq!(ScopeInfo::MODULE_VARIABLE_COUNT_OFFSET, ScopeInfo::HEADER_SIZE);
    assert_eq!(PositionInfo::SIZE, 2 * TAGGED_SIZE);
}

/// What a scope info is made of: as data, to compare with.
#[derive(Clone, Debug)]
struct Model {
    flags: ScopeFlags,
    locals: usize,
    module_variables: usize,
}

impl Model {
    fn is(&self, scope_type: ScopeType) -> bool {
        self.flags.scope_type() == scope_type
    }

    fn inlines(&self) -> bool {
        self.locals < MAX_INLINED_LOCAL_NAMES as usize
    }

    /// Words of each part, in order.
    fn words(&self) -> [usize; 12] {
        let module = self.is(ScopeType::Module);
        let one = usize::from;
        [
            one(module),
            if self.inlines() { self.locals } else { 0 },
            one(!self.inlines()),
            self.locals,
            one(self.flags.has_saved_class_variable()),
            2 * one(self.flags.function_variable() != VariableAllocationInfo::None),
            one(self.flags.has_inferred_function_name()),
            one(self.flags.has_outer_scope_info()),
            one(module),
            if module { 3 * self.module_variables } else { 0 },
            one(self.flags.sloppy_eval_can_extend_vars()),
            one(self.is(ScopeType::Function)),
        ]
    }

    fn make<'s>(&self, scope: &mut HandleScope<'s>) -> Handle<'s, ScopeInfo> {
        let flags = self.flags;
        let module = self.is(ScopeType::Module);
        let name = text(scope, "a name");
        let parent = FixedArrayBaseInit { length: 2 };
        let table = FixedArray::new(scope, FixedArrayInit { parent, objects: &[name, name] });
        let outer = flags
            .has_outer_scope_info()
            .then(|| Model { flags: ScopeFlags::new(), locals: 1, module_variables: 0 }.make(scope));
        let infos: Vec<_> =
            (0..self.locals).map(|i| VariableProperties::new().with_parameter_number_or_position(i as u16)).collect();
        let variables: Vec<_> = (0..if module { self.module_variables } else { 0 })
            .map(|i| ModuleVariableInit { name, index: i as i32, properties: VariableProperties::new() })
            .collect();
        let variable = FunctionVariableInfoInit { name, context_or_stack_slot_index: 77 };
        let init = ScopeInfoInit {
            flags,
            parameter_count: 3,
            context_local_count: self.locals as i32,
            position_info: PositionInfoInit { start: 10, end: 20 },
            module_variable_count: module.then_some(self.module_variables as i32),
            context_local_names: Filled::new(name, if self.inlines() { self.locals } else { 0 }),
            context_local_names_hashtable: (!self.inlines()).then_some(table),
            context_local_infos: &infos,
            saved_class_variable_info: flags.has_saved_class_variable().then_some(smi(5)),
            function_variable_info: (flags.function_variable() != VariableAllocationInfo::None).then_some(variable),
            inferred_function_name: flags.has_inferred_function_name().then_some(name),
            outer_scope_info: outer,
            module_info: module.then_some(table),
            module_variables: &variables,
            dependent_code: flags.sloppy_eval_can_extend_vars().then_some(Nil),
            unused_parameter_bits: self.is(ScopeType::Function).then_some(0b101),
        };
        ScopeInfo::new(scope, init)
    }

    fn check(&self, info: &ScopeInfo) {
        let words = self.words();
        let module = self.is(ScopeType::Module);
        let offsets = [
            ScopeInfo::HEADER_SIZE,
            info.context_local_names_offset(),
            info.context_local_names_hashtable_offset(),
            info.context_local_infos_offset(),
            info.saved_class_variable_info_offset(),
            info.function_variable_info_offset(),
            info.inferred_function_name_offset(),
            info.outer_scope_info_offset(),
            info.module_info_offset(),
            info.module_variables_offset(),
            info.dependent_code_offset(),
            info.unused_parameter_bits_offset(),
        ];
        let mut at = ScopeInfo::HEADER_SIZE;
        for (part, offset) in words.iter().zip(offsets) {
            assert_eq!(offset, at, "{self:?}");
            at += part * TAGGED_SIZE;
        }
        assert_eq!(info.as_heap_object().size(), at);
        assert_eq!((info.position_info().start(), info.position_info().end()), (10, 20));
        assert_eq!(info.module_variable_count(), module.then_some(self.module_variables as i32));
        assert_eq!(info.context_local_names_len(), words[1]);
        assert!(info.context_local_names_iter().all(|name| name.length() == 6));
        assert_eq!(info.context_local_names_hashtable().map(FixedArray::objects_len), (!self.inlines()).then_some(2));
        let positions: Vec<_> =
            info.context_local_infos_iter().map(|info| usize::from(info.parameter_number_or_position())).collect();
        assert_eq!(positions, (0..self.locals).collect::<Vec<_>>());
        assert_eq!(
            info.saved_class_variable_info().map(|value| value.as_smi()),
            self.flags.has_saved_class_variable().then_some(Some(5))
        );
        assert_eq!(info.has_function_variable_info(), words[5] > 0);
        if let Some(variable) = info.function_variable_info() {
            assert_eq!((variable.name().unwrap().length(), variable.context_or_stack_slot_index()), (6, 77));
        }
        assert_eq!(info.inferred_function_name().is_some(), self.flags.has_inferred_function_name());
        assert_eq!(info.outer_scope_info().map(ScopeInfo::context_local_infos_len), (words[7] > 0).then_some(1));
        assert_eq!(info.module_info().is_some(), module);
        for i in 0..info.module_variables_len() {
            let variable = info.module_variables(i);
            assert_eq!((variable.index(), variable.name().length()), (i as i32, 6));
        }
        assert_eq!(info.dependent_code().is_some(), self.flags.sloppy_eval_can_extend_vars());
        assert_eq!(info.unused_parameter_bits(), self.is(ScopeType::Function).then_some(5));
    }
}

fn models() -> impl Strategy<Value = Model> {
    let flags = (0..10_u64, any::<[bool; 4]>(), 0..4_u64).prop_map(|(scope_type, bits, variable)| {
        ScopeFlags::new()
            .with_scope_type(ScopeType::from_bits(scope_type).unwrap())
            .with_has_saved_class_variable(bits[0])
            .with_has_inferred_function_name(bits[1])
            .with_has_outer_scope_info(bits[2])
            .with_sloppy_eval_can_extend_vars(bits[3])
            .with_function_variable(VariableAllocationInfo::from_bits(variable).unwrap())
    });
    (flags, prop_oneof![0..5_usize, 70..80_usize], 0..4_usize).prop_map(|(flags, locals, module_variables)| Model {
        flags,
        locals,
        module_variables,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Every combination of parts lies where the lengths of those before it put it, whenever the collector comes.
    #[test]
    fn any_combination_of_parts(models in prop::collection::vec(models(), 1..6)) {
        for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
            let mut isolate = isolate(stress);
            let mut scope = isolate.enter();
            let infos: Vec<_> = models.iter().map(|model| model.make(&mut scope)).collect();
            for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
                scope.collect(kind);
                for (model, info) in models.iter().zip(&infos) {
                    model.check(info.get(&scope));
                }
            }
        }
    }
}

#[test]
fn optional_fields_are_written_where_they_are() {
    under_stress(|scope| {
        let flags = ScopeFlags::new().with_has_inferred_function_name(true).with_scope_type(ScopeType::Module);
        let info = Model { flags, locals: 2, module_variables: 3 }.make(scope);
        let other = text(scope, "other");
        let info = info.get(scope);
        info.set_inferred_function_name(other);
        info.set_context_local_names(1, other);
        info.module_variables(2).set_name(other);
        info.position_info().set_end(30);
        assert_eq!(info.inferred_function_name().unwrap().cast::<Text>().length(), 5);
        assert_eq!(info.context_local_names(1).length(), 5);
        assert_eq!(info.module_variables(2).name().length(), 5);
        assert_eq!((info.module_variables(1).name().length(), info.position_info().end()), (6, 30));
        assert_eq!(info.module_info().unwrap().objects_len(), 2);
    });
}

#[test]
#[should_panic(
    expected = "this object has no `outer_scope_info`: it was made when `flags.has_outer_scope_info()` did not hold"
)]
fn an_optional_field_that_is_not_there_cannot_be_set() {
    let mut isolate = isolate(None);
    let mut scope = isolate.enter();
    let info = Model { flags: ScopeFlags::new(), locals: 0, module_variables: 0 }.make(&mut scope);
    info.get(&scope).set_outer_scope_info(info);
}

#[test]
#[should_panic(expected = "needs 0 of `inferred_function_name` (`flags.has_inferred_function_name()`) and was given 1")]
fn an_optional_field_has_to_be_absent_when_its_condition_says_so() {
    let mut isolate = isolate(None);
    let mut scope = isolate.enter();
    let name = text(&mut scope, "f");
    let init = ScopeInfoInit {
        flags: ScopeFlags::new(),
        parameter_count: 0,
        context_local_count: 0,
        position_info: PositionInfoInit { start: 0, end: 0 },
        module_variable_count: Absent,
        context_local_names: Absent,
        context_local_names_hashtable: Absent,
        context_local_infos: Absent,
        saved_class_variable_info: Absent,
        function_variable_info: Absent,
        inferred_function_name: name,
        outer_scope_info: Absent,
        module_info: Absent,
        module_variables: Absent,
        dependent_code: Absent,
        unused_parameter_bits: Absent,
    };
    ScopeInfo::new(&mut scope, init);
}
