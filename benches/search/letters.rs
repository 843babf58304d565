//! Synthetic letters: words of three invented vocabularies, as frequent as words are (Zipf), with order numbers and names.

use mxdesk::desk::{Message, Ticket};
use mxdesk::mail::Correspondent;
use mxdesk::rules::Status;

/// Words of each language.
const VOCABULARY: usize = 30_000;

/// Words of a letter: 1 to 2 KiB of text.
const WORDS: (u64, u64) = (120, 240);

const RUSSIAN: (&[&str], &[&str]) = (
    &["за", "ка", "до", "ста", "вер", "ну", "при", "шё", "то", "вар", "мо", "сроч", "пла", "ти", "ко", "рас"],
    &["а", "ы", "ов", "ами", "ка", "ть", "ет", "ный", "ного", "ение"],
);
const ENGLISH: (&[&str], &[&str]) = (
    &["or", "der", "re", "turn", "pay", "ship", "ment", "box", "lo", "st", "del", "iv", "pro", "duct", "tra", "ck"],
    &["s", "ed", "ing", "er", "ion", "ly", "", "able"],
);
const PORTUGUESE: (&[&str], &[&str]) = (
    &["pe", "di", "do", "en", "tre", "ga", "de", "vo", "lu", "pro", "du", "to", "car", "ta", "com", "pra"],
    &["ção", "ções", "mente", "ar", "ei", "o", "os", "ando"],
);

/// Makes the same letters at every run.
pub(crate) struct Letters {
    random: Random,
    vocabularies: [Vec<String>; 3],
}

impl Letters {
    pub(crate) fn new() -> Self {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let vocabularies = [RUSSIAN, ENGLISH, PORTUGUESE].map(|language| vocabulary(&mut random, language));
        Self { random, vocabularies }
    }

    /// The ticket and the letter of a number.
    pub(crate) fn next(&mut self, number: u64) -> (Ticket, Message) {
        let language = usize::try_from(number % 3).unwrap_or_default();
        let words = self.random.within(WORDS.0, WORDS.1);
        let mut text = format!("№ {}, ", order(number));
        for _ in 0..words {
            text.push_str(self.word(language));
            text.push(' ');
        }
        text.push_str("+7 (912) ");
        text.push_str(&format!("{:03}-{:02}-{:02}", number / 10_000 % 1_000, number / 100 % 100, number % 100));
        let subject = self.words(language, 3);
        let address = format!("{}{number}@example{}.test", self.word(1), number % 50);
        let name = self.words(language, 2);
        let message = Message {
            id: number + 1_000_000,
            ticket: number,
            at: 1_700_000_000_000 + number * 1_000,
            from: Some(Correspondent { name: Some(name.clone()), address: address.clone() }),
            to: vec![Correspondent { name: None, address: "help@demo.test".to_owned() }],
            subject: subject.clone(),
            text,
            ..Message::default()
        };
        let ticket = Ticket {
            number,
            mailbox: number % 4 + 1,
            subject,
            status: if number.is_multiple_of(3) { Status::Open } else { Status::Closed },
            created_at: message.at,
            updated_at: message.at,
            last_message_at: message.at,
            message_count: 1,
            requester: name,
            requester_address: address,
            ..Ticket::default()
        };
        (ticket, message)
    }

    /// Some ticket and its order number.
    pub(crate) fn some_order(&mut self, tickets: u64) -> (u64, String) {
        let number = self.random.within(1, tickets);
        (number, order(number))
    }

    /// Two words of one language, as frequent as in letters but not the most frequent hundred: those nobody asks for.
    pub(crate) fn two_words(&mut self) -> String {
        let language = usize::try_from(self.random.within(0, 2)).unwrap_or_default();
        let mut word = || {
            let rank = 100 + self.random.zipf(VOCABULARY - 100);
            self.vocabularies[language][rank].clone()
        };
        format!("{} {}", word(), word())
    }

    /// Two of the most frequent hundred words of one language: the worst that can be asked.
    pub(crate) fn two_frequent_words(&mut self) -> String {
        let language = usize::try_from(self.random.within(0, 2)).unwrap_or_default();
        let mut word = || {
            let rank = self.random.zipf(100);
            self.vocabularies[language][rank].clone()
        };
        format!("{} {}", word(), word())
    }

    fn words(&mut self, language: usize, number: usize) -> String {
        let words: Vec<String> = (0..number).map(|_| self.word(language).to_owned()).collect();
        words.join(" ")
    }

    fn word(&mut self, language: usize) -> &str {
        let rank = self.random.zipf(VOCABULARY);
        &self.vocabularies[language][rank]
    }
}

fn order(number: u64) -> String {
    format!("SO-{}/{:06}", 2020 + number % 5, number)
}

/// Words of three to five syllables and an ending: many more combinations than are needed.
fn vocabulary(random: &mut Random, (syllables, endings): (&[&str], &[&str])) -> Vec<String> {
    let mut one_of = |pieces: &[&str]| {
        let most = u64::try_from(pieces.len() - 1).unwrap_or_default();
        pieces[usize::try_from(random.within(0, most)).unwrap_or_default()].to_owned()
    };
    let mut words: Vec<String> = Vec::with_capacity(VOCABULARY);
    let mut known = std::collections::HashSet::new();
    while words.len() < VOCABULARY {
        let length = 3 + words.len() % 3;
        let mut word: String = (0..length).map(|_| one_of(syllables)).collect();
        word.push_str(&one_of(endings));
        if known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// A small generator (xorshift64*): the same letters at every run, without a crate for it.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// A rank below `size`: the first is the most frequent.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below size"
    )]
    fn zipf(&mut self, size: usize) -> usize {
        let part = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((size as f64).powf(part) as usize).saturating_sub(1).min(size - 1)
    }
}
