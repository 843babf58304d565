//! Unpacks a report: gzip, zip or plain, with bounds that no bomb gets past.
//!
//! One level only: what lies packed inside the packed file is not looked into.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::unpack_zip;

/// Largest packed report that is read, in octets. Those of the largest receivers have some hundred KiB.
const MAX_PACKED: usize = 2 * 1024 * 1024;
/// Largest unpacked report, in octets.
const MAX_UNPACKED: usize = 16 * 1024 * 1024;
/// How many times its packed size a report may have, beyond [`RATIO_FREE`]: rows repeat each other, but not so much.
const MAX_RATIO: usize = 200;
/// Up to this size the ratio does not matter.
const RATIO_FREE: usize = 1024 * 1024;

/// What a report is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpacked {
    /// XML: DMARC.
    Xml(Vec<u8>),
    /// JSON: TLS.
    Json(Vec<u8>),
}

/// Why a report is not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// Packed it is larger than `MAX_PACKED`, or unpacked than `MAX_UNPACKED`.
    #[error("it is too large")]
    TooLarge,
    /// It grows more than `MAX_RATIO` times.
    #[error("it grows too much")]
    Bomb,
    /// A zip file with more files in it than a report has.
    #[error("it holds too many files")]
    TooManyFiles,
    /// It cannot be unpacked.
    #[error("it is damaged")]
    Damaged,
    /// Neither XML nor JSON comes out.
    #[error("it is no report")]
    NoReport,
}

/// Unpacks what is told by its first octets, whatever its name and type say.
pub fn unpack(packed: &[u8]) -> Result<Unpacked, UnpackError> {
    if packed.len() > MAX_PACKED {
        return Err(UnpackError::TooLarge);
    }
    let content = match packed {
        [0x1f, 0x8b, ..] => bounded(GzDecoder::new(packed), packed.len())?,
        [b'P', b'K', 3, 4, ..] => unpack_zip::only_file(packed)?,
        plain => plain.to_vec(),
    };
    let start = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => Ok(Unpacked::Xml(start.to_vec())),
        Some(b'{') => Ok(Unpacked::Json(start.to_vec())),
        _ => Err(UnpackError::NoReport),
    }
}

/// Packs a report that we send: gzip (RFC 1952).
pub fn pack(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content)?;
    packed.finish()
}

/// Reads to the end, within the bounds for something that has this many octets packed.
pub(super) fn bounded(mut from: impl Read, packed: usize) -> Result<Vec<u8>, UnpackError> {
    let by_ratio = packed.saturating_mul(MAX_RATIO).max(RATIO_FREE);
    let most = by_ratio.min(MAX_UNPACKED);
    let mut content = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    from.by_ref().take(limit).read_to_end(&mut content).map_err(|_| UnpackError::Damaged)?;
    match content.len() > most {
        true if by_ratio < MAX_UNPACKED => Err(UnpackError::Bomb),
        true => Err(UnpackError::TooLarge),
        false => Ok(content),
    }
}
