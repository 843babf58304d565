//! How one text is compared with what a test wants: one matcher per operator, made ready when the rule is compiled.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::compile::Shared;
use super::excerpt::excerpt;
use super::values::{Text, Values, lower_case};
use super::{Field, Op, RuleError, Table, Test};

/// How many characters a wanted text or a regular expression may have.
const MAX_TEXT: usize = 2_000;

/// How many texts `one_of` may list.
const MAX_ONE_OF: usize = 1_000;

/// How many octets a compiled regular expression may take; as many again for its cache.
const MAX_REGEX_OCTETS: usize = 1024 * 1024;

/// What a text is compared with. All but `Matches` look at the text in lower case.
#[expect(clippy::large_enum_variant, reason = "made once when a rule is compiled, and walked often: no box on the way")]
#[derive(Debug)]
pub(super) enum Matcher {
    Is(String),
    OneOf(HashSet<String>),
    /// `None`: there is no such table, so that nothing is in it.
    InTable(Option<Arc<Table>>),
    Contains(Finder<'static>),
    /// Asks the one scan of the body.
    InBody(usize),
    Starts(String),
    Ends(String),
    Matches(Regex),
}

impl Matcher {
    /// The matcher of a test on a field of texts. `path` is the test's.
    pub(super) fn new(test: &Test, path: &str, shared: &mut Shared<'_>) -> Result<Self, RuleError> {
        let path = format!("{path}.value");
        if test.op == Op::OneOf {
            return one_of(&test.value, &path);
        }
        let wanted = text(&test.value, &path)?;
        if wanted.is_empty() && !matches!(test.op, Op::Is | Op::IsNot) {
            return Err(RuleError::new(path, "an empty text fits everything"));
        }
        let lower = lower_case(wanted).into_owned();
        match test.op {
            Op::Is | Op::IsNot | Op::OneOf => Ok(Matcher::Is(lower)),
            Op::Contains if test.field == Field::Body => Ok(Matcher::InBody(shared.needles.add(lower))),
            Op::Contains => Ok(Matcher::Contains(Finder::new(&lower).into_owned())),
            Op::Starts => Ok(Matcher::Starts(lower)),
            Op::Ends => Ok(Matcher::Ends(lower)),
            Op::Matches => regex(wanted, &path),
            Op::InTable => Ok(Matcher::InTable(shared.table(wanted))),
            Op::GreaterThan | Op::LessThan => Err(RuleError::new(path, "a text is neither greater nor less")),
        }
    }

    /// Where the text fits: for `Matches` a place in it as written, otherwise in it in lower case.
    pub(super) fn find(&self, text: &Text<'_>, values: &Values<'_>) -> Option<Range<usize>> {
        let whole = |fits: bool, lower: &str| fits.then_some(0..lower.len());
        match self {
            Matcher::Is(wanted) => whole(text.lower() == wanted, text.lower()),
            Matcher::OneOf(list) => whole(list.contains(text.lower()), text.lower()),
            Matcher::InTable(table) => whole(table.as_ref()?.contains(text.lower()), text.lower()),
            Matcher::Contains(finder) => {
                let start = finder.find(text.lower().as_bytes())?;
                Some(start..start + finder.needle().len())
            }
            Matcher::InBody(needle) => values.in_body(*needle),
            Matcher::Starts(wanted) => text.lower().starts_with(wanted).then_some(0..wanted.len()),
            Matcher::Ends(wanted) => {
                let start = text.lower().strip_suffix(wanted.as_str())?.len();
                Some(start..text.lower().len())
            }
            Matcher::Matches(regex) => regex.find(text.written).map(|found| found.range()),
        }
    }

    /// What the first capture group of `Matches` holds, or the whole match where it holds nothing.
    pub(super) fn capture<'t>(&self, text: &Text<'t>) -> Option<&'t str> {
        let Matcher::Matches(regex) = self else { return None };
        let captures = regex.captures(text.written)?;
        Some(captures.get(1).or(captures.get(0))?.as_str())
    }

    /// The text around the place where it fits, as a trace shows it.
    pub(super) fn show(&self, text: &Text<'_>, place: &Range<usize>) -> String {
        // Lower-casing may move octets; then the lower-cased text is shown rather than a wrong place.
        let same = matches!(self, Matcher::Matches(_)) || text.lower().len() == text.written.len();
        excerpt(if same { text.written } else { text.lower() }, place)
    }

    /// The table that a rule asks is not there.
    pub(super) fn lacks_table(&self) -> bool {
        matches!(self, Matcher::InTable(None))
    }
}

fn one_of(value: &Value, path: &str) -> Result<Matcher, RuleError> {
    let Value::Array(list) = value else { return Err(RuleError::new(path, "expected a list of texts")) };
    if !(1..=MAX_ONE_OF).contains(&list.len()) {
        return Err(RuleError::new(path, format!("expected 1 to {MAX_ONE_OF} texts")));
    }
    let texts = list.iter().enumerate().map(|(index, value)| text(value, &format!("{path}[{index}]")));
    let lower = texts.map(|text| text.map(|text| lower_case(text).into_owned()));
    Ok(Matcher::OneOf(lower.collect::<Result<_, _>>()?))
}

fn text<'v>(value: &'v Value, path: &str) -> Result<&'v str, RuleError> {
    match value {
        Value::String(text) if text.chars().count() <= MAX_TEXT => Ok(text),
        Value::String(_) => Err(RuleError::new(path, format!("longer than {MAX_TEXT} characters"))),
        _ => Err(RuleError::new(path, "expected a text")),
    }
}

fn regex(pattern: &str, path: &str) -> Result<Matcher, RuleError> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_REGEX_OCTETS)
        .dfa_size_limit(MAX_REGEX_OCTETS)
        .build()
        .map(Matcher::Matches)
        .map_err(|error| RuleError::new(path, error.to_string()))
}
