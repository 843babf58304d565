//! Policy discovery and alignment (RFC 9989 §4.10.1, §4.10.2, §5.3).

use std::net::IpAddr;

use super::record::Record;
use super::walk::{Walks, organisation_of};
use crate::mail::dns::{Dns, DnsError};
use crate::mail::{AuthResult, DmarcPolicy};

/// A domain that SPF or DKIM speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifier<'a> {
    /// The sender's domain; `Pass` or `TempError` matter.
    Spf(&'a str, AuthResult),
    /// A signature's `d=`; `Pass` or `TempError` matter.
    Dkim(&'a str, AuthResult),
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// `None` where no policy applies.
    pub result: AuthResult,
    /// The policy that applies, a test's mildness included.
    pub policy: DmarcPolicy,
    /// The domain whose record it is.
    pub policy_domain: Option<String>,
    /// The domain only tests its policy (`t=y`).
    pub is_test: bool,
    /// The domain that passed and is aligned.
    pub aligned: Option<String>,
    /// Why it did not pass, in words.
    pub problem: Option<String>,
}

/// DMARC for the author's domain, which is in lower case and A-labels, as those of the identifiers are.
pub async fn evaluate(dns: &Dns, author: &str, identifiers: &[Identifier<'_>]) -> Outcome {
    match Box::pin(try_evaluate(dns, author, identifiers)).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome { result: AuthResult::TempError, problem: Some(error.to_string()), ..Outcome::default() },
    }
}

async fn try_evaluate(dns: &Dns, author: &str, identifiers: &[Identifier<'_>]) -> Result<Outcome, DnsError> {
    let mut walks = Walks::new(dns);
    let own = walks.record_at(author).await?;
    // A domain that names itself needs no walk, which is nearly every honest letter (RFC 9989 §4.10.2).
    let itself = identifiers.iter().find(|id| id.result() == AuthResult::Pass && id.domain() == author);
    if let (Some(record), Some(_)) = (&own, itself) {
        return Ok(match policy_of(record, record.p.unwrap_or_default()) {
            Some(policy) => found(record, policy, author).passed(author),
            None => Outcome::default(),
        });
    }
    let walk = walks.walk(author).await?;
    let organisation = organisation_of(author, &walk);
    let step = walk.iter().find(|step| step.domain == author);
    let step = step.or_else(|| walk.iter().find(|step| step.domain == organisation)).or(walk.last());
    let Some(step) = step else { return Ok(Outcome::default()) };
    let stated = if step.domain == author {
        step.record.p.unwrap_or_default()
    } else {
        step.record.policy_below(does_exist(dns, author, &step.record).await)
    };
    let Some(policy) = policy_of(&step.record, stated) else { return Ok(Outcome::default()) };
    let outcome = found(&step.record, policy, step.domain);

    let mut trouble = None;
    for identifier in identifiers {
        let is_strict = match identifier {
            Identifier::Spf(..) => step.record.is_spf_strict,
            Identifier::Dkim(..) => step.record.is_dkim_strict,
        };
        let aligned = match is_aligned(&mut walks, identifier.domain(), author, organisation, is_strict).await {
            Ok(aligned) => aligned,
            Err(error) => {
                trouble = Some(error.to_string());
                continue;
            }
        };
        match identifier.result() {
            AuthResult::Pass if aligned => return Ok(outcome.passed(identifier.domain())),
            AuthResult::TempError if aligned => {
                trouble = Some(format!("{} could not be checked", identifier.domain()));
            }
            _ => {}
        }
    }
    Ok(match trouble {
        Some(why) => Outcome { result: AuthResult::TempError, problem: Some(why), ..outcome },
        None => Outcome { result: AuthResult::Fail, problem: Some(failure(identifiers, author)), ..outcome },
    })
}

impl<'a> Identifier<'a> {
    fn domain(&self) -> &'a str {
        match self {
            Self::Spf(domain, _) | Self::Dkim(domain, _) => domain,
        }
    }

    fn result(&self) -> AuthResult {
        match self {
            Self::Spf(_, result) | Self::Dkim(_, result) => *result,
        }
    }
}

impl Outcome {
    fn passed(self, aligned: &str) -> Self {
        Self { result: AuthResult::Pass, aligned: Some(aligned.to_owned()), ..self }
    }
}

fn found(record: &Record, policy: DmarcPolicy, domain: &str) -> Outcome {
    Outcome { policy, policy_domain: Some(domain.to_owned()), is_test: record.is_test, ..Outcome::default() }
}

/// `None` where no policy applies: the record's policies are wrong, and nobody asks for reports (RFC 9989 §4.10.1).
fn policy_of(record: &Record, stated: DmarcPolicy) -> Option<DmarcPolicy> {
    if !record.is_policy_right {
        return (!record.rua.is_empty()).then_some(DmarcPolicy::None);
    }
    Some(match (record.is_test, stated) {
        (true, DmarcPolicy::Reject) => DmarcPolicy::Quarantine,
        (true, _) => DmarcPolicy::None,
        (false, stated) => stated,
    })
}

/// Asked only where it matters; trouble with DNS is no proof of absence.
async fn does_exist(dns: &Dns, domain: &str, record: &Record) -> bool {
    if record.policy_below(true) == record.policy_below(false) {
        return true;
    }
    let any_v4 = IpAddr::from([0, 0, 0, 0]);
    dns.addresses_like(domain, any_v4).await.map_or(true, |answers| answers.exists)
}

async fn is_aligned(
    walks: &mut Walks<'_>,
    domain: &str,
    author: &str,
    organisation: &str,
    is_strict: bool,
) -> Result<bool, DnsError> {
    if domain == author {
        return Ok(true);
    }
    let is_below = domain.strip_suffix(organisation).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if is_strict || !is_below {
        return Ok(false);
    }
    Ok(walks.organisation(domain).await? == organisation)
}

fn failure(identifiers: &[Identifier<'_>], author: &str) -> String {
    let mut passed = identifiers.iter().filter(|id| id.result() == AuthResult::Pass).map(Identifier::domain);
    match passed.next() {
        Some(domain) => format!("{domain} passed, which is not aligned with {author}"),
        None => "neither SPF nor DKIM passed".to_owned(),
    }
}
