//! What can be asked over the control socket, and how it is carried out.

use serde::{Deserialize, Serialize};

use super::{mailing, queue, suppression};
use crate::desk::commands::{NewMailbox, NewMailing, NewOperator, QueueOrder};
use crate::desk::queries::LedgerQuery;
use crate::desk::{Actor, DeliveryState, Desk, DeskError, LedgerLine, PublicKey, Role};
use crate::rules::Rule;

/// One sub-command's wish. (`Debug` is not derived: a password may be inside.)
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum Request {
    /// Add a mailbox.
    MailboxAdd { name: String, prefix: String, addresses: Vec<String>, signature: String },
    /// Add an operator.
    OperatorAdd { email: String, name: String, role: Role, password: String },
    /// Make an API token.
    TokenCreate { operator: String, name: String },
    /// Add a rule.
    RuleAdd { rule: Rule },
    /// Read the ledger.
    Ledger(Box<LedgerRequest>),
    /// A domain's DKIM keys, without the private part.
    DkimKeys { domain: String },
    /// Make a domain's next DKIM keys.
    DkimRotate { domain: String },
    /// Take a domain's pending DKIM keys into use.
    DkimActivate { domain: String },
    /// Remove a DKIM key that was retired so many days ago.
    DkimRemove { domain: String, selector: String, kept_days: u32 },
    /// Read the outbound queue.
    QueueList { state: Option<DeliveryState>, domain: Option<String>, limit: usize },
    /// Do something to deliveries: those named, or all that fit where none is named.
    QueueOrder { order: QueueOrder, ids: Vec<u64>, domain: Option<String> },
    /// List suppressed addresses.
    SuppressionList,
    /// Suppress an address.
    SuppressionAdd { address: String, detail: String, days: Option<u32> },
    /// Take an address off the list.
    SuppressionRemove { address: String },
    /// Order a mailing.
    MailingSend { mailbox: String, subject: String, text: String, tag: String, to: Vec<String> },
    /// What became of a mailing.
    MailingShow { id: u64 },
    /// Recall a mailing.
    MailingRecall { id: u64 },
    /// The mailboxes' domains.
    Domains,
    /// The prefixes of a domain's mailboxes.
    MailboxesIn { domain: String },
}

/// Which lines of the ledger.
#[derive(Serialize, Deserialize)]
pub(in crate::cli) struct LedgerRequest {
    pub sender: Option<String>,
    pub recipient: Option<String>,
    pub domain: Option<String>,
    pub message_id: Option<String>,
    pub ticket: Option<u64>,
    pub peer: Option<std::net::IpAddr>,
    pub since: Option<u64>,
    pub until: Option<u64>,
    pub limit: usize,
}

/// What comes back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum Reply {
    /// Done; the lines to print.
    Lines(Vec<String>),
    /// DKIM keys.
    Keys(Vec<PublicKey>),
    /// Not done, and why.
    Failed(String),
}

impl Request {
    /// Carries the wish out.
    pub(super) async fn run(self, desk: &Desk) -> Reply {
        match self.attempt(desk).await {
            Ok(reply) => reply,
            Err(error) => Reply::Failed(error.to_string()),
        }
    }

    async fn attempt(self, desk: &Desk) -> Result<Reply, DeskError> {
        let actor = Actor::CommandLine;
        let lines = match self {
            Request::MailboxAdd { name, prefix, addresses, signature } => {
                let mailbox = NewMailbox { name, prefix: prefix.clone(), addresses, signature };
                let id = desk.add_mailbox(&actor, mailbox).await?.value;
                vec![format!("mailbox {prefix} added with id {id}")]
            }
            Request::OperatorAdd { email, name, role, password } => {
                let operator = NewOperator { email: email.clone(), name, role, password };
                let id = desk.add_operator(&actor, operator).await?.value;
                vec![format!("operator {email} added with id {id}")]
            }
            Request::TokenCreate { operator, name } => {
                vec![desk.create_token(&actor, &operator, &name).await?.value.0]
            }
            Request::RuleAdd { rule } => {
                let name = rule.name.clone();
                let id = desk.add_rule(&actor, rule).await?.value;
                vec![format!("rule \"{name}\" added with id {id}")]
            }
            Request::Ledger(asked) => {
                let LedgerRequest { sender, recipient, domain, message_id, ticket, peer, since, until, limit } = *asked;
                let cursor = None;
                let query =
                    LedgerQuery { sender, recipient, domain, message_id, ticket, peer, since, until, limit, cursor };
                let (found, _) = desk.ledger(&actor, &query).await?;
                found.iter().map(ledger_line).collect()
            }
            Request::DkimRotate { domain } => return Ok(Reply::Keys(desk.rotate_dkim(&actor, &domain).await?)),
            Request::DkimActivate { domain } => return Ok(Reply::Keys(desk.activate_dkim(&actor, &domain).await?)),
            Request::DkimRemove { domain, selector, kept_days } => {
                return Ok(Reply::Keys(desk.remove_dkim_key(&actor, &domain, &selector, kept_days).await?));
            }
            Request::DkimKeys { domain } => return Ok(Reply::Keys(desk.dkim_keys(&domain))),
            Request::QueueList { state, domain, limit } => queue::list(desk, state, domain, limit).await?,
            Request::QueueOrder { order, ids, domain } => queue::order(desk, order, ids, domain).await?,
            Request::SuppressionList => suppression::list(desk).await?,
            Request::SuppressionAdd { address, detail, days } => {
                let found = desk.suppress(&actor, &address, &detail, days).await?.value;
                vec![suppression::line(&found)]
            }
            Request::SuppressionRemove { address } => {
                desk.unsuppress(&actor, &address).await?;
                vec![format!("{address} is not suppressed any more")]
            }
            Request::MailingSend { mailbox, subject, text, tag, to } => {
                let new = NewMailing { mailbox, subject, text, tag, to, idempotency_key: None };
                mailing::show(desk, desk.order_mailing(&actor, new).await?.value).await?
            }
            Request::MailingShow { id } => mailing::show(desk, id).await?,
            Request::MailingRecall { id } => {
                desk.recall_mailing(&actor, id).await?;
                mailing::show(desk, id).await?
            }
            Request::MailboxesIn { domain } => desk.directory().mailboxes_in(&domain),
            Request::Domains => desk.directory().domains().into_iter().map(str::to_owned).collect(),
        };
        Ok(Reply::Lines(lines))
    }
}

/// A ledger line as people read it.
fn ledger_line(line: &LedgerLine) -> String {
    let at = time(line.at);
    let ticket = line.ticket.map(|number| format!(" ticket {number}")).unwrap_or_default();
    let rule = line.rule.map(|rule| format!(" rule {rule}")).unwrap_or_default();
    let score = if line.findings.is_empty() { String::new() } else { format!(" score {}", line.score) };
    let findings: String =
        line.findings.iter().map(|finding| format!(" [{:+} {}]", finding.points, finding.detail)).collect();
    let count = line.count.map(|count| format!(" and {count} connections like it")).unwrap_or_default();
    let tls = line.tls.as_deref().map(|tls| format!(" {tls}")).unwrap_or_default();
    format!(
        "{at} {peer}{tls} <{sender}> -> <{recipient}> {reason}{ticket}{rule}{score}: {reply}{findings}{count}",
        peer = line.peer,
        sender = line.sender,
        recipient = line.recipient,
        reason = line.reason.word(),
        reply = line.reply.trim_end(),
    )
}

/// Unix milliseconds as people read them.
pub(super) fn time(ms: u64) -> String {
    let at = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}
