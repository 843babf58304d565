//! Takes an operator out of service, or back into it.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Operator, Written, keys};

impl Desk {
    /// Disables an operator (by e-mail address), or enables one again. A disabled one cannot sign in; sessions and tokens are
    /// refused from now on. Answers the id.
    pub async fn disable_operator(
        &self,
        actor: &Actor,
        email: &str,
        disabled: bool,
    ) -> Result<Written<u64>, DeskError> {
        self.change_setup(actor, |directory, batch| {
            let operator = directory.operator_by_email(email).ok_or(DeskError::NotFound("operator"))?;
            let operator = Operator { disabled, ..operator.clone() };
            batch.put(keys::operator(operator.id), encode(&operator));
            Ok(operator.id)
        })
        .await
    }
}
