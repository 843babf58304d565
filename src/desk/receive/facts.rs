//! What the rules are asked, and the asking.

use std::sync::Arc;

use super::arrival::Arrival;
use super::mailboxes::Share;
use super::reading::LARGE;
use crate::desk::{DeskError, Directory, score};
use crate::mail::AuthResult;
use crate::rules::{Facts, Outcome};

/// What the rules say of each share of the letter that is asked for (by index), in that order.
pub(super) async fn ask_rules(
    arrival: &Arc<Arrival>,
    shares: Vec<usize>,
    directory: &Arc<Directory>,
    known_contact: bool,
) -> Result<Vec<Outcome>, DeskError> {
    let large = arrival.reading.letter.text.len() > LARGE;
    let (arrival, directory) = (Arc::clone(arrival), Arc::clone(directory));
    let ask = move || -> Vec<Outcome> {
        let shares = shares.iter().filter_map(|index| arrival.shares.get(*index));
        shares.map(|share| directory.rule_set.evaluate(&facts(&arrival, share, &directory, known_contact))).collect()
    };
    if large {
        let asked = tokio::task::spawn_blocking(ask).await;
        asked.map_err(|error| DeskError::Internal(format!("the rules could not be asked: {error}")))
    } else {
        Ok(ask())
    }
}

/// The facts of a letter for one mailbox.
fn facts<'a>(arrival: &'a Arrival, share: &'a Share, directory: &'a Directory, known_contact: bool) -> Facts<'a> {
    let reading = &arrival.reading;
    let letter = &reading.letter;
    Facts {
        mailbox_prefix: directory.mailboxes.get(&share.mailbox).map_or("", |mailbox| &mailbox.prefix),
        envelope_from: &arrival.envelope_from,
        envelope_to: share.recipients.first().map_or("", |recipient| recipient.address.as_str()),
        from: letter.from.as_ref().map_or("", |from| &from.address),
        headers: &letter.headers,
        subject: &letter.subject,
        body: &letter.text,
        attachments: &letter.attachments,
        size: reading.size as u64,
        spf: arrival.authentication.spf.result,
        dkim: best_dkim(arrival),
        dmarc: arrival.authentication.dmarc.result,
        arc: arrival.authentication.arc.result,
        arc_sealers: sealers(arrival),
        is_robot: reading.robot.is_some(),
        is_bounce: reading.failure().is_some(),
        known_contact,
        score: u64::try_from(score(&arrival.judged.findings)).unwrap_or(0),
        references: &reading.references,
    }
}

/// `Pass` when any signature passed, else what the first came to.
fn best_dkim(arrival: &Arrival) -> AuthResult {
    let signatures = &arrival.authentication.dkim;
    let passed = signatures.iter().find(|signature| signature.result == AuthResult::Pass);
    passed.or(signatures.first()).map_or(AuthResult::None, |signature| signature.result)
}

/// Who sealed the letter; nobody where the chain is broken, for then anybody may have written the seals.
fn sealers(arrival: &Arrival) -> &[String] {
    let arc = &arrival.authentication.arc;
    if arc.result == AuthResult::Pass { &arc.sealers } else { &[] }
}
