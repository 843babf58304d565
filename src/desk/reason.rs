//! Every reason for which a letter, a recipient or a connection is turned away: the one source of the reply's code and
//! text, the metric's label, the ledger's word and the panel's wording. `docs/refusals.md` is generated from it.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $index:literal, $word:literal, $code:literal, $enhanced:literal, $text:literal;)*) => {
        /// Why something was turned away, or `Accepted`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, minicbor::Encode, minicbor::Decode, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum Reason { $($(#[doc = $doc])* #[n($index)] $name,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];
            /// The word in metrics, ledger and API.
            pub const fn word(self) -> &'static str { match self { $(Reason::$name => $word,)* } }
            /// The reply code (RFC 5321 §4.2).
            pub const fn code(self) -> u16 { match self { $(Reason::$name => $code,)* } }
            /// The enhanced status code (RFC 3463).
            pub const fn enhanced(self) -> &'static str { match self { $(Reason::$name => $enhanced,)* } }
            /// The reply's text.
            pub const fn text(self) -> &'static str { match self { $(Reason::$name => $text,)* } }
            /// What it means, for people.
            pub const fn about(self) -> &'static str { match self { $(Reason::$name => concat!($($doc),*),)* } }
        }
    };
}

reasons! {
    /// The letter was taken; its ticket is kept.
    Accepted = 0, "accepted", 250, "2.0.0", "accepted";
    /// The letter had been taken before; the same ticket answers for it.
    Duplicate = 1, "duplicate", 250, "2.0.0", "accepted before";
    /// No mailbox has this address.
    UnknownRecipient = 2, "unknown_recipient", 550, "5.1.1", "No such mailbox here";
    /// The domain is not ours: the desk relays for nobody.
    RelayDenied = 3, "relay_denied", 550, "5.7.1", "Relaying denied";
    /// The recipient's address cannot be read.
    BadRecipient = 4, "bad_recipient", 553, "5.1.3", "Recipient address not valid";
    /// The sender's address cannot be read.
    BadSender = 5, "bad_sender", 553, "5.1.7", "Sender address not valid";
    /// More recipients than one letter may have.
    TooManyRecipients = 6, "too_many_recipients", 452, "4.5.3", "Too many recipients";
    /// The letter is larger than the limit.
    TooLarge = 7, "too_large", 552, "5.3.4", "Message too large";
    /// The letter holds a bare CR or LF: a smuggling attempt or a broken sender.
    BareLineEnd = 8, "bare_line_end", 521, "5.5.2", "Bare CR or LF is not allowed";
    /// A text line is longer than the limit.
    LineTooLong = 9, "line_too_long", 500, "5.5.2", "Line too long";
    /// A rule refused the letter.
    RuleRejected = 10, "rule_rejected", 550, "5.7.1", "Refused by the recipient";
    /// A rule asked the sender to come again.
    RuleDeferred = 11, "rule_deferred", 451, "4.7.1", "Try again later";
    /// The disk is almost full.
    LowDisk = 12, "low_disk", 452, "4.3.1", "Not enough storage";
    /// The store does not take writes now.
    StoreUnavailable = 13, "store_unavailable", 451, "4.3.0", "Try again later";
    /// The letter could not be handled in time.
    Deadline = 14, "deadline", 451, "4.3.0", "Could not be handled in time, try again later";
    /// Too many connections.
    TooManyConnections = 15, "too_many_connections", 421, "4.7.0", "Too many connections, try again later";
    /// Letters in flight use the whole memory budget.
    OutOfMemory = 16, "out_of_memory", 452, "4.3.1", "Too busy, try again later";
    /// The client was silent for too long.
    Timeout = 17, "timeout", 421, "4.4.2", "Timeout, closing connection";
    /// The client went away in the middle of a letter.
    Disconnected = 18, "disconnected", 421, "4.4.2", "Connection lost";
    /// The server is stopping.
    Shutdown = 19, "shutdown", 421, "4.3.2", "Server is stopping, try again later";
    /// Too many errors in one session.
    TooManyErrors = 20, "too_many_errors", 421, "4.7.0", "Too many errors";
    /// Commands were sent before it was allowed to send them.
    Pipelining = 21, "pipelining", 503, "5.5.1", "Improper use of pipelining";
    /// The letter travels in a circle.
    Loop = 22, "loop", 554, "5.4.6", "Too many hops";
    /// The letter holds a NUL octet.
    Nul = 23, "nul", 554, "5.6.0", "NUL is not allowed";
    /// An address has non-ASCII characters, and the client did not ask for SMTPUTF8.
    NeedsSmtpUtf8 = 24, "needs_smtputf8", 553, "5.6.7", "Non-ASCII addresses need SMTPUTF8";
    /// The client began TLS and did not come to an end with it.
    TlsHandshake = 25, "tls_handshake", 454, "4.7.0", "TLS handshake failed";
    /// The letter's header is larger than the limit.
    HeaderTooLarge = 26, "header_too_large", 552, "5.3.4", "Message header too large";
    /// The letter has not exactly one From field with exactly one address, and the configuration says to refuse such letters.
    BadFrom = 27, "bad_from", 554, "5.6.0", "Exactly one From field with one address is needed";
    /// The client asked for REQUIRETLS outside TLS.
    RequireTls = 28, "require_tls", 530, "5.7.10", "REQUIRETLS needs TLS, say STARTTLS first";
    /// A balancer did not begin with a header of the PROXY protocol, as the configuration says it does.
    ProxyHeader = 29, "proxy_header", 421, "4.3.5", "PROXY header expected";
    /// A connection that brought no letter.
    NoLetter = 36, "no_letter", 221, "2.0.0", "Bye";
    /// More connections from there than may come in a time.
    ConnectionRate = 37, "connection_rate", 421, "4.7.0", "Too many connections in a short time, try again later";
    /// More letters of this sender than may come in a time.
    SenderRate = 38, "sender_rate", 450, "4.7.1", "Too many letters of this sender in a short time, try again later";
    /// More letters to this recipient than may come in a time.
    RecipientRate = 39, "recipient_rate", 450, "4.2.1", "Too many letters to this recipient in a short time, try again later";
    /// The client talked before the greeting.
    EarlyTalker = 40, "early_talker", 554, "5.5.1", "Talked before the greeting";
    /// A block list has the client's address.
    BlockListed = 41, "block_listed", 550, "5.7.1", "Your address is on a block list";
    /// Greylisting: the first letter of this sender to this recipient must come again.
    Greylisted = 42, "greylisted", 451, "4.7.1", "First letter from there, try again in a few minutes";
    /// The EHLO or HELO name cannot be right.
    BadHelo = 43, "bad_helo", 550, "5.7.1", "EHLO name not acceptable";
    /// Several findings together are too much.
    Suspicious = 44, "suspicious", 550, "5.7.1", "Refused by policy";
    /// The From domain's DMARC policy rejects the letter (RFC 9989).
    DmarcRejected = 45, "dmarc_rejected", 550, "5.7.26", "Refused by the DMARC policy of the From domain";
    /// The virus scanner found something.
    Virus = 46, "virus", 554, "5.7.0", "A virus was found in the letter";
    /// The content scanner refuses the letter.
    ScannerRejected = 47, "scanner_rejected", 550, "5.7.1", "Refused by the content scanner";
    /// The content scanner asks the sender to come again.
    ScannerDeferred = 48, "scanner_deferred", 451, "4.7.1", "Try again later";
    /// A content scanner does not answer, and letters wait for it.
    ScannerUnavailable = 49, "scanner_unavailable", 451, "4.3.0", "Content scanner not available, try again later";
    /// The letter was taken and is kept apart until an operator releases it.
    Quarantined = 50, "quarantined", 250, "2.0.0", "accepted";
}
