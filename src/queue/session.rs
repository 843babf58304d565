//! A conversation with one server: connected, greeted, over TLS as the policy demands, signed in where it must be.

use std::net::SocketAddr;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::auth::{Credentials, sign_in};
use super::channel::Channel;
use super::dialogue::{Broken, Dialogue};
use super::net::Net;
use super::offer::Offer;
use super::patience::Patience;
use super::reply::Reply;
use super::tls::{Check, Policy, Trust, When};

/// One server that may take the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    /// Its name, for TLS and for people.
    pub(super) name: String,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// What TLS must be like.
    pub(super) policy: Policy,
}

/// What a conversation needs of us.
pub(super) struct Ours<'a, N> {
    pub(super) net: &'a N,
    pub(super) trust: &'a Trust,
    pub(super) patience: &'a Patience,
    /// Our host name, for EHLO.
    pub(super) name: &'a str,
    pub(super) credentials: Option<&'a Credentials>,
}

/// An open conversation.
pub(super) struct Session<S> {
    pub(super) dialogue: Dialogue<Channel<S>>,
    pub(super) offer: Offer,
    pub(super) hop: Hop,
    /// `TLSv1.3`; `None` in clear text.
    pub(super) tls: Option<String>,
    /// The verdict on the certificate; `None` in clear text.
    pub(super) certificate: Option<String>,
    /// Transactions so far.
    pub(super) transactions: u32,
}

/// Why there is no conversation with a server; another one may be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unopened {
    /// The server said no to our greeting.
    #[error("{} {}", .0.code, .0.words())]
    Refused(Reply),
    /// There is no connection.
    #[error("{0}")]
    NotConnected(Broken),
    /// No reply, or no sense in it.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// TLS as it is demanded cannot be had.
    #[error("{why}")]
    NoTls {
        /// Why, in words.
        why: String,
        /// The verdict on the certificate, where one was seen.
        certificate: Option<String>,
        /// The server does not offer it at all.
        is_missing: bool,
        /// It may be otherwise in a while: the network failed, or the server says so.
        is_for_now: bool,
    },
    /// The server does not promise to keep the letter within TLS (RFC 8689 §4.2.1).
    #[error("5.7.30 REQUIRETLS needed: the server does not offer it")]
    NoRequireTls {
        /// The verdict on the certificate.
        certificate: Option<String>,
    },
    /// It does not let us sign in.
    #[error("{0}")]
    NotSignedIn(String),
}

/// Opens a conversation. Where TLS is tried and not demanded, a server whose TLS does not work is spoken to in clear text;
/// why it did not work comes beside the session.
pub(super) async fn open<N: Net>(
    ours: &Ours<'_, N>,
    hop: &Hop,
) -> Result<(Session<N::Stream>, Option<Unopened>), Unopened> {
    match secured(ours, hop).await {
        Err(failure @ Unopened::NoTls { .. }) if hop.policy.when == When::Offered && ours.credentials.is_none() => {
            tracing::debug!(server = %hop.name, %failure, "TLS does not work, going on in clear text");
            let (dialogue, offer) = greeted(ours, Channel::Clear(connected(ours, hop).await?)).await?;
            Ok((session(dialogue, offer, hop, None), Some(failure)))
        }
        other => {
            let mut session = other?;
            if let Some(credentials) = ours.credentials {
                if session.tls.is_none() {
                    return Err(Unopened::NotSignedIn("name and password are not sent in clear text".to_owned()));
                }
                sign_in(&mut session.dialogue, &session.offer, credentials, ours.patience)
                    .await
                    .map_err(|error| Unopened::NotSignedIn(error.to_string()))?;
            }
            Ok((session, None))
        }
    }
}

async fn secured<N: Net>(ours: &Ours<'_, N>, hop: &Hop) -> Result<Session<N::Stream>, Unopened> {
    let stream = connected(ours, hop).await?;
    if hop.policy.when == When::AtOnce {
        let (channel, tls, certificate) = handshake(ours, hop, stream).await?;
        let (dialogue, offer) = greeted(ours, channel).await?;
        return promised(ours, session(dialogue, offer, hop, Some((tls, certificate)))).await;
    }
    let (mut dialogue, offer) = greeted(ours, Channel::Clear(stream)).await?;
    if hop.policy.when == When::Never || (!offer.start_tls && hop.policy.when == When::Offered) {
        return Ok(session(dialogue, offer, hop, None));
    }
    let missing =
        |why: String, is_missing, is_for_now| Unopened::NoTls { why, certificate: None, is_missing, is_for_now };
    if !offer.start_tls {
        return Err(missing(
            format!("the server offers no STARTTLS, and TLS is demanded ({})", hop.policy.word),
            true,
            false,
        ));
    }
    let ready = dialogue.command("STARTTLS", ours.patience.command).await?;
    if ready.code != 220 {
        let is_for_now = !ready.is_permanent();
        return Err(missing(format!("STARTTLS was refused: {} {}", ready.code, ready.words()), true, is_for_now));
    }
    // What came behind the 220 was put there by somebody in the middle (RFC 3207 §6).
    let Some(Channel::Clear(stream)) = dialogue.into_stream() else {
        return Err(missing("the server sent octets behind its reply to STARTTLS".to_owned(), false, true));
    };
    let (channel, tls, certificate) = handshake(ours, hop, stream).await?;
    // All that was said before TLS is forgotten (RFC 3207 §4.2).
    let mut dialogue = Dialogue::new(channel);
    let offer = hello(ours, &mut dialogue).await?;
    promised(ours, session(dialogue, offer, hop, Some((tls, certificate)))).await
}

