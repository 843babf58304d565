//! Valimail's ARC validation suite, read where it lies beside the project's folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::{server, verify};
use crate::mail::AuthResult;

const SUITE: &str = "../shared/corpus/arc/arc-draft-validation-tests.yml";
const CASES: usize = 175;
/// The suite, which is older than RFC 8617, lets these pass; here they fail. A signature over no field at all says nothing
/// about the letter (RFC 6376 §5.4 wants `From` signed); and one without `c=` is `simple/simple` (RFC 6376 §3.5), where a
/// draft had it relaxed.
const REFUSED: [&str; 2] = ["ams_fields_h_empty", "ams_fields_c_na"];

#[derive(Deserialize)]
struct Scenario {
    description: String,
    tests: BTreeMap<String, Case>,
    #[serde(rename = "txt-records")]
    records: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Case {
    message: String,
    /// `None`, `Pass` or `Fail`; empty where the newest seal itself says that the chain failed.
    cv: Option<String>,
}

#[tokio::test]
async fn the_arc_validation_suite_passes_whole() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(SUITE);
    let Ok(text) = tokio::fs::read_to_string(&file).await else {
        println!(
            "{} is not here: only the chains that are sealed by the tests themselves are validated",
            file.display()
        );
        return;
    };
    let scenarios: Vec<Scenario> = serde_saphyr::from_multiple(&each_named_once(&text)).unwrap();
    let (mut passed, mut failed) = (0, Vec::new());
    for scenario in scenarios {
        let (server, verifier) = server().await;
        for (name, record) in &scenario.records {
            server.txt(name, &record.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).await;
        }
        for (id, case) in &scenario.tests {
            let found = verify(&verifier, None, case.message.replace('\n', "\r\n").as_bytes()).await.arc;
            let expected = match case.cv.as_deref() {
                Some("None") => AuthResult::None,
                Some("Pass") if !REFUSED.contains(&id.as_str()) => AuthResult::Pass,
                _ => AuthResult::Fail,
            };
            if found.result == expected {
                passed += 1;
            } else {
                failed.push(format!("{} / {id}: {found:?}, not {expected:?}", scenario.description));
            }
        }
    }
    println!("ARC validation suite: {passed} of {} as expected, of which refused: {REFUSED:?}", passed + failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(passed, CASES);
}

/// Some cases have the name of another one in their scenario, which YAML does not know: they get a number.
fn each_named_once(text: &str) -> String {
    let mut seen = BTreeSet::new();
    let mut renamed = String::with_capacity(text.len());
    for line in text.lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.trim_end().strip_suffix(':'));
        match name.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
            Some(name) if !seen.insert(name.to_owned()) => renamed.push_str(&format!("  {name}_{}:", seen.len())),
            _ => renamed.push_str(line),
        }
        if line == "---" {
            seen.clear();
        }
        renamed.push('\n');
    }
    renamed
}
