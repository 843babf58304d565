//! A report that came back to the return path of one of our messages: what it says is written on the deliveries that it is about,
//! and an address that is of no use is suppressed. Pure.

use super::bounds::{SHORT, cut};
use super::decide::Case;
use super::plan::{Expect, Plan};
use crate::desk::codec::{Record, encode};
use crate::desk::commands::suppression;
use crate::desk::{Attempt, Change, Delivery, DeliveryReport, DeliveryState, SuppressionReason, keys};
use crate::mail::Address;
use crate::mail::bounce::{Action, Outcome, Report};
use crate::store::StoreError;

/// Attempts that a delivery keeps.
const ATTEMPTS: usize = 20;
/// Reports that a delivery keeps.
const REPORTS: usize = 10;
/// Octets of a server's words.
const WORDS: usize = 1_000;

/// Writes down what a report says.
pub(super) fn note_report(case: &Case<'_>, message: u64, plan: &mut Plan) -> Result<(), StoreError> {
    let (Some(reported), Some(report)) = (&case.question.reported, &case.arrival.reading.report) else {
        return Ok(());
    };
    let deliveries = case.seen.deliveries(reported.message)?;
    let from = case.arrival.from.as_deref().unwrap_or_default();
    let at = case.arrival.at;
    for (delivery, outcome) in pairs(&deliveries, reported.return_path.as_deref(), report) {
        let after = told(&delivery.value, outcome, from, at, message);
        if after.state == DeliveryState::Failed {
            match delivery.value.state {
                DeliveryState::Queued | DeliveryState::Deferred => {
                    plan.delete(keys::queue_due(delivery.value.due_at, delivery.value.id));
                }
                DeliveryState::Held => plan.delete(keys::held_delivery(delivery.value.id)),
                _ => {}
            }
        }
        if outcome.is_hard()
            && let Ok(address) = Address::parse(&after.recipient)
        {
            let words = after.reports.last().map(|report| report.text.as_str()).unwrap_or_default();
            let days = case.settings.automatic.bounced_days;
            let row = suppression(&address.key(), SuppressionReason::Bounced, words, at, days, Some(after.ticket));
            plan.put(keys::suppression(&address.key()), encode(&row), Expect::Anything);
        }
        plan.change(Change::DeliveryChanged { ticket: after.ticket, message: after.message, delivery: after.id });
        plan.put(keys::delivery(after.id), encode(&after), Expect::Version(delivery.version));
    }
    Ok(())
}

/// Which delivery each word of a report is about. The return path names it; where several went out under one, the recipient that the
/// report names does. A report of one delivery may name the recipient otherwise: an alias, a forwarding address.
fn pairs<'a>(
    deliveries: &'a [Record<Delivery>],
    return_path: Option<&str>,
    report: &'a Report,
) -> Vec<(&'a Record<Delivery>, &'a Outcome)> {
    let is_from = |delivery: &&Record<Delivery>| {
        return_path.is_none_or(|path| delivery.value.envelope_from.to_lowercase() == path)
    };
    let candidates: Vec<&Record<Delivery>> = deliveries.iter().filter(is_from).collect();
    let names = |outcome: &Outcome, delivery: &Record<Delivery>| {
        let recipient = delivery.value.recipient.to_lowercase();
        outcome.recipients.iter().any(|named| named.to_lowercase() == recipient)
    };
    if let [only] = candidates[..] {
        let outcome = report.outcomes.iter().find(|outcome| names(outcome, only)).or_else(|| report.failure());
        return outcome.or(report.outcomes.first()).map(|outcome| (only, outcome)).into_iter().collect();
    }
    let pair = |delivery: &&'a Record<Delivery>| {
        let delivery = *delivery;
        report.outcomes.iter().find(|outcome| names(outcome, delivery)).map(|outcome| (delivery, outcome))
    };
    candidates.iter().filter_map(pair).collect()
}

/// The delivery with what the report says of it.
fn told(delivery: &Delivery, outcome: &Outcome, from: &str, at: u64, message: u64) -> Delivery {
    let mut told = delivery.clone();
    let server = outcome.server.as_deref().or_else(|| from.rsplit('@').next()).unwrap_or_default();
    let status = outcome.status.as_deref().unwrap_or_default();
    let words = outcome.diagnostic.as_deref().unwrap_or_default();
    // Words that begin with reply code and status say it themselves.
    let text = if words.contains(status) { words.to_owned() } else { format!("{status} {words}") };
    told.reports.push(DeliveryReport {
        at,
        action: outcome.action,
        status: outcome.status.as_deref().map(|status| cut(status, 20).to_owned()),
        server: cut(server, SHORT).to_owned(),
        text: cut(text.trim(), WORDS).to_owned(),
        message,
    });
    let surplus = told.reports.len().saturating_sub(REPORTS);
    told.reports.drain(..surplus);
    let is_over = matches!(told.state, DeliveryState::Failed | DeliveryState::Cancelled);
    if outcome.action == Action::Failed && !is_over {
        told.state = DeliveryState::Failed;
        let words = if words.is_empty() { "reported as undeliverable" } else { words };
        told.attempts.push(Attempt {
            at,
            server: cut(server, SHORT).to_owned(),
            text: cut(format!("bounced: {status} {words}").trim_end(), WORDS).to_owned(),
            ..Attempt::default()
        });
        let old = told.attempts.len().saturating_sub(ATTEMPTS);
        told.attempts.drain(..old);
    }
    told
}
