//! Types that can be told apart at run time: checked casts to any tagged type, and the arms of
//! [`match_class!`](crate::match_class).
//!
//! What a union holds and what an arm matches is constant data here ([`Case`]), so that the compiler proves that the
//! arms cover the union. Constants cannot compare the addresses of statics, so classes are compared by where they are
//! declared. Two classes may look the same that way (one name on one line, made by a macro in two functions): then a
//! wrong list of arms passes, and a value that no arm matches is a panic. The casts themselves compare addresses.

use super::admits::Nil;
use super::class::{Any, HeapClass, TaggedType, UnionMember};
use super::smi::Smi;
use super::value::Tagged;
use crate::layout::{ClassLayout, Member, Message, same_text};
use core::marker::PhantomData;

/// What one alternative of a type holds, or what one arm matches.
#[derive(Clone, Copy, Debug)]
pub enum Case {
    /// Any tagged value.
    Any,
    /// A small integer.
    Smi,
    /// No object.
    None,
    /// An instance of a class or of one below it.
    Class(&'static ClassLayout),
    /// An instance of a class and of none below it.
    Exactly(&'static ClassLayout),
}

/// A tagged type whose alternatives are known as [`Case`]s: all are. (Constants cannot look into
/// [`TaggedType::SET`], which refers to statics that change.)
pub trait Alternatives: TaggedType {
    /// The alternatives.
    const CASES: &'static [Case];
}

impl<C: HeapClass> Alternatives for C {
    const CASES: &'static [Case] = &[Case::Class(C::LAYOUT)];
}

impl Alternatives for Any {
    const CASES: &'static [Case] = &[Case::Any];
}

impl Alternatives for Smi {
    const CASES: &'static [Case] = &[Case::Smi];
}

impl<C: HeapClass> Alternatives for Option<C> {
    const CASES: &'static [Case] = &[Case::Class(C::LAYOUT), Case::None];
}

macro_rules! unions {
    ($(($($m:ident),*))*) => { $(
        impl<$($m: UnionMember + Arm),*> Alternatives for ($($m,)*) {
            const CASES: &'static [Case] = &[$($m::CASE),*];
        }
    )* };
}
unions!((A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));

impl<'gc> Tagged<'gc, Any> {
    /// The value as one of type `U`, if it is one: a class, `Option<Class>`, a union, or [`Smi`]. For a single class
    /// [`try_cast`](Tagged::try_cast) does the same.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// let point = Point::new(&mut scope, PointInit { x: 3 });
    /// let value: Tagged<'_, Any> = point.get(&scope).as_tagged();
    /// let either: Tagged<'_, (Point, Smi)> = value.try_narrow::<(Point, Smi)>().unwrap();
    /// assert!(either.is::<Point>());
    /// assert_eq!(value.try_narrow::<Smi>(), None);
    /// assert_eq!(Tagged::from(smi(4)).try_narrow::<Smi>(), Some(4));
    /// ```
    #[inline]
    #[must_use]
    pub fn try_narrow<U: TaggedType>(self) -> Option<U::Ref<'gc>> {
        let is_one = match self.as_object() {
            Some(object) => {
                let class = object.class();
                U::SET.members().iter().any(|member| match member {
                    Member::Any => true,
                    // The class itself is what it most often is.
                    Member::Class(expected) => core::ptr::eq(class, *expected) || class.is_subclass_of(expected),
                    Member::Smi | Member::None | Member::Weak(_) => false,
                })
            }
            None => U::SET.members().iter().any(|member| match member {
                Member::Any | Member::Smi => true,
                Member::None => self.as_smi() == Some(0),
                Member::Class(_) | Member::Weak(_) => false,
            }),
        };
        // SAFETY: `SET` describes the words of `U`, and this is one that is valid for `'gc`.
        is_one.then(|| unsafe { U::from_word(self.word()) })
    }
}

/// What [`match_class!`](crate::match_class) looks at: a reference, an optional one, or a [`Tagged`].
#[diagnostic::on_unimplemented(
    message = "`match_class!` cannot look at a value of type `{Self}`",
    label = "neither a reference to an object nor a tagged value",
    note = "it matches `&Class`, `Option<&Class>` and `Tagged<'_, U>`; read a handle first: `handle.get(&scope)`"
)]
pub trait Subject<'gc>: Copy {
    /// What it may be.
    type Type: Alternatives;
    /// `Self`: generated code names it, so that rustc reports a wrong type once.
    type This: Subject<'gc>;

    /// `self`.
    fn this(self) -> Self::This;

    /// The value.
    fn to_any(self) -> Tagged<'gc, Any>;

    /// The integer, if it is a Smi that does not stand for `None`.
    fn smi(self) -> Option<i32>;

    /// The object, if it is a `C`.
    fn object<C: HeapClass>(self) -> Option<&'gc C>;

    /// The object, if it is a `C` and nothing more special.
    fn exact_object<C: HeapClass>(self) -> Option<&'gc C>;

    /// Whether it is no object.
    fn is_none(self) -> bool;
}

