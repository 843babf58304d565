//! The gate in front of writes.

/// Whether the store can take writes, and if not, what SMTP is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Writes are taken.
    Ready,
    /// Free space is below the configured floor: SMTP answers `452`, the API `507`.
    LowDisk,
    /// A background error or a stall beyond its deadline: SMTP answers `451`, the API `503`.
    Failed,
}
