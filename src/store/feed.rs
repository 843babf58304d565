//! The feed: the ordered log of changes that everything derived follows.

/// A place in the feed. The first entry has position 1; 0 is before everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FeedPosition(pub u64);

impl std::fmt::Display for FeedPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a batch appends: opaque to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry(pub Vec<u8>);

/// An entry as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRecord {
    /// Where it stands.
    pub position: FeedPosition,
    /// What was appended.
    pub entry: FeedEntry,
}
