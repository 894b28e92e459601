//! What instances of a class cost, from the layout alone.

use crate::model::{Class, Length, Tail, Width};
use crate::overlay::count;

impl Class {
    /// Bytes of an instance whose tails have so many elements, in the order of their declaration, under a pointer width,
    /// rounded up to whole tagged words; tails without a number have none. Nothing if that is more than a `u64` holds.
    #[must_use]
    pub fn bytes_with(&self, lengths: &[u64], width: Width) -> Option<u64> {
        let mut bytes = u64::from(self.header_size.get(width));
        for (tail, length) in self.tails.iter().zip(lengths) {
            bytes = bytes.checked_add(length.checked_mul(u64::from(tail.element_size.get(width)))?)?;
        }
        bytes.checked_next_multiple_of(u64::from(width.tagged_size()))
    }
}

/// Lengths that are shown of a class whose instances end in one tail of elements.
const LENGTHS: [u64; 3] = [1, 10, 100];

/// What instances cost, and how much of that is the header that an element or a field comes with: `1 000 objects: 28 000 /
/// 48 000 bytes, map words 14% / 17%`. One line for each length; none for classes without instances and for those
/// with several tails.
pub(crate) fn lines(class: &Class) -> Vec<String> {
    let both = |number: &dyn Fn(Width) -> Option<String>| -> Option<String> {
        let [compressed, full] = Width::ALL.map(number);
        let (compressed, full) = (compressed?, full?);
        Some(if compressed == full { full } else { format!("{compressed} / {full}") })
    };
    let lines: Option<Vec<String>> = match class.tails.as_slice() {
        _ if class.is_abstract => None,
        [] => {
            let bytes = both(&|width| Some(count(class.bytes_with(&[], width)?.checked_mul(1000)?)));
            let map = both(&|width| Some(percent(width.tagged_size().into(), class.bytes_with(&[], width)?)));
            bytes.zip(map).map(|(bytes, map)| vec![format!("1 000 objects: {bytes} bytes, map words {map}")])
        }
        [Tail { length: Length::Field(_) | Length::Expression(_), .. }] => {
            let lengths = LENGTHS.map(|length| {
                let bytes = |width| class.bytes_with(&[length], width);
                let header = |width| Some(percent(class.header_size.get(width).into(), bytes(width)?));
                let elements = if length == 1 { "element" } else { "elements" };
                let (bytes, header) = (both(&|width| Some(count(bytes(width)?)))?, both(&header)?);
                Some(format!("{length} {elements}: {bytes} bytes, header {header}"))
            });
            lengths.into_iter().collect()
        }
        _ => None,
    };
    lines.unwrap_or_default()
}

fn percent(part: u64, whole: u64) -> String {
    let whole = whole.max(1);
    format!("{}%", (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn instances_cost_what_they_take() {
        let model = model();
        let class = |id: &str| model.classes.iter().find(|c| c.id == id).unwrap();
        let script = class("Script");
        assert_eq!(script.bytes_with(&[], Width::Full), Some(u64::from(script.instance_size.full)));
        assert_eq!(class("FixedArray").bytes_with(&[3], Width::Compressed), Some(8 + 12));
        assert_eq!(class("FixedArray").bytes_with(&[u64::MAX], Width::Full), None);
        let lines = |id: &str| lines(class(id));
        assert_eq!(
            lines("FixedArray"),
            [
                "1 element: 12 / 24 bytes, header 67%",
                "10 elements: 48 / 96 bytes, header 17%",
                "100 elements: 408 / 816 bytes, header 2%"
            ]
        );
        assert!(matches!(lines("Map").as_slice(), [one] if one.starts_with("1 000 objects: ")));
        assert!(lines("ScopeInfo").is_empty());
        assert!(model.classes.iter().filter(|c| c.is_abstract).all(|c| super::lines(c).is_empty()));
    }
}
