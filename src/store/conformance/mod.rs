//! One suite that every backend passes: what `Store` and `Blobs` promise, one check for each promise.
//!
//! `suite!((guard, store))` makes each check a test of the backend; the expression is evaluated for each, and the guard
//! (a temporary folder, or nothing) lives until the check is over.

pub(in crate::store) mod blobs;
pub(in crate::store) mod commits;
pub(in crate::store) mod feed;
pub(in crate::store) mod limits;
pub(in crate::store) mod scans;

use super::{Key, Space, Store, StoreError, Versioned};

macro_rules! suite {
    ($backend:expr) => {
        $crate::store::conformance::suite! { $backend =>
            commits: a_put_is_read_back, a_batch_is_whole, absent_is_checked, version_is_checked,
                a_failed_check_applies_nothing, versions_change_with_each_put_and_add, later_operations_win,
                an_add_counts, an_add_to_no_counter_is_rejected, a_repeated_token_applies_nothing,
                a_token_outlasts_the_rows_it_wrote, many_keys_are_one_snapshot, increments_are_serialisable,
                adds_never_conflict;
            feed: the_feed_is_ordered_and_gapless, concurrent_commits_leave_no_gap, a_rejected_batch_leaves_no_gap,
                the_hint_is_never_ahead, a_trimmed_feed_says_so;
            scans: pages_ascend, pages_descend, a_cursor_goes_on, a_scan_stays_in_its_space, large_pages_end_early;
            blobs: blobs_come_back, the_same_content_is_one_blob, an_unknown_blob_is_none;
            limits: long_keys_are_rejected, large_values_are_rejected, large_batches_are_rejected,
                unknown_spaces_are_rejected, the_spaces_of_the_store_are_closed, tokens_are_bounded;
        }
    };
    ($backend:expr => $($topic:ident: $($check:ident),+;)+) => { $(
        mod $topic {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let (_guard, store) = $backend;
                    $crate::store::conformance::$topic::$check(store).await;
                }
            )+
        }
    )+ };
}
pub(in crate::store) use suite;

/// A key in the space of tickets.
fn ticket(number: u64) -> Key {
    let mut key = vec![Space::Ticket as u8];
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// A key in the space of counters.
fn counter(name: &str) -> Key {
    let mut key = vec![Space::Counter as u8];
    key.extend_from_slice(name.as_bytes());
    key
}

/// What a counter stands at.
async fn count(store: &impl Store, key: &[u8]) -> i64 {
    let value = store.get(key).await.unwrap().unwrap().value;
    i64::from_be_bytes(value.try_into().unwrap())
}

/// A value's payload.
async fn value(store: &impl Store, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(store.get(key).await?.map(|Versioned { value, .. }| value))
}
