//! Doc comments: the Markdown of a doc comment as a short list of blocks, which each renderer writes its own way.
//!
//! Links keep their text and their target, which may be a path that only rustdoc can resolve; HTML stays text.

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

/// A paragraph, list item or code block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Paragraph(Vec<Span>),
    Item(Vec<Span>),
    Code(String),
}

/// A run of text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Text(String),
    Code(String),
    Emphasis(String),
    /// The target is as the comment has it: a URL, or a path such as `crate::Map`.
    Link {
        text: String,
        is_code: bool,
        target: String,
    },
}

/// Splits a doc comment into blocks.
pub(crate) fn parse(doc: &str) -> Vec<Block> {
    let mut builder = Builder::default();
    // A link without a target names it: [`Map`].
    let known = |link: BrokenLink<'_>| Some((CowStr::from(link.reference.to_string()), CowStr::from("")));
    for event in Parser::new_with_broken_link_callback(doc, Options::empty(), Some(known)) {
        builder.take(event);
    }
    builder.flush();
    builder.blocks
}

#[derive(Default)]
struct Builder {
    blocks: Vec<Block>,
    spans: Vec<Span>,
    code: Option<String>,
    items: u32,
    emphasis: u32,
    link: Option<String>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.code(text.into_string()),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            Event::Start(Tag::Emphasis | Tag::Strong) => self.emphasis += 1,
            Event::End(TagEnd::Emphasis | TagEnd::Strong) => self.emphasis -= 1,
            Event::Start(Tag::Link { dest_url, .. }) => self.link = Some(dest_url.into_string()),
            Event::End(TagEnd::Link) => self.link = None,
            Event::Start(Tag::Heading { .. }) => {
                self.flush();
                self.emphasis += 1;
            }
            Event::End(TagEnd::Heading(_)) => {
                self.flush();
                self.emphasis -= 1;
            }
            Event::Start(Tag::Item) => {
                self.flush();
                self.items += 1;
            }
            Event::End(TagEnd::Item) => {
                self.flush();
                self.items -= 1;
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.flush();
                self.code = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => {
                let code = self.code.take().unwrap_or_default();
                // Lines that rustdoc hides too.
                let shown: Vec<&str> = code.trim_end().lines().filter(|l| *l != "#" && !l.starts_with("# ")).collect();
                self.blocks.push(Block::Code(shown.join("\n")));
            }
            Event::End(TagEnd::Paragraph | TagEnd::HtmlBlock) => self.flush(),
            _ => {}
        }
    }

    fn code(&mut self, text: String) {
        self.spans.push(match &self.link {
            Some(target) => Span::Link { text, is_code: true, target: target.clone() },
            None => Span::Code(text),
        });
    }

    fn text(&mut self, text: &str) {
        match (&mut self.code, self.spans.last_mut()) {
            (Some(code), _) => code.push_str(text),
            (None, _) if self.link.is_some() => {
                let target = self.link.clone().unwrap_or_default();
                self.spans.push(Span::Link { text: text.to_owned(), is_code: false, target });
            }
            (None, _) if self.emphasis > 0 => self.spans.push(Span::Emphasis(text.to_owned())),
            (None, Some(Span::Text(last))) => last.push_str(text),
            (None, _) => self.spans.push(Span::Text(text.to_owned())),
        }
    }

    fn flush(&mut self) {
        if !self.spans.is_empty() {
            let spans = std::mem::take(&mut self.spans);
            self.blocks.push(if self.items > 0 { Block::Item(spans) } else { Block::Paragraph(spans) });
        }
    }
}

/// The whole comment as one line of plain text.
pub(crate) fn plain(doc: &str) -> String {
    let lines: Vec<String> = parse(doc)
        .iter()
        .map(|block| match block {
            Block::Paragraph(spans) | Block::Item(spans) => spans.iter().map(Span::text).collect(),
            Block::Code(code) => code.replace('\n', " "),
        })
        .collect();
    lines.join(" ").trim().to_owned()
}

/// The paragraphs and list items as lines of plain text, without examples.
pub(crate) fn prose(doc: &str) -> Vec<String> {
    let line = |spans: &[Span]| spans.iter().map(Span::text).collect::<String>();
    let blocks = parse(doc).into_iter().filter_map(|block| match block {
        Block::Paragraph(spans) => Some(line(&spans)),
        Block::Item(spans) => Some(format!("- {}", line(&spans))),
        Block::Code(_) => None,
    });
    blocks.collect()
}

impl Span {
    pub(crate) fn text(&self) -> &str {
        match self {
            Span::Text(text) | Span::Code(text) | Span::Emphasis(text) | Span::Link { text, .. } => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_their_text_and_lines_join() {
        assert_eq!(plain("A [`Map`](crate::Map) of\nthe *object*."), "A Map of the object.");
        assert_eq!(prose("One\nof two.\n\n```\nlet x;\n```\n\n- Three."), ["One of two.", "- Three."]);
        assert_eq!(plain("See [`Script`] and [this]."), "See Script and this.");
    }

    #[test]
    fn links_keep_their_target() {
        let link = |text: &str, is_code, target: &str| Span::Link { text: text.into(), is_code, target: target.into() };
        let text = |text: &str| Span::Text(text.into());
        let blocks = parse("A [`Map`](crate::Map), [here](https://example.org), [`Self::size`].");
        let expected = [
            text("A "),
            link("Map", true, "crate::Map"),
            text(", "),
            link("here", false, "https://example.org"),
            text(", "),
            link("Self::size", true, "`Self::size`"),
            text("."),
        ];
        assert_eq!(blocks, [Block::Paragraph(Vec::from(expected))]);
        assert_eq!(
            parse("# Safety\nNone."),
            [Block::Paragraph(vec![Span::Emphasis("Safety".into())]), Block::Paragraph(vec![text("None.")]),]
        );
    }

    #[test]
    fn lines_that_rustdoc_hides_are_hidden() {
        let code = parse("```\n# use a::b;\n#\nlet x = 1; // # shown\n```");
        assert_eq!(code, [Block::Code("let x = 1; // # shown".to_owned())]);
    }

    #[test]
    fn blocks_keep_their_order_and_html_stays_text() {
        let blocks = parse("One.\n\n```\nlet x;\n```\n\n- a\n- b\n\nTwo <b> & c.");
        assert!(matches!(&blocks[0], Block::Paragraph(_)));
        assert_eq!(blocks[1], Block::Code("let x;".into()));
        assert!(matches!((&blocks[2], &blocks[3]), (Block::Item(_), Block::Item(_))));
        assert_eq!(plain("Two <b> & c."), "Two <b> & c.");
    }
}