impl<'gc, T: HeapClass> Subject<'gc> for &'gc T {
    type Type = T;
    type This = Self;

    #[inline(always)]
    fn this(self) -> Self {
        self
    }

    #[inline]
    fn to_any(self) -> Tagged<'gc, Any> {
        Tagged::from(self)
    }

    #[inline]
    fn smi(self) -> Option<i32> {
        None
    }

    #[inline]
    fn object<C: HeapClass>(self) -> Option<&'gc C> {
        super::casts::object_as(self)
    }

    #[inline]
    fn exact_object<C: HeapClass>(self) -> Option<&'gc C> {
        super::casts::object_exactly(self)
    }

    #[inline]
    fn is_none(self) -> bool {
        false
    }
}

impl<'gc, T: HeapClass> Subject<'gc> for Option<&'gc T> {
    type Type = Option<T>;
    type This = Self;

    #[inline(always)]
    fn this(self) -> Self {
        self
    }

    #[inline]
    fn to_any(self) -> Tagged<'gc, Any> {
        self.map_or_else(|| Tagged::from(Smi::new(0)), Tagged::from)
    }

    #[inline]
    fn smi(self) -> Option<i32> {
        None
    }

    #[inline]
    fn object<C: HeapClass>(self) -> Option<&'gc C> {
        self.and_then(super::casts::object_as)
    }

    #[inline]
    fn exact_object<C: HeapClass>(self) -> Option<&'gc C> {
        self.and_then(super::casts::object_exactly)
    }

    #[inline]
    fn is_none(self) -> bool {
        Option::is_none(&self)
    }
}

impl<'gc, U: Alternatives> Subject<'gc> for Tagged<'gc, U> {
    type Type = U;
    type This = Self;

    #[inline(always)]
    fn this(self) -> Self {
        self
    }

    #[inline]
    fn to_any(self) -> Tagged<'gc, Any> {
        Tagged::to_any(self)
    }

    #[inline]
    fn smi(self) -> Option<i32> {
        self.as_smi()
    }

    #[inline]
    fn object<C: HeapClass>(self) -> Option<&'gc C> {
        self.try_cast()
    }

    #[inline]
    fn exact_object<C: HeapClass>(self) -> Option<&'gc C> {
        self.try_cast_exact()
    }

    #[inline]
    fn is_none(self) -> bool {
        self.is_smi()
    }
}

/// What an arm of [`match_class!`](crate::match_class) names: a class, [`Smi`], or `None`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be matched by `match_class!`",
    label = "neither a class nor `Smi`",
    note = "an arm names a class declared with `#[heap_object]`, `Smi(n)`, or `None`; the last may be a name or `_`, for all others"
)]
pub trait Arm: 'static {
    /// The arm, as data.
    const CASE: Case;
    /// Whether it may let pass what it matches.
    const IS_GUARDED: bool = false;
    /// What it binds.
    type Value<'gc>;
    /// `Self`: generated code names it, so that rustc reports a wrong type once.
    type This: Arm;

    /// The value, if the arm matches.
    fn matched<'gc>(subject: impl Subject<'gc>) -> Option<Self::Value<'gc>>;
}

impl<C: HeapClass> Arm for C {
    type This = Self;
    const CASE: Case = Case::Class(C::LAYOUT);
    type Value<'gc> = &'gc C;

    #[inline]
    fn matched<'gc>(subject: impl Subject<'gc>) -> Option<&'gc C> {
        subject.object()
    }
}

