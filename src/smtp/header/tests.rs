use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn stripped(raw: &str) -> String {
    String::from_utf8(without_claims(Bytes::copy_from_slice(raw.as_bytes()), "desk.test").to_vec()).unwrap()
}

#[test]
fn only_the_received_fields_of_the_header_are_hops() {
    let raw = b"Received: a\r\n\tReceived: folded\r\nRECEIVED : b\r\nSubject: x\r\n\r\nReceived: body\r\n";
    assert_eq!(hops(raw), 2);
    assert_eq!(hops(b""), 0);
    assert_eq!(hops(b"Received:"), 1);
    assert_eq!(hops(b"\r\nReceived: body\r\n"), 0);
}

#[test]
fn the_header_ends_at_the_empty_line() {
    assert_eq!(size(b"A: b\r\n\r\nbody"), 6);
    assert_eq!(size(b"\r\nbody"), 0);
    assert_eq!(size(b"A: b\r\n"), 6);
    assert_eq!(size(b""), 0);
}

#[test]
fn what_only_we_may_write_is_taken_out_and_the_rest_is_left_as_it_is() {
    let raw = "Return-Path: <evil@a.test>\r\nreturn-path : <b@a.test>\r\nFrom: a@a.test\r\n\
               X-MXDesk-Ticket: 7\r\n\tfolded\r\nSubject: x\r\n y\r\n\r\nReturn-Path: in the body\r\n";
    assert_eq!(stripped(raw), "From: a@a.test\r\nSubject: x\r\n y\r\n\r\nReturn-Path: in the body\r\n");
    assert_eq!(stripped("Return-Path: <>\r\n"), "");
    assert_eq!(stripped("Return-Path: <>"), "");
    assert_eq!(stripped("\r\nReturn-Path: <>"), "\r\nReturn-Path: <>");
}

#[rstest]
#[case("desk.test; spf=pass", true)]
#[case(" DESK.Test 1; spf=pass", true)]
#[case("desk.test.; none", true)]
#[case("desk.test", true)]
#[case("\r\n\tdesk.test;\r\n\tspf=pass", true)]
#[case("(a (nested\\) comment)) desk.test; spf=pass", true)]
#[case("desk.test(comment); spf=pass", true)]
#[case("\"desk.test\"; spf=pass", true)]
#[case("\"de\\sk.test\"; spf=pass", true)]
#[case("de\"sk\".test; spf=pass", true)]
#[case("de\\sk.test; spf=pass", true)]
#[case("; spf=pass", true)]
#[case("", true)]
#[case("(never ends desk.test", true)]
#[case("\"never ends", true)]
#[case("mx.google.com; spf=pass", false)]
#[case("notdesk.test; spf=pass", false)]
#[case("desk.test.evil.test; spf=pass", false)]
#[case("\"other.test\"; spf=pass", false)]
fn results_in_our_name_are_taken_out_and_others_stay(#[case] value: &str, #[case] is_ours: bool) {
    let raw = format!("Authentication-Results:{value}\r\nFrom: a@a.test\r\n\r\nx\r\n");
    let left = stripped(&raw);
    assert_eq!(left.contains("Authentication-Results"), !is_ours, "{left}");
    assert!(left.ends_with("From: a@a.test\r\n\r\nx\r\n"));
}

#[test]
fn what_is_like_such_a_field_but_is_none_stays() {
    let raw = "ARC-Authentication-Results: i=1; desk.test; spf=pass\r\nX-Return-Path: a\r\nX-MXDesk: a\r\n\r\n";
    assert_eq!(stripped(raw), raw);
}

proptest! {
    #[test]
    fn nothing_that_is_left_is_a_claim(raw in "((Return-Path|Authentication-Results|X-Mxdesk-A|From|)( ?): ?(desk\\.test;|\"desk|\\(|x)?(\r\n[ \t]?)?){0,6}(\r\n)?(Return-Path: b)?") {
        let left = stripped(&raw);
        prop_assert!(fields(left.as_bytes()).all(|field| !is_claim(field, "desk.test")), "{:?}", left);
        prop_assert_eq!(&left[size(left.as_bytes())..], &raw[size(raw.as_bytes())..]);
    }

    #[test]
    fn fields_are_the_whole_header(raw in "[a:\r\n\t ]{0,40}") {
        let whole: Vec<u8> = fields(raw.as_bytes()).flatten().copied().collect();
        prop_assert_eq!(whole.as_slice(), &raw.as_bytes()[..size(raw.as_bytes())]);
    }
}
