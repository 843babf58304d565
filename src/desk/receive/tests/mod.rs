//! The path of a letter, step by step, over the real directory, rules and memory store.

mod bounces;
mod corpus;
mod duplicates;
mod durable;
mod failures;
mod ledger;
mod mailboxes;
mod mailings;
mod monsters;
mod quarantine;
mod reports;
mod rules;
mod threading;
mod tickets;

use bytes::Bytes;

use super::{Transaction, Verdict};
use crate::desk::commands::NewMailbox;
use crate::desk::testing::{self, TestDesk};
use crate::desk::{Actor, Desk, Directory, DsnRequest, Judged, Message, MessageKind, Resolution, SessionFacts, Ticket};
use crate::mail::{Address, ArcFact, AuthResult, Authentication};

/// A letter as a test writes it.
#[derive(Clone)]
struct Mail {
    from: String,
    mail_from: Option<String>,
    to: Vec<String>,
    subject: String,
    message_id: Option<String>,
    fields: String,
    body: String,
    dmarc: AuthResult,
    arc: ArcFact,
}

/// A letter from someone to help@demo.test.
fn mail(from: &str) -> Mail {
    let address = from.rsplit('<').next().unwrap().trim_end_matches('>');
    Mail {
        from: from.to_owned(),
        mail_from: Some(address.to_owned()),
        to: vec!["help@demo.test".to_owned()],
        subject: "Where is my parcel?".to_owned(),
        message_id: None,
        fields: String::new(),
        body: "Hello, where is it?".to_owned(),
        dmarc: AuthResult::None,
        arc: ArcFact::default(),
    }
}

impl Mail {
    fn to(mut self, to: &[&str]) -> Self {
        self.to = to.iter().map(|to| (*to).to_owned()).collect();
        self
    }
    fn subject(mut self, subject: &str) -> Self {
        self.subject = subject.to_owned();
        self
    }
    fn id(mut self, message_id: &str) -> Self {
        self.message_id = Some(message_id.to_owned());
        self
    }
    fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push_str(&format!("{name}: {value}\r\n"));
        self
    }
    fn answers(self, message_id: &str) -> Self {
        self.field("In-Reply-To", &format!("<{message_id}>"))
    }
    fn refers(self, message_id: &str) -> Self {
        self.field("References", &format!("<{message_id}>"))
    }
    fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }
    fn dmarc(mut self, dmarc: AuthResult) -> Self {
        self.dmarc = dmarc;
        self
    }
    fn arc(mut self, arc: ArcFact) -> Self {
        self.arc = arc;
        self
    }
    fn null_sender(mut self) -> Self {
        self.mail_from = None;
        self
    }

    fn raw(&self) -> String {
        let id = self.message_id.as_ref().map(|id| format!("Message-ID: <{id}>\r\n")).unwrap_or_default();
        format!(
            "From: {}\r\nTo: {}\r\nSubject: {}\r\n{id}{}\r\n{}\r\n",
            self.from,
            self.to.join(", "),
            self.subject,
            self.fields,
            self.body
        )
    }

    fn transaction(&self, desk: &Desk) -> Transaction {
        let mut transaction = transaction(desk, &self.to, self.raw().into_bytes());
        transaction.mail_from = self.mail_from.as_deref().map(|from| Address::parse(from).unwrap());
        transaction.authentication.dmarc.result = self.dmarc;
        transaction.authentication.arc = self.arc.clone();
        transaction
    }
}

/// Any bytes to these addresses.
fn transaction(desk: &Desk, to: &[String], raw: Vec<u8>) -> Transaction {
    let directory = desk.directory();
    let recipient = |to: &String| match directory.resolve(&Address::parse(to).unwrap()) {
        Resolution::Mailbox(recipient) => recipient,
        other => panic!("{to}: {other:?}"),
    };
    Transaction {
        session: SessionFacts {
            id: 7,
            peer: "127.0.0.1:25000".to_owned(),
            helo: "mx.shop.test".to_owned(),
            ..SessionFacts::default()
        },
        mail_from: Some(Address::parse("ivan@shop.test").unwrap()),
        recipients: to.iter().map(recipient).collect(),
        dsn: DsnRequest::default(),
        require_tls: false,
        raw: Bytes::from(raw),
        trace_header: "Return-Path: <ivan@shop.test>\r\n".to_owned(),
        authentication: Authentication::default(),
        judged: Judged::default(),
    }
}

/// A desk with the further mailbox SAM at sam@demo.test.
async fn desk() -> TestDesk {
    let test = testing::desk().await;
    let sam = NewMailbox {
        name: "Sam".to_owned(),
        prefix: "SAM".to_owned(),
        addresses: vec!["sam@demo.test".to_owned()],
        signature: String::new(),
    };
    test.desk.add_mailbox(&Actor::CommandLine, sam).await.unwrap();
    test
}

impl TestDesk {
    async fn rule(&self, json: serde_json::Value) -> u64 {
        let rule = serde_json::from_value(json).unwrap();
        self.desk.add_rule(&self.admin, rule).await.unwrap().value
    }

    async fn verdict(&self, mail: &Mail) -> Verdict {
        self.desk.receive(mail.transaction(&self.desk)).await
    }

    /// The tickets' numbers of a letter that is accepted.
    async fn receive_all(&self, mail: &Mail) -> Vec<u64> {
        numbers(&self.verdict(mail).await)
    }

    /// The ticket's number of a letter to one mailbox.
    async fn receive(&self, mail: &Mail) -> u64 {
        let numbers = self.receive_all(mail).await;
        assert_eq!(numbers.len(), 1);
        numbers[0]
    }

    async fn ticket_of(&self, number: u64) -> Ticket {
        self.desk.ticket(number).await.unwrap().unwrap().0
    }

    async fn messages_of(&self, number: u64) -> Vec<Message> {
        self.desk.messages(number).await.unwrap()
    }

    /// The last letter that came into a ticket.
    async fn last_letter(&self, number: u64) -> Message {
        let mut messages = self.messages_of(number).await;
        messages.retain(|message| message.kind == MessageKind::Inbound);
        messages.pop().unwrap()
    }
}

fn numbers(verdict: &Verdict) -> Vec<u64> {
    match verdict {
        Verdict::Accepted { tickets } => tickets.iter().map(|shown| Directory::parse_number(shown).unwrap()).collect(),
        Verdict::Refused { .. } => panic!("{verdict:?}"),
    }
}
