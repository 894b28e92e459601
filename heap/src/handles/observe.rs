//! Watching the stores of an isolate.

use super::scope::HandleScope;
use crate::barrier::{Store, StoreFilter, StoreObserver, StoreObservers};
use crate::memory::MemoryError;
use std::rc::Rc;

impl HandleScope<'_> {
    /// Calls `callback` after every store that `filter` lets through, until [`unobserve`](Self::unobserve) or the end
    /// of the isolate. For debuggers, loggers and tests: while an isolate has an observer, its stores are slow; without
    /// one they cost nothing more.
    ///
    /// Told are all stores of references through setters, `swap_…` and successful `compare_exchange_…`, of fields and
    /// of elements; and of fields declared `#[observed]` the stores of Smis, raw values and bit fields too. Not told
    /// are: the values that an object is made with; stores with a [`WriteBarrierMode`](crate::WriteBarrierMode) that
    /// skips the barrier, and of a [`Smi`](crate::Smi), [`Nil`](crate::Nil) or [`ReadOnly`](crate::ReadOnly), unless
    /// the field is `#[observed]`; changes of maps; and what the collector does.
    ///
    /// The callback runs when the store is complete and the collector has been told: should it panic, the heap is
    /// whole, and the panic goes to who stored. It gets no scope, so it cannot allocate; it may store, and such stores
    /// are not told. It is `Send` because the isolate is.
    ///
    /// ```
    /// use heapwright::{StoreFilter, prelude::*};
    /// use std::sync::{Arc, Mutex};
    ///
    /// #[heap_object]
    /// struct Account {
    ///     #[observed]
    ///     balance: Smi,
    ///     owner: Tagged<Option<Account>>,
    /// }
    /// # heap_classes! { static CLASSES = [Account]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    ///
    /// let log = Arc::new(Mutex::new(Vec::new()));
    /// let entries = Arc::clone(&log);
    /// let observer = scope.observe_stores(StoreFilter::class::<Account>(), move |store| {
    ///     entries.lock().unwrap().push(format!("{} = {:?}", store.place().name(), store.value()));
    /// })?;
    /// let account = Account::new(&mut scope, AccountInit { balance: 1, owner: Nil });
    /// account.get(&scope).set_balance(5);
    /// scope.unobserve(observer)?;
    /// account.get(&scope).set_balance(6);
    /// assert_eq!(*log.lock().unwrap(), ["balance = Tagged(5)"]);
    /// # Ok::<(), heapwright::memory::MemoryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the system does not let the headers of read-only space be written. Then there is no new observer.
    pub fn observe_stores(
        &mut self,
        filter: StoreFilter,
        callback: impl Fn(&Store<'_>) + Send + 'static,
    ) -> Result<StoreObserver, MemoryError> {
        let data = self.data_mut();
        let observers = match &data.observers {
            Some(observers) => observers,
            None => {
                let observers = Rc::<StoreObservers>::default();
                data.heap.set_observers(Rc::as_ptr(&observers))?;
                data.observers.insert(observers)
            }
        };
        Ok(observers.add(data.id, filter, Box::new(callback)))
    }

    /// Ends an observer. With the last one of the isolate, stores are as fast as before.
    ///
    /// # Errors
    ///
    /// If the system does not let the headers of read-only space be written. The observer has ended all the same, but
    /// stores stay slow.
    ///
    /// # Panics
    ///
    /// If it is another isolate's observer.
    #[track_caller]
    pub fn unobserve(&mut self, observer: StoreObserver) -> Result<(), MemoryError> {
        let data = self.data_mut();
        let (theirs, ours) = (observer.isolate, data.id);
        assert!(theirs == ours, "an observer of isolate {theirs} cannot be ended in isolate {ours}");
        let Some(observers) = &data.observers else { return Ok(()) };
        // What the callback owns is dropped last, for that may run anything.
        let (_callback, any_left) = observers.remove(&observer);
        if !any_left {
            data.heap.set_observers(core::ptr::null())?;
            data.observers = None;
        }
        Ok(())
    }
}
