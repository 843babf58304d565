//! Makes a stranger's HTML safe to show: no script, no style that reaches out, no remote load unless asked for.
//!
//! Promises: what comes out holds no script, form, frame, foreign content, `id`, `class` or `on…` attribute; links lead
//! to `http`, `https` or `mailto` only and say `noopener noreferrer nofollow`; nothing is loaded but what the options
//! allow. A remote picture that was held back is an `img` with `data-blocked`, so that the panel can count and offer it.
//! The work is bounded by `html::tame`. This is the only place that knows ammonia.
//! Leaves to others: the sandboxed frame and its Content-Security-Policy (`web`).

mod pictures;
mod style;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};

use super::html;

/// How pictures are treated.
#[derive(Clone, Debug, Default)]
pub struct SanitiseOptions {
    /// Keep `https:` pictures (the operator asked for them).
    pub remote_images: bool,
    /// Prefix for `cid:` pictures: `{prefix}{content id}`; they are dropped where it is `None`.
    pub cid_prefix: Option<String>,
}

/// Elements that are kept; of others, the content is.
const TAGS: [&str; 59] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
];
const MORE_TAGS: [&str; 6] = ["thead", "tr", "tt", "u", "ul", "wbr"];

/// Attributes of any element.
const ATTRIBUTES: [&str; 7] = ["style", "dir", "lang", "title", "align", "valign", "bgcolor"];

/// The sanitised document fragment.
pub fn sanitise(html: &str, options: &SanitiseOptions) -> String {
    let tamed = html::tame(html);
    let pictures = options.clone();
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.into_iter().chain(MORE_TAGS).collect())
        .clean_content_tags(HashSet::from(["script", "style", "title"]))
        .generic_attributes(ATTRIBUTES.into())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
            ("table", HashSet::from(["width", "height", "border", "cellpadding", "cellspacing"])),
            ("td", HashSet::from(["width", "height", "colspan", "rowspan", "nowrap"])),
            ("th", HashSet::from(["width", "height", "colspan", "rowspan", "nowrap"])),
            ("col", HashSet::from(["width", "span"])),
            ("font", HashSet::from(["color", "face", "size"])),
            ("ol", HashSet::from(["start", "type"])),
            ("hr", HashSet::from(["width", "size", "color"])),
        ]))
        // The filter below is the judge of addresses; these only let them come to it.
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid", "data"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => pictures::source(value, &pictures),
            (_, "src") => None,
            (_, "href") => link(value),
            (_, "style") => style::safe(value),
            _ => Some(Cow::Borrowed(value)),
        });
    pictures::mark_blocked(builder.clean(&tamed).to_string())
}

/// A link that leaves the page and runs nothing.
fn link(value: &str) -> Option<Cow<'_, str>> {
    let value = value.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let lower = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    let is_known = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    (is_known && !value.contains(char::is_control)).then_some(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests;