impl Arm for Smi {
    type This = Self;
    const CASE: Case = Case::Smi;
    type Value<'gc> = i32;

    #[inline]
    fn matched<'gc>(subject: impl Subject<'gc>) -> Option<i32> {
        subject.smi()
    }
}

impl Arm for Nil {
    type This = Self;
    const CASE: Case = Case::None;
    type Value<'gc> = ();

    #[inline]
    fn matched<'gc>(subject: impl Subject<'gc>) -> Option<()> {
        subject.is_none().then_some(())
    }
}

/// An arm that classes below `C` do not match.
#[derive(Debug)]
pub struct Exactly<C>(PhantomData<C>);

impl<C: HeapClass> Arm for Exactly<C> {
    type This = Self;
    const CASE: Case = Case::Exactly(C::LAYOUT);
    type Value<'gc> = &'gc C;

    #[inline]
    fn matched<'gc>(subject: impl Subject<'gc>) -> Option<&'gc C> {
        subject.exact_object()
    }
}

/// An arm with a guard, which may let a value that it matches pass: it covers nothing.
#[derive(Debug)]
pub struct Guarded<A>(PhantomData<A>);

impl<A: Arm> Arm for Guarded<A> {
    type This = Self;
    const CASE: Case = A::CASE;
    const IS_GUARDED: bool = true;
    type Value<'gc> = A::Value<'gc>;

    #[inline]
    fn matched<'gc>(subject: impl Subject<'gc>) -> Option<A::Value<'gc>> {
        A::matched(subject)
    }
}

/// All arms but one for all others: `(A, (B, (C, ())))`.
pub trait Arms {
    /// The arms, as data.
    const ARMS: Option<&'static ArmNode>;
}

/// One arm in the list of all.
#[derive(Debug)]
pub struct ArmNode {
    case: Case,
    is_guarded: bool,
    rest: Option<&'static ArmNode>,
}

impl Arms for () {
    const ARMS: Option<&'static ArmNode> = None;
}

impl<A: Arm, R: Arms> Arms for (A, R) {
    const ARMS: Option<&'static ArmNode> = Some(&ArmNode { case: A::CASE, is_guarded: A::IS_GUARDED, rest: R::ARMS });
}

/// The value to match.
#[inline(always)]
pub fn subject<'gc, S: Subject<'gc>>(subject: S) -> S::This {
    subject.this()
}

/// Proves that each arm can match and, unless one is for all others (`HAS_REST`), that together they match every value.
#[inline(always)]
pub fn check_arms<'gc, A: Arms, const HAS_REST: bool, S: Subject<'gc>>(subject: S) {
    const { check(<S::Type as Alternatives>::CASES, A::ARMS, HAS_REST) }
    let _ = subject;
}

/// What an arm binds, if it matches.
#[inline(always)]
pub fn try_arm<'gc, A: Arm, S: Subject<'gc>>(subject: S) -> Option<A::Value<'gc>> {
    A::matched(subject)
}

/// The end of a match whose arms cover everything.
#[cold]
#[inline(never)]
#[track_caller]
pub fn no_arm<'gc>(subject: impl Subject<'gc>) -> ! {
    panic!("no arm of `match_class!` matches {:?}", subject.to_any())
}

const fn check(cases: &[Case], arms: Option<&'static ArmNode>, has_rest: bool) {
    let mut index = 0;
    while let Some(arm) = nth(arms, index) {
        if !can_occur(cases, arm.case) {
            let message = describe(Message::new().text("the arm for "), arm.case).text(" never matches: the value is ");
            describe_all(message, cases).fail();
        }
        if let Some(earlier) = find_covering(arms, index, arm.case) {
            let message =
                describe(Message::new().text("the arm for "), arm.case).text(" is never reached: the one for ");
            describe(message, earlier.case).text(" before it matches all that it would").fail();
        }
        index += 1;
    }
    let mut i = 0;
    while i < cases.len() && !has_rest {
        let is_covered = match cases[i] {
            Case::Any => find_root(arms) && find_covering(arms, index, Case::Smi).is_some(),
            case => find_covering(arms, index, case).is_some(),
        };
        if !is_covered {
            let message = describe(Message::new().text("no arm matches "), cases[i]).text(": the value is ");
            let message = describe_all(message, cases).text(". Add an arm for ");
            match cases[i] {
                Case::Any => message,
                case => describe(message, case).text(", or one for "),
            }
            .text("all others, such as `other => …`")
            .fail();
        }
        i += 1;
    }
}

