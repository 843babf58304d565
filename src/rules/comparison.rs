//! One test, compiled: which values it looks at, how it compares them, and what the trace says of it.

use serde_json::Value;

use super::compile::Shared;
use super::evaluate::Seen;
use super::excerpt::head;
use super::matcher::Matcher;
use super::values::{BODY_OCTETS, Values};
use super::words::AUTH_WORDS;
use super::{Field, Op, Predicate, RuleError, Test};

/// How many octets a header field's name may have.
const MAX_HEADER_NAME: usize = 200;

/// How many characters a captured reference may have.
const MAX_REFERENCE: usize = 100;

/// How many values are shown of a field that has many and none that fits.
const MAX_VALUES_SHOWN: usize = 10;

const TEXT_OPS: &[Op] = &[Op::Is, Op::IsNot, Op::Contains, Op::Starts, Op::Ends, Op::Matches, Op::OneOf, Op::InTable];
const WORD_OPS: &[Op] = &[Op::Is, Op::IsNot, Op::OneOf];
const NUMBER_OPS: &[Op] = &[Op::Is, Op::IsNot, Op::GreaterThan, Op::LessThan];
const FLAG_OPS: &[Op] = &[Op::Is, Op::IsNot];

/// One test, ready to be evaluated.
#[derive(Debug)]
pub(super) struct Comparison {
    field: Field,
    header: Option<String>,
    op: Op,
    with: With,
    capture: bool,
    /// The field and what is wanted of it, as traces show them.
    shown: String,
    wanted: String,
}

/// What the field is compared with.
#[expect(clippy::large_enum_variant, reason = "made once when a rule is compiled, and walked often: no box on the way")]
#[derive(Debug)]
enum With {
    Text(Matcher),
    Number(u64),
    Flag(bool),
}

impl Comparison {
    /// Checks and compiles a test. `path` is the test's.
    pub(super) fn new(test: &Test, path: &str, shared: &mut Shared<'_>) -> Result<Self, RuleError> {
        check_header_name(test, path)?;
        check_capture(test, path)?;
        Ok(Self {
            field: test.field,
            header: test.name.clone(),
            op: test.op,
            with: With::new(test, path, shared)?,
            capture: test.capture,
            shown: match &test.name {
                Some(name) => format!("{}:{name}", test.field.word()),
                None => test.field.word().to_owned(),
            },
            wanted: head(&wanted(&test.value)),
        })
    }

    /// Whether the test holds; leaves a predicate, and what it captured.
    pub(super) fn holds(&self, values: &Values<'_>, seen: &mut Seen) -> bool {
        let (fits, saw) = match &self.with {
            With::Number(wanted) => {
                let number = if self.field == Field::Score { values.facts.score } else { values.facts.size };
                let fits = match self.op {
                    Op::GreaterThan => number > *wanted,
                    Op::LessThan => number < *wanted,
                    _ => number == *wanted,
                };
                (fits, number.to_string())
            }
            With::Flag(wanted) => {
                let flag = self.flag(values);
                (flag == *wanted, flag.to_string())
            }
            With::Text(matcher) => self.look(matcher, values, seen),
        };
        let held = fits != (self.op == Op::IsNot);
        seen.predicates.push(Predicate {
            field: self.shown.clone(),
            op: self.op.word().to_owned(),
            wanted: self.wanted.clone(),
            saw,
            held,
        });
        held
    }

    fn flag(&self, values: &Values<'_>) -> bool {
        match self.field {
            Field::IsRobot => values.facts.is_robot,
            Field::IsBounce => values.facts.is_bounce,
            _ => values.facts.known_contact,
        }
    }

    /// The first text that fits, or else what there was.
    fn look(&self, matcher: &Matcher, values: &Values<'_>, seen: &mut Seen) -> (bool, String) {
        let texts = || values.texts(self.field, self.header.as_deref());
        for text in texts() {
            let Some(place) = matcher.find(text, values) else { continue };
            if self.capture {
                seen.references.extend(matcher.capture(text).and_then(reference));
            }
            return (true, matcher.show(text, &place));
        }
        if matcher.lacks_table() {
            return (false, "there is no such table".to_owned());
        }
        if self.field == Field::Body {
            return (false, nothing_in(values.facts.body.len()));
        }
        let shown: Vec<_> = texts().take(MAX_VALUES_SHOWN).map(|text| head(text.written)).collect();
        (false, if shown.is_empty() { "(none)".to_owned() } else { head(&shown.join(", ")) })
    }
}

