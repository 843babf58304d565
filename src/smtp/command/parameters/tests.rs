use rstest::rstest;

use super::*;

#[test]
fn mail_takes_what_is_offered() {
    let read = of_mail("SIZE=1000 body=8bitmime SMTPUTF8 REQUIRETLS RET=hdrs ENVID=QQ+2B314159").unwrap();
    let expected = OfMail {
        size: 1000,
        smtputf8: true,
        require_tls: true,
        ret: Some(DsnReturn::Headers),
        envid: Some("QQ+314159".to_owned()),
    };
    assert_eq!(read, expected);
    assert_eq!(of_mail(""), Ok(OfMail::default()));
    assert_eq!(of_mail("RET=FULL").unwrap().ret, Some(DsnReturn::Full));
}

#[test]
fn notify_is_never_alone_or_a_list() {
    let notify = |value: &str| of_rcpt(&format!("NOTIFY={value}")).map(|read| read.notify.unwrap());
    let all = DsnNotify { success: true, failure: true, delay: true };
    assert_eq!(notify("NEVER"), Ok(DsnNotify::default()));
    assert_eq!(notify("delay,Success,FAILURE"), Ok(all));
    assert_eq!(notify("SUCCESS"), Ok(DsnNotify { success: true, ..DsnNotify::default() }));
    for value in
        ["NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,SUCCESS", "SUCCESS,", ",SUCCESS", "ALWAYS", "SUCCESS;DELAY"]
    {
        assert_eq!(notify(value), Err(VALUE), "{value}");
    }
}

#[rstest]
#[case("ORCPT=rfc822;anna@a.test", "rfc822", "anna@a.test")]
#[case("orcpt=RFC822;a+2Bb@a.test", "rfc822", "a+b@a.test")]
#[case("ORCPT=x400;/C=+22/", "x400", "")]
#[case("ORCPT=utf-8;иван@a.test", "utf-8", "иван@a.test")]
#[case("ORCPT=utf-8;\\x{438}van@a.test", "utf-8", "иvan@a.test")]
fn the_original_recipient_is_decoded(#[case] text: &str, #[case] kind: &str, #[case] address: &str) {
    match address {
        // `=` must be encoded within xtext.
        "" => assert!(of_rcpt(text).is_err()),
        _ => {
            let expected = OriginalRecipient { kind: kind.to_owned(), address: address.to_owned() };
            assert_eq!(of_rcpt(text).unwrap().original, Some(expected));
        }
    }
}

#[rstest]
#[case("ORCPT=anna@a.test")]
#[case("ORCPT=;anna@a.test")]
#[case("ORCPT=rfc822;")]
#[case("ORCPT=rfc822;a+0D+0Ab@a.test")]
#[case("ORCPT=rfc822;a+4@a.test")]
#[case("ORCPT=rfc822;иван@a.test")]
#[case("ORCPT=utf-8;\\x{d800}@a.test")]
#[case("ORCPT=utf-8;\\x{0}@a.test")]
#[case("ORCPT=rfc 822;a@a.test")]
#[case("ORCPT")]
#[case("NOTIFY")]
fn what_is_no_value_is_refused(#[case] text: &str) {
    assert!(of_rcpt(text).is_err(), "{text}");
}

#[test]
fn values_have_a_length() {
    assert!(of_mail(&format!("ENVID={}", "x".repeat(MAX_ENVID))).is_ok());
    assert_eq!(of_mail(&format!("ENVID={}", "x".repeat(MAX_ENVID + 1))), Err(VALUE));
    let orcpt = |length: usize| of_rcpt(&format!("ORCPT=rfc822;{}", "x".repeat(length - "rfc822;".len())));
    assert!(orcpt(MAX_ORCPT).is_ok());
    assert_eq!(orcpt(MAX_ORCPT + 1), Err(VALUE));
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_nothing_read_can_break_a_line(text in "(ENVID|ORCPT|NOTIFY|RET)=(rfc822;|utf-8;)?[ -~я+{}\\\\]{0,40}") {
        if let Ok(OfMail { envid: Some(envid), .. }) = of_mail(&text) {
            proptest::prop_assert!(!envid.contains(char::is_control));
        }
        if let Ok(OfRcpt { original: Some(original), .. }) = of_rcpt(&text) {
            proptest::prop_assert!(!original.address.contains(char::is_control));
        }
    }
}
