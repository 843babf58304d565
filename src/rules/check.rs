//! Checks what a rule holds besides its condition: name, mailboxes, actions. (The condition is checked as it is compiled.)

use super::{Action, Rule, RuleError};

/// How many characters a name (of a rule, group, category or tag) may have.
const MAX_NAME: usize = 200;

/// How many mailboxes a rule may name, and how many actions it may have.
const MAX_LIST: usize = 100;

/// How many levels a tag may have.
const MAX_TAG_LEVELS: usize = 10;

/// How many octets a note may have.
const MAX_NOTE: usize = 16 * 1024;

/// How many octets an automatic answer may have.
const MAX_AUTO_REPLY: usize = 8 * 1024;

/// Says what is wrong with a tag path (`delivery/lost/usa`), if anything: 1 to 200 characters; at most 10 levels parted by `/`,
/// each of letters, digits, `_`, `.` and `-`.
pub fn check_tag(tag: &str) -> Result<(), &'static str> {
    let fits =
        |level: &str| !level.is_empty() && level.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if tag.chars().count() > MAX_NAME {
        return Err("a tag has at most 200 characters");
    }
    if tag.split('/').count() > MAX_TAG_LEVELS {
        return Err("a tag has at most 10 levels");
    }
    if !tag.split('/').all(fits) {
        return Err("a tag has levels of letters, digits, _ . and -, parted by /");
    }
    Ok(())
}

/// Checks name, mailboxes and actions.
pub(super) fn check_rule(rule: &Rule) -> Result<(), RuleError> {
    check_name(&rule.name, "name")?;
    if rule.mailboxes.len() > MAX_LIST {
        return Err(RuleError::new("mailboxes", format!("more than {MAX_LIST} mailboxes")));
    }
    for (index, prefix) in rule.mailboxes.iter().enumerate() {
        if !(1..=10).contains(&prefix.len()) || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(RuleError::new(format!("mailboxes[{index}]"), "a prefix is 1 to 10 letters and digits"));
        }
    }
    if rule.then.is_empty() {
        return Err(RuleError::new("then", "a rule needs at least one action"));
    }
    if rule.then.len() > MAX_LIST {
        return Err(RuleError::new("then", format!("more than {MAX_LIST} actions")));
    }
    rule.then.iter().enumerate().try_for_each(|(index, action)| check_action(action, &format!("then[{index}]")))
}

fn check_action(action: &Action, path: &str) -> Result<(), RuleError> {
    match action {
        Action::SetStatus { .. } | Action::SetPriority { .. } | Action::Close | Action::Stop => Ok(()),
        Action::SetGroup { value } | Action::SetCategory { value } => check_name(value, &format!("{path}.value")),
        Action::SetAssignee { value } => {
            let path = format!("{path}.value");
            check_name(value, &path)?;
            match value.contains('@') {
                true => Ok(()),
                false => Err(RuleError::new(path, "expected an operator's e-mail address")),
            }
        }
        Action::AddTags { value } if value.is_empty() || value.len() > MAX_LIST => {
            Err(RuleError::new(format!("{path}.value"), format!("expected 1 to {MAX_LIST} tags")))
        }
        Action::AddTags { value } => value.iter().enumerate().try_for_each(|(index, tag)| {
            check_tag(tag).map_err(|problem| RuleError::new(format!("{path}.value[{index}]"), problem))
        }),
        Action::Reject { text } | Action::Defer { text } => check_reply(text, &format!("{path}.text")),
        Action::AddNote { text } if text.trim().is_empty() || text.len() > MAX_NOTE => {
            Err(RuleError::new(format!("{path}.text"), "expected 1 octet to 16 KiB of text"))
        }
        Action::AddNote { .. } => Ok(()),
        Action::AutoReply { text } if text.trim().is_empty() || text.len() > MAX_AUTO_REPLY => {
            Err(RuleError::new(format!("{path}.text"), "expected 1 octet to 8 KiB of text"))
        }
        Action::AutoReply { .. } => Ok(()),
    }
}

fn check_name(name: &str, path: &str) -> Result<(), RuleError> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.contains(char::is_control) {
        return Err(RuleError::new(path, format!("expected 1 to {MAX_NAME} characters on one line")));
    }
    Ok(())
}

/// A reply's text stands on an SMTP reply line (RFC 5321 §4.2): whatever else it held would break it.
fn check_reply(text: &str, path: &str) -> Result<(), RuleError> {
    if text.trim().is_empty() || text.len() > MAX_NAME || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(RuleError::new(path, format!("expected 1 to {MAX_NAME} printable ASCII characters on one line")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Condition, RuleSet, Stage};

    fn error(change: impl FnOnce(&mut Rule)) -> Option<String> {
        let mut rule = Rule {
            name: "a rule".into(),
            stage: Stage::Delivery,
            enabled: true,
            position: 0,
            mailboxes: vec![],
            when: Condition::All { all: vec![] },
            then: vec![Action::Stop],
        };
        change(&mut rule);
        RuleSet::check(&rule).err().map(|error| error.to_string())
    }

    fn action_error(action: Action) -> Option<String> {
        error(|rule| rule.then = vec![Action::Stop, action])
    }

    #[test]
    fn a_rule_in_order_passes() {
        assert_eq!(error(|_| ()), None);
        assert_eq!(error(|rule| rule.mailboxes = vec!["SAM".into(), "b2b".into()]), None);
        assert_eq!(action_error(Action::Reject { text: "We do not take this: see https://demo.test/".into() }), None);
        assert_eq!(
            action_error(Action::AddTags { value: vec!["delivery/lost/usa".into(), "Ключи/замки-2".into()] }),
            None
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert!(error(|rule| rule.name = " ".into()).unwrap().starts_with("name: "));
        assert!(error(|rule| rule.name = "x".repeat(201)).unwrap().starts_with("name: "));
        assert!(error(|rule| rule.mailboxes = vec!["SAM".into(), "S M".into()]).unwrap().starts_with("mailboxes[1]: "));
        assert!(error(|rule| rule.then = vec![]).unwrap().starts_with("then: "));
        for text in ["", " ", "two\r\nlines", "tab\there", "Ж", &"x".repeat(201)] {
            let said = action_error(Action::Reject { text: text.into() });
            assert!(said.is_some_and(|said| said.starts_with("then[1].text: ")), "{text:?}");
        }
        for tag in ["", "/a", "a//b", "a/ b", "a\n", "a,b", "a/b/c/d/e/f/g/h/i/j/k", &"x".repeat(201)] {
            let said = action_error(Action::AddTags { value: vec!["fine".into(), tag.into()] });
            assert!(said.is_some_and(|said| said.starts_with("then[1].value[1]: ")), "{tag:?}");
        }
        assert!(action_error(Action::AddTags { value: vec![] }).unwrap().starts_with("then[1].value: "));
        assert!(action_error(Action::SetAssignee { value: "Ivan".into() }).unwrap().contains("e-mail"));
        assert!(action_error(Action::SetGroup { value: String::new() }).is_some());
        assert!(action_error(Action::AddNote { text: "\n".into() }).is_some());
        assert!(action_error(Action::AutoReply { text: "x".repeat(9_000) }).unwrap().starts_with("then[1].text: "));
    }
}