const fn nth(arms: Option<&'static ArmNode>, index: usize) -> Option<&'static ArmNode> {
    let (mut arms, mut i) = (arms, 0);
    while let Some(arm) = arms {
        if i == index {
            return Some(arm);
        }
        arms = arm.rest;
        i += 1;
    }
    None
}

/// The first of the arms before `end` that matches whatever `case` describes.
const fn find_covering(arms: Option<&'static ArmNode>, end: usize, case: Case) -> Option<&'static ArmNode> {
    let mut i = 0;
    while let Some(arm) = nth(arms, i)
        && i < end
    {
        if !arm.is_guarded && covers(arm.case, case) {
            return Some(arm);
        }
        i += 1;
    }
    None
}

/// Whether an arm matches objects of all classes.
const fn find_root(arms: Option<&'static ArmNode>) -> bool {
    let mut i = 0;
    while let Some(arm) = nth(arms, i) {
        if let Case::Class(class) = arm.case
            && class.parent.is_none()
            && !arm.is_guarded
        {
            return true;
        }
        i += 1;
    }
    false
}

const fn covers(arm: Case, case: Case) -> bool {
    match (arm, case) {
        (Case::Smi, Case::Smi) | (Case::None, Case::None) => true,
        (Case::Class(arm), Case::Class(class) | Case::Exactly(class)) => is_below(class, arm),
        (Case::Exactly(arm), Case::Exactly(class)) => same_class(arm, class),
        (Case::Exactly(arm), Case::Class(class)) => same_class(arm, class) && !class.is_open,
        _ => false,
    }
}

const fn can_occur(cases: &[Case], arm: Case) -> bool {
    let mut i = 0;
    while i < cases.len() {
        let occurs = match (cases[i], arm) {
            (Case::Any, Case::Class(_) | Case::Smi) | (Case::Smi, Case::Smi) | (Case::None, Case::None) => true,
            (Case::Any, Case::Exactly(arm)) => !arm.is_abstract,
            (Case::Class(class), Case::Class(arm)) => is_below(arm, class) || is_below(class, arm),
            (Case::Class(class), Case::Exactly(arm)) => is_below(arm, class) && !arm.is_abstract,
            _ => false,
        };
        if occurs {
            return true;
        }
        i += 1;
    }
    false
}

const fn is_below(class: &ClassLayout, other: &ClassLayout) -> bool {
    if same_class(class, other) {
        return true;
    }
    match class.parent {
        Some(parent) => is_below(parent, other),
        None => false,
    }
}

const fn same_class(a: &ClassLayout, b: &ClassLayout) -> bool {
    a.line == b.line
        && same_text(a.name, b.name)
        && same_text(a.module_path, b.module_path)
        && same_text(a.file, b.file)
}

const fn describe(message: Message, case: Case) -> Message {
    match case {
        Case::Any => message.text("every value"),
        Case::Smi => message.text("`Smi`"),
        Case::None => message.text("`None`"),
        Case::Class(class) => message.text("`").text(class.name).text("`"),
        Case::Exactly(class) => message.text("exactly `").text(class.name).text("`"),
    }
}

const fn describe_all(mut message: Message, cases: &[Case]) -> Message {
    let mut i = 0;
    while i < cases.len() {
        if i > 0 {
            message = message.text(if i + 1 < cases.len() { ", " } else { " or " });
        }
        message = match cases[i] {
            Case::Any => message.text("`Any`"),
            case => describe(message, case),
        };
        i += 1;
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::Map;
    use crate::spaces::{Filler, FreeSpace};
    use crate::tagged::HeapObject;

    /// What the check says of these arms for a value of type `U`.
    fn message<U: Alternatives, A: Arms>(has_rest: bool) -> Option<String> {
        let check = std::panic::catch_unwind(|| check(U::CASES, A::ARMS, has_rest));
        check.err().map(|payload| payload.downcast_ref::<String>().expect("a message").clone())
    }

    #[track_caller]
    fn fails<U: Alternatives, A: Arms>(has_rest: bool, expected: &str) {
        assert_eq!(message::<U, A>(has_rest).as_deref(), Some(expected));
    }

    #[track_caller]
    fn passes<U: Alternatives, A: Arms>(has_rest: bool) {
        assert_eq!(message::<U, A>(has_rest), None);
    }

    #[test]
    fn every_member_of_a_union_is_covered() {
        type Two = (Filler, Smi);
        passes::<Two, (Filler, (Smi, ()))>(false);
        passes::<Two, (Smi, (HeapObject, ()))>(false);
        passes::<Two, (Smi, (Exactly<Filler>, ()))>(false);
        passes::<Two, (Guarded<Smi>, ())>(true);
        fails::<Two, (Filler, ())>(
            false,
            "no arm matches `Smi`: the value is `Filler` or `Smi`. Add an arm for `Smi`, or one for all others, such as \
             `other => …`",
        );
        fails::<Two, (Guarded<Filler>, (Smi, ()))>(
            false,
            "no arm matches `Filler`: the value is `Filler` or `Smi`. Add an arm for `Filler`, or one for all others, such \
             as `other => …`",
        );
        // An open class may have others below it.
        let open = message::<Map, (Exactly<Map>, ())>(false).expect("not covered");
        assert!(open.starts_with("no arm matches `Map`: the value is `Map`."), "{open}");
        let three = message::<(Filler, Smi, FreeSpace), ()>(false).expect("not covered");
        assert!(three.contains("the value is `Filler`, `Smi` or `FreeSpace`."), "{three}");
    }

    #[test]
    fn options_and_any_are_covered() {
        passes::<Option<Filler>, (Nil, (Filler, ()))>(false);
        passes::<Any, (Smi, (HeapObject, ()))>(false);
        passes::<Any, (Smi, ())>(true);
        passes::<Filler, (Filler, ())>(false);
        assert!(message::<Option<Filler>, (Filler, ())>(false).is_some_and(|m| m.contains("no arm matches `None`")));
        assert!(message::<Option<Filler>, (Nil, ())>(false).is_some_and(|m| m.contains("no arm matches `Filler`")));
        fails::<Any, (Smi, (Filler, ()))>(
            false,
            "no arm matches every value: the value is `Any`. Add an arm for all others, such as `other => …`",
        );
        assert!(message::<Any, (HeapObject, ())>(false).is_some());
    }

    #[test]
    fn every_arm_can_match() {
        fails::<(Filler, Smi), (FreeSpace, ())>(
            true,
            "the arm for `FreeSpace` never matches: the value is `Filler` or `Smi`",
        );
        fails::<Filler, (Smi, ())>(true, "the arm for `Smi` never matches: the value is `Filler`");
        fails::<Option<Filler>, (Smi, ())>(true, "the arm for `Smi` never matches: the value is `Filler` or `None`");
        fails::<(Filler, Smi), (Nil, ())>(true, "the arm for `None` never matches: the value is `Filler` or `Smi`");
        fails::<Any, (Nil, ())>(true, "the arm for `None` never matches: the value is `Any`");
        fails::<Any, (Exactly<HeapObject>, ())>(
            true,
            "the arm for exactly `HeapObject` never matches: the value is `Any`",
        );
        fails::<Filler, (Exactly<HeapObject>, ())>(
            true,
            "the arm for exactly `HeapObject` never matches: the value is `Filler`",
        );
        passes::<HeapObject, (Filler, (Exactly<Map>, (Map, ())))>(true);
    }

    #[test]
    fn no_arm_hides_another() {
        fails::<Any, (HeapObject, (Filler, ()))>(
            true,
            "the arm for `Filler` is never reached: the one for `HeapObject` before it matches all that it would",
        );
        fails::<Any, (Filler, (Filler, ()))>(
            true,
            "the arm for `Filler` is never reached: the one for `Filler` before it matches all that it would",
        );
        fails::<Any, (Filler, (Exactly<Filler>, ()))>(
            true,
            "the arm for exactly `Filler` is never reached: the one for `Filler` before it matches all that it would",
        );
        passes::<Any, (Guarded<HeapObject>, (Filler, (HeapObject, ())))>(true);
        passes::<Any, (Exactly<Map>, (Map, ()))>(true);
    }
}