impl With {
    fn new(test: &Test, path: &str, shared: &mut Shared<'_>) -> Result<Self, RuleError> {
        let value = || format!("{path}.value");
        match test.field {
            Field::Size | Field::Score => {
                check_op(test, NUMBER_OPS, path)?;
                let number = test.value.as_u64();
                number.map(With::Number).ok_or_else(|| RuleError::new(value(), "expected a whole number"))
            }
            Field::IsRobot | Field::IsBounce | Field::KnownContact => {
                check_op(test, FLAG_OPS, path)?;
                let flag = test.value.as_bool();
                flag.map(With::Flag).ok_or_else(|| RuleError::new(value(), "expected true or false"))
            }
            Field::Spf | Field::Dkim | Field::Dmarc | Field::Arc => {
                check_op(test, WORD_OPS, path)?;
                check_words(&test.value, &value())?;
                Matcher::new(test, path, shared).map(With::Text)
            }
            _ => {
                check_op(test, TEXT_OPS, path)?;
                Matcher::new(test, path, shared).map(With::Text)
            }
        }
    }
}

fn check_op(test: &Test, allowed: &[Op], path: &str) -> Result<(), RuleError> {
    if allowed.contains(&test.op) {
        return Ok(());
    }
    let words: Vec<_> = allowed.iter().map(|op| op.word()).collect();
    let problem = format!("`{}` does not fit `{}`: use one of {}", test.op.word(), test.field.word(), words.join(", "));
    Err(RuleError::new(format!("{path}.op"), problem))
}

fn check_words(value: &Value, path: &str) -> Result<(), RuleError> {
    let check = |value: &Value, path: &str| match value.as_str() {
        Some(word) if !AUTH_WORDS.contains(&word) => {
            Err(RuleError::new(path, format!("`{word}` is no result: use one of {}", AUTH_WORDS.join(", "))))
        }
        _ => Ok(()),
    };
    match value {
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(index, value)| check(value, &format!("{path}[{index}]")))
        }
        _ => check(value, path),
    }
}

/// A header field's name is printable ASCII without a colon (RFC 5322 §3.6.8).
fn check_header_name(test: &Test, path: &str) -> Result<(), RuleError> {
    let path = || format!("{path}.name");
    match (&test.name, test.field) {
        (None, Field::Header) => Err(RuleError::new(path(), "`header` needs the header field's name")),
        (None, _) => Ok(()),
        (Some(name), Field::Header) => {
            let fits = |byte: u8| byte.is_ascii_graphic() && byte != b':';
            if (1..=MAX_HEADER_NAME).contains(&name.len()) && name.bytes().all(fits) {
                return Ok(());
            }
            Err(RuleError::new(path(), "expected a header field's name, without the colon"))
        }
        (Some(_), _) => Err(RuleError::new(path(), "only `header` takes a name")),
    }
}

fn check_capture(test: &Test, path: &str) -> Result<(), RuleError> {
    let allowed = test.op == Op::Matches && matches!(test.field, Field::Reference | Field::Subject | Field::Body);
    if test.capture && !allowed {
        let problem = "only `matches` on `reference`, `subject` or `body` can capture";
        return Err(RuleError::new(format!("{path}.capture"), problem));
    }
    Ok(())
}

/// A captured text that can be a reference.
fn reference(captured: &str) -> Option<String> {
    let reference = captured.trim();
    let fits =
        !reference.is_empty() && reference.chars().count() <= MAX_REFERENCE && !reference.contains(char::is_control);
    fits.then(|| reference.to_owned())
}

/// What is said of a body that does not fit: to show its beginning would say nothing.
fn nothing_in(octets: usize) -> String {
    match octets {
        0..=BODY_OCTETS => format!("nothing in {octets} octets"),
        _ => format!("nothing in the first {BODY_OCTETS} of {octets} octets"),
    }
}

/// What a test wants, in words.
fn wanted(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(wanted).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
