//! Adds an operator.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Directory, Operator, Role, Written, keys, validate};

/// A new operator. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct NewOperator {
    /// The sign-in name.
    pub email: String,
    /// As people see it.
    pub name: String,
    /// The rights.
    pub role: Role,
    /// 10 to 1,000 characters.
    pub password: String,
}

impl std::fmt::Debug for NewOperator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewOperator").field("email", &self.email).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Desk {
    /// Adds an operator. Answers the id.
    pub async fn add_operator(&self, actor: &Actor, operator: NewOperator) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        let email = validate::address("email", &operator.email)?.key();
        let name = validate::name("name", &operator.name)?;
        validate::password("password", &operator.password)?;
        free(&self.directory(), &email)?;
        self.may_grow()?;
        let operator = Operator {
            id: self.inner.ids.next(&*self.inner.store).await?,
            email,
            name,
            role: operator.role,
            password: self.inner.passwords.hash(&operator.password).await?,
            disabled: false,
        };
        self.change_setup(actor, |directory, batch| {
            free(directory, &operator.email)?;
            batch.put(keys::operator(operator.id), encode(&operator));
            Ok(operator.id)
        })
        .await
    }
}

fn free(directory: &Directory, email: &str) -> Result<(), DeskError> {
    match directory.operator_by_email(email) {
        Some(_) => Err(DeskError::Exists(format!("an operator {email}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing;

    fn boris() -> NewOperator {
        NewOperator {
            email: "Boris@Demo.test".to_owned(),
            name: "Boris".to_owned(),
            role: Role::Operator,
            password: "a long password".to_owned(),
        }
    }

    #[tokio::test]
    async fn an_operator_is_found_by_mail_address_in_any_case() {
        let test = testing::desk().await;
        let id = test.desk.add_operator(&test.admin, boris()).await.unwrap().value;
        assert_eq!(test.desk.directory().operator_by_email("BORIS@demo.test").unwrap().id, id);
        let again = test.desk.add_operator(&test.admin, boris()).await;
        assert!(matches!(again, Err(DeskError::Exists(_))), "{again:?}");
    }

    #[tokio::test]
    async fn an_operator_may_not_add_operators_and_no_password_may_be_short() {
        let test = testing::desk().await;
        assert!(matches!(test.desk.add_operator(&test.actor, boris()).await, Err(DeskError::Forbidden)));
        let short = NewOperator { password: "short".to_owned(), ..boris() };
        let outcome = test.desk.add_operator(&test.admin, short).await;
        assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "password"), "{outcome:?}");
    }

    #[tokio::test]
    async fn no_password_and_no_hash_is_shown_by_debug() {
        let test = testing::desk().await;
        let operator = test.desk.directory().operators[&test.operator].clone();
        assert!(operator.password.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let shown = format!("{:?} {operator:?} {:?}", boris(), test.desk.directory());
        assert!(shown.contains("boris") || shown.contains("Boris"));
        assert!(!shown.contains("a long password"));
        assert!(!shown.contains("argon2id"));
    }
}
