//! Sets an operator's password anew.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Operator, Written, keys, validate};

impl Desk {
    /// Sets an operator's password (by e-mail address). Sessions stay: disable the operator to end them. Answers the id.
    pub async fn set_password(&self, actor: &Actor, email: &str, password: &str) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        validate::password("password", password)?;
        let hash = self.inner.passwords.hash(password).await?;
        let written = self
            .change_setup(actor, |directory, batch| {
                let operator = directory.operator_by_email(email).ok_or(DeskError::NotFound("operator"))?;
                let operator = Operator { password: hash.clone(), ..operator.clone() };
                batch.put(keys::operator(operator.id), encode(&operator));
                Ok(operator.id)
            })
            .await?;
        self.inner.passwords.forget_failures(&email.trim().to_lowercase());
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::{DeskError, testing};

    #[tokio::test]
    async fn the_new_password_counts_and_the_old_does_not() {
        let test = testing::desk().await;
        test.desk.set_password(&test.admin, "Anna@demo.test", "another password").await.unwrap();
        test.desk.sign_in("anna@demo.test", "another password").await.unwrap();
        let old = test.desk.sign_in("anna@demo.test", testing::PASSWORD).await;
        assert!(matches!(old, Err(DeskError::NotSignedIn)), "{old:?}");
    }

    #[tokio::test]
    async fn an_operator_may_not_set_passwords() {
        let test = testing::desk().await;
        let outcome = test.desk.set_password(&test.actor, "chief@demo.test", "another password").await;
        assert!(matches!(outcome, Err(DeskError::Forbidden)), "{outcome:?}");
    }
}
