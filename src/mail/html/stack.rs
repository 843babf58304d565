//! The elements that are open, kept so that every end tag that is written closes the element opened last.

/// Elements inside each other.
const MAX_DEPTH: usize = 100;
/// Formatting elements (`b`, `font`, …) inside each other: a parser may have to copy all of them for each paragraph.
const MAX_FORMATTING: usize = 30;

/// Open elements, outermost first.
#[derive(Default)]
pub(super) struct Stack {
    open: Vec<String>,
    formatting: usize,
    /// Elements that were refused for depth; their end tags are refused too.
    refused: usize,
}

impl Stack {
    /// Opens an element. `false` where it is too deep.
    pub(super) fn open(&mut self, name: &str) -> bool {
        if self.open.len() >= MAX_DEPTH || (is_formatting(name) && self.formatting >= MAX_FORMATTING) {
            self.refused += 1;
            return false;
        }
        self.open.push(name.to_owned());
        self.formatting += usize::from(is_formatting(name));
        true
    }

    /// Closes what a start tag ends without saying so (HTML standard §13.2.6.4.7): a paragraph by a block, an item by
    /// the next, a cell by the next.
    pub(super) fn close_implied(&mut self, name: &str, out: &mut String) {
        let (ended, bounds): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "table", "td", "th"]),
            "dd" | "dt" => (&["dd", "dt"], &["dl", "table", "td", "th"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "thead" | "tbody" | "tfoot" => (&["thead", "tbody", "tfoot"], &["table"]),
            "a" => (&["a"], &["table", "td", "th"]),
            _ => (&[], &[]),
        };
        if let Some(at) = self.find(ended, bounds) {
            self.close_to(at, out);
        }
        if is_block(name)
            && let Some(at) = self.find(&["p"], &["table", "td", "th", "caption"])
        {
            self.close_to(at, out);
        }
    }

    /// Closes the nearest element of that name, with those inside it; nothing where there is none in the same cell.
    pub(super) fn close(&mut self, name: &str, out: &mut String) {
        if self.refused > 0 {
            self.refused -= 1;
            return;
        }
        let bounds: &[&str] = match name {
            "table" => &[],
            "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => &["table"],
            _ => &["table", "td", "th", "caption"],
        };
        if let Some(at) = self.find(&[name], bounds) {
            self.close_to(at, out);
        }
    }

    /// Closes everything.
    pub(super) fn close_all(&mut self, out: &mut String) {
        self.close_to(0, out);
    }

    /// The innermost element of one of these names that no bound stands before.
    fn find(&self, names: &[&str], bounds: &[&str]) -> Option<usize> {
        for (at, open) in self.open.iter().enumerate().rev() {
            if names.contains(&open.as_str()) {
                return Some(at);
            }
            if bounds.contains(&open.as_str()) {
                return None;
            }
        }
        None
    }

    fn close_to(&mut self, at: usize, out: &mut String) {
        for name in self.open.drain(at..).rev() {
            self.formatting -= usize::from(is_formatting(&name));
            out.push_str("</");
            out.push_str(&name);
            out.push('>');
        }
    }
}

fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "a" | "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt" | "u"
    )
}

/// Start tags before which an open `p` ends.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "center"
            | "dd"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "ul"
    )
}
