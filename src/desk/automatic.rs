//! The gate that every automatic letter must pass (RFC 3834 §2): answers of rules, and our own reports.
//!
//! Promises: pure; deny by default. No machine is answered, nobody who did not write, no list, no address of our own, none that
//! bounced or complained, no sender who is not proven; and never more than the budget, however well the other side hides that it is a machine.
//! Leaves to others: what is answered, and that the times of answers are stored in the same commit as the answer.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::Automatic;
use crate::desk::{Authenticity, AutomaticKind};

/// Milliseconds of an hour.
const HOUR_MS: u64 = 60 * 60 * 1000;

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::desk) enum Permission {
    /// An automatic letter may go.
    Allowed,
    /// None may.
    HeldBack(HeldBack),
}

/// Why no automatic letter goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum HeldBack {
    /// The letter came from the null sender: it is itself an automatic answer or a report (RFC 3834 §2).
    #[default]
    #[n(0)]
    NullSender,
    /// A machine or a list wrote it, or it asks for no automatic answers.
    #[n(1)]
    Robot,
    /// It reports what became of a letter.
    #[n(2)]
    Report,
    /// The sender's address is of our own domains.
    #[n(3)]
    OwnAddress,
    /// The sender's address cannot be written to.
    #[n(4)]
    BadAddress,
    /// The sender's address bounced or complained.
    #[n(5)]
    Suppressed,
    /// Nothing proves that the letter is the sender's: an answer would go to a stranger.
    #[n(6)]
    Unproven,
    /// The sender answers quicker than people do.
    #[n(7)]
    PingPong,
    /// The sender has had as many automatic letters as one address may have.
    #[n(8)]
    AddressBudget,
    /// The ticket has had as many automatic letters as one may have.
    #[n(9)]
    TicketBudget,
    /// The mailbox has no address to send from.
    #[n(10)]
    NoSender,
}

/// What the gate looks at.
#[derive(Clone, Debug, Default)]
pub(in crate::desk) struct Asked<'a> {
    /// What is to be written. A report that the sender himself asked for may go to machines too, and costs nothing of the budgets: it
    /// goes from the null sender, once for each letter.
    pub kind: AutomaticKind,
    /// The envelope sender as key; empty for the null sender.
    pub envelope_from: &'a str,
    /// The address can be written to.
    pub is_address: bool,
    /// The mailbox can send.
    pub has_sender: bool,
    /// It is of our domains.
    pub is_ours: bool,
    /// The sign by which a machine wrote the letter.
    pub robot: Option<&'a str>,
    /// The letter is a report.
    pub is_report: bool,
    /// The address is suppressed.
    pub is_suppressed: bool,
    /// What proves the sender.
    pub authenticity: Authenticity,
    /// When the address was answered before, Unix milliseconds.
    pub to_address: &'a [u64],
    /// When the ticket had automatic letters before, Unix milliseconds.
    pub in_ticket: &'a [u64],
    /// Now, Unix milliseconds.
    pub now: u64,
}

