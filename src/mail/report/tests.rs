//! Reports of several dialects, bombs, and what is no report.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;
use crate::mail::Letter;

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata>
    <org_name>google.com</org_name>
    <email>noreply-dmarc-support@google.com</email>
    <extra_contact_info>https://support.google.com/a/answer/2466580</extra_contact_info>
    <report_id>8293631894893125362</report_id>
    <date_range><begin>1700000000</begin><end>1700086399</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>Demo.test.</domain><adkim>r</adkim><aspf>s</aspf><p>quarantine</p><sp>none</sp><np>reject</np><testing>n</testing>
  </policy_published>
  <record>
    <row>
      <source_ip>192.0.2.1</source_ip><count>118</count>
      <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>
        <reason><type>mailing_list</type><comment>a &amp; b</comment></reason></policy_evaluated>
    </row>
    <identifiers><header_from>demo.test</header_from><envelope_from>lists.test</envelope_from></identifiers>
    <auth_results>
      <dkim><domain>demo.test</domain><selector>s1</selector><result>pass</result></dkim>
      <dkim><domain>lists.test</domain><result>fail</result></dkim>
      <spf><domain>lists.test</domain><scope>mfrom</scope><result>pass</result></spf>
    </auth_results>
  </record>
  <record>
    <row><source_ip>2001:db8::7</source_ip><count>2</count>
      <policy_evaluated><disposition>quarantine</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><header_from>demo.test</header_from></identifiers>
    <auth_results><spf><domain>evil.test</domain><result>none</result></spf></auth_results>
  </record>
</feedback>"#;

const JSON: &str = r#"{
  "organization-name": "Company-X",
  "date-range": { "start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z" },
  "contact-info": "sts-reporting@company-x.example",
  "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
  "policies": [{
    "policy": {
      "policy-type": "sts",
      "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
      "policy-domain": "company-y.example",
      "mx-host": "*.mail.company-y.example"
    },
    "summary": { "total-successful-session-count": 5326, "total-failure-session-count": 303 },
    "failure-details": [
      { "result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1",
        "receiving-mx-hostname": "mx1.mail.company-y.example", "failed-session-count": 100 },
      { "result-type": "starttls-not-supported", "sending-mta-ip": "2001:db8:abcd:0013::1",
        "receiving-mx-hostname": "mx2.mail.company-y.example", "receiving-ip": "203.0.113.56", "failed-session-count": 200,
        "additional-information": "https://reports.company-x.example/report_info ? id = 5065427 c - 23 d3# StarttlsNotSupported" },
      { "result-type": "validation-failure", "sending-mta-ip": "198.51.100.62", "receiving-ip": "203.0.113.58",
        "receiving-mx-hostname": "mx-backup.mail.company-y.example", "failed-session-count": 3,
        "failure-reason-code": "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED" }
    ]
  }]
}"#;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A letter as reporters write them: the report is all of it.
fn letter(kind: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let mut letter = format!(
        "From: noreply@google.com\r\nTo: postmaster@demo.test\r\nSubject: Report domain: demo.test Submitter: google.com \
         Report-ID: 8293631894893125362\r\nMIME-Version: 1.0\r\nContent-Type: {kind}; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in data_encoding::BASE64.encode(content).as_bytes().chunks(76) {
        letter.push_str(std::str::from_utf8(line).unwrap());
        letter.push_str("\r\n");
    }
    letter.into_bytes()
}

fn in_letter(kind: &str, name: &str, content: &[u8]) -> Option<Report> {
    let raw = letter(kind, name, content);
    let letter = Letter::parse(&raw);
    may_hold_report(&letter).then(|| recognise(&letter, &raw)).flatten()
}

