//! MTA-STS: do others insist on TLS and on our certificate (RFC 8461)?

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::policy::Policy;
use super::report::{CheckKind, Finding, ServedFile};
use super::{Look, policy, records, tags};

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let (domain, host) = (&look.subject.domain, &look.subject.hostname);
    let suggested = policy::ours(look.subject);
    let wanted = [records::mta_sts_host(domain, host), records::mta_sts(domain, &suggested)];
    let file = ServedFile { url: format!("https://mta-sts.{domain}/.well-known/mta-sts.txt"), text: suggested };
    let mut finding = Finding::new(CheckKind::MtaSts);
    let mut texts = match look.dns.text_records(&format!("_mta-sts.{domain}")).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(texts) => texts,
    };
    texts.retain(|text| text.split(';').next().is_some_and(|version| version.trim() == "v=STSv1"));
    finding = finding.found(&texts);
    let text = match texts.as_slice() {
        [] => {
            let sentence = "Others may be tricked into sending without TLS, or to a false server: no MTA-STS record.";
            finding = finding.note(Warning, sentence).publish(wanted);
            finding.serve = Some(file);
            return finding;
        }
        [text] => text,
        _ => {
            let sentence = "There are several records: others act as if there were none.";
            return finding.note(Error, sentence).publish(wanted);
        }
    };
    let id_problem = match tags::parse(text) {
        Err(problem) => Some(problem),
        Ok(tags) => match tags::value(&tags, "id") {
            Some(id) if (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => None,
            _ => Some("id= must be 1 to 32 letters and digits".to_owned()),
        },
    };
    if let Some(problem) = id_problem {
        return finding.note(Error, format!("The record is broken: {problem}.")).publish(wanted);
    }
    match look.https.policy(&look.dns, domain).await {
        Err(why) => {
            let sentence = format!("The record promises a policy which cannot be fetched from {}: {why}.", file.url);
            finding = finding.note(Error, sentence);
            if look.dns.addresses(&format!("mta-sts.{domain}")).await.is_ok_and(|found| found.is_empty()) {
                finding = finding.publish([records::mta_sts_host(domain, host)]);
            }
            finding.serve = Some(file);
            finding
        }
        Ok(text) => match policy::read(&text) {
            Err(problem) => {
                finding = finding.note(Error, format!("The policy is broken: {problem}."));
                finding.serve = Some(file);
                finding
            }
            Ok(policy) => {
                let (finding, is_wrong) = judge(look, finding, &policy).await;
                Finding { serve: is_wrong.then_some(file), ..finding }
            }
        },
    }
}

/// The verdict, and whether another policy should be served.
async fn judge(look: &Look<'_>, finding: Finding, policy: &Policy) -> (Finding, bool) {
    let summary = format!("mode {}, mx {}, max_age {}", policy.mode, policy.mx.join(" "), policy.max_age);
    let finding = finding.found([summary]);
    if policy.mode == "none" {
        return (finding.note(Warning, "Mode none: the policy asks for nothing."), true);
    }
    let hosts = match look.dns.mx_records(&look.subject.domain).await {
        Err(error) => return (finding.note(Unknown, error.to_string()), false),
        Ok(hosts) => hosts,
    };
    let outside: Vec<_> = hosts.iter().map(|(_, host)| host.as_str()).filter(|host| !policy.allows(host)).collect();
    if !outside.is_empty() {
        let sentence = format!(
            "The policy does not name {}, to which the domain's MX points: others do not deliver there.",
            outside.join(", ")
        );
        return (finding.note(Error, sentence), true);
    }
    if policy.mode == "testing" {
        return (
            finding.note(
                Warning,
                "Mode testing: others report and do not insist yet. When the reports are clean, serve mode: enforce.",
            ),
            false,
        );
    }
    if policy.max_age < 86_400 {
        return (finding.note(Warning, "max_age is below a day: others forget the policy before it protects."), false);
    }
    (finding.note(Good, "Others insist on TLS with a valid certificate of this host."), false)
}
