//! Text that is to stand in Markdown as it is: for GitHub and for mdBook, which looks for `{{#…}}` before it reads any
//! Markdown, in code too.

/// Text between other text.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '{' if opens(chars.clone()) => out.push_str("&#123;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// Whether a second brace follows.
fn opens(mut rest: impl Iterator<Item = char>) -> bool {
    rest.next() == Some('{')
}

/// Escaped text at the start of a line, where some characters begin a list, a heading or a definition.
pub(super) fn at_line_start(escaped: String) -> String {
    let digits = escaped.chars().take_while(char::is_ascii_digit).count();
    let at = if digits > 0 && escaped[digits..].starts_with(['.', ')']) { digits } else { 0 };
    if at == 0 && !escaped.starts_with(['#', '+', '-', '=', ':']) {
        return escaped;
    }
    format!("{}\\{}", &escaped[..at], &escaped[at..])
}

/// Code between other text, also in a table.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // A backslash at the end would hide the bar behind it in a table.
    if text.contains(['`', '|', '\\', '\n', '\r']) || text.contains("{{") || text.trim() != text {
        return format!("<code>{}</code>", entities(text));
    }
    format!("`{text}`")
}

/// A block of code.
pub(crate) fn fenced(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.contains("```") || text.contains("{{") {
        return format!("<pre><code class=\"language-text\">{}\n</code></pre>\n", entities(text));
    }
    format!("```text\n{text}\n```\n")
}

/// All punctuation as entities: nothing else reads it. Lines keep their ends, but blank ones, which would end HTML.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("&#10;"),
            '\r' => {}
            c if c.is_ascii_punctuation() => out.push_str(&format!("&#{};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Part of an anchor: what needs no quotes in HTML and no brackets in a link.
pub(super) fn anchor(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '#') { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_never_meet() {
        for evil in ["{{#include /etc/passwd}}", "{{ #playground x}}", "\\{{#include a}}", "{{{#a b}}}"] {
            for text in [escape(evil), code(evil), fenced(evil)] {
                assert!(!text.contains("{{"), "{text}");
            }
        }
        assert_eq!(escape("{ a { b }"), "{ a { b }");
    }

    #[test]
    fn code_is_what_it_says() {
        assert_eq!(code("Smi"), "`Smi`");
        assert_eq!(code("a | b"), "<code>a &#124; b</code>");
        assert_eq!(code("a`b"), "<code>a&#96;b</code>");
        assert_eq!(fenced("a\n\nb\n"), "```text\na\n\nb\n```\n");
        assert!(!fenced("{{#a b}}\n\nb").contains("\n\n"), "a blank line would end the HTML");
    }

    #[test]
    fn lines_begin_nothing() {
        for (text, escaped) in [("# a", "\\# a"), ("1. a", "1\\. a"), ("- a", "\\- a"), (": a", "\\: a"), ("a", "a")] {
            assert_eq!(at_line_start(text.to_owned()), escaped);
        }
    }
}
