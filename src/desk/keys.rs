//! The typed keys of the desk: one struct each, in the layouts of [`Space`]. `schema/KEYS.md` is the table of all.
//!
//! Ids are big-endian, so that byte order is number order. Strings inside a key end with a NUL, which no string of ours
//! holds (addresses and references are checked), so that a prefix scan stops at the right place.

use crate::store::{Key, Range, Space};

/// Builds one key, part by part.
struct KeyWriter(Key);

impl KeyWriter {
    fn new(space: Space) -> Self {
        Self(vec![space as u8])
    }
    fn id(mut self, id: u64) -> Self {
        self.0.extend_from_slice(&id.to_be_bytes());
        self
    }
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
    fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes().filter(|byte| *byte != 0));
        self.0.push(0);
        self
    }
}

macro_rules! keys {
    ($($(#[doc = $doc:literal])* $name:ident($($part:ident: $kind:tt),*) = $space:ident;)*) => {$(
        $(#[doc = $doc])*
        pub(in crate::desk) fn $name($($part: keys!(@type $kind)),*) -> Key {
            KeyWriter::new(Space::$space)$(.$kind($part))*.0
        }
    )*};
    (@type id) => { u64 };
    (@type bytes) => { &[u8] };
    (@type text) => { &str };
}

keys! {
    /// A mailbox.
    mailbox(mailbox: id) = Mailbox;
    /// An operator.
    operator(operator: id) = Operator;
    /// A group.
    group(group: id) = Group;
    /// A rule.
    rule(rule: id) = Rule;
    /// A table.
    table(name: text) = Table;
    /// A contact.
    contact(contact: id) = Contact;
    /// A DKIM key.
    dkim_key(domain: text, selector: text) = DkimKey;
    /// A ticket.
    ticket(number: id) = Ticket;
    /// An operator's upload.
    upload(operator: id, upload: id) = Upload;
    /// A piece of an upload.
    upload_piece(upload: id, piece: id) = UploadPiece;
    /// A message.
    message(ticket: id, message: id) = Message;
    /// A delivery.
    delivery(delivery: id) = Delivery;
    /// A message's traces.
    trace(message: id) = Trace;
    /// A received report.
    received_report(message: id) = ReceivedReport;
    /// A mailing.
    mailing(mailing: id) = Mailing;
    /// A mailing's recipient.
    mailing_recipient(mailing: id, place: id) = MailingRecipient;
    /// An address that gets no mailings.
    unsubscribed(address: text) = Unsubscribed;
    /// A suppressed address.
    suppression(address: text) = Suppression;
    /// When automatic letters went to an address.
    answers_to(address: text) = AnswersTo;
    /// When automatic letters were written in a ticket.
    answers_in(ticket: id) = AnswersIn;
    /// An automatic letter that is to be written behind a message.
    automatic_due(message: id) = AutomaticDue;
    /// Which ticket a message belongs to.
    message_ticket(message: id) = MessageTicket;
    /// A Message-ID, hashed to 16 bytes.
    message_id(mailbox: id, hash: bytes) = MessageId;
    /// A letter already accepted, hashed to 32 bytes.
    duplicate(mailbox: id, hash: bytes) = Duplicate;
    /// A contact's address.
    contact_address(address: text) = ContactAddress;
    /// A ticket's reference.
    reference(reference: text, ticket: id) = Reference;
    /// A contact's ticket.
    contact_ticket(contact: id, ticket: id) = ContactTicket;
    /// A message's delivery.
    message_delivery(message: id, delivery: id) = MessageDelivery;
    /// A ledger line.
    ledger(at: id, sequence: id) = Ledger;
    /// A ledger line by sender.
    ledger_sender(address: text, at: id, sequence: id) = LedgerSender;
    /// A ledger line by recipient.
    ledger_recipient(address: text, at: id, sequence: id) = LedgerRecipient;
    /// A ledger line by the sender's domain.
    ledger_domain(domain: text, at: id, sequence: id) = LedgerDomain;
    /// A ledger line by Message-ID, hashed to 16 bytes.
    ledger_message_id(hash: bytes, at: id, sequence: id) = LedgerMessageId;
    /// A ledger line by ticket.
    ledger_ticket(ticket: id, at: id, sequence: id) = LedgerTicket;
    /// A ledger line by the peer's address, without its port.
    ledger_peer(address: text, at: id, sequence: id) = LedgerPeer;
    /// A letter in quarantine.
    quarantine(at: id, message: id) = Quarantine;
    /// What is known of a network, sender and recipient, hashed to 32 bytes.
    greylist(hash: bytes) = Greylist;
    /// A delivery by due time.
    queue_due(due: id, delivery: id) = QueueDue;
    /// How often TLS towards a domain was like this on one day. `kinds` is policy and result, a byte each.
    tls_result(day: id, domain: text, kinds: bytes, host: text, address: text) = TlsResult;
    /// A domain's MTA-STS policy.
    sts_policy(domain: text) = StsPolicy;
    /// A delivery that is held.
    held_delivery(delivery: id) = HeldDelivery;
    /// A counter.
    counter(name: text) = Counter;
    /// A session.
    session(hash: bytes) = Session;
    /// An API token.
    api_token(hash: bytes) = ApiToken;
    /// Letters that came alike in a day.
    dmarc_count(day: id, domain: text, row: bytes) = DmarcCount;
    /// A command done under an idempotency key, hashed to 32 bytes.
    done_command(hash: bytes) = DoneCommand;
    /// A secret or setting of the desk.
    desk(name: text) = Desk;
}

/// Every row of a space.
pub(in crate::desk) fn all(space: Space) -> Range {
    Range::prefix(&[space as u8])
}

/// Every message of a ticket, oldest first.
pub(in crate::desk) fn messages_of(ticket: u64) -> Range {
    Range::prefix(&KeyWriter::new(Space::Message).id(ticket).0)
}

/// Every upload of an operator.
pub(in crate::desk) fn uploads_of(operator: u64) -> Range {
    Range::prefix(&KeyWriter::new(Space::Upload).id(operator).0)
}

/// Every piece of an upload, in order.
pub(in crate::desk) fn pieces_of(upload: u64) -> Range {
    Range::prefix(&KeyWriter::new(Space::UploadPiece).id(upload).0)
}

/// The first id of a key that begins with one.
pub(in crate::desk) fn first_id(key: &[u8]) -> Option<u64> {
    key.get(1..)?.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// Every recipient of a mailing, by place.
pub(in crate::desk) fn recipients_of(mailing: u64) -> Range {
    Range::prefix(&KeyWriter::new(Space::MailingRecipient).id(mailing).0)
}

/// Every count of a day for a domain.
pub(in crate::desk) fn dmarc_counts_of(day: u64, domain: &str) -> Range {
    Range::prefix(&KeyWriter::new(Space::DmarcCount).id(day).text(domain).0)
}

/// Day, domain and row of a count's key.
pub(in crate::desk) fn dmarc_count_of(key: &[u8]) -> Option<(u64, &str, &[u8])> {
    let (day, rest) = key.get(1..)?.split_first_chunk::<8>()?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some((u64::from_be_bytes(*day), std::str::from_utf8(&rest[..end]).ok()?, &rest[end + 1..]))
}

/// Every delivery of a message.
pub(in crate::desk) fn deliveries_of(message: u64) -> Range {
    Range::prefix(&KeyWriter::new(Space::MessageDelivery).id(message).0)
}

/// Every TLS result of a day.
pub(in crate::desk) fn tls_results_of(day: u64) -> Range {
    Range::prefix(&KeyWriter::new(Space::TlsResult).id(day).0)
}

/// The last id of a key that ends with one.
pub(in crate::desk) fn last_id(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// The due time of a key in the queue.
pub(in crate::desk) fn due_of(key: &[u8]) -> Option<u64> {
    key.get(1..9)?.try_into().ok().map(u64::from_be_bytes)
}
