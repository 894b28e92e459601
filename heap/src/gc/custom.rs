//! Classes that tell the collector themselves where their references are.

use crate::tagged::{HeapClass, TAGGED_SIZE, TaggedCell};

/// A class declared `#[heap_object(trace = custom)]`, for objects with tagged words that no declaration can describe: where
/// they are follows from the object's raw bytes. V8: a visitor of its own, `CustomVisitor…`.
///
/// Declared fields are visited as ever. What `trace` adds are words in bytes that are declared raw (a raw tail, mostly),
/// read and written with [`load_at`](crate::tagged::load_at), [`store_at`](crate::tagged::store_at) and
/// [`store_weak_at`](crate::tagged::store_weak_at). A class below one that traces traces what it adds itself, if anything:
/// all functions on the way are called.
///
/// The collector has shapes for whatever can be declared, which are several times as fast.
///
/// ```
/// use heapwright::gc::{CustomTrace, SlotVisitor};
/// use heapwright::prelude::*;
/// use heapwright::tagged::{TAGGED_SIZE, load_at, store_at};
///
/// /// The first words are references, the others are not. Private, as whoever makes one gives it its bytes.
/// #[heap_object(trace = custom)]
/// struct Frame {
///     /// How many words are references.
///     #[constant]
///     references: u32,
///     padding: OptionalPadding<4>,
///     #[constant]
///     length: Smi,
///     #[constant]
///     #[length = length]
///     bytes: [u32],
/// }
///
/// impl Frame {
///     fn slot(index: u32) -> usize {
///         Frame::HEADER_SIZE + index as usize * TAGGED_SIZE
///     }
///     fn fits(&self, index: u32) -> bool {
///         index < self.references() && Frame::slot(index + 1) <= Frame::HEADER_SIZE + self.bytes_len() * 4
///     }
/// }
///
/// // SAFETY: visits the words that `references` counts and the tail has room for; both are constant.
/// unsafe impl CustomTrace for Frame {
///     unsafe fn trace(&self, visitor: &mut SlotVisitor<'_>) {
///         for index in (0..self.references()).take_while(|index| self.fits(*index)) {
///             // SAFETY: such a word, which is a Smi at first and then written with `store_at` alone.
///             unsafe { visitor.visit(Frame::slot(index)) }
///         }
///     }
/// }
/// # #[heap_object] pub struct Point { x: Smi }
/// heap_classes! { static CLASSES = [Frame, Point]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// // Zeroes are the Smi 0.
/// let frame = Frame::new(&mut scope, FrameInit { references: 1, bytes: Filled::new(0, 8) });
/// let point = Point::new(&mut scope, PointInit { x: 3 });
/// assert!(frame.get(&scope).fits(0));
/// // SAFETY: a word that is traced.
/// unsafe { store_at(frame.get(&scope), Frame::slot(0), point) };
/// scope.collect(CollectionKind::Full);
/// // SAFETY: as above.
/// let found = unsafe { load_at(frame.get(&scope), Frame::slot(0)) };
/// assert_eq!(found.cast::<Point>().x(), 3);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
///
/// # Safety
///
/// `trace` visits each word of the object that may hold a reference and is no declared tagged field, and no other, with
/// every call; it follows from the object's raw bytes alone which they are. Once such a word has been visited it stays one
/// for as long as the object lives: the remembered set may name it. What those bytes hold when an object is made is a Smi,
/// and they are written with `store_at` and `store_weak_at` alone: so the raw fields are `#[constant]`, and the class or its
/// `new` is visible only where that is seen to.
///
/// `trace` does not panic, allocate, or read a reference: objects are being moved, so what fields refer to may not be there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is declared `trace = custom` and does not say how",
    label = "implement `CustomTrace` for it",
    note = "write `unsafe impl heapwright::gc::CustomTrace for {Self} {{ unsafe fn trace(&self, visitor: &mut heapwright::gc::SlotVisitor<'_>) {{ … }} }}`, or remove `trace = custom`: declared fields are traced without"
)]
pub unsafe trait CustomTrace: HeapClass {
    /// Visits the words.
    ///
    /// # Safety
    ///
    /// Called by the heap, with a visitor of this very object.
    unsafe fn trace(&self, visitor: &mut SlotVisitor<'_>);
}

/// What [`CustomTrace::trace`] tells of slots. V8: `ObjectVisitor`.
pub struct SlotVisitor<'a> {
    object: usize,
    size: usize,
    visit: &'a mut dyn FnMut(&TaggedCell),
}

impl<'a> SlotVisitor<'a> {
    pub(super) fn new(object: usize, size: usize, visit: &'a mut dyn FnMut(&TaggedCell)) -> SlotVisitor<'a> {
        SlotVisitor { object, size, visit }
    }

    /// Visits the word `offset` bytes from the object's start.
    ///
    /// # Safety
    ///
    /// A whole, aligned word of the object, which holds a Smi or what `store_at` or `store_weak_at` wrote.
    #[inline]
    pub unsafe fn visit(&mut self, offset: usize) {
        debug_assert!(offset >= TAGGED_SIZE && offset.is_multiple_of(TAGGED_SIZE), "byte {offset} begins no slot");
        debug_assert!(offset + TAGGED_SIZE <= self.size, "byte {offset} is not in an object of {} bytes", self.size);
        // SAFETY: the caller's contract.
        (self.visit)(unsafe { TaggedCell::at(self.object + offset) });
    }
}

impl core::fmt::Debug for SlotVisitor<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SlotVisitor of {} bytes at {:#x}", self.size, self.object)
    }
}
