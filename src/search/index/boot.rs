//! Which start of the machine wrote the index: what was written before the present one may not have reached the disk whole.

use std::fs::{read_to_string, write};
use std::io;
use std::path::Path;

/// The kernel's name for the present start of the machine (Linux).
const PRESENT: &str = "/proc/sys/kernel/random/boot_id";

/// Where the start that last opened the index is written down.
const RECORDED: &str = "boot-id";

/// The files in `folder` were written since the machine was started (whatever ended the process that wrote them).
#[expect(clippy::disallowed_methods, reason = "opening the index runs in spawn_blocking")]
pub(super) fn is_same(folder: &Path) -> bool {
    match (read_to_string(PRESENT), read_to_string(folder.join(RECORDED))) {
        (Ok(present), Ok(recorded)) => present == recorded,
        _ => false,
    }
}

/// Writes the present start down: the files are whole now.
#[expect(clippy::disallowed_methods, reason = "opening the index runs in spawn_blocking")]
pub(super) fn record(folder: &Path) -> io::Result<()> {
    // Where the machine does not name its starts, every opening checks the files.
    write(folder.join(RECORDED), read_to_string(PRESENT).unwrap_or_default())
}
