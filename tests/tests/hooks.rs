//! Printers and verifiers of a class's own: which one is called, when, with what.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use core::fmt;
use heapwright::inspect::{Violation, debug_fields};
use heapwright::prelude::*;
use heapwright::stress::Mode;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Prints as its number.
#[heap_object(open, print = Celsius::print, verify = above_zero)]
pub struct Celsius {
    degrees: Smi,
    warmer: Tagged<Option<Celsius>>,
}

impl Celsius {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} °C", self.degrees())
    }
}

fn above_zero(temperature: &Celsius) -> Result<(), String> {
    CALLS.with_borrow_mut(|calls| calls.push("Celsius"));
    if let Some(warmer) = temperature.warmer()
        && warmer.degrees() <= temperature.degrees()
    {
        return Err(format!("{} °C is not warmer than {} °C", warmer.degrees(), temperature.degrees()));
    }
    if temperature.degrees() < -273 {
        return Err(format!("{} °C is below absolute zero", temperature.degrees()));
    }
    Ok(())
}

thread_local! {
    static CALLS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    static PANIC: Cell<bool> = const { Cell::new(false) };
}

/// Inherits the printer and adds to the verifier.
#[heap_object(extends = Celsius, verify = Self::check)]
pub struct BodyTemperature {
    patient: Smi,
}

impl BodyTemperature {
    fn check(&self) -> Result<(), String> {
        CALLS.with_borrow_mut(|calls| calls.push("BodyTemperature"));
        assert!(!PANIC.get(), "a verifier that panics");
        if self.degrees() > 45 { Err("too hot to live".to_owned()) } else { Ok(()) }
    }
}

/// Has a printer of its own, which adds to the fields.
#[heap_object(extends = Celsius, print = print_forecast)]
pub struct Forecast {
    day: Smi,
}

fn print_forecast(forecast: &Forecast, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("forecast: ")?;
    debug_fields(forecast, f)
}

#[heap_object]
pub struct Plain {
    celsius: Tagged<Celsius>,
}

heap_classes! { static CLASSES = [Celsius, BodyTemperature, Forecast, Plain]; }

fn celsius(degrees: i32) -> CelsiusInit<Nil> {
    CelsiusInit { degrees, warmer: Nil }
}

#[test]
fn the_nearest_printer_prints() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let water = Celsius::new(&mut scope, celsius(20));
    let body = BodyTemperature::new(&mut scope, BodyTemperatureInit { parent: celsius(37), patient: 1 });
    let forecast = Forecast::new(&mut scope, ForecastInit { parent: celsius(25), day: 3 });
    let plain = Plain::new(&mut scope, PlainInit { celsius: water });
    assert_eq!(format!("{:?}", water.get(&scope)), "20 °C");
    assert_eq!(format!("{:?}", body.get(&scope)), "37 °C", "inherited");
    assert_eq!(format!("{:?}", body.get(&scope).upcast::<Celsius>()), "37 °C", "by the object's own class");
    let text = format!("{:?}", forecast.get(&scope).upcast::<Celsius>());
    assert!(text.starts_with("forecast: Forecast { degrees: 25, warmer: nil, day: 3"), "{text}");
    let text = format!("{:#?}", body.get(&scope));
    let (line, fields) = text.split_once('\n').unwrap();
    assert_eq!(line, "37 °C");
    assert!(fields.starts_with("BodyTemperature at 0x") && fields.contains("patient: 1"), "{text}");
    // Within another object, in a union and in a panic: the short form.
    let text = format!("{:?}", plain.get(&scope));
    assert!(text.starts_with("Plain { celsius: <Celsius 0x"), "{text}");
    assert!(format!("{:?}", water.get(&scope).as_tagged()).starts_with("<Celsius 0x"));
}

