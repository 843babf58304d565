//! One order: names, challenges, certificate (RFC 8555 §7.1.3).

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationHandle, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};

use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::AcmeError;
use crate::tls::{Answer, Challenges, TlsError};

/// How long the directory may take to look at our answers, and then to issue.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(180));

/// Orders a certificate for these names and this key, proven by one of these kinds of challenge. Answers its chain in PEM.
pub(super) async fn order(
    account: &Account,
    names: &[String],
    kinds: &[ChallengeType],
    challenges: &Challenges,
    key: &KeyPair,
) -> Result<String, AcmeError> {
    let identifiers: Vec<Identifier> = names.iter().map(|name| Identifier::Dns(name.clone())).collect();
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    // Given until the directory has looked.
    let mut answers = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Valid => {}
            AuthorizationStatus::Pending => answers.push(answer(authorization, kinds, challenges).await?),
            other => return Err(AcmeError::NotProven(format!("an authorization is {other:?}"))),
        }
    }
    let status = order.poll_ready(&PATIENCE).await?;
    if status != OrderStatus::Ready {
        return Err(AcmeError::NotProven(why_not(&mut order).await));
    }
    drop(answers);
    order.finalize_csr(&request(names, key)?).await?;
    Ok(order.poll_certificate(&PATIENCE).await?)
}

/// What is asked for (RFC 8555 §7.4): the names, and nobody's name.
fn request(names: &[String], key: &KeyPair) -> Result<Vec<u8>, TlsError> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params.serialize_request(key)?.der().to_vec())
}

/// Answers one authorization's challenge, of the first of these kinds that is offered, and says that it may be looked at.
async fn answer<'a>(
    mut authorization: AuthorizationHandle<'_>,
    kinds: &[ChallengeType],
    challenges: &'a Challenges,
) -> Result<Answer<'a>, AcmeError> {
    let name = authorization.identifier().to_string();
    let offered = |kind: &&ChallengeType| authorization.challenges.iter().any(|challenge| challenge.r#type == **kind);
    let not_ours =
        || AcmeError::NotProven(format!("{name}: the directory offers no challenge that can be answered here"));
    let kind = kinds.iter().find(offered).ok_or_else(not_ours)?.clone();
    let mut challenge = authorization.challenge(kind.clone()).ok_or_else(not_ours)?;
    let key = challenge.key_authorization();
    let answer = match kind {
        ChallengeType::TlsAlpn01 => {
            let digest = key.digest();
            let digest = digest.as_ref().try_into().map_err(|_| Error::Str("a SHA-256 digest"))?;
            challenges.answer_name(&name, digest)?
        }
        _ => challenges.answer_token(&challenge.token, key.as_str()),
    };
    challenge.set_ready().await?;
    Ok(answer)
}

/// What the directory says of the names that it did not find to be ours.
async fn why_not(order: &mut Order) -> String {
    let mut reasons = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let name = authorization.identifier().to_string();
        let Ok(state) = authorization.refresh().await else { continue };
        let errors = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        reasons.extend(errors.map(|error| format!("{name}: {error}")));
    }
    if reasons.is_empty() { "the order became invalid".to_owned() } else { reasons.join("; ") }
}
