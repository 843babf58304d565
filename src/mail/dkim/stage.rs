//! Where a key is in its life. Its record must stand in DNS before the first letter that is signed with it leaves, and until
//! the last one has arrived.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a DKIM key is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum KeyStage {
    /// Made, to be published; nothing is signed with it.
    #[n(0)]
    Pending,
    /// Every letter is signed with it.
    #[default]
    #[n(1)]
    Active,
    /// Nothing is signed with it any more; letters under way still need its record.
    #[n(2)]
    Retired,
}
