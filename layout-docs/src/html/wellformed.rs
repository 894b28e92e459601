//! A tiny checker for the diagrams: tags nest, attributes are quoted, `&` begins an entity.

/// Nothing, or what is wrong.
pub(crate) fn check(xml: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        check_text(&rest[..start])?;
        let end = rest.find('>').ok_or("a tag does not end")?;
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            let top = open.pop();
            if top != Some(name) {
                return Err(format!("</{name}> closes {top:?}"));
            }
        } else {
            let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
            check_attributes(attributes)?;
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    check_text(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("still open: {open:?}")) }
}

fn check_attributes(mut rest: &str) -> Result<(), String> {
    rest = rest.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").ok_or_else(|| format!("no quoted value in `{rest}`"))?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!("bad attribute name `{name}`"));
        }
        let (value, after) = value.split_once('"').ok_or("a value does not end")?;
        check_text(value)?;
        rest = after.trim_start();
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), String> {
    for part in text.split('&').skip(1) {
        let entity = part.split_once(';').map(|(name, _)| name);
        if !matches!(entity, Some("amp" | "lt" | "gt" | "quot")) {
            return Err(format!("`&{part}` is no entity"));
        }
    }
    Ok(())
}

#[test]
fn finds_what_is_wrong() {
    assert!(check("<svg a=\"b\"><g>x &lt; y</g></svg>").is_ok());
    assert!(check("<svg><g></svg></g>").is_err());
    assert!(check("<svg><rect></svg>").is_err());
    assert!(check("<svg a=b></svg>").is_err());
    assert!(check("<svg>a & b</svg>").is_err());
}
