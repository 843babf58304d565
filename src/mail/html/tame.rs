//! Rewrites any HTML into a well-nested, bounded form.
//!
//! Scripts, styles, comments, declarations, foreign content (SVG, MathML) and form controls go; elements beyond the
//! depth or the count go, their text stays. This is no sanitiser: it makes the input of one finite.

use super::stack::Stack;
use super::tag::Tag;

/// Octets that are read.
const MAX_INPUT: usize = 4 * 1024 * 1024;
/// Elements that are kept.
const MAX_ELEMENTS: usize = 20_000;

/// The bounded form.
pub(in crate::mail) fn tame(html: &str) -> String {
    let mut rest = &html[..html.floor_char_boundary(MAX_INPUT)];
    let mut out = String::with_capacity(rest.len());
    let mut stack = Stack::default();
    let mut elements = 0_usize;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        text(&rest[..at], &mut out);
        rest = &rest[at + 1..];
        if rest.starts_with(['!', '?']) {
            rest = behind_declaration(rest);
        } else if let Some((tag, behind)) = Tag::read(rest) {
            rest = behind;
            match (kind(&tag.name), tag.is_end) {
                (Kind::Content, false) => rest = behind_content(rest, &tag.name),
                (Kind::Content | Kind::Tag, _) | (Kind::Void, true) => {}
                (Kind::Void | Kind::Element, false) if elements >= MAX_ELEMENTS => {}
                (Kind::Void, false) => {
                    elements += 1;
                    stack.close_implied(&tag.name, &mut out);
                    tag.write(&mut out);
                }
                (Kind::Element, false) => {
                    elements += 1;
                    stack.close_implied(&tag.name, &mut out);
                    if stack.open(&tag.name) {
                        tag.write(&mut out);
                    }
                }
                (Kind::Element, true) => stack.close(&tag.name, &mut out),
            }
        } else if rest.starts_with('/') || rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // A broken end tag is a comment up to the next `>`; a tag that the end of the text cuts is nothing.
            rest = rest.split_once('>').filter(|_| rest.starts_with('/')).map_or("", |(_, behind)| behind);
        } else {
            out.push_str("&lt;");
        }
    }
    text(rest, &mut out);
    stack.close_all(&mut out);
    out
}

/// What becomes of a tag.
enum Kind {
    /// It and all up to its end tag goes.
    Content,
    /// The tag alone goes.
    Tag,
    /// It stays and has no content.
    Void,
    /// It stays.
    Element,
}

fn kind(name: &str) -> Kind {
    match name {
        "script" | "style" | "title" | "xmp" | "iframe" | "noembed" | "noframes" | "textarea" | "plaintext" => {
            Kind::Content
        }
        "br" | "hr" | "img" | "wbr" | "col" => Kind::Void,
        "abbr" | "acronym" | "address" | "article" | "aside" | "bdi" | "bdo" | "blockquote" | "caption" | "center"
        | "cite" | "colgroup" | "dd" | "del" | "details" | "dfn" | "dir" | "div" | "dl" | "dt" | "figcaption"
        | "figure" | "footer" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hgroup" | "ins" | "kbd"
        | "li" | "main" | "mark" | "menu" | "nav" | "ol" | "p" | "pre" | "q" | "samp" | "section" | "span" | "sub"
        | "summary" | "sup" | "table" | "tbody" | "td" | "tfoot" | "th" | "thead" | "time" | "tr" | "ul" | "var"
        | "a" | "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt"
        | "u" => Kind::Element,
        _ => Kind::Tag,
    }
}

/// Text holds no `<`; what is left of one is written as an entity.
fn text(text: &str, out: &mut String) {
    out.extend(text.split('\0'));
}

/// Skips a comment, a doctype, a processing instruction.
fn behind_declaration(rest: &str) -> &str {
    let Some(comment) = rest.strip_prefix("!--") else {
        return rest.split_once('>').map_or("", |(_, behind)| behind);
    };
    // `<!-->` and `<!--->` are whole comments (HTML standard §13.2.5.43).
    if let Some(behind) = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
        return behind;
    }
    let is_end = |&at: &usize| comment[..at].ends_with("--") || comment[..at].ends_with("--!");
    memchr::memchr_iter(b'>', comment.as_bytes()).find(is_end).map_or("", |at| &comment[at + 1..])
}

/// Skips up to the end tag of an element whose content is not markup.
fn behind_content<'a>(rest: &'a str, name: &str) -> &'a str {
    for at in memchr::memmem::find_iter(rest.as_bytes(), "</") {
        let candidate = &rest[at + 2..];
        let is_end = candidate.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && candidate[name.len()..].starts_with([' ', '\t', '\n', '\r', '\x0c', '/', '>']);
        if is_end {
            return candidate.split_once('>').map_or("", |(_, behind)| behind);
        }
    }
    ""
}
