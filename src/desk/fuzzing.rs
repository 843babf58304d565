//! The private decoders of this room for the fuzz targets: keys, records, feed entries, our own marks.

use minicbor::{Decode, Encode};

use super::{Change, codec, keys, model, tokens};
use crate::rules::Trace;
use crate::store::{FeedEntry, Space};

/// The first octet says as what the rest is read: a record, a feed entry, a key, a row of the store, a mark in an address. A
/// record that can be read is written back so that it reads the same.
pub fn key(data: &[u8]) {
    let Some((&kind, value)) = data.split_first() else { return };
    match kind % 26 {
        0 => record::<model::Ticket>(value),
        1 => record::<model::Message>(value),
        2 => record::<model::Delivery>(value),
        3 => record::<model::Contact>(value),
        4 => record::<model::LedgerLine>(value),
        5 => record::<model::Mailbox>(value),
        6 => record::<model::Operator>(value),
        7 => record::<model::Group>(value),
        8 => record::<model::StoredRule>(value),
        9 => record::<model::StoredTable>(value),
        10 => record::<model::Session>(value),
        11 => record::<model::ApiToken>(value),
        12 => record::<model::DoneCommand>(value),
        13 => record::<model::KnownId>(value),
        14 => record::<model::Taken>(value),
        15 => record::<Vec<Trace>>(value),
        16 => entry(value),
        17 => parts(value),
        18 => mark(&String::from_utf8_lossy(value)),
        19 => crate::store::rocks::fuzzing::row(value),
        20 => record::<model::Suppression>(value),
        21 => record::<model::Answers>(value),
        22 => record::<model::AutomaticDue>(value),
        23 => record::<model::ReceivedReport>(value),
        24 => record::<model::StsPolicy>(value),
        _ => record::<model::StoredDkimKey>(value),
    }
}

fn record<T: Encode<()> + for<'b> Decode<'b, ()>>(value: &[u8]) {
    let Ok(record) = codec::decode::<T>(value) else { return };
    let written = codec::encode(&record);
    let again = codec::decode::<T>(&written).map(|again| codec::encode(&again));
    assert_eq!(again.ok().as_ref(), Some(&written), "a record changes as it is written");
}

fn entry(value: &[u8]) {
    let Ok(change) = Change::from_entry(&FeedEntry(value.to_vec())) else { return };
    assert_eq!(Change::from_entry(&change.to_entry()).ok(), Some(change), "a change changes as it is written");
}

/// The numbers in a key, of whatever space.
fn parts(key: &[u8]) {
    let _ = key.first().and_then(|space| Space::from_byte(*space)).map(Space::family);
    if let Some(id) = keys::last_id(key) {
        assert!(key.ends_with(&id.to_be_bytes()), "another id than the key's");
    }
    if let Some(due) = keys::due_of(key) {
        assert_eq!(keys::due_of(&keys::queue_due(due, 7)), Some(due), "a due time changes as it is written");
    }
}

/// A mark that we did not make is none, whatever it looks like.
fn mark(text: &str) {
    // A secret that no seed was made with: a MAC cannot be guessed.
    let secret = [7; 32];
    assert_eq!(tokens::parse_message_id(&secret, text), None, "a forged Message-ID");
    assert_eq!(tokens::parse_sub_address(&secret, text), None, "a forged sub-address");
}
