//! One mail transaction for one recipient (RFC 5321 §3.3), command by command, so that every reply is known.

use std::time::Duration;

use mail_send::SmtpClient;
use smtp_proto::Response;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Offer;
use crate::mail::Address;

/// Time for MAIL and RCPT (RFC 5321 §4.5.3.2.2, §4.5.3.2.3).
const COMMAND: Duration = Duration::from_secs(300);

/// Time for the reply to DATA (RFC 5321 §4.5.3.2.4).
const DATA: Duration = Duration::from_secs(120);

/// Time from the first octet of the letter to the reply to its end (RFC 5321 §4.5.3.2.5 and §4.5.3.2.6).
const LETTER: Duration = Duration::from_secs(600);

/// How a transaction ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The server replied: a 2xx to the end of the letter, or a 4xx or 5xx on the way.
    Replied(Response<String>),
    /// The server cannot take this address at all (no SMTPUTF8, RFC 6531 §3.2).
    Unfit(&'static str),
    /// The conversation broke.
    Broken(String),
}

/// Sends one letter. `letter` has CRLF line ends only.
pub(super) async fn send<T: AsyncRead + AsyncWrite + Unpin>(
    client: &mut SmtpClient<T>,
    offer: Offer,
    sender: Option<&Address>,
    recipient: &Address,
    letter: &[u8],
) -> Ended {
    let needs_utf8 = sender.is_some_and(|sender| !sender.as_str().is_ascii()) || !recipient.as_str().is_ascii();
    if needs_utf8 && !offer.utf8 {
        return Ended::Unfit("the server does not take internationalised addresses (SMTPUTF8)");
    }
    let utf8 = if needs_utf8 { " SMTPUTF8" } else { "" };
    client.timeout = COMMAND;
    for line in [
        format!("MAIL FROM:<{}>{utf8}\r\n", sender.map(Address::to_path).unwrap_or_default()),
        format!("RCPT TO:<{}>\r\n", recipient.to_path()),
    ] {
        match client.cmd(line.as_bytes()).await {
            Ok(reply) if reply.is_positive_completion() => {}
            Ok(reply) => return Ended::Replied(reply),
            Err(error) => return Ended::Broken(error.to_string()),
        }
    }
    client.timeout = DATA;
    match client.cmd(b"DATA\r\n").await {
        Ok(reply) if reply.code == 354 => {}
        Ok(reply) => return Ended::Replied(reply),
        Err(error) => return Ended::Broken(error.to_string()),
    }
    // mail-send writes a CRLF before the dot by itself.
    let letter = letter.strip_suffix(b"\r\n").unwrap_or(letter);
    let sent = tokio::time::timeout(LETTER, async {
        client.write_message(letter).await?;
        client.read().await
    });
    match sent.await {
        Ok(Ok(reply)) => Ended::Replied(reply),
        Ok(Err(error)) => Ended::Broken(error.to_string()),
        Err(_) => Ended::Broken("no reply to the end of the letter in time".to_owned()),
    }
}
