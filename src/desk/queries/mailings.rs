//! Mailings, and what became of their letters.

use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::codec::decode;
use crate::desk::{
    Actor, Delivery, DeliveryState, Desk, DeskError, Mailing, MailingRecipient, SuppressionReason, Ticket, keys, rows,
};
use crate::store::{Key, Range, Space};

/// Most mailings of one page: each has up to 1,000 letters that are counted.
const LIMIT: usize = 20;
/// Records that are read at once.
const PAGE: usize = 200;
/// Most recipients of a mailing.
const RECIPIENTS: usize = 1_000;

/// What became of a mailing's letters. Each recipient is in exactly one of the first seven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MailingCounts {
    /// Their letters are not written yet.
    pub waiting: u32,
    /// Never written, because the address bounced, complained, has unsubscribed or is suppressed by hand.
    pub held_back: u32,
    /// In the queue.
    pub queued: u32,
    /// Taken by the recipient's server.
    pub delivered: u32,
    /// Refused for good, or given up.
    pub failed: u32,
    /// Taken out of the queue.
    pub cancelled: u32,
    /// Never written, because the mailing was recalled.
    pub recalled: u32,
    /// Letters that were written in all.
    pub written: u32,
    /// Recipients who unsubscribed by their letter.
    pub unsubscribed: u32,
    /// Recipients who answered.
    pub answered: u32,
}

/// A mailing with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MailingView {
    /// The mailing.
    pub mailing: Mailing,
    /// What became of its letters.
    pub counts: MailingCounts,
    /// To whom nothing is written, and why.
    pub held_back: Vec<(String, SuppressionReason)>,
    /// For how many milliseconds more it can be recalled; `None` when it cannot.
    pub recallable_ms: Option<u64>,
}

impl Desk {
    /// A mailing.
    pub async fn mailing(&self, actor: &Actor, id: u64) -> Result<MailingView, DeskError> {
        actor.may_work_on_tickets()?;
        let stored = self.inner.store.get(&keys::mailing(id)).await?.ok_or(DeskError::NotFound("mailing"))?;
        self.mailing_view(decode(&stored.value)?).await
    }

    /// The mailings, newest first, at most `limit` (1 to 20), with the cursor of the next page: the last id.
    pub async fn mailings(
        &self,
        actor: &Actor,
        cursor: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<MailingView>, Option<u64>), DeskError> {
        actor.may_work_on_tickets()?;
        let range = Range { after: cursor.map(keys::mailing), descending: true, ..keys::all(Space::Mailing) };
        let page = self.inner.store.scan(&range, limit.clamp(1, LIMIT)).await?;
        let mut views = Vec::with_capacity(page.rows.len());
        for (_, stored) in &page.rows {
            views.push(self.mailing_view(decode(&stored.value)?).await?);
        }
        let next = views.last().filter(|_| page.next.is_some()).map(|view| view.mailing.id);
        Ok((views, next))
    }

    async fn mailing_view(&self, mailing: Mailing) -> Result<MailingView, DeskError> {
        let store = &*self.inner.store;
        let (recipients, _) =
            rows::read::<MailingRecipient>(store, keys::recipients_of(mailing.id), RECIPIENTS).await?;
        let mut counts = MailingCounts::default();
        let mut held_back = Vec::new();
        for (_, record) in &recipients {
            let to = &record.value;
            counts.unsubscribed += u32::from(to.unsubscribed_at.is_some());
            match (to.held_back, to.delivery) {
                (Some(why), _) => {
                    counts.held_back += 1;
                    held_back.push((to.address.clone(), why));
                }
                (None, Some(_)) => counts.written += 1,
                (None, None) if mailing.recalled.is_some() => counts.recalled += 1,
                (None, None) => counts.waiting += 1,
            }
        }
        let written: Vec<&MailingRecipient> =
            recipients.iter().map(|(_, record)| &record.value).filter(|to| to.delivery.is_some()).collect();
        for some in written.chunks(PAGE) {
            for delivery in self.deliveries_by_id(some.iter().filter_map(|to| to.delivery)).await? {
                *place(&mut counts, &delivery) += 1;
            }
            let tickets: Vec<Key> = some.iter().filter_map(|to| to.ticket).map(keys::ticket).collect();
            for stored in store.get_many(&tickets).await?.into_iter().flatten() {
                let ticket: Ticket = decode(&stored.value)?;
                counts.answered += u32::from(ticket.mailing.is_some_and(|part| part.answered_at.is_some()));
            }
        }
        let now = crate::desk::clock::now_ms();
        let is_held = mailing.recalled.is_none() && mailing.next == 0 && mailing.due_at > now;
        let recallable_ms = is_held.then(|| mailing.due_at.saturating_sub(now));
        Ok(MailingView { mailing, counts, held_back, recallable_ms })
    }
}

fn place<'a>(counts: &'a mut MailingCounts, delivery: &Delivery) -> &'a mut u32 {
    match delivery.state {
        DeliveryState::Queued | DeliveryState::Deferred | DeliveryState::Held => &mut counts.queued,
        DeliveryState::Delivered => &mut counts.delivered,
        DeliveryState::Failed => &mut counts.failed,
        DeliveryState::Cancelled => &mut counts.cancelled,
    }
}
