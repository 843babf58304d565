//! `style` attributes: a few properties that place and colour text, with plain values.

use std::borrow::Cow;

/// Octets of one attribute.
const MAX_STYLE: usize = 4 * 1024;

const PROPERTIES: [&str; 45] = [
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-width",
    "color",
    "direction",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
];

/// The declarations that are kept; `None` where there are none.
pub(super) fn safe(style: &str) -> Option<Cow<'_, str>> {
    let style = &style[..style.floor_char_boundary(MAX_STYLE)];
    let mut kept = String::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (property, value) = (property.trim().to_ascii_lowercase(), value.trim());
        let is_hidden = property == "display" && value.eq_ignore_ascii_case("none");
        if is_hidden || (PROPERTIES.contains(&property.as_str()) && is_plain(value)) {
            kept.push_str(&property);
            kept.push(':');
            kept.push_str(value);
            kept.push(';');
        }
    }
    (!kept.is_empty()).then_some(Cow::Owned(kept))
}

/// Words, numbers, colours: no escapes, comments or functions but `rgb()`, `rgba()`, `hsl()` and `hsla()`.
fn is_plain(value: &str) -> bool {
    let is_plain_char = |c: char| c.is_alphanumeric() || " #%.,'\"-+!()".contains(c);
    let mut before = value.split('(');
    let last = before.next_back().unwrap_or_default();
    let has_known_functions = before.all(|text| {
        let text = text.to_ascii_lowercase();
        ["rgb", "rgba", "hsl", "hsla"].iter().any(|name| text.ends_with(name))
    });
    has_known_functions && !last.contains("//") && value.chars().all(is_plain_char)
}
