//! A letter that brings a report about our mail: the report is kept and summed up, and nobody is bothered with it.

use super::arrival::Arrival;
use super::bounds::RECORD;
use super::plan::{Expect, Plan};
use super::reading::Reading;
use crate::desk::codec::encode;
use crate::desk::ticket_state::{set_status, show_message, system_message};
use crate::desk::{Change, Directory, ReceivedReport, Ticket, keys};
use crate::mail::AuthResult;
use crate::mail::report::{self, Report};
use crate::rules::Status;

/// Reads the report that a letter brings, on the blocking pool: it may unpack to some MiB.
pub(super) async fn read(reading: &Reading) -> Option<Report> {
    if !report::may_hold_report(&reading.letter) {
        return None;
    }
    let (letter, source) = (reading.letter.clone(), reading.source.clone());
    // What makes a parser panic is a letter without a report.
    tokio::task::spawn_blocking(move || report::recognise(&letter, &source)).await.ok().flatten()
}

/// Whether a report is about a domain of ours: one itself, one below, or the one above (whose record holds for it).
pub(super) fn concerns_us(report: &Report, directory: &Directory) -> bool {
    let about = report.domain();
    let below = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
    directory.domains().iter().any(|ours| *ours == about || below(ours, about) || below(about, ours))
}

/// Keeps the report of a message, with one line for people on its ticket. The ticket is done with it where the letter is
/// nothing but a report and the rules did not say otherwise.
pub(super) fn add(
    arrival: &Arrival,
    report: &Report,
    (message, note): (u64, u64),
    closes: bool,
    ticket: &mut Ticket,
    plan: &mut Plan,
) {
    let mut kept = ReceivedReport {
        message,
        ticket: ticket.number,
        at: arrival.at,
        from: arrival.from.clone().unwrap_or_default(),
        authenticated: arrival.authentication.dmarc.result == AuthResult::Pass,
        ..ReceivedReport::default()
    };
    let tag = match report {
        Report::Dmarc(report) => {
            kept.dmarc = Some(report.clone());
            "report/dmarc"
        }
        Report::Tls(report) => {
            kept.tls = Some(report.clone());
            "report/tls"
        }
    };
    fit(&mut kept);
    plan.put(keys::received_report(message), encode(&kept), Expect::Anything);
    let line = system_message(note, ticket.number, arrival.at, report.summary(), None);
    // Lists show what it says instead of the letter's empty first line.
    show_message(ticket, &line);
    plan.put(keys::message(ticket.number, note), encode(&line), Expect::Anything);
    plan.put(keys::message_ticket(note), encode(&ticket.number), Expect::Anything);
    plan.change(Change::MessageAdded { ticket: ticket.number, message: note });
    super::apply::add_tags(ticket, &[tag.to_owned()]);
    if closes && (report::is_announced(&arrival.reading.letter) || !arrival.reading.is_from_person) {
        set_status(ticket, Status::Closed, arrival.at);
    }
}

/// Drops what has the fewest letters or connections where the record would be too large.
fn fit(kept: &mut ReceivedReport) {
    while encode(kept).len() > RECORD {
        let dropped = match (&mut kept.dmarc, &mut kept.tls) {
            (Some(report), _) => {
                report.more = true;
                let rows = report.rows.len();
                report.rows.truncate(rows / 2);
                rows > 0
            }
            (None, Some(report)) => {
                let policies = report.policies.len();
                report.policies.truncate(policies / 2);
                policies > 0
            }
            (None, None) => false,
        };
        if !dropped {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Mailbox;
    use crate::mail::report::{DkimEvidence, DmarcReport, DmarcRow};

    #[test]
    fn a_report_concerns_our_domain_and_its_relatives() {
        let mut directory = Directory::default();
        let mailbox = Mailbox { id: 1, addresses: vec!["help@mail.demo.test".to_owned()], ..Mailbox::default() };
        directory.index_mailboxes(vec![mailbox]);
        let about = |domain: &str| {
            let report = DmarcReport { domain: domain.to_owned(), ..DmarcReport::default() };
            concerns_us(&Report::Dmarc(report), &directory)
        };
        assert!(about("mail.demo.test") && about("demo.test") && about("a.mail.demo.test"));
        assert!(!about("other.test") && !about("xmail.demo.test") && !about("mail.demo.test.evil.test"));
    }

    #[test]
    fn the_largest_report_fits_into_a_record() {
        let wide = "ж".repeat(255);
        let evidence = DkimEvidence { domain: wide.clone(), selector: wide.clone(), result: wide.clone() };
        let row =
            DmarcRow { source: wide.clone(), dkim: vec![evidence; 8], overrides: vec![wide; 4], ..DmarcRow::default() };
        let report = DmarcReport { rows: vec![row; 200], ..DmarcReport::default() };
        let mut kept = ReceivedReport { dmarc: Some(report), ..ReceivedReport::default() };
        fit(&mut kept);
        assert!(encode(&kept).len() <= RECORD);
        let report = kept.dmarc.unwrap();
        assert!(report.more && !report.rows.is_empty());
    }
}
