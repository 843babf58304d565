//! Text out of HTML (html2text), and simple HTML out of text.

use std::borrow::Cow;

use html2text::render::TextDecorator;

use super::tame;

/// Columns: wide enough that no paragraph is broken, for `fold` and search want whole lines.
const WIDTH: usize = 100_000;

/// The text of an HTML document: quoted blocks begin with `> `, list items with `* `; links and pictures show their
/// words only. Table cells stand one below the other.
pub(in crate::mail) fn to_text(html: &str) -> String {
    let tamed = tame(html);
    let tamed = rules_as_text(&tamed);
    let plain = html2text::config::with_decorator(Plain)
        .raw_mode(true)
        .unicode_strikeout(false)
        .allow_width_overflow()
        .string_from_read(tamed.as_bytes(), WIDTH)
        .unwrap_or_else(|_| strip(&tamed));
    let mut text = String::with_capacity(plain.len());
    let mut blank = 0_usize;
    for line in plain.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank <= 1 && !(line.is_empty() && text.is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Simple HTML for a text: paragraphs, line breaks, links for `http` and `https` addresses, everything escaped.
pub(in crate::mail) fn from_text(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        html.push_str("<p>");
        html.push_str(&linked(paragraph.trim_matches('\n')).replace('\n', "<br>\n"));
        html.push_str("</p>\n");
    }
    html
}

/// The text escaped, with links.
fn linked(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("http") {
        let (before, link) = rest.split_at(at);
        if !link.starts_with("https://") && !link.starts_with("http://") {
            let (word, behind) = rest.split_at(at + "http".len());
            html.push_str(&escape(word));
            rest = behind;
            continue;
        }
        html.push_str(&escape(before));
        let end = link.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(link.len());
        // A full stop or bracket behind a link ends the sentence, not the link.
        let url = link[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        let shown = escape(url);
        html.push_str(&format!("<a href=\"{shown}\">{shown}</a>"));
        rest = &link[url.len()..];
    }
    html.push_str(&escape(rest));
    html
}

/// Escaped for element content and for quoted attribute values.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// A rule would be drawn over the whole width; mail programs put one above what they quote.
fn rules_as_text(tamed: &str) -> Cow<'_, str> {
    if !tamed.contains("<hr") {
        return Cow::Borrowed(tamed);
    }
    let mut text = String::with_capacity(tamed.len());
    let mut rest = tamed;
    while let Some((before, rule)) = rest.split_once("<hr") {
        text.push_str(before);
        text.push_str("<p>________________________________</p>");
        rest = rule.split_once('>').map_or("", |(_, behind)| behind);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// What is left when all tags are left out. Tamed HTML has `<` before tags only, and no `>` inside them.
fn strip(tamed: &str) -> String {
    let mut text = String::with_capacity(tamed.len());
    for piece in tamed.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, behind)| behind));
        text.push('\n');
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ").replace("&amp;", "&")
}

/// No decoration but for quotes and lists.
#[derive(Clone)]
struct Plain;

fn nothing() -> (String, ()) {
    (String::new(), ())
}

impl TextDecorator for Plain {
    type Annotation = ();

    fn decorate_link_start(&mut self, _url: &str) -> (String, ()) {
        nothing()
    }
    fn decorate_link_end(&mut self) -> String {
        String::new()
    }
    fn decorate_em_start(&self) -> (String, ()) {
        nothing()
    }
    fn decorate_em_end(&self) -> String {
        String::new()
    }
    fn decorate_strong_start(&self) -> (String, ()) {
        nothing()
    }
    fn decorate_strong_end(&self) -> String {
        String::new()
    }
    fn decorate_strikeout_start(&self) -> (String, ()) {
        nothing()
    }
    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }
    fn decorate_code_start(&self) -> (String, ()) {
        nothing()
    }
    fn decorate_code_end(&self) -> String {
        String::new()
    }
    fn decorate_preformat_first(&self) {}
    fn decorate_preformat_cont(&self) {}
    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, ()) {
        (if title.is_empty() { String::new() } else { format!("[{title}]") }, ())
    }
    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }
    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }
    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }
    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }
    fn decorate_superscript_start(&self) -> (String, ()) {
        nothing()
    }
    fn decorate_superscript_end(&self) -> String {
        String::new()
    }
    fn make_subblock_decorator(&self) -> Self {
        Self
    }
}
