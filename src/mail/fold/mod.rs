//! Parts what a person wrote anew from what the mail program quoted below it. Nothing is lost: both halves are kept.
//!
//! Signs of a quoted history: lines of `>` at the end with the line that introduces them; `-----Original Message-----`
//! and its translations; a block of `From: … Sent: … Subject: …` lines; an introduction (`On … wrote:`) before text that
//! is not marked. Answers between quoted lines stay in the new part, and so does a letter that is all quotation.
//! `Sent from my iPhone` is not new either.

mod signs;

/// Lines in which an unmarked history is looked for; what a person writes anew is shorter.
const MAX_LINES: usize = 5_000;

/// A text in two halves; `new` followed by `quoted` is the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded<'a> {
    /// What is new in this message.
    pub new: &'a str,
    /// The quoted history, with the line that introduces it ("On … wrote:"); empty where there is none.
    pub quoted: &'a str,
}

/// Splits a plain text at the first sign of a quoted history.
pub fn fold(text: &str) -> Folded<'_> {
    let lines = lines(text);
    let history = [block_of_quotes(&lines), unmarked_history(&lines)].into_iter().flatten().min();
    let mut split = text.len();
    if let Some(at) = history.map(|line| lines[line].0)
        && !text[..at].trim().is_empty()
    {
        split = at;
    }
    if let Some(at) = mobile_signature(&lines, split)
        && !text[..at].trim().is_empty()
    {
        split = at;
    }
    let (new, quoted) = text.split_at(split);
    Folded { new, quoted }
}

/// A line: where it begins, and what it says without white space around it.
type Line<'a> = (usize, &'a str);

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let at = start;
            start += line.len();
            (at, line.trim())
        })
        .collect()
}

fn is_quoted(line: &Line<'_>) -> bool {
    line.1.starts_with('>')
}

fn is_blank(line: &Line<'_>) -> bool {
    line.1.is_empty()
}

/// The quoted lines that the text ends with, and their introduction.
fn block_of_quotes(lines: &[Line<'_>]) -> Option<usize> {
    let last = lines.iter().rposition(|line| !is_blank(line))?;
    if !is_quoted(&lines[last]) {
        return None;
    }
    let before = lines[..last].iter().rposition(|line| !is_blank(line) && !is_quoted(line));
    let first = before.map_or(0, |at| at + 1);
    let first = first + lines[first..].iter().position(is_quoted)?;
    Some(before.and_then(|end| signs::introduction(lines, end, true)).unwrap_or(first))
}

/// The first sign that everything below it is quoted although no line is marked.
fn unmarked_history(lines: &[Line<'_>]) -> Option<usize> {
    let next = |at: usize| lines[at + 1..].iter().find(|line| !is_blank(line));
    (0..lines.len().min(MAX_LINES)).find_map(|at| {
        let line = lines[at].1;
        if signs::is_separator(line) {
            return Some(at);
        }
        if signs::is_header_block(&lines[at..]) {
            let above = lines[..at].iter().rposition(|line| !is_blank(line));
            return Some(above.filter(|&above| signs::is_rule(lines[above].1)).unwrap_or(at));
        }
        // Before marked lines, `block_of_quotes` decides: there may be answers among them.
        let introduction = signs::introduction(lines, at, false)?;
        next(at).is_some_and(|line| !is_quoted(line)).then_some(introduction)
    })
}

/// The mobile signature that the new part ends with.
fn mobile_signature(lines: &[Line<'_>], split: usize) -> Option<usize> {
    let last = lines.iter().rev().find(|line| line.0 < split && !is_blank(line))?;
    signs::is_mobile_signature(last.1).then_some(last.0)
}

#[cfg(test)]
mod tests;
