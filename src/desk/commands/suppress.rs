//! Puts an address on the list of those that get no automatic mail, and takes it away.

use crate::desk::clock::now_ms;
use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Suppression, SuppressionReason, Written, keys, validate};
use crate::store::Batch;

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Characters of the detail.
const DETAIL: usize = 500;
/// Longest suppression by hand, in days.
const DAYS: u32 = 3650;

impl Desk {
    /// Puts an address on the list by hand, for `days` (1 to 3,650) or until it is taken away. Replaces what stood there.
    pub async fn suppress(
        &self,
        actor: &Actor,
        address: &str,
        detail: &str,
        days: Option<u32>,
    ) -> Result<Written<Suppression>, DeskError> {
        actor.may_work_on_tickets()?;
        let address = validate::address("address", address)?.key();
        if days.is_some_and(|days| !(1..=DAYS).contains(&days)) {
            return Err(DeskError::invalid("days", format!("must be 1 to {DAYS}")));
        }
        self.may_grow()?;
        let mut suppression =
            suppression(&address, SuppressionReason::ByHand, detail, now_ms(), days.unwrap_or(0), None);
        suppression.by = actor.operator();
        let mut batch = Batch::new();
        batch.put(keys::suppression(&address), encode(&suppression));
        let position = self.inner.store.commit(batch).await?.position;
        Ok(Written { value: suppression, position })
    }

    /// Takes an address off the list, also where its owner had unsubscribed from mailings.
    pub async fn unsuppress(&self, actor: &Actor, address: &str) -> Result<Written<()>, DeskError> {
        actor.may_work_on_tickets()?;
        let address = validate::address("address", address)?.key();
        let rows = [keys::suppression(&address), keys::unsubscribed(&address)];
        if self.inner.store.get_many(&rows).await?.iter().all(Option::is_none) {
            return Err(DeskError::NotFound("suppression"));
        }
        let mut batch = Batch::new();
        for row in rows {
            batch.delete(row);
        }
        let position = self.inner.store.commit(batch).await?.position;
        Ok(Written { value: (), position })
    }
}

/// A suppression as it is stored; `days` of 0 never end.
pub(in crate::desk) fn suppression(
    address: &str,
    reason: SuppressionReason,
    detail: &str,
    at: u64,
    days: u32,
    ticket: Option<u64>,
) -> Suppression {
    let detail: String = detail.chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL).collect();
    Suppression {
        address: address.to_owned(),
        reason,
        at,
        expires_at: (days > 0).then(|| at.saturating_add(u64::from(days).saturating_mul(DAY_MS))),
        detail: detail.trim().to_owned(),
        ticket,
        by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::commands::NewMessage;
    use crate::desk::testing;

    #[tokio::test]
    async fn a_reply_to_a_suppressed_address_needs_the_operators_word() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        test.desk.suppress(&test.actor, "Ivan@Shop.test", "asked for it", Some(1)).await.unwrap();
        let hello = || NewMessage { text: "Hello".to_owned(), ..NewMessage::default() };
        let outcome = test.desk.reply(&test.actor, number, hello()).await;
        let Err(DeskError::Suppressed(found)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((found[0].address.as_str(), found[0].reason), ("ivan@shop.test", SuppressionReason::ByHand));
        assert!(test.desk.due_deliveries(u64::MAX, (0, 0), 10).await.unwrap().is_empty());
        let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
        assert_eq!(view.suppression.map(|found| found.detail).as_deref(), Some("asked for it"));
        let anyway = NewMessage { even_if_suppressed: true, ..hello() };
        test.desk.reply(&test.actor, number, anyway).await.unwrap();

        test.desk.unsuppress(&test.actor, "ivan@shop.test").await.unwrap();
        test.desk.reply(&test.actor, number, hello()).await.unwrap();
        let missing = test.desk.unsuppress(&test.actor, "ivan@shop.test").await;
        assert!(matches!(missing, Err(DeskError::NotFound("suppression"))), "{missing:?}");
    }

    #[tokio::test]
    async fn a_suppression_ends_with_its_time_and_is_swept() {
        let test = testing::desk().await;
        let until =
            test.desk.suppress(&test.actor, "a@shop.test", "", Some(1)).await.unwrap().value.expires_at.unwrap();
        test.desk.suppress(&test.actor, "b@shop.test", "", None).await.unwrap();
        let list = async || test.desk.suppressions(&test.actor, None, 10).await.unwrap().0.len();
        assert_eq!(list().await, 2);
        let keys = ["a@shop.test".to_owned(), "b@shop.test".to_owned()];
        assert_eq!(test.desk.suppressed(&keys, until - 1).await.unwrap().len(), 2);
        assert_eq!(test.desk.suppressed(&keys, until).await.unwrap().len(), 1);
        assert_eq!(test.desk.sweep(until).await.unwrap(), 1);
        assert_eq!(list().await, 1);
    }

    #[tokio::test]
    async fn a_wrong_address_or_time_is_refused() {
        let test = testing::desk().await;
        for (address, days) in [("nobody", None), ("a@b.test", Some(0)), ("a@b.test", Some(4_000))] {
            let outcome = test.desk.suppress(&test.actor, address, "", days).await;
            assert!(matches!(outcome, Err(DeskError::Invalid { .. })), "{outcome:?}");
        }
    }
}