/// The session, where the server offers inside TLS what the letter demands; else it is told goodbye (RFC 8689 §4.2.1).
async fn promised<N: Net>(ours: &Ours<'_, N>, mut session: Session<N::Stream>) -> Result<Session<N::Stream>, Unopened> {
    if !session.hop.policy.require_tls || session.offer.require_tls {
        return Ok(session);
    }
    // Whether the server hears it does not matter.
    let _ = session.dialogue.command("QUIT", ours.patience.goodbye).await;
    Err(Unopened::NoRequireTls { certificate: session.certificate })
}

async fn connected<N: Net>(ours: &Ours<'_, N>, hop: &Hop) -> Result<N::Stream, Unopened> {
    match timeout(ours.patience.connect, ours.net.connect(hop.address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Unopened::NotConnected(Broken::Io(error.to_string()))),
        Err(_) => Err(Unopened::NotConnected(Broken::TimedOut(ours.patience.connect.as_secs()))),
    }
}

async fn greeted<N: Net>(
    ours: &Ours<'_, N>,
    channel: Channel<N::Stream>,
) -> Result<(Dialogue<Channel<N::Stream>>, Offer), Unopened> {
    let mut dialogue = Dialogue::new(channel);
    let greeting = dialogue.reply(ours.patience.greeting).await?;
    if greeting.code != 220 {
        return Err(Unopened::Refused(greeting));
    }
    let offer = hello(ours, &mut dialogue).await?;
    Ok((dialogue, offer))
}

/// EHLO, or HELO where a server is older than that (RFC 5321 §3.2).
async fn hello<N, S>(ours: &Ours<'_, N>, dialogue: &mut Dialogue<S>) -> Result<Offer, Unopened>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let reply = dialogue.command(&format!("EHLO {}", ours.name), ours.patience.greeting).await?;
    if reply.is_positive() {
        return Ok(Offer::read(&reply));
    }
    if !matches!(reply.code, 500 | 502 | 504) {
        return Err(Unopened::Refused(reply));
    }
    let reply = dialogue.command(&format!("HELO {}", ours.name), ours.patience.greeting).await?;
    if reply.is_positive() { Ok(Offer::default()) } else { Err(Unopened::Refused(reply)) }
}

async fn handshake<N: Net>(
    ours: &Ours<'_, N>,
    hop: &Hop,
    stream: N::Stream,
) -> Result<(Channel<N::Stream>, String, Option<String>), Unopened> {
    let failed = |why: String, certificate: Option<String>| {
        let is_for_now = !certificate.as_deref().is_some_and(|verdict| verdict.starts_with("not verified"));
        Unopened::NoTls { why, certificate, is_missing: false, is_for_now }
    };
    let (config, judge) = ours.trust.client(&hop.policy.check).map_err(|why| failed(why, None))?;
    let name = match ServerName::try_from(hop.name.as_str()) {
        Ok(name) => name.to_owned(),
        Err(_) if hop.policy.check == Check::Any => ServerName::IpAddress(hop.address.ip().into()),
        Err(error) => return Err(failed(format!("{}: {error}", hop.name), None)),
    };
    match timeout(ours.patience.handshake, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(stream)) => {
            let version = stream.get_ref().1.protocol_version().map_or_else(String::new, tls_name);
            Ok((Channel::Tls(Box::new(stream)), version, judge.verdict()))
        }
        Ok(Err(error)) => Err(failed(format!("TLS: {error}"), judge.verdict())),
        Err(_) => Err(failed("the TLS handshake took too long".to_owned(), judge.verdict())),
    }
}

fn session<S>(
    dialogue: Dialogue<Channel<S>>,
    offer: Offer,
    hop: &Hop,
    tls: Option<(String, Option<String>)>,
) -> Session<S> {
    let (tls, certificate) = tls.map_or((None, None), |(version, certificate)| (Some(version), certificate));
    Session { dialogue, offer, hop: hop.clone(), tls, certificate, transactions: 0 }
}

fn tls_name(version: rustls::ProtocolVersion) -> String {
    match version {
        rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        other => format!("{other:?}"),
    }
}
