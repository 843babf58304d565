//! A message as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::queries::MessageView;
use crate::desk::{
    Attempt, AutomaticKind, Delivery, DeliveryReport, DeliveryState, Directory, HeldBack, MessageKind, SessionFacts,
    ThreadStep,
};
use crate::http::quarantine::QuarantineFact;
use crate::http::tickets::{Name, operator_name};
use crate::http::time::Time;
use crate::mail::bounce::Action;
use crate::mail::{Attachment, Authentication, Correspondent, NeedsEyes};
use crate::rules::Trace;

/// A message of a ticket: a letter in, a letter out, a note, or mxdesk's own record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Message)]
pub(in crate::http) struct MessageItem {
    /// Unique in the whole desk; rises with time.
    pub id: u64,
    /// Its ticket's number.
    pub ticket: u64,
    /// What it is.
    pub kind: MessageKind,
    /// When it was received or written.
    pub at: Time,
    /// From.
    #[schema(required = true)]
    pub from: Option<Correspondent>,
    /// Which operator wrote it; null for customers, rules and mxdesk itself.
    #[schema(required = true)]
    pub author: Option<Name>,
    /// To.
    pub to: Vec<Correspondent>,
    /// Copies.
    pub cc: Vec<Correspondent>,
    /// Its own subject.
    pub subject: String,
    /// Message-ID without brackets.
    #[schema(required = true)]
    pub message_id: Option<String>,
    /// What is new in it.
    pub text: String,
    /// The quoted history.
    pub quoted: String,
    /// `text` or `quoted` was cut: `/messages/{id}/text` has the whole.
    pub truncated: bool,
    /// `/messages/{id}/html` shows it as its sender laid it out.
    pub has_html: bool,
    /// What is attached or embedded.
    pub attachments: Vec<Attachment>,
    /// Outbound: the uploads that the attachments were made of, in order: for a while, their operator can attach them again.
    pub uploads: Vec<u64>,
    /// Octets of the source; 0 for notes.
    pub size: u64,
    /// Inbound: who was proven to have sent it.
    #[schema(required = true)]
    pub authentication: Option<Authentication>,
    /// Inbound: how it came.
    #[schema(required = true)]
    pub session: Option<SessionFacts>,
    /// Inbound: which step of threading found the ticket.
    #[schema(required = true)]
    pub thread_step: Option<ThreadStep>,
    /// Inbound: what threading saw, in words.
    pub thread_why: String,
    /// Inbound: the sign by which a machine wrote it.
    #[schema(required = true)]
    pub robot: Option<String>,
    /// Inbound: it reports a failed delivery.
    pub bounce: bool,
    /// Inbound: what a person must look at.
    #[schema(required = true)]
    pub needs_eyes: Option<NeedsEyes>,
    /// The rules that were evaluated for it.
    pub trace: Vec<Trace>,
    /// Outbound: what became of it, per recipient.
    pub delivery: Vec<DeliveryItem>,
    /// Outbound: for how many milliseconds more it can be taken back, counted from this answer; null when it cannot.
    #[schema(required = true)]
    pub recallable_ms: Option<u64>,
    /// Outbound: no person wrote it; what kind of automatic letter it is.
    #[schema(required = true)]
    pub automatic: Option<AutomaticKind>,
    /// Inbound: why no automatic letter answers it, where one was wished for.
    #[schema(required = true)]
    pub held_back: Option<HeldBack>,
    /// Outbound: it was taken back before it left.
    #[schema(required = true)]
    pub recalled: Option<RecalledItem>,
    /// Inbound: the envelope sender; empty for the null sender.
    pub envelope_from: String,
    /// Inbound: the recipients that reached this mailbox.
    pub envelope_to: Vec<String>,
    /// Inbound: why it is (or was) kept apart.
    #[schema(required = true)]
    pub quarantine: Option<QuarantineFact>,
    /// Inbound: nobody has written from its From address before.
    pub first_time: bool,
    /// Inbound: it came with REQUIRETLS (RFC 8689). Outbound: it leaves only to servers that keep it within verified TLS.
    pub require_tls: bool,
}

/// Who took a reply back, and when.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Recalled)]
pub(in crate::http) struct RecalledItem {
    /// When.
    pub at: Time,
    /// Who; null for the command line.
    #[schema(required = true)]
    pub by: Option<Name>,
}

/// What became of an outbound message for one recipient.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(in crate::http) struct DeliveryItem {
    /// The id.
    pub id: u64,
    /// The recipient.
    pub recipient: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// When the next attempt is due; null where none is.
    #[schema(required = true)]
    pub next_attempt_at: Option<Time>,
    /// The last attempts, oldest first.
    pub attempts: Vec<AttemptItem>,
    /// What servers further on reported of it, oldest first.
    pub reports: Vec<ReportItem>,
}

