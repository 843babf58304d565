//! Notes: what must outlive the process at once and need not outlive the power. They go to a file of their own, past the commit
//! thread, so that they wait for no sync.
//!
//! Promises: a note that [`Notes::write`] answered is read back by the next process, whatever ended this one; after a power cut it
//! may be missing; half a note is never read. The file has a fixed number of slots of `SLOT` octets, so that writing one changes
//! nothing but one page in memory.
//! Leaves to others: what a note means, and to see that it is old: the slot of a dropped [`Note`] is not wiped, only used again.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Octets of a slot: a page, of which the system writes all or nothing.
const SLOT: usize = 4096;
/// Octets of a note's hash that stand before it.
const HASH: usize = 16;
/// Length and hash.
const HEADER: usize = size_of::<u32>() + HASH;

/// Longest note, in octets.
pub const MAX_NOTE: usize = SLOT - HEADER;

/// The file of notes.
#[derive(Debug)]
pub struct Notes {
    file: File,
    slots: u32,
    free: Mutex<Vec<u32>>,
}

/// A note that stands in the file until this is dropped, and may stand there longer.
#[derive(Debug)]
pub struct Note {
    notes: Arc<Notes>,
    slot: u32,
}

impl Notes {
    /// Opens the file, which is made where it is missing (mode 0600), for at most `slots` notes at the same time. Answers the notes
    /// that the process before has left. None can be written before [`Notes::clear`]. Blocks.
    pub fn open(path: &Path, slots: usize) -> io::Result<(Arc<Self>, Vec<Vec<u8>>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut left = Vec::new();
        let mut slot = Vec::with_capacity(SLOT);
        while (&mut file).take(SLOT as u64).read_to_end(&mut slot)? > 0 {
            left.extend(parse(&slot).map(<[u8]>::to_vec));
            slot.clear();
        }
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        Ok((Arc::new(Self { file, slots, free: Mutex::default() }), left))
    }

    /// Wipes the file: what the process before has left is not needed any more. Blocks.
    pub fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)?;
        for slot in 0..self.slots {
            self.file.write_all_at(&[0; SLOT], offset(slot))?;
        }
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = (0..self.slots).collect();
        Ok(())
    }

    /// Writes a note. One system call that takes a page into memory: some ten microseconds. An error when the note is longer than
    /// [`MAX_NOTE`], when no slot is free, or when the system refuses.
    pub fn write(self: &Arc<Self>, note: &[u8]) -> io::Result<Note> {
        let mut octets = Vec::with_capacity(HEADER + note.len());
        let length = u32::try_from(note.len()).ok().filter(|_| note.len() <= MAX_NOTE);
        let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        octets.extend_from_slice(&length.to_be_bytes());
        octets.extend_from_slice(&hash(note));
        octets.extend_from_slice(note);
        let slot = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let slot = slot.ok_or_else(|| io::Error::other("no slot for a note is free"))?;
        let kept = Note { notes: Arc::clone(self), slot };
        self.file.write_all_at(&octets, offset(slot))?;
        Ok(kept)
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.notes.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.slot);
    }
}

fn offset(slot: u32) -> u64 {
    u64::from(slot).saturating_mul(SLOT as u64)
}

fn hash(note: &[u8]) -> [u8; HASH] {
    let mut short = [0; HASH];
    short.copy_from_slice(&blake3::hash(note).as_bytes()[..HASH]);
    short
}

/// The note of a slot; `None` for an empty one and for what is no whole note.
fn parse(slot: &[u8]) -> Option<&[u8]> {
    let (length, rest) = slot.split_first_chunk()?;
    let (stored, rest) = rest.split_first_chunk::<HASH>()?;
    let note = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    (!note.is_empty() && hash(note) == *stored).then_some(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &Path) -> (Arc<Notes>, Vec<Vec<u8>>) {
        let (notes, left) = Notes::open(path, 2).unwrap();
        notes.clear().unwrap();
        (notes, left)
    }

    #[test]
    fn the_next_process_reads_what_was_written_and_after_clearing_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        let (notes, left) = opened(&path);
        assert!(left.is_empty());
        let kept = [notes.write(b"one").unwrap(), notes.write(&[7; MAX_NOTE]).unwrap()];
        let (_, mut left) = Notes::open(&path, 2).unwrap();
        left.sort_unstable();
        assert_eq!(left, [vec![7; MAX_NOTE], b"one".to_vec()]);
        drop(kept);
        assert_eq!(opened(&path).1.len(), 2, "a dropped note may still be there");
        assert!(Notes::open(&path, 2).unwrap().1.is_empty());
    }

    #[test]
    fn a_slot_is_used_again_when_its_note_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        let (notes, _) = opened(&path);
        let long = notes.write(b"a long note").unwrap();
        let other = notes.write(b"other").unwrap();
        assert!(notes.write(b"third").is_err(), "no slot is free");
        drop(long);
        let _third = notes.write(b"third").unwrap();
        let (_, mut left) = Notes::open(&path, 2).unwrap();
        left.sort_unstable();
        assert_eq!(left, [b"other".to_vec(), b"third".to_vec()]);
        assert!(notes.write(&[0; MAX_NOTE + 1]).is_err(), "too long");
        drop(other);
    }

    #[test]
    fn what_a_process_has_left_is_not_written_over_before_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        let _left = opened(&path).0.write(b"left").unwrap();
        let (notes, _) = Notes::open(&path, 2).unwrap();
        assert!(notes.write(b"new").is_err());
        assert_eq!(Notes::open(&path, 2).unwrap().1, [b"left".to_vec()]);
    }

    #[test]
    fn a_damaged_note_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        let (notes, _) = opened(&path);
        let _kept = [notes.write(b"whole").unwrap(), notes.write(b"damaged").unwrap()];
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(b"X", HEADER as u64).unwrap();
        file.set_len(2 * SLOT as u64 - 10).unwrap();
        assert_eq!(Notes::open(&path, 2).unwrap().1.len(), 1);
        file.write_all_at(&[0xff; 4], SLOT as u64).unwrap();
        assert!(Notes::open(&path, 2).unwrap().1.is_empty());
    }
}