#[test]
fn every_verifier_on_the_way_is_called_uppermost_first() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let body = BodyTemperature::new(&mut scope, BodyTemperatureInit { parent: celsius(37), patient: 1 });
    CALLS.take();
    scope.verify().unwrap();
    assert_eq!(CALLS.take(), ["Celsius", "BodyTemperature"]);

    body.get(&scope).set_degrees(50);
    let error = scope.verify().unwrap_err();
    assert_eq!(error.violation, Violation::Custom { message: "too hot to live".to_owned() });
    assert_eq!((error.class, error.address), ("BodyTemperature", body.get(&scope).address()));
    assert!(error.to_string().contains("too hot to live"), "{error}");

    body.get(&scope).set_degrees(-300);
    CALLS.take();
    let error = scope.verify().unwrap_err();
    assert!(error.to_string().contains("-300 °C is below absolute zero"), "{error}");
    assert_eq!(CALLS.take(), ["Celsius"], "the first that fails");

    // It follows references.
    body.get(&scope).set_degrees(37);
    let colder = Celsius::new(&mut scope, celsius(36));
    body.get(&scope).set_warmer(colder);
    assert!(scope.verify().unwrap_err().to_string().contains("36 °C is not warmer than 37 °C"));
}

/// With verification on, collections call them, before and after; the heap is whole then, whatever they do.
#[test]
fn collections_call_them_when_the_heap_is_whole() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let body = BodyTemperature::new(&mut scope, BodyTemperatureInit { parent: celsius(37), patient: 1 });
        let warmer = Celsius::new(&mut scope, celsius(38));
        body.get(&scope).set_warmer(warmer);
        CALLS.take();
        scope.collect(kind);
        assert_eq!(CALLS.take().iter().filter(|name| **name == "BodyTemperature").count(), 2);

        for set in [true, false] {
            body.get(&scope).set_degrees(if set { 50 } else { 37 });
            PANIC.set(!set);
            let result = catch_unwind(AssertUnwindSafe(|| scope.collect(kind)));
            PANIC.set(false);
            assert!(result.is_err());
        }
        body.get(&scope).set_degrees(37);
        assert_eq!(body.get(&scope).warmer().unwrap().degrees(), 38);
        scope.collect(kind);
        scope.verify().unwrap();
    }
}

#[test]
fn under_stress_every_allocation_is_verified_by_them() {
    let builder = Isolate::builder().classes(&CLASSES).verify(true).stress(1, CollectionKind::Young);
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let mut coldest = Celsius::new(&mut scope, celsius(100));
    for degrees in (0..50).rev() {
        let init = CelsiusInit { degrees, warmer: coldest };
        coldest = Celsius::new(&mut scope, init);
    }
    let line = core::iter::successors(Some(coldest.get(&scope)), |c| c.warmer());
    assert_eq!(line.map(|c| c.degrees()).collect::<Vec<_>>().len(), 51);
}

/// A verifier that reaches memory set aside before, in which it may allocate while the heap is walked: what it makes is
/// whole, so nothing comes of it.
#[test]
fn a_verifier_may_allocate_in_a_reservation() {
    thread_local! {
        static MEMORY: RefCell<Option<Reservation<'static, 'static>>> = const { RefCell::new(None) };
    }

    #[heap_object(verify = allocate)]
    struct Maker {
        x: Smi,
    }
    heap_classes! { static MAKERS = [Maker]; }

    fn allocate(_: &Maker) -> Result<(), String> {
        MEMORY.with_borrow(|memory| {
            let memory = memory.as_ref().unwrap();
            Maker::try_new_reserved(memory, MakerInit { x: 2 }).map(drop).map_err(|error| error.to_string())
        })
    }

    // Otherwise one has been promoted when the walk begins.
    let isolate =
        Box::leak(Box::new(Isolate::builder().unstressed(Mode::Allocations).classes(&MAKERS).build().unwrap()));
    let scope = Box::leak(Box::new(isolate.enter()));
    Maker::new(scope, MakerInit { x: 1 });
    Maker::new(scope, MakerInit { x: 1 });
    MEMORY.set(Some(scope.reserve(Maker::SIZE * 5).unwrap()));
    MEMORY.with_borrow(|memory| {
        let memory = memory.as_ref().unwrap();
        memory.verify().unwrap();
        assert_eq!(memory.available(), Maker::SIZE * 3, "two were there when the walk began");
        let error = memory.verify().unwrap_err();
        assert!(error.to_string().contains("bytes left"), "{error}");
    });
}
