//! All that reads bytes from outside: locks, models as JSON, binaries. Whatever the bytes are, an error is an answer; a panic
//! is not. What is read and written again is the same.

use heapwright_docs::{Lock, Model, diff as compare};

/// A lock's text.
pub fn lock(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Lock::parse(text) {
        Ok(lock) => {
            let written = lock.to_string();
            let again = Lock::parse(&written).unwrap_or_else(|error| panic!("{error} in what was written:\n{written}"));
            assert_eq!(again.to_string(), written);
            let difference = compare(&lock, &again);
            assert!(difference.entries.is_empty(), "{}", difference.to_text());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Two locks, with a zero byte between them.
pub fn diff(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((old, new)) = text.split_once('\0') else { return };
    if let (Ok(old), Ok(new)) = (Lock::parse(old), Lock::parse(new)) {
        let difference = compare(&old, &new);
        let forms = [difference.to_text(), difference.to_markdown(), difference.to_json(), difference.summary()];
        assert!(forms.iter().all(|form| !form.is_empty()));
        // Each way there is a difference, or there is none.
        assert_eq!(difference.entries.is_empty(), compare(&new, &old).entries.is_empty());
    }
}

/// A model as JSON, and all that is drawn of it.
pub fn model(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Model::from_json(text) {
        Ok(model) => {
            let written = heapwright_docs::render_json(&model);
            let again = Model::from_json(&written).unwrap_or_else(|error| panic!("{error} in what was written"));
            assert_eq!(heapwright_docs::render_json(&again), written);
            draw(&model);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A program, a library or an object file.
pub fn binary(data: &[u8]) {
    match Model::from_binary(data) {
        Ok(model) => draw(&model),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn draw(model: &Model) {
    let forms = [
        heapwright_docs::render_text(model),
        heapwright_docs::render_markdown(model),
        heapwright_docs::render_html(model),
        heapwright_docs::render_dot(model, "layouts.html"),
        heapwright_docs::render_graph_svg(model, "layouts.html"),
        heapwright_docs::render_wavedrom_all(model),
    ];
    assert!(forms.iter().all(|form| !form.contains('\0')));
    let lock = Lock::from_model(model).to_string();
    assert!(Lock::parse(&lock).is_ok(), "{lock}");
}
