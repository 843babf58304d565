use proptest::prelude::*;

use super::*;

/// The letter, what is left for the next command, and the offence; `None` where the data has not ended.
type Outcome = Option<(Vec<u8>, Vec<u8>, Option<Reason>)>;

fn read(pieces: &[&[u8]], limit: usize) -> Outcome {
    read_with(LetterReader::data(limit, false), pieces)
}

fn read_with(mut reader: LetterReader, pieces: &[&[u8]]) -> Outcome {
    let mut letter = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let fed = reader.feed(piece, &mut letter);
        if fed.ended {
            let mut rest = piece[fed.consumed..].to_vec();
            rest.extend(pieces[index + 1..].concat());
            let offence = reader.offence();
            return Some((if offence.is_some() { Vec::new() } else { letter }, rest, offence));
        }
        assert_eq!(fed.consumed, piece.len());
    }
    None
}

fn good(letter: &[u8], rest: &[u8]) -> Outcome {
    Some((letter.to_vec(), rest.to_vec(), None))
}

fn bad(reason: Reason, rest: &[u8]) -> Outcome {
    Some((Vec::new(), rest.to_vec(), Some(reason)))
}

#[test]
fn the_data_ends_at_a_lonely_dot() {
    assert_eq!(read(&[b"a\r\nb\r\n.\r\nQUIT\r\n"], 100), good(b"a\r\nb\r\n", b"QUIT\r\n"));
}

#[test]
fn an_empty_letter_ends_in_its_first_line() {
    assert_eq!(read(&[b".\r\nQUIT\r\n"], 100), good(b"", b"QUIT\r\n"));
}

#[test]
fn stuffed_dots_are_removed() {
    assert_eq!(read(&[b"..\r\n..a\r\n.b\r\n...\r\na.\r\n.\r\n"], 100), good(b".\r\n.a\r\nb\r\n..\r\na.\r\n", b""));
}

#[test]
fn no_other_ending_ends_the_data_and_each_is_remembered() {
    for ending in [
        &b"\n.\n"[..],
        b"\n.\r",
        b"\r.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\r\n.\r",
        b"\r\n.\r\r\n",
        b"\r\n\0.\r\n",
    ] {
        let text = [b"a", ending, b"MAIL FROM:<x@y.test>"].concat();
        assert_eq!(read(&[&text], 100), None, "{}", ending.escape_ascii());
        let whole = [&text[..], b"\r\n.\r\nNOOP\r\n"].concat();
        let reason = if ending.contains(&0) { Reason::Nul } else { Reason::BareLineEnd };
        assert_eq!(read(&[&whole], 100), bad(reason, b"NOOP\r\n"), "{}", ending.escape_ascii());
    }
}

#[test]
fn a_letter_may_be_as_large_as_the_limit_and_not_larger() {
    assert_eq!(read(&[b"12345678\r\n.\r\n"], 10), good(b"12345678\r\n", b""));
    assert_eq!(read(&[b"123456789\r\n.\r\n"], 10), bad(Reason::TooLarge, b""));
}

#[test]
fn a_line_may_be_as_long_as_the_limit_and_not_longer() {
    let line = |length: usize| [&vec![b'x'; length][..], b"\r\n.\r\n"].concat();
    let taken = line(MAX_TEXT_LINE);
    assert_eq!(read(&[&taken], 1 << 20), good(&taken[..MAX_TEXT_LINE + 2], b""));
    assert_eq!(read(&[&line(MAX_TEXT_LINE + 1)], 1 << 20), bad(Reason::LineTooLong, b""));
}

#[test]
fn chunks_keep_their_dots_and_may_be_cut_within_a_line_end() {
    let (mut reader, mut letter) = (LetterReader::chunks(100, false), Vec::new());
    for piece in [&b"a\r"[..], b"\n.\r\n", b"..b\r", b"\n"] {
        assert_eq!(reader.feed(piece, &mut letter), Fed { consumed: piece.len(), ended: false });
    }
    reader.finish(&mut letter);
    assert_eq!((letter.as_slice(), reader.offence()), (&b"a\r\n.\r\n..b\r\n"[..], None));
}

#[test]
fn a_last_chunk_that_ends_with_cr_holds_a_bare_cr() {
    let (mut reader, mut letter) = (LetterReader::chunks(100, false), Vec::new());
    reader.feed(b"a\r", &mut letter);
    assert_eq!(reader.offence(), None);
    reader.finish(&mut letter);
    assert_eq!(reader.offence(), Some(Reason::BareLineEnd));
}

#[test]
fn nothing_is_kept_of_a_letter_that_is_too_large() {
    let (mut reader, mut letter) = (LetterReader::data(10, false), Vec::new());
    for _ in 0..1000 {
        reader.feed(b"0123456789\r\n", &mut letter);
    }
    assert!(letter.len() <= 10);
    assert_eq!(reader.size(), 12_000);
}