/// A report of a server further on (RFC 3464).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = DeliveryReport)]
pub(in crate::http) struct ReportItem {
    /// When it came.
    pub at: Time,
    /// What it says.
    pub action: Action,
    /// The enhanced status code.
    #[schema(required = true)]
    pub status: Option<String>,
    /// The server whose words they are.
    pub server: String,
    /// The words.
    pub text: String,
    /// The message that is the report.
    pub message: u64,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(in crate::http) struct AttemptItem {
    /// When.
    pub at: Time,
    /// The server's name.
    pub server: String,
    /// `ip:port`, where a connection was tried.
    #[schema(required = true)]
    pub address: Option<String>,
    /// `TLSv1.3`; null for clear text.
    #[schema(required = true)]
    pub tls: Option<String>,
    /// The reply code; null when there was no reply.
    #[schema(required = true)]
    pub code: Option<u16>,
    /// The remote server's own words, or ours when there was no reply.
    pub text: String,
    /// Milliseconds from connect to the last reply.
    pub took_ms: u64,
    /// Milliseconds from the beginning until the server had greeted us; 0 on a connection that was open already.
    #[schema(required = true)]
    pub connected_ms: Option<u64>,
    /// Milliseconds from the beginning to the reply to MAIL.
    #[schema(required = true)]
    pub mail_ms: Option<u64>,
    /// Milliseconds from the beginning to the reply to DATA, or to the first of several chunks.
    #[schema(required = true)]
    pub data_ms: Option<u64>,
    /// Milliseconds from the beginning to the reply to the end of the letter.
    #[schema(required = true)]
    pub end_ms: Option<u64>,
    /// What was demanded of TLS: `opportunistic`, `required`, `implicit`, `never`, `dane`, `mta-sts`; with `requiretls` where
    /// the letter demanded it too.
    #[schema(required = true)]
    pub tls_policy: Option<String>,
    /// The verdict on the server's certificate: `verified`, or why it is not; null in clear text.
    #[schema(required = true)]
    pub certificate: Option<String>,
    /// Recipients of the same transaction, this one included.
    #[schema(required = true)]
    pub recipients: Option<u32>,
    /// In how many chunks the letter went (BDAT); null where it went by DATA, or did not go.
    #[schema(required = true)]
    pub chunks: Option<u32>,
}

impl MessageItem {
    /// A message with the names that its ids have now.
    pub(in crate::http) fn of(view: MessageView, directory: &Directory) -> Self {
        let MessageView { message, traces, deliveries, recallable_ms } = view;
        Self {
            id: message.id,
            ticket: message.ticket,
            kind: message.kind,
            at: Time(message.at),
            from: message.from,
            author: message.author.map(|id| operator_name(directory, id)),
            to: message.to,
            cc: message.cc,
            subject: message.subject,
            message_id: message.message_id,
            text: message.text,
            quoted: message.quoted,
            truncated: message.truncated,
            has_html: message.has_html,
            attachments: message.attachments,
            uploads: message.uploads,
            size: message.size,
            authentication: message.authentication,
            session: message.session,
            thread_step: message.thread_step,
            thread_why: message.thread_why,
            robot: message.robot,
            bounce: message.bounce,
            needs_eyes: message.needs_eyes,
            trace: traces,
            delivery: deliveries.into_iter().map(DeliveryItem::of).collect(),
            recallable_ms,
            automatic: message.automatic,
            held_back: message.held_back,
            recalled: message.recalled.map(|recalled| RecalledItem {
                at: Time(recalled.at),
                by: recalled.by.map(|id| operator_name(directory, id)),
            }),
            envelope_from: message.envelope_from,
            envelope_to: message.envelope_to,
            quarantine: message.quarantine.map(|fact| QuarantineFact::of(fact, directory)),
            first_time: message.first_time,
            require_tls: message.require_tls,
        }
    }
}

impl DeliveryItem {
    pub(in crate::http) fn of(delivery: Delivery) -> Self {
        let waits = delivery.is_waiting();
        Self {
            id: delivery.id,
            recipient: delivery.recipient,
            state: delivery.state,
            next_attempt_at: waits.then_some(Time(delivery.due_at)),
            attempts: delivery.attempts.into_iter().map(AttemptItem::of).collect(),
            reports: delivery.reports.into_iter().map(ReportItem::of).collect(),
        }
    }
}

impl ReportItem {
    fn of(report: DeliveryReport) -> Self {
        Self {
            at: Time(report.at),
            action: report.action,
            status: report.status,
            server: report.server,
            text: report.text,
            message: report.message,
        }
    }
}

impl AttemptItem {
    fn of(attempt: Attempt) -> Self {
        Self {
            at: Time(attempt.at),
            server: attempt.server,
            address: attempt.address,
            tls: attempt.tls,
            code: attempt.code,
            text: attempt.text,
            took_ms: attempt.took_ms,
            connected_ms: attempt.connected_ms,
            mail_ms: attempt.mail_ms,
            data_ms: attempt.data_ms,
            end_ms: attempt.end_ms,
            tls_policy: attempt.tls_policy,
            certificate: attempt.certificate,
            recipients: attempt.recipients,
            chunks: attempt.chunks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_has_a_next_attempt() {
        let next = |state| DeliveryItem::of(Delivery { state, due_at: 5, ..Delivery::default() }).next_attempt_at;
        assert_eq!(next(DeliveryState::Queued), Some(Time(5)));
        assert_eq!(next(DeliveryState::Deferred), Some(Time(5)));
        assert_eq!(next(DeliveryState::Delivered), None);
        assert_eq!(next(DeliveryState::Failed), None);
    }
}
