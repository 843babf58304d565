//! Whether the rules turn a letter away. Pure.
//!
//! A sender gets one answer for all recipients of a letter (RFC 5321 §4.2.5 knows no other). So: where any mailbox's rules ask to
//! come again, the whole letter comes again; it is refused only where every mailbox refuses it. A mailbox that refuses what
//! another takes keeps it as a closed ticket, for its sender was told `250`.

use crate::desk::{Reason, Taken};
use crate::rules::{Outcome, Turned};

/// A letter that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TurnedAway {
    /// `RuleRejected` or `RuleDeferred`.
    pub reason: Reason,
    /// What the sender is told.
    pub text: String,
    /// Per share: the rule that decided.
    pub rules: Vec<Option<u64>>,
}

/// Whether the letter is turned away: one outcome per share, `None` where it was taken before.
pub(super) fn turned_away(outcomes: &[Option<Outcome>], taken: &[Option<Taken>]) -> Option<TurnedAway> {
    let turned: Vec<Option<&Turned>> =
        outcomes.iter().map(|outcome| outcome.as_ref().and_then(|outcome| outcome.turned.as_ref())).collect();
    let deferred = turned.iter().flatten().find_map(|turned| match turned {
        Turned::Deferred { rule, text } => Some((*rule, text)),
        Turned::Rejected { .. } => None,
    });
    if let Some((rule, text)) = deferred {
        let rules = vec![Some(rule); outcomes.len()];
        return Some(TurnedAway { reason: Reason::RuleDeferred, text: text.clone(), rules });
    }
    if taken.iter().any(Option::is_some) || turned.iter().any(Option::is_none) {
        return None;
    }
    let rejected = |turned: &&Turned| match turned {
        Turned::Rejected { rule, text } | Turned::Deferred { rule, text } => (*rule, text.clone()),
    };
    let rejected: Vec<(u64, String)> = turned.iter().flatten().map(rejected).collect();
    let (_, text) = rejected.first()?;
    Some(TurnedAway {
        reason: Reason::RuleRejected,
        text: text.clone(),
        rules: rejected.iter().map(|(rule, _)| Some(*rule)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(turned: Option<Turned>) -> Option<Outcome> {
        Some(Outcome { turned, ..Outcome::default() })
    }
    fn rejected(rule: u64) -> Option<Turned> {
        Some(Turned::Rejected { rule, text: "no".to_owned() })
    }
    fn deferred(rule: u64) -> Option<Turned> {
        Some(Turned::Deferred { rule, text: "later".to_owned() })
    }

    #[test]
    fn refused_only_where_every_mailbox_refuses() {
        let both = [outcome(rejected(1)), outcome(rejected(2))];
        let away = turned_away(&both, &[None, None]).unwrap();
        assert_eq!((away.reason, away.rules), (Reason::RuleRejected, vec![Some(1), Some(2)]));
        assert_eq!(turned_away(&[outcome(rejected(1)), outcome(None)], &[None, None]), None);
    }

    #[test]
    fn one_mailbox_that_asks_to_come_again_speaks_for_all() {
        let mixed = [outcome(None), outcome(deferred(7)), outcome(rejected(1))];
        let away = turned_away(&mixed, &[None, None, None]).unwrap();
        assert_eq!((away.reason, away.rules), (Reason::RuleDeferred, vec![Some(7); 3]));
    }

    #[test]
    fn what_another_mailbox_took_before_is_not_refused_now() {
        assert_eq!(turned_away(&[None, outcome(rejected(1))], &[Some(Taken::default()), None]), None);
    }
}
