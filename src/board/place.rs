//! A ticket's place in an order, as one number: lists are ranges of such numbers, and a cursor is one of them.

use data_encoding::BASE64URL_NOPAD;

use super::filter::Order;
use crate::desk::DeskError;

/// Times (Unix milliseconds) and ticket numbers are kept in 48 bits: enough until the year 10,889. What is larger counts as the
/// largest.
const MAX: u64 = (1 << 48) - 1;

/// The version of the cursor's layout.
const CURSOR_VERSION: u8 = 1;

/// Sort key (48 bits), then the ticket's number, newest first (48 bits), then its slot (32 bits). The smallest place comes
/// first in every order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u128);

/// What orders look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) created_at: u64,
    pub(super) last_message_at: u64,
    /// `u64::MAX`: the customer does not wait.
    pub(super) waiting_since: u64,
}

impl Order {
    pub(super) const ALL: [Order; 3] = [Order::LastMessage, Order::Created, Order::Waiting];

    /// The order's index in [`Order::ALL`], and its byte in cursors: never to be changed for one that exists.
    pub(super) const fn index(self) -> usize {
        match self {
            Order::LastMessage => 0,
            Order::Created => 1,
            Order::Waiting => 2,
        }
    }
}

impl Place {
    pub(super) fn new(order: Order, times: &Times, number: u64, slot: u32) -> Self {
        let key = match order {
            Order::LastMessage => newest_first(times.last_message_at),
            Order::Created => newest_first(times.created_at),
            Order::Waiting => times.waiting_since.min(MAX),
        };
        Self(u128::from(key) << 80 | u128::from(newest_first(number)) << 32 | u128::from(slot))
    }

    /// The ticket's slot.
    pub(super) fn slot(self) -> u32 {
        (self.0 & u128::from(u32::MAX)) as u32
    }

    /// The cursor that goes on behind this place. It holds no slot, so that it is still right after a restart.
    pub(super) fn to_cursor(self, order: Order) -> String {
        let mut bytes = vec![CURSOR_VERSION, order.index() as u8];
        bytes.extend_from_slice(&self.0.to_be_bytes()[..12]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The place behind which a cursor goes on.
    pub(super) fn from_cursor(order: Order, cursor: &str) -> Result<Self, DeskError> {
        let invalid = |problem: &str| DeskError::invalid("cursor", problem);
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| invalid("not a cursor"))?;
        let [version, index, place @ ..] = bytes.as_slice() else { return Err(invalid("not a cursor")) };
        if *version != CURSOR_VERSION {
            return Err(invalid("of another version: begin again at the first page"));
        }
        if usize::from(*index) != order.index() {
            return Err(invalid("of another order: begin again at the first page"));
        }
        let place: [u8; 12] = place.try_into().map_err(|_| invalid("not a cursor"))?;
        let mut whole = [u8::MAX; 16];
        whole[..12].copy_from_slice(&place);
        Ok(Self(u128::from_be_bytes(whole)))
    }
}

fn newest_first(value: u64) -> u64 {
    MAX - value.min(MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { created_at: 1_000, last_message_at: 2_000, waiting_since: u64::MAX };

    #[test]
    fn a_cursor_goes_on_behind_its_ticket() {
        for order in Order::ALL {
            let place = Place::new(order, &TIMES, 1042, 7);
            let next = Place::new(order, &TIMES, 1041, 0);
            let cursor = Place::from_cursor(order, &place.to_cursor(order)).unwrap();
            assert!(place <= cursor && cursor < next, "{order:?}");
        }
    }

    #[test]
    fn what_is_no_cursor_of_this_order_is_refused() {
        let cursor = Place::new(Order::Created, &TIMES, 1042, 7).to_cursor(Order::Created);
        let old = BASE64URL_NOPAD.encode(&[0; 14]);
        for wrong in ["", "x", "%%%", &cursor[..6], &format!("{cursor}AAAA"), &old] {
            let error = Place::from_cursor(Order::Created, wrong).unwrap_err();
            assert!(matches!(error, DeskError::Invalid { field, .. } if field == "cursor"), "{wrong:?}");
        }
        assert!(Place::from_cursor(Order::Waiting, &cursor).is_err());
    }

    #[test]
    fn absurd_times_and_numbers_keep_the_order() {
        let far = Times { created_at: u64::MAX, last_message_at: u64::MAX, waiting_since: u64::MAX };
        assert!(Place::new(Order::Created, &far, u64::MAX, 0) < Place::new(Order::Created, &TIMES, 1, 0));
        assert_eq!(Place::new(Order::Waiting, &far, 5, u32::MAX).slot(), u32::MAX);
    }
}
