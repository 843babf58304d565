//! Reading letters: `DATA` up to its dot, `BDAT` by count.

use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::connection::{Broken, Connection, Letter, read_more};
use super::incoming::Incoming;
use super::{now, seconds};
use crate::desk::Reason;
use crate::smtp::frame::LetterReader;
use crate::smtp::session::Effect;

/// Octets of the input buffer while a letter is read.
const LETTER_BUFFER: usize = 32 * 1024;

/// How long to wait for the true end of a letter with bare line ends: its sender may think that it has ended.
const BARE_PATIENCE: Duration = Duration::from_secs(2);

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Behind `354`.
    pub(super) async fn read_letter(&mut self) -> Result<Effect, Broken> {
        self.flush().await?;
        let limit = self.shared.config.limits.message_size;
        let mut letter = self.begin(LetterReader::data(limit, self.lets_bare_line_ends_pass()));
        loop {
            let read = self.wait_for_data(&letter).await;
            let bare = letter.reader.offence() == Some(Reason::BareLineEnd);
            match read {
                Err(Broken::Timeout | Broken::Disconnected) if bare => break,
                read => read?,
            }
            letter.incoming.make_room(letter.reader.room(self.input.len()), &self.shared.config.data_dir).await;
            let fed = letter.reader.feed(&self.input, letter.incoming.buffer());
            self.input.advance(fed.consumed);
            if fed.ended {
                break;
            }
            if letter.is_hopeless(limit) {
                return Ok(self.session.end(Reason::TooLarge, now(), &mut self.output));
            }
        }
        match letter.reader.offence() {
            Some(reason) => Ok(self.session.refuse_letter(reason, now(), &mut self.output)),
            None => {
                self.letter = Some(letter);
                Ok(Effect::Deliver)
            }
        }
    }

    /// Exactly so many octets (RFC 3030 §2).
    pub(super) async fn read_chunk(&mut self, octets: usize, keep: bool, last: bool) -> Result<Effect, Broken> {
        let limit = self.shared.config.limits.message_size;
        let mut letter = match self.letter.take() {
            Some(letter) => letter,
            None => self.begin(LetterReader::chunks(limit, self.lets_bare_line_ends_pass())),
        };
        let mut left = octets;
        while left > 0 {
            self.wait_for_data(&letter).await?;
            let piece = left.min(self.input.len());
            if keep {
                letter.incoming.make_room(letter.reader.room(piece), &self.shared.config.data_dir).await;
                letter.reader.feed(&self.input[..piece], letter.incoming.buffer());
            }
            self.input.advance(piece);
            left -= piece;
            if letter.is_hopeless(limit) || (!keep && octets - left > limit) {
                return Ok(self.session.end(Reason::TooLarge, now(), &mut self.output));
            }
        }
        if last {
            letter.reader.finish(letter.incoming.buffer());
        }
        let offence = letter.reader.offence();
        self.letter = Some(letter);
        Ok(self.session.chunk_read(offence, now(), &mut self.output))
    }

    /// The configuration says that this client cannot help sending them.
    fn lets_bare_line_ends_pass(&self) -> bool {
        self.shared.config.smtp.bare_line_end_from.iter().any(|network| network.contains(self.peer))
    }

    fn begin(&self, reader: LetterReader) -> Letter {
        let announced = self.session.envelope().map_or(0, |envelope| envelope.announced);
        Letter {
            reader,
            incoming: Incoming::new(self.shared.budget.clone(), announced),
            deadline: Instant::now() + seconds(self.shared.config.smtp.letter_timeout_seconds),
        }
    }

    /// Sees to it that the input buffer is not empty. The client may wait for replies before it sends more.
    async fn wait_for_data(&mut self, letter: &Letter) -> Result<(), Broken> {
        if !self.input.is_empty() {
            return Ok(());
        }
        self.flush().await?;
        let patience = match letter.reader.offence() {
            Some(Reason::BareLineEnd) => BARE_PATIENCE,
            _ => seconds(self.shared.config.smtp.data_timeout_seconds),
        };
        let deadline = letter.deadline.min(Instant::now() + patience);
        read_more(&mut self.stream, &mut self.input, LETTER_BUFFER, deadline).await
    }
}

impl Letter {
    /// Gives the memory of a letter back that will be refused. Its end is waited for up to twice the limit: then it is
    /// cheaper for all to close.
    fn is_hopeless(&mut self, limit: usize) -> bool {
        if self.reader.offence().is_some() {
            self.incoming.clear();
        }
        self.reader.size() > limit.saturating_mul(2)
    }
}
