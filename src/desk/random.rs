//! Secrets from the operating system's randomness.

use super::DeskError;

/// 32 random bytes.
pub(in crate::desk) fn secret() -> Result<[u8; 32], DeskError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DeskError::Internal(format!("no randomness: {error}")))?;
    Ok(bytes)
}