#[test]
fn a_dmarc_report_is_read() {
    let report = read_dmarc(XML.as_bytes()).unwrap();
    assert_eq!((report.organisation.as_str(), report.domain.as_str()), ("google.com", "demo.test"));
    assert_eq!((report.begin, report.end, report.letters, report.passed), (1_700_000_000, 1_700_086_399, 120, 118));
    assert_eq!(
        (report.policy.as_str(), report.subdomain_policy.as_str(), report.spf_alignment.as_str()),
        ("quarantine", "none", "s")
    );
    let row = &report.rows[0];
    assert_eq!((row.source.as_str(), row.letters, row.dkim_aligned, row.spf_aligned), ("192.0.2.1", 118, true, false));
    assert_eq!((row.dkim.len(), row.dkim[0].selector.as_str(), row.spf[0].domain.as_str()), (2, "s1", "lists.test"));
    assert_eq!(row.overrides, ["mailing_list"]);
    assert_eq!(report.rows[1].disposition, "quarantine");
    assert_eq!(
        report.summary(),
        "DMARC report of google.com for demo.test: 120 letters, 118 passed, 2 failed (from 2001:db8::7: 2)"
    );
}

#[test]
fn the_tls_report_of_the_rfc_is_read() {
    let report = read_tls(JSON.as_bytes()).unwrap();
    assert_eq!((report.domain(), report.totals()), ("company-y.example", (5326, 303)));
    let policy = &report.policies[0];
    assert_eq!((policy.kind.as_str(), policy.lines.len()), ("sts", 4));
    assert_eq!(policy.mx, ["*.mail.company-y.example"]);
    assert_eq!((policy.failures[0].result.as_str(), policy.failures[0].sessions), ("starttls-not-supported", 200));
    assert!(report.summary().contains("5326 connections succeeded, 303 failed (starttls-not-supported: 200"));
}

#[test]
fn what_we_write_we_read_again() {
    let report = read_dmarc(XML.as_bytes()).unwrap();
    assert_eq!(read_dmarc(&write_dmarc(&report).unwrap()), Some(report));
    let report = read_tls(JSON.as_bytes()).unwrap();
    assert_eq!(read_tls(&write_tls(&report)), Some(report));
}

#[test]
fn a_report_is_recognised_in_every_packing() {
    let xml = XML.as_bytes();
    let (zip, gzip) = (zipped(&[("google.com!demo.test!1!2.xml", xml)]), pack(xml).unwrap());
    for (kind, name, content) in [
        ("application/zip", "google.com!demo.test!1!2.zip", zip.as_slice()),
        ("application/x-zip-compressed", "report.zip", &zip),
        ("application/gzip", "outlook.com!demo.test!1!2.xml.gz", &gzip),
        ("application/octet-stream", "mail.ru!demo.test!1!2.xml.gz", &gzip),
        ("application/xml", "yahoo.com!demo.test!1!2.xml", xml),
    ] {
        assert!(matches!(in_letter(kind, name, content), Some(Report::Dmarc(_))), "{kind} {name}");
    }
    for (kind, content) in [
        ("application/tlsrpt+gzip", pack(JSON.as_bytes()).unwrap()),
        ("application/tlsrpt+json", JSON.as_bytes().to_vec()),
    ] {
        assert!(matches!(in_letter(kind, "x!y!1!2!3.json", &content), Some(Report::Tls(_))), "{kind}");
    }
}

#[test]
fn a_customers_attachment_is_not_looked_into() {
    let raw = letter("application/zip", "photos.zip", b"PK");
    let raw = String::from_utf8(raw).unwrap().replace("Report domain:", "Photos of");
    assert!(!may_hold_report(&Letter::parse(raw.as_bytes())));
    assert!(!is_announced(&Letter { subject: "Re: Report domain: demo.test".to_owned(), ..Letter::default() }));
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = vec![b' '; 40 * 1024 * 1024];
    assert_eq!(unpack(&pack(&zeros).unwrap()), Err(UnpackError::Bomb), "gzip, by its ratio");
    assert_eq!(unpack(&zipped(&[("a.xml", &zeros)])), Err(UnpackError::Bomb), "zip, by its ratio");
    // What cannot be packed makes room for the ratio: then the size alone is too much.
    let mut noise = vec![0; 100 * 1024];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    noise.resize(17 * 1024 * 1024, b' ');
    assert_eq!(unpack(&pack(&noise).unwrap()), Err(UnpackError::TooLarge), "gzip, by its size");
    assert_eq!(unpack(&vec![b'<'; 2 * 1024 * 1024 + 1]), Err(UnpackError::TooLarge), "before it is unpacked");
    let names: Vec<String> = (0..100).map(|n| format!("{n}.xml")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"<feedback/>".as_slice())).collect();
    assert_eq!(unpack(&zipped(&many)), Err(UnpackError::TooManyFiles));
    let nested = zipped(&[("a.xml", &zipped(&[("b.xml", XML.as_bytes())]))]);
    assert_eq!(unpack(&nested), Err(UnpackError::NoReport), "one level only");
    assert_eq!(unpack(&pack(&pack(XML.as_bytes()).unwrap()).unwrap()), Err(UnpackError::NoReport));
}

