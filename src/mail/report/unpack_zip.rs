//! The one file inside a zip file.

use std::io::Cursor;

use zip::ZipArchive;

use super::unpack::{UnpackError, bounded};

/// Files of an archive. A report is one; some senders put a folder or a note beside it.
const MAX_FILES: usize = 4;
/// The record at the end of an archive (APPNOTE 4.3.16) and its longest comment, in octets.
const END: usize = 22 + 65_535;

/// Unpacks the first file whose name is that of a report.
pub(super) fn only_file(packed: &[u8]) -> Result<Vec<u8>, UnpackError> {
    if claimed_files(packed).is_none_or(|files| files > MAX_FILES) {
        return Err(UnpackError::TooManyFiles);
    }
    let mut archive = ZipArchive::new(Cursor::new(packed)).map_err(|_| UnpackError::Damaged)?;
    if archive.len() > MAX_FILES {
        return Err(UnpackError::TooManyFiles);
    }
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| UnpackError::Damaged)?;
        let name = file.name().map_err(|_| UnpackError::Damaged)?.to_lowercase();
        if file.is_file() && [".xml", ".json"].iter().any(|end| name.ends_with(end)) {
            let packed_size = usize::try_from(file.compressed_size()).unwrap_or(usize::MAX).min(packed.len());
            return bounded(file, packed_size);
        }
    }
    Err(UnpackError::NoReport)
}

/// How many files the archive's end says that it has, read before anything is made of them.
fn claimed_files(packed: &[u8]) -> Option<usize> {
    let tail = &packed[packed.len().saturating_sub(END)..];
    let end = memchr::memmem::rfind(tail, b"PK\x05\x06")?;
    let count = tail.get(end + 10..end + 12)?;
    Some(usize::from(u16::from_le_bytes([*count.first()?, *count.get(1)?])))
}
