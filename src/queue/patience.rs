//! How long each step of a conversation may take.

use std::time::Duration;

/// The time-outs of RFC 5321 §4.5.3.2; a test may be less patient.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the TCP connection, which the RFC leaves open.
    pub connect: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the greeting (RFC 5321 §4.5.3.2.1) and EHLO.
    pub greeting: Duration,
    /// For MAIL and RCPT each (RFC 5321 §4.5.3.2.2, §4.5.3.2.3), and for AUTH.
    pub command: Duration,
    /// For the reply to DATA (RFC 5321 §4.5.3.2.4).
    pub data: Duration,
    /// For a piece of the letter to be taken (RFC 5321 §4.5.3.2.5).
    pub block: Duration,
    /// For the reply to the end of the letter (RFC 5321 §4.5.3.2.6): too short a time here doubles letters.
    pub end: Duration,
    /// For a polite goodbye; the letter is already taken or refused.
    pub goodbye: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            handshake: Duration::from_secs(60),
            greeting: Duration::from_secs(300),
            command: Duration::from_secs(300),
            data: Duration::from_secs(120),
            block: Duration::from_secs(180),
            end: Duration::from_secs(600),
            goodbye: Duration::from_secs(2),
        }
    }
}
