//! Signs an operator in.

use super::Secret;
use super::secret::hash;
use crate::desk::clock::now_ms;
use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Session, keys};
use crate::store::{Batch, Durability};

/// How long a session lives, in milliseconds: 12 hours, whatever is done with it.
const SESSION_MS: u64 = 12 * 60 * 60 * 1000;
/// No address and no password is longer: what is longer is wrong without being looked at.
const LONGEST: usize = 4_000;

impl Desk {
    /// Signs in: argon2id in `spawn_blocking`, equal time for unknown names. Answers the session's secret, good for 12 hours.
    /// `TooManyAttempts` after ten failures in ten minutes for this address.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<(Secret, Actor), DeskError> {
        if email.len() > LONGEST || password.len() > LONGEST {
            return Err(DeskError::NotSignedIn);
        }
        let email = email.trim().to_lowercase();
        self.inner.passwords.count_attempt(&email)?;
        let operator = self.directory().operator_by_email(&email).filter(|operator| !operator.disabled).cloned();
        let stored = operator.as_ref().map(|operator| operator.password.clone());
        let fits = self.inner.passwords.verify(password, stored).await?;
        let Some(operator) = operator.filter(|_| fits) else {
            metrics::counter!("mxdesk_sign_in_failures_total").increment(1);
            return Err(DeskError::NotSignedIn);
        };
        self.inner.passwords.forget_failures(&email);
        let secret = self.start_session(operator.id).await?;
        Ok((secret, Actor::Operator { id: operator.id, role: operator.role }))
    }

    async fn start_session(&self, operator: u64) -> Result<Secret, DeskError> {
        let now = now_ms();
        let session = Session { operator, created_at: now, expires_at: now.saturating_add(SESSION_MS) };
        let secret = Secret::for_session()?;
        let hash = hash(&secret.0).ok_or_else(|| DeskError::Internal("a secret of the wrong length".to_owned()))?;
        let mut batch = Batch::new();
        batch.put(keys::session(&hash), encode(&session)).durability(Durability::Buffered);
        self.inner.store.commit(batch).await?;
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing::{self, PASSWORD};

    #[tokio::test]
    async fn a_session_acts_for_its_operator_until_it_is_ended() {
        let test = testing::desk().await;
        let (session, actor) = test.desk.sign_in(" Anna@Demo.test ", PASSWORD).await.unwrap();
        assert_eq!(actor, test.actor);
        assert_eq!(test.desk.session_actor(&session.0).await.unwrap(), test.actor);
        test.desk.sign_out(&session.0).await.unwrap();
        let outcome = test.desk.session_actor(&session.0).await;
        assert!(matches!(outcome, Err(DeskError::NotSignedIn)), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_wrong_password_an_unknown_name_and_a_disabled_operator_are_answered_alike() {
        let test = testing::desk().await;
        test.desk.disable_operator(&test.admin, "anna@demo.test", true).await.unwrap();
        for (email, password) in [
            ("chief@demo.test", "wrong password"),
            ("nobody@demo.test", PASSWORD),
            ("anna@demo.test", PASSWORD),
            ("", ""),
        ] {
            let outcome = test.desk.sign_in(email, password).await;
            assert!(matches!(outcome, Err(DeskError::NotSignedIn)), "{email}: {outcome:?}");
        }
        test.desk.disable_operator(&test.admin, "anna@demo.test", false).await.unwrap();
        test.desk.sign_in("anna@demo.test", PASSWORD).await.unwrap();
    }

    #[tokio::test]
    async fn after_ten_failures_not_even_the_right_password_is_tried() {
        let test = testing::desk().await;
        for _ in 0..10 {
            test.desk.inner.passwords.count_attempt("anna@demo.test").unwrap();
        }
        let outcome = test.desk.sign_in("ANNA@demo.test", PASSWORD).await;
        assert!(matches!(outcome, Err(DeskError::TooManyAttempts { .. })), "{outcome:?}");
        test.desk.sign_in("chief@demo.test", PASSWORD).await.unwrap();
    }

    #[tokio::test]
    async fn a_session_ends_after_twelve_hours() {
        let test = testing::desk().await;
        let (secret, _) = test.desk.sign_in("anna@demo.test", PASSWORD).await.unwrap();
        let key = keys::session(&hash(&secret.0).unwrap());
        let ended = Session { operator: test.operator, created_at: 0, expires_at: now_ms() };
        let mut batch = Batch::new();
        batch.put(key, encode(&ended));
        test.desk.inner.store.commit(batch).await.unwrap();
        let outcome = test.desk.session_actor(&secret.0).await;
        assert!(matches!(outcome, Err(DeskError::NotSignedIn)), "{outcome:?}");
    }
}
