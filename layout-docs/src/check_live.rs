//! What must hold of real objects and footprints for the renderers to trust them.

use crate::check::{MAX_HEADER, ModelError, check_id, ensure};
use crate::model::{Class, LiveFootprint, LiveKind, LiveObject, LivePart, Model, Width};
use std::collections::HashMap;

type Classes<'m> = HashMap<&'m str, &'m Class>;

/// Checks that the parts of each object cover its bytes, each once, that they have as many bytes as they say, that fields
/// lie where the class has them, and that the numbers of footprints add up.
pub(crate) fn check(model: &Model, classes: &Classes<'_>) -> Result<(), ModelError> {
    for (i, object) in model.objects.iter().enumerate() {
        check_object(object, classes, &format!("objects[{i}] ({})", object.name))?;
    }
    for (i, footprint) in model.footprints.iter().enumerate() {
        check_footprint(footprint, &format!("footprints[{i}] ({})", footprint.name))?;
    }
    Ok(())
}

fn check_object(object: &LiveObject, classes: &Classes<'_>, place: &str) -> Result<(), ModelError> {
    check_id(&object.class, place)?;
    check_address(&object.address, place)?;
    let fields = classes.get(object.class.as_str()).map(|class| places(class, classes, object.width));
    let mut end = 0_u64;
    for (i, part) in object.parts.iter().enumerate() {
        let place = format!("{place}.parts[{i}] ({})", part.label());
        ensure(part.offset == end && part.size > 0, &place, || {
            format!("begins at byte {} with {} bytes, but byte {end} is next", part.offset, part.size)
        })?;
        ensure(part.size <= object.size - end, &place, || format!("ends after the object's {} bytes", object.size))?;
        end += part.size;
        check_part(part, &place)?;
        if let Some(fields) = &fields
            && !part.field.is_empty()
        {
            let (start, end) = *fields.get(part.field.as_str()).ok_or_else(|| {
                crate::check::inconsistent(&place, format!("\"{}\" has no field of this name", object.class))
            })?;
            ensure((start..end).contains(&part.offset) && part.size <= end - part.offset, &place, || {
                let width = object.width.name();
                match end {
                    u64::MAX => format!("is a tail of \"{}\", which begins at byte {start} ({width})", object.class),
                    _ => format!("lies at byte {start} to {end} of \"{}\" ({width})", object.class),
                }
            })?;
        }
    }
    ensure(end == object.size, place, || format!("its parts end at byte {end}, but its size is {}", object.size))
}

/// Where each field of a class may lie; tails lie behind all others.
fn places<'m>(class: &'m Class, classes: &Classes<'m>, width: Width) -> HashMap<&'m str, (u64, u64)> {
    let mut places = HashMap::new();
    let mut above = Some(class);
    while let Some(class) = above {
        for field in &class.fields {
            let start = u64::from(field.offset.get(width));
            places.insert(field.name.as_str(), (start, start + u64::from(field.size.get(width))));
        }
        for tail in &class.tails {
            places.insert(&tail.name, (u64::from(class.header_size.get(width)), u64::MAX));
        }
        above = class.parent.as_ref().and_then(|parent| classes.get(parent.as_str()).copied());
    }
    places
}

fn check_part(part: &LivePart, place: &str) -> Result<(), ModelError> {
    let is_elided = part.kind == LiveKind::Elided;
    ensure(is_elided || part.size <= u64::from(MAX_HEADER), place, || {
        format!("has {} bytes, more than {MAX_HEADER}", part.size)
    })?;
    match &part.bytes {
        None => ensure(may_lack_bytes(part), place, || "has no bytes".into())?,
        Some(bytes) => {
            let is_hex = bytes.bytes().all(|digit| digit.is_ascii_hexdigit());
            ensure(is_hex && !is_elided && bytes.len() as u64 == part.size.saturating_mul(2), place, || {
                format!("its bytes are not {} in hexadecimal", part.size)
            })?;
        }
    }
    if let Some(reference) = &part.refers_to {
        check_id(&reference.class, place)?;
        check_address(&reference.address, place)?;
    }
    for bits in &part.bits {
        let end = u64::from(bits.shift) + u64::from(bits.size);
        ensure(bits.size > 0 && end <= (part.size * 8).min(64), place, || {
            format!("its bits \"{}\" end at bit {end} of {} bytes", bits.name, part.size)
        })?;
    }
    Ok(())
}

fn may_lack_bytes(part: &LivePart) -> bool {
    use LiveKind::{Elided, External, Padding, Rounding};
    part.refers_to.is_some() || matches!(part.kind, Elided | External | Padding | Rounding)
}

fn check_address(address: &str, place: &str) -> Result<(), ModelError> {
    let digits = |text: &str, radix| !text.is_empty() && text.len() <= 16 && text.chars().all(|c| c.is_digit(radix));
    let is_address = address.strip_prefix("0x").is_some_and(|hex| digits(hex, 16));
    let is_number = address.strip_prefix('#').is_some_and(|number| digits(number, 10));
    ensure(is_address || is_number, place, || format!("\"{address}\" is neither an address nor a number"))
}