#[test]
fn bare_line_ends_that_are_let_pass_become_crlf_and_end_nothing() {
    let normalised = |text: &[u8]| read_with(LetterReader::data(1000, true), &[text]);
    for (text, letter) in [
        (&b"a\nb\rc\r\n.\r\nNOOP\r\n"[..], &b"a\r\nb\r\nc\r\n"[..]),
        (b"a\n.\nb\r\n.\r\nNOOP\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\n.\r\nb\r\n.\r\nNOOP\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r.\r\nb\r\n.\r\nNOOP\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r\n.\nb\r\n.\r\nNOOP\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r\n.\rb\r\n.\r\nNOOP\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\n..b\n...\r\n.\r\nNOOP\r\n", b"a\r\n.b\r\n..\r\n"),
        (b"a\r\r\n.\r\nNOOP\r\n", b"a\r\n\r\n"),
    ] {
        assert_eq!(normalised(text), good(letter, b"NOOP\r\n"), "{}", text.escape_ascii());
    }
    assert_eq!(normalised(b"a\n.\n"), None);
    assert_eq!(normalised(b"a\n.\r\n"), None);
}

#[test]
fn bare_line_ends_of_chunks_become_crlf() {
    let (mut reader, mut letter) = (LetterReader::chunks(100, true), Vec::new());
    for piece in [&b"a\r"[..], b"b\n", b".\n", b"..\r"] {
        reader.feed(piece, &mut letter);
    }
    reader.finish(&mut letter);
    assert_eq!((letter.as_slice(), reader.offence()), (&b"a\r\nb\r\n.\r\n..\r\n"[..], None));
}

/// The obvious, slow way to say what the reader must do with a whole input.
fn model(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end =
        if input.starts_with(b".\r\n") { 0 } else { input.windows(5).position(|window| window == b"\r\n.\r\n")? + 2 };
    let text = &input[..end];
    let mut letter = Vec::new();
    let mut line_start = true;
    for (index, octet) in text.iter().enumerate() {
        if !(line_start && *octet == b'.') {
            letter.push(*octet);
        }
        line_start = *octet == b'\n' && index > 0 && text[index - 1] == b'\r';
    }
    Some((letter, end + 3))
}

fn is_clean(letter: &[u8]) -> bool {
    !letter.contains(&0)
        && letter.iter().enumerate().all(|(index, octet)| match octet {
            b'\r' => letter.get(index + 1) == Some(&b'\n'),
            b'\n' => index > 0 && letter[index - 1] == b'\r',
            _ => true,
        })
}

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just(b"\r\n".to_vec()),
        4 => Just(b".".to_vec()),
        2 => Just(b"text".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\0".to_vec()),
        2 => Just(b"\r\n.\r\n".to_vec()),
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn cutting_the_input_at_any_point_gives_the_same_letter(input in soup()) {
        let whole = read(&[&input], 60);
        for cut in 0..=input.len() {
            prop_assert_eq!(&read(&[&input[..cut], &input[cut..]], 60), &whole);
        }
        let octets: Vec<&[u8]> = input.chunks(1).collect();
        prop_assert_eq!(&read(&octets, 60), &whole);
    }

    #[test]
    fn what_is_normalised_is_clean_and_ends_where_the_strict_reader_ends(input in soup()) {
        let strict = read(&[&input], usize::MAX);
        let normalise = || LetterReader::data(usize::MAX, true);
        let whole = read_with(normalise(), &[&input]);
        for cut in 0..=input.len() {
            prop_assert_eq!(&read_with(normalise(), &[&input[..cut], &input[cut..]]), &whole);
        }
        match (strict, whole) {
            (None, None) => {}
            (Some((_, strict_rest, offence)), Some((letter, rest, None))) => {
                prop_assert_eq!(rest, strict_rest);
                prop_assert!(offence != Some(Reason::Nul));
                prop_assert!(is_clean(&letter), "{}", letter.escape_ascii());
            }
            (Some((_, strict_rest, _)), Some((_, rest, Some(Reason::Nul)))) => prop_assert_eq!(rest, strict_rest),
            (strict, found) => prop_assert!(false, "{strict:?} {found:?}"),
        }
    }

    #[test]
    fn the_reader_agrees_with_the_model(input in soup()) {
        match (read(&[&input], usize::MAX), model(&input)) {
            (None, None) => {}
            (Some((letter, rest, None)), Some((expected, consumed))) => {
                prop_assert!(is_clean(&expected));
                prop_assert_eq!(letter, expected);
                prop_assert_eq!(&rest, &input[consumed..]);
            }
            (Some((_, rest, Some(_))), Some((expected, consumed))) => {
                prop_assert!(!is_clean(&input[..consumed]), "{:?}", expected);
                prop_assert_eq!(&rest, &input[consumed..]);
            }
            (found, expected) => prop_assert!(false, "{found:?} {expected:?}"),
        }
    }
}
