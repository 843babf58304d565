//! The octets of a letter on their way in: in memory as long as the budget has room, else in a nameless temporary file.

use std::io::{self, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::warn;

use super::budget::Budget;
use crate::desk::Reason;

/// Octets of the first allocation: a usual letter needs no second.
const FIRST: usize = 8 * 1024;

/// What `SIZE=` may make of it; a client may announce what it never sends.
const FIRST_ANNOUNCED: usize = 64 * 1024;

/// Octets that are collected before they go to the file. Not in the budget: each connection may hold them.
const PIECE: usize = 64 * 1024;

/// A letter in flight.
pub(super) struct Incoming {
    budget: Arc<Budget>,
    held: Option<OwnedSemaphorePermit>,
    /// The letter, or what is not yet in the file.
    memory: Vec<u8>,
    file: Option<File>,
    /// Octets in the file.
    written: usize,
    /// The file could not be made or written: the letter is lost, and refused at its end.
    failed: bool,
    first: usize,
}

impl Incoming {
    /// An empty letter, of which `announced` octets are expected (0 where nothing was said).
    pub(super) fn new(budget: Arc<Budget>, announced: usize) -> Self {
        let first = announced.saturating_add(512).clamp(FIRST, FIRST_ANNOUNCED);
        Self { budget, held: None, memory: Vec::new(), file: None, written: 0, failed: false, first }
    }

    /// Where the next octets go.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.memory
    }

    /// Makes room for so many octets, in memory or by way of a file in `folder`.
    pub(super) async fn make_room(&mut self, octets: usize, folder: &Path) {
        if self.failed {
            self.memory.clear();
            return;
        }
        if self.file.is_none() && self.reserve(octets) {
            return;
        }
        if let Err(error) = self.write_out(folder).await {
            warn!(%error, "a letter cannot be put into a temporary file");
            self.clear();
            self.failed = true;
        }
    }

    /// Forgets the octets: the letter is refused at its end.
    pub(super) fn clear(&mut self) {
        self.memory = Vec::new();
        self.file = None;
        self.written = 0;
        self.held = None;
    }

    /// The whole letter, and its share of the budget, which must be held as long as the letter is. Waits at most so long
    /// for room.
    pub(super) async fn load(mut self, patience: Duration) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Reason> {
        if self.failed {
            return Err(Reason::OutOfMemory);
        }
        let Some(file) = self.file.take() else { return Ok((Bytes::from(self.memory), self.held)) };
        let size = self.written.saturating_add(self.memory.len());
        let Ok(Some(held)) = timeout(patience, self.budget.wait(size)).await else { return Err(Reason::OutOfMemory) };
        match read_back(file, size, &self.memory).await {
            Ok(letter) => Ok((Bytes::from(letter), Some(held))),
            Err(error) => {
                warn!(%error, "a letter cannot be read back from its temporary file");
                Err(Reason::OutOfMemory)
            }
        }
    }

    /// Grows the memory within the budget: twofold, or at least by what is needed.
    fn reserve(&mut self, octets: usize) -> bool {
        let needed = self.memory.len().saturating_add(octets);
        if needed <= self.memory.capacity() {
            return true;
        }
        let roomy = self.memory.capacity().saturating_mul(2).max(needed).max(self.first);
        for capacity in [roomy, needed] {
            if self.budget.grow(&mut self.held, capacity) {
                self.memory.reserve_exact(capacity - self.memory.len());
                return true;
            }
        }
        false
    }

    async fn write_out(&mut self, folder: &Path) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => create(folder).await?,
        };
        if self.held.is_some() || self.memory.len() >= PIECE {
            file.write_all(&self.memory).await?;
            self.written = self.written.saturating_add(self.memory.len());
            // The first time, this gives a large allocation and its share of the budget back.
            self.memory = Vec::new();
            self.held = None;
        }
        self.file = Some(file);
        Ok(())
    }
}

/// A file without a name: it is gone with its last handle, whatever happens.
async fn create(folder: &Path) -> io::Result<File> {
    let folder = folder.to_owned();
    let file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await.map_err(io::Error::other)??;
    Ok(File::from_std(file))
}

async fn read_back(mut file: File, size: usize, rest: &[u8]) -> io::Result<Vec<u8>> {
    file.flush().await?;
    file.seek(SeekFrom::Start(0)).await?;
    let mut letter = Vec::with_capacity(size);
    file.read_to_end(&mut letter).await?;
    letter.extend_from_slice(rest);
    if letter.len() == size { Ok(letter) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fill(incoming: &mut Incoming, octets: usize, folder: &Path) -> Vec<u8> {
        let letter: Vec<u8> = (0..octets).map(|index| b'a' + u8::try_from(index % 23).unwrap()).collect();
        for piece in letter.chunks(10_000) {
            incoming.make_room(piece.len(), folder).await;
            incoming.buffer().extend_from_slice(piece);
        }
        letter
    }

    #[tokio::test]
    async fn a_usual_letter_is_never_in_a_file() {
        let mut incoming = Incoming::new(Arc::new(Budget::new(64 * 1024)), 0);
        let letter = fill(&mut incoming, 6_000, Path::new("/does/not/exist")).await;
        assert!(incoming.file.is_none());
        assert_eq!(incoming.load(Duration::ZERO).await.unwrap().0, letter);
    }

    #[tokio::test]
    async fn a_letter_beyond_the_budget_goes_through_a_file_and_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Arc::new(Budget::new(50_000));
        for octets in [50_000, 51_201, 200_000, 1_000_000] {
            let mut incoming = Incoming::new(Arc::clone(&budget), 0);
            let letter = fill(&mut incoming, octets, folder.path()).await;
            assert_eq!(incoming.file.is_some(), octets > 51_200, "{octets}");
            let (loaded, held) = incoming.load(Duration::from_secs(5)).await.unwrap();
            assert!(loaded == letter && held.is_some());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn without_room_or_file_the_letter_is_put_off() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Arc::new(Budget::new(50_000));
        let mut incoming = Incoming::new(Arc::clone(&budget), 0);
        fill(&mut incoming, 100_000, folder.path()).await;
        let _taken = budget.wait(50_000).await;
        assert_eq!(incoming.load(Duration::from_millis(20)).await.unwrap_err(), Reason::OutOfMemory);

        let mut incoming = Incoming::new(Arc::clone(&budget), 0);
        fill(&mut incoming, 100_000, Path::new("/does/not/exist")).await;
        assert!(incoming.memory.len() <= 10_000);
        assert_eq!(incoming.load(Duration::ZERO).await.unwrap_err(), Reason::OutOfMemory);
    }
}
