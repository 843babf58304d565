//! Letters of other implementations: Debian's python3-dkim (stored and signed by it, and ours verified by it) and the
//! crate mail-auth's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::BASE64;
use serde::Deserialize;

use super::{LETTER, key, server, verify};
use crate::mail::{AuthResult, DkimFact};

const SCRIPT: &str = include_str!("dkim_vectors.py");

#[derive(Deserialize)]
struct Case {
    name: String,
    letter: String,
    records: BTreeMap<String, String>,
    /// For each signature: the result, or `no` for any but `pass`, and its weaknesses.
    expected: Vec<String>,
}

pub(super) fn python(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("/usr/bin/python3").arg("-c").arg(script).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "apt-get install python3-dkim\n{error}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_vectors_of_python3_dkim_verify() {
    let cases: Vec<Case> = serde_json::from_str(&python(SCRIPT, &[])).unwrap();
    let mut failed = Vec::new();
    for case in &cases {
        let (server, verifier) = server().await;
        for (name, record) in &case.records {
            server.txt(name, record).await;
        }
        let found = verify(&verifier, None, &BASE64.decode(case.letter.as_bytes()).unwrap()).await;
        let is_expected = case.expected.len() == found.dkim.len()
            && case.expected.iter().zip(&found.dkim).all(|(expected, fact)| match expected.as_str() {
                "no" => fact.result != AuthResult::Pass,
                expected => *expected == shown(fact),
            });
        if !is_expected {
            failed.push(format!("{}: {:?}, not {:?}", case.name, found.dkim, case.expected));
        }
    }
    println!("python3-dkim: {} of {} cases as expected", cases.len() - failed.len(), cases.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(cases.len(), 135);
}

fn shown(fact: &DkimFact) -> String {
    let mut words = vec![serde_json::to_value(fact.result).unwrap()];
    words.extend(fact.weaknesses.iter().map(|weakness| serde_json::to_value(weakness).unwrap()));
    words.iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn python3_dkim_verifies_ours() {
    let key = key("example.com");
    let signed = key.sign(LETTER).unwrap();
    let record = key.dns_record().unwrap();
    assert_eq!(python(SCRIPT, &[&BASE64.encode(&signed), &record]).trim(), "True");
    let altered = String::from_utf8(signed).unwrap().replace("Hello", "Hallo");
    assert_eq!(python(SCRIPT, &[&BASE64.encode(altered.as_bytes()), &record]).trim(), "False");
}

/// mail-auth verifies them at the time at which they were made; here, some have expired.
#[tokio::test]
async fn the_vectors_of_mail_auth_verify() {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["resources/dkim", "resources/arc"] {
        let folder = mail_auth_source().join(folder);
        files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    let (mut passed, mut expired, mut chains) = (0, 0, 0);
    for file in &files {
        let text = String::from_utf8(tokio::fs::read(file).await.unwrap()).unwrap();
        let (records, letter) = text.split_once("\n\n").unwrap();
        let (server, verifier) = server().await;
        for (name, record) in records.lines().filter_map(|line| line.split_once(' ')) {
            server.txt(name, record).await;
        }
        let found = verify(&verifier, None, letter.replace('\n', "\r\n").as_bytes()).await;
        match found.dkim.iter().find(|fact| fact.result == AuthResult::Pass) {
            Some(_) => passed += 1,
            None if found.dkim.iter().any(|fact| fact.reason.as_deref() == Some("Signature expired")) => expired += 1,
            None => panic!("{}: {:?}", file.display(), found.dkim),
        }
        chains += usize::from(found.arc.result == AuthResult::Pass);
    }
    println!("mail-auth: {passed} of {} letters pass, {expired} have expired; {chains} chains", files.len());
    assert_eq!((passed + expired, chains), (8, 2));
}

fn mail_auth_source() -> PathBuf {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"];
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let output = Command::new(env!("CARGO")).args(arguments).arg(manifest).output().unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "mail-auth").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}