fn check_footprint(footprint: &LiveFootprint, place: &str) -> Result<(), ModelError> {
    for class in &footprint.classes {
        check_id(&class.class, place)?;
        ensure(class.wasted <= class.bytes && class.largest <= class.bytes, place, || {
            format!("\"{}\" has {} bytes, but wastes or has one of more", class.class, class.bytes)
        })?;
    }
    type Part<T> = (&'static str, fn(&T) -> u64);
    let of_class: [Part<crate::model::LiveClass>; 5] = [
        ("objects", |of| of.objects),
        ("bytes", |of| of.bytes),
        ("wasted bytes", |of| of.wasted),
        ("weakly reached objects", |of| of.weak_objects),
        ("weakly reached bytes", |of| of.weak_bytes),
    ];
    let totals = [footprint.objects, footprint.bytes, footprint.wasted, footprint.weak_objects, footprint.weak_bytes];
    for ((what, number), total) in of_class.into_iter().zip(totals) {
        adds_up(footprint.classes.iter().map(number), total, what, "classes", place)?;
    }
    let spaces = || footprint.spaces.iter();
    adds_up(spaces().map(|of| of.objects), footprint.objects, "objects", "spaces", place)?;
    adds_up(spaces().map(|of| of.bytes), footprint.bytes, "bytes", "spaces", place)
}

fn adds_up(
    numbers: impl Iterator<Item = u64>,
    total: u64,
    what: &str,
    of: &str,
    place: &str,
) -> Result<(), ModelError> {
    let sum = numbers.fold(0_u64, u64::saturating_add);
    ensure(sum == total, place, || format!("its {of} have {sum} {what}, but it has {total}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::live_model;

    fn problem(break_it: impl FnOnce(&mut Model)) -> String {
        let mut model = live_model();
        break_it(&mut model);
        model.check().expect_err("the broken model passed").to_string()
    }

    #[test]
    fn parts_cover_the_object_and_lie_where_its_class_has_them() {
        let part = |i: usize, change: fn(&mut LivePart)| problem(|m| change(&mut m.objects[0].parts[i]));
        assert!(part(1, |p| p.offset = 5).contains("begins at byte 5 with 4 bytes, but byte 4 is next"));
        assert!(part(1, |p| p.size = 0).contains("with 0 bytes"));
        assert!(part(4, |p| p.size = 2000).contains("ends after the object's 1028 bytes"));
        assert!(part(4, |p| p.size = 4).contains("its parts end at byte 20, but its size is 1028"));
        assert!(part(4, |p| p.size = u64::MAX).contains("ends after"));
        assert!(part(1, |p| p.bytes = Some("00".into())).contains("its bytes are not 4 in hexadecimal"));
        assert!(part(1, |p| p.bytes = Some("0000000g".into())).contains("in hexadecimal"));
        assert!(part(1, |p| p.bytes = None).contains("has no bytes"));
        assert!(part(4, |p| p.bytes = Some(String::new())).contains("in hexadecimal"));
        assert!(part(1, |p| p.field = "lenght".into()).contains("\"FixedArray\" has no field of this name"));
        assert!(part(1, |p| p.field = "map".into()).contains("lies at byte 0 to 4 of \"FixedArray\" (compressed)"));
        assert!(part(1, |p| p.field = "elements".into()).contains("which begins at byte 8 (compressed)"));
        assert!(part(3, |p| p.bits[1].size = 31).contains("end at bit 33 of 4 bytes"));
        assert!(part(3, |p| p.bits[1].shift = u32::MAX).contains("of 4 bytes"));
        assert!(
            part(2, |p| p.refers_to.as_mut().unwrap().address = "javascript:1".into()).contains("neither an address")
        );
        assert!(problem(|m| m.objects[0].address = "#".into()).contains("neither an address nor a number"));
        assert!(problem(|m| m.objects[0].class = "a b".into()).contains("not a Rust path"));
        assert!(problem(|m| m.objects[0].width = Width::Full).contains("(full)"));
        let large = |m: &mut Model| {
            let mut last = m.objects[0].parts[1].clone();
            (last.offset, last.size, last.kind, last.bytes) = (1028, 1 << 40, LiveKind::Rounding, None);
            last.field.clear();
            m.objects[0].parts.push(last);
            m.objects[0].size = 1028 + (1 << 40);
        };
        assert!(problem(large).contains("more than 65536"), "what is drawn has an end");
    }

    #[test]
    fn footprints_add_up() {
        assert!(problem(|m| m.footprints[0].bytes += 1).contains("its classes have 48 bytes, but it has 49"));
        assert!(problem(|m| m.footprints[0].classes[0].wasted = 50).contains("wastes or has one of more"));
        assert!(problem(|m| m.footprints[0].spaces[0].objects = u64::MAX).contains("its spaces have"));
        assert!(problem(|m| m.footprints[0].weak_bytes = 0).contains("its classes have 8 weakly reached bytes"));
        assert!(problem(|m| m.footprints[0].classes[1].class = String::new()).contains("not a Rust path"));
    }

    #[test]
    fn models_without_objects_are_as_they_were() {
        let model = crate::fixture::model();
        assert!(model.objects.is_empty() && model.footprints.is_empty());
        assert!(!crate::render_json(&model).contains("\"objects\""));
    }
}
