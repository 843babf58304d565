//! Signs in at a smarthost (RFC 4954): SCRAM-SHA-256 where it is offered, else PLAIN, else LOGIN; over TLS only.

mod scram;

use std::path::Path;

use data_encoding::BASE64;
use tokio::io::{AsyncRead, AsyncWrite};

use super::dialogue::{Broken, Dialogue};
use super::offer::Offer;
use super::patience::Patience;
use super::reply::Reply;

/// Name and password for a smarthost. Neither is ever shown.
#[derive(Clone)]
pub(super) struct Credentials {
    user: String,
    password: String,
}

/// Why there is no signing in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AuthError {
    /// The server said no.
    #[error("the server refused our name and password: {} {}", .0.code, .0.words())]
    Refused(Reply),
    /// It offers nothing that we know.
    #[error("the server offers no way to sign in that we know (SCRAM-SHA-256, PLAIN, LOGIN)")]
    NoMechanism,
    /// It does not know our password itself, or speaks SCRAM wrongly.
    #[error("the server did not prove that it knows us: {0}")]
    NotProven(&'static str),
    /// The conversation broke.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Credentials {
    /// Reads a file of two lines: name, password.
    pub(super) async fn read(file: &Path) -> Result<Self, String> {
        let wrong = |why: &str| format!("the credentials in {} cannot be used: {why}", file.display());
        let text = tokio::fs::read_to_string(file).await.map_err(|error| wrong(&error.to_string()))?;
        let mut lines = text.lines();
        match (lines.next(), lines.next()) {
            (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
                Ok(Self { user: user.to_owned(), password: password.to_owned() })
            }
            _ => Err(wrong("the file needs two lines, name and password")),
        }
    }
}

/// Signs in.
pub(super) async fn sign_in<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    offer: &Offer,
    credentials: &Credentials,
    patience: &Patience,
) -> Result<(), AuthError> {
    let offers = |mechanism: &str| offer.auth.iter().any(|offered| offered == mechanism);
    let Credentials { user, password } = credentials;
    let last = if offers("SCRAM-SHA-256") {
        return scram(dialogue, credentials, patience).await;
    } else if offers("PLAIN") {
        let proof = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
        dialogue.command(&format!("AUTH PLAIN {proof}"), patience.command).await?
    } else if offers("LOGIN") {
        challenge(dialogue, "AUTH LOGIN", patience).await?;
        challenge(dialogue, &BASE64.encode(user.as_bytes()), patience).await?;
        dialogue.command(&BASE64.encode(password.as_bytes()), patience.command).await?
    } else {
        return Err(AuthError::NoMechanism);
    };
    if last.code == 235 { Ok(()) } else { Err(AuthError::Refused(last)) }
}

async fn scram<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    credentials: &Credentials,
    patience: &Patience,
) -> Result<(), AuthError> {
    let first = scram::ClientFirst::new(&credentials.user).map_err(AuthError::NotProven)?;
    let command = format!("AUTH SCRAM-SHA-256 {}", BASE64.encode(first.message().as_bytes()));
    let server_first = decoded(&challenge(dialogue, &command, patience).await?)?;
    let password = credentials.password.clone();
    // Thousands of rounds of hashing are nothing for a worker of the runtime.
    let answer = tokio::task::spawn_blocking(move || first.answer(&server_first, &password)).await;
    let answer = answer.map_err(|_| AuthError::NotProven("the computation failed"))?.map_err(AuthError::NotProven)?;
    let last = challenge(dialogue, &BASE64.encode(answer.message.as_bytes()), patience).await?;
    if !answer.is_proven_by(&decoded(&last)?) {
        return Err(AuthError::NotProven("its signature is wrong"));
    }
    let reply = dialogue.command("", patience.command).await?;
    if reply.code == 235 { Ok(()) } else { Err(AuthError::Refused(reply)) }
}

/// Says something that is answered with a challenge.
async fn challenge<S: AsyncRead + AsyncWrite + Unpin>(
    dialogue: &mut Dialogue<S>,
    said: &str,
    patience: &Patience,
) -> Result<Reply, AuthError> {
    let reply = dialogue.command(said, patience.command).await?;
    if reply.code == 334 { Ok(reply) } else { Err(AuthError::Refused(reply)) }
}

fn decoded(challenge: &Reply) -> Result<String, AuthError> {
    let octets = BASE64.decode(challenge.words().as_bytes()).ok();
    octets.and_then(|octets| String::from_utf8(octets).ok()).ok_or(AuthError::NotProven("its challenge is none"))
}
