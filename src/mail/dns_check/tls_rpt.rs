//! TLSRPT: who hears when others cannot reach us over TLS (RFC 8460 §3)?

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, Finding};
use super::{Look, records, tags};

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let wanted = records::tls_rpt(&look.subject.domain);
    let finding = Finding::new(CheckKind::TlsRpt);
    let mut texts = match look.dns.text_records(&wanted.name).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(texts) => texts,
    };
    texts.retain(|text| text.split(';').next().is_some_and(|version| version.trim() == "v=TLSRPTv1"));
    let finding = finding.found(&texts);
    match texts.as_slice() {
        [] => {
            finding.note(Warning, "Nobody hears when other servers fail to reach this one over TLS.").publish([wanted])
        }
        [text] => match judge(text) {
            Ok(()) => finding.note(Good, "Other servers report trouble with TLS."),
            Err(problem) => {
                finding.note(Error, format!("The record is broken, so others ignore it: {problem}.")).publish([wanted])
            }
        },
        _ => finding.note(Error, "There are several records: others ignore all of them.").publish([wanted]),
    }
}

fn judge(text: &str) -> Result<(), String> {
    let tags = tags::parse(text)?;
    let readers = tags::value(&tags, "rua").ok_or("rua= is missing")?;
    for reader in readers.split(',').map(str::trim) {
        let is_mail = reader.strip_prefix("mailto:").is_some_and(|address| address.contains('@'));
        if !is_mail && !reader.starts_with("https://") {
            return Err(format!("\"{reader}\" is neither mailto: nor https:"));
        }
    }
    Ok(())
}