/// Whether an automatic letter may go to who wrote this one.
pub(in crate::desk) fn may_answer(limits: &Automatic, asked: &Asked<'_>) -> Permission {
    let since = asked.now.saturating_sub(u64::from(limits.window_hours).saturating_mul(HOUR_MS));
    let spent = |times: &[u64], budget: u32| {
        times.iter().filter(|at| **at > since).count() >= usize::try_from(budget).unwrap_or(usize::MAX)
    };
    let quick = u64::from(limits.ping_pong_seconds).saturating_mul(1000);
    let is_quick = |at: &u64| asked.now.saturating_sub(*at) < quick;
    let is_answer = asked.kind == AutomaticKind::AutoReply;
    let held_back = if asked.envelope_from.is_empty() {
        HeldBack::NullSender
    } else if is_answer && asked.is_report {
        HeldBack::Report
    } else if is_answer && (asked.robot.is_some() || crate::mail::robot::is_machine(asked.envelope_from)) {
        HeldBack::Robot
    } else if !asked.is_address {
        HeldBack::BadAddress
    } else if !asked.has_sender {
        HeldBack::NoSender
    } else if asked.is_ours {
        HeldBack::OwnAddress
    } else if asked.is_suppressed {
        HeldBack::Suppressed
    } else if limits.only_proven && asked.authenticity != Authenticity::Proven
        || asked.authenticity == Authenticity::Forged
    {
        HeldBack::Unproven
    } else if !is_answer {
        return Permission::Allowed;
    } else if asked.to_address.iter().chain(asked.in_ticket).any(is_quick) {
        HeldBack::PingPong
    } else if spent(asked.to_address, limits.per_address) {
        HeldBack::AddressBudget
    } else if spent(asked.in_ticket, limits.per_ticket) {
        HeldBack::TicketBudget
    } else {
        return Permission::Allowed;
    };
    Permission::HeldBack(held_back)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: u64 = 1_000 * HOUR_MS;

    fn person() -> Asked<'static> {
        Asked {
            envelope_from: "ivan@shop.test",
            is_address: true,
            has_sender: true,
            authenticity: Authenticity::Proven,
            now: NOW,
            ..Asked::default()
        }
    }

    #[test]
    fn a_proven_person_is_answered() {
        assert_eq!(may_answer(&Automatic::default(), &person()), Permission::Allowed);
    }

    #[rstest]
    #[case(Asked { envelope_from: "", ..person() }, HeldBack::NullSender)]
    #[case(Asked { robot: Some("Auto-Submitted: auto-replied"), ..person() }, HeldBack::Robot)]
    #[case(Asked { envelope_from: "owner-list@shop.test", ..person() }, HeldBack::Robot)]
    #[case(Asked { envelope_from: "list-request@shop.test", ..person() }, HeldBack::Robot)]
    #[case(Asked { envelope_from: "mailer-daemon@shop.test", ..person() }, HeldBack::Robot)]
    #[case(Asked { is_report: true, ..person() }, HeldBack::Report)]
    #[case(Asked { is_ours: true, ..person() }, HeldBack::OwnAddress)]
    #[case(Asked { is_address: false, ..person() }, HeldBack::BadAddress)]
    #[case(Asked { has_sender: false, ..person() }, HeldBack::NoSender)]
    #[case(Asked { is_suppressed: true, ..person() }, HeldBack::Suppressed)]
    #[case(Asked { authenticity: Authenticity::Unknown, ..person() }, HeldBack::Unproven)]
    #[case(Asked { to_address: &[NOW - 1_000], ..person() }, HeldBack::PingPong)]
    #[case(Asked { in_ticket: &[NOW - 1_000], ..person() }, HeldBack::PingPong)]
    #[case(Asked { to_address: &[NOW - HOUR_MS, NOW - 2 * HOUR_MS, NOW - 3 * HOUR_MS], ..person() }, HeldBack::AddressBudget)]
    #[case(Asked { in_ticket: &[NOW - HOUR_MS, NOW - 2 * HOUR_MS], ..person() }, HeldBack::TicketBudget)]
    fn everybody_else_is_not(#[case] asked: Asked<'static>, #[case] why: HeldBack) {
        assert_eq!(may_answer(&Automatic::default(), &asked), Permission::HeldBack(why));
    }

    #[rstest]
    #[case(Asked { robot: Some("List-Id: x"), in_ticket: &[NOW; 9], to_address: &[NOW; 9], ..person() }, Permission::Allowed)]
    #[case(Asked { envelope_from: "", ..person() }, Permission::HeldBack(HeldBack::NullSender))]
    #[case(Asked { authenticity: Authenticity::Unknown, ..person() }, Permission::HeldBack(HeldBack::Unproven))]
    #[case(Asked { is_suppressed: true, ..person() }, Permission::HeldBack(HeldBack::Suppressed))]
    fn a_report_that_was_asked_for_goes_to_proven_senders(#[case] asked: Asked<'static>, #[case] expected: Permission) {
        let asked = Asked { kind: AutomaticKind::DeliveryReport, ..asked };
        assert_eq!(may_answer(&Automatic::default(), &asked), expected);
    }

    #[test]
    fn what_was_long_ago_is_forgiven_and_the_forged_never() {
        let long_ago = [NOW - 25 * HOUR_MS; 9];
        let asked = Asked { to_address: &long_ago, in_ticket: &long_ago, ..person() };
        assert_eq!(may_answer(&Automatic::default(), &asked), Permission::Allowed);
        let trusting = Automatic { only_proven: false, ..Automatic::default() };
        let unknown = Asked { authenticity: Authenticity::Unknown, ..person() };
        assert_eq!(may_answer(&trusting, &unknown), Permission::Allowed);
        let forged = Asked { authenticity: Authenticity::Forged, ..person() };
        assert_eq!(may_answer(&trusting, &forged), Permission::HeldBack(HeldBack::Unproven));
    }
}
