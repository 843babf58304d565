//! The store in memory: for tests of what stands above it, and the second user of the conformance suite.

/// The in-memory store. Implements `Store` and `Blobs`.
#[derive(Default)]
pub struct MemoryStore {}
