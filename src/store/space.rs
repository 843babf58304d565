//! The catalogue of key spaces: the first byte of every key, and the column family that holds it.
//!
//! `schema/KEYS.md` is generated from this table. A space byte is never reused for another meaning.

/// A column family, chosen by access profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Records that are read by id and rewritten.
    State,
    /// Small rows found by prefix.
    Index,
    /// The ordered log.
    Feed,
    /// Rows keyed by due time and deleted soon.
    Queue,
    /// Raw letters and attachments.
    Blob,
    /// Counters, tokens, sessions, positions.
    Misc,
}

macro_rules! spaces {
    ($($(#[doc = $doc:literal])* $name:ident = $byte:literal, $family:ident, $layout:literal;)*) => {
        /// The first byte of a key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Space { $($(#[doc = $doc])* $name = $byte,)* }

        impl Space {
            /// Every space, in byte order.
            pub const ALL: &'static [Space] = &[$(Space::$name,)*];

            /// The family that holds the space.
            pub const fn family(self) -> Family {
                match self { $(Space::$name => Family::$family,)* }
            }

            /// What stands behind the space byte.
            pub const fn layout(self) -> &'static str {
                match self { $(Space::$name => $layout,)* }
            }

            /// One line on what the space holds.
            pub const fn about(self) -> &'static str {
                match self { $(Space::$name => concat!($($doc),*),)* }
            }

            /// Its name in the code and in `schema/KEYS.md`.
            pub const fn name(self) -> &'static str {
                match self { $(Space::$name => stringify!($name),)* }
            }

            /// The space that a key's first byte names.
            pub const fn from_byte(byte: u8) -> Option<Space> {
                match byte { $($byte => Some(Space::$name),)* _ => None }
            }
        }
    };
}

impl Space {
    /// Whether only the store itself reads and writes the space: others use the methods made for it.
    pub const fn belongs_to_store(self) -> bool {
        matches!(self, Self::Feed | Self::Blob | Self::Token | Self::Meta)
    }
}

spaces! {
    /// A mailbox.
    Mailbox = 0x01, State, "id u64";
    /// An operator.
    Operator = 0x02, State, "id u64";
    /// A group.
    Group = 0x03, State, "id u64";
    /// A rule.
    Rule = 0x04, State, "id u64";
    /// A look-up table.
    Table = 0x05, State, "name str";
    /// A contact.
    Contact = 0x06, State, "id u64";
    /// What is known of a DKIM key but its private part.
    DkimKey = 0x07, State, "domain str, selector str";
    /// A ticket.
    Ticket = 0x10, State, "number u64";
    /// A message of a ticket.
    Message = 0x11, State, "ticket u64, message u64";
    /// The delivery state of an outbound message for one recipient.
    Delivery = 0x12, State, "delivery u64";
    /// The traces of the rules that were evaluated for a message.
    Trace = 0x13, State, "message u64";
    /// A report about our mail (DMARC, TLS) that a message brought.
    ReceivedReport = 0x14, State, "message u64";
    /// A file that an operator uploaded, to be attached to an answer.
    Upload = 0x15, State, "operator u64, upload u64";
    /// A mailing.
    Mailing = 0x16, State, "id u64";
    /// A recipient of a mailing.
    MailingRecipient = 0x17, State, "mailing u64, place u64";
    /// An address that gets no automatic mail.
    Suppression = 0x18, State, "address str";
    /// When automatic letters went to an address.
    AnswersTo = 0x19, State, "address str";
    /// When automatic letters were written in a ticket.
    AnswersIn = 0x1a, State, "ticket u64";
    /// An automatic letter that is to be written behind a message.
    AutomaticDue = 0x1b, State, "message u64";

    /// Which ticket a message belongs to.
    MessageTicket = 0x20, Index, "message u64";
    /// Every Message-ID seen or merely referenced, per mailbox.
    MessageId = 0x21, Index, "mailbox u64, hash 16 bytes";
    /// Letters already accepted, per mailbox: recognises a sender's retry.
    Duplicate = 0x22, Index, "mailbox u64, hash 32 bytes";
    /// A contact by e-mail address.
    ContactAddress = 0x23, Index, "address str";
    /// Tickets by normalised reference.
    Reference = 0x24, Index, "reference str, ticket u64";
    /// Tickets of a contact.
    ContactTicket = 0x25, Index, "contact u64, ticket u64";
    /// Deliveries of an outbound message.
    MessageDelivery = 0x26, Index, "message u64, delivery u64";

    /// A line of the ledger.
    Ledger = 0x28, Index, "time ms u64, sequence u64";
    /// Ledger lines by sender.
    LedgerSender = 0x29, Index, "address str, time ms u64, sequence u64";
    /// Ledger lines by recipient.
    LedgerRecipient = 0x2a, Index, "address str, time ms u64, sequence u64";
    /// Ledger lines by the sender's domain.
    LedgerDomain = 0x2b, Index, "domain str, time ms u64, sequence u64";
    /// Ledger lines by Message-ID.
    LedgerMessageId = 0x2c, Index, "hash 16 bytes, time ms u64, sequence u64";
    /// Ledger lines by ticket.
    LedgerTicket = 0x2d, Index, "ticket u64, time ms u64, sequence u64";

    /// Deliveries that are held.
    HeldDelivery = 0x2e, Index, "delivery u64";
    /// An address that gets no mailings. The row is a record like a suppression's.
    Unsubscribed = 0x2f, Index, "address str";

    /// The feed.
    Feed = 0x30, Feed, "position u64";

    /// Deliveries by due time.
    QueueDue = 0x40, Queue, "due ms u64, delivery u64";
    /// How often TLS towards a domain was like this on one day: a counter.
    TlsResult = 0x43, Queue, "day u64, domain str, policy u8, result u8, host str, address str";

    /// A blob by the hash of its content.
    Blob = 0x50, Blob, "blake3 32 bytes";

    /// A counter from which numbers are leased in blocks.
    Counter = 0x60, Misc, "name str";
    /// A batch's idempotency token.
    Token = 0x61, Misc, "token bytes";
    /// An operator's session by the hash of its secret.
    Session = 0x62, Misc, "hash 32 bytes";
    /// An API token by the hash of its secret.
    ApiToken = 0x63, Misc, "hash 32 bytes";
    /// The desk's own secrets and settings made at first start.
    Desk = 0x64, Misc, "name str";
    /// Commands already done, by the hash of the caller's idempotency key.
    DoneCommand = 0x65, Misc, "hash 32 bytes";
    /// MTA-STS policies of other domains.
    StsPolicy = 0x66, Misc, "domain str";
    /// A piece of an upload.
    UploadPiece = 0x67, Blob, "upload u64, piece u64";
    /// How many letters of one kind came in a day: what DMARC reports are made of. The row is a record.
    DmarcCount = 0x68, Misc, "day u64, domain str, row bytes";
    /// The store's own positions and schema version.
    Meta = 0x6f, Misc, "name str";

    /// Greylisting: a network, sender and recipient that came together.
    Greylist = 0x70, Misc, "hash 32 bytes";
    /// Ledger lines by the peer's address.
    LedgerPeer = 0x71, Misc, "address str, time ms u64, sequence u64";
    /// Letters that are kept apart until they are released.
    Quarantine = 0x72, Misc, "time ms u64, message u64";
}