#[test]
fn xml_does_not_expand_nor_nest_without_a_bound() {
    let laughs = format!(
        "<!DOCTYPE x [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;\">]>{}",
        "ha".repeat(100),
        XML.replace("google.com</org_name>", "google.com&b;&b;</org_name>").trim_start_matches(|c| c != '<')
    );
    let report = read_dmarc(laughs.replace("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>", "").as_bytes());
    assert!(report.is_none_or(|report| report.organisation == "google.com"));
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    assert_eq!(read_dmarc(deep.as_bytes()), None);
    let deep = "{\"policies\":".repeat(100_000);
    assert_eq!(read_tls(deep.as_bytes()), None);
}

#[test]
fn of_many_rows_the_largest_are_kept_and_all_are_counted() {
    let (head, rest) = XML.split_once("<record>").unwrap();
    let row = |n: u32| format!("<record><row><source_ip>192.0.2.1</source_ip><count>{n}</count></row></record>");
    let rows: String = (1..=5_000).map(row).collect();
    assert!(!rest.is_empty());
    let report = read_dmarc(format!("{head}{rows}</feedback>").as_bytes()).unwrap();
    assert_eq!(report.letters, 5_000 * 5_001 / 2);
    assert!(report.more && report.rows.len() == 200 && report.rows[0].letters == 5_000);
    let stored = minicbor::to_vec(&report).unwrap();
    assert_eq!(minicbor::decode::<DmarcReport>(&stored).unwrap(), report);
}

#[test]
fn what_is_no_report_is_none() {
    for xml in ["", "<html><body>hello</body></html>", "<feedback></feedback>", "<feedback><report_metadata>"] {
        assert_eq!(read_dmarc(xml.as_bytes()), None, "{xml}");
    }
    for json in ["", "{}", "[]", "{\"organization-name\":\"x\"}", "null"] {
        assert_eq!(read_tls(json.as_bytes()), None, "{json}");
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = unpack(&bytes);
        let _ = read_dmarc(&bytes);
        let _ = read_tls(&bytes);
    }

    #[test]
    fn damaged_reports_do_no_harm(at in 0_usize..2_000, with in "\\PC{0,20}", packing in 0..3) {
        let mut xml = XML.to_owned();
        let at = xml.floor_char_boundary(at.min(xml.len()));
        xml.insert_str(at, &with);
        let _ = read_dmarc(xml.as_bytes());
        let mut packed = match packing {
            0 => pack(xml.as_bytes()).unwrap(),
            1 => zipped(&[("a.xml", xml.as_bytes())]),
            _ => JSON.replace("mx1", &with).into_bytes(),
        };
        let place = at % packed.len();
        packed[place] ^= 0x55;
        if let Ok(Unpacked::Json(json)) = unpack(&packed) {
            let _ = read_tls(&json);
        }
    }

    #[test]
    fn every_text_survives_writing_and_reading(words in "[^\\p{C}]{1,80}") {
        let mut report = read_dmarc(XML.as_bytes()).unwrap();
        report.organisation = super::text(&words);
        prop_assume!(!report.organisation.is_empty());
        let read = read_dmarc(&write_dmarc(&report).unwrap()).unwrap();
        prop_assert_eq!(read.organisation, report.organisation);
    }
}
