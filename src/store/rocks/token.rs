//! A token's row: `[position u64][version u64][time ms u64]`, what its commit answered and when.
//!
//! Old tokens are dropped when RocksDB compacts the rows anyway (which it is told to do once a day): no sweep.

use std::time::{Duration, SystemTime};

use rocksdb::CompactionDecision;

use super::super::{Committed, FeedPosition, Key, Space, StoreError, Token};

/// How long a token is recognised at least. Twice what `Token` promises.
const KEPT: Duration = Duration::from_hours(48);

pub(super) fn key(token: &Token) -> Key {
    [&[Space::Token as u8], token.0.as_slice()].concat()
}

pub(super) fn encode(committed: Committed) -> [u8; 24] {
    let mut row = [0; 24];
    row[..8].copy_from_slice(&committed.position.0.to_be_bytes());
    row[8..16].copy_from_slice(&committed.version.to_be_bytes());
    row[16..].copy_from_slice(&now_ms().to_be_bytes());
    row
}

/// What the earlier commit answered.
pub(super) fn decode(row: &[u8]) -> Result<Committed, StoreError> {
    let [position, version, _] =
        numbers(row).ok_or_else(|| StoreError::Corrupt(format!("a token's row of {} octets", row.len())))?;
    Ok(Committed { position: FeedPosition(position), version, repeated: true })
}

/// RocksDB's compaction filter of the family that holds the tokens.
pub(super) fn drop_expired(_level: u32, key: &[u8], row: &[u8]) -> CompactionDecision {
    if key.first() == Some(&(Space::Token as u8))
        && let Some([_, _, at_ms]) = numbers(row)
        && now_ms().saturating_sub(at_ms) > u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX)
    {
        return CompactionDecision::Remove;
    }
    CompactionDecision::Keep
}

fn numbers(row: &[u8]) -> Option<[u64; 3]> {
    let numbers: &[[u8; 8]; 3] = row.as_chunks::<8>().0.try_into().ok()?;
    (row.len() == 24).then(|| numbers.map(u64::from_be_bytes))
}

fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rocksdb::CompactionDecision;

    use super::*;

    fn row(age: Duration) -> [u8; 24] {
        let mut row = encode(Committed { position: FeedPosition(7), version: 8, repeated: false });
        let at = now_ms() - u64::try_from(age.as_millis()).unwrap();
        row[16..].copy_from_slice(&at.to_be_bytes());
        row
    }

    #[test]
    fn a_token_remembers_the_first_answer() {
        let committed = decode(&row(Duration::ZERO)).unwrap();
        assert_eq!(committed, Committed { position: FeedPosition(7), version: 8, repeated: true });
        assert!(decode(&[0; 23]).is_err());
    }

    #[test]
    fn only_old_tokens_are_dropped() {
        let dropped = |key: &[u8], age| matches!(drop_expired(0, key, &row(age)), CompactionDecision::Remove);
        let token = key(&Token(b"t".to_vec()));
        assert!(!dropped(&token, Duration::from_hours(47)));
        assert!(dropped(&token, Duration::from_hours(49)));
        assert!(!dropped(&[Space::Counter as u8, 1], Duration::from_hours(49)), "not a token");
    }
}
