//! `GET /domains/{domain}/check`: compares what stands in DNS with what should.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::desk::Desk;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::{Params, Part};
use crate::http::problem::Problem;
use crate::mail::dns_check::{self, DkimRecord, DomainReport, Extras, Https, Subject, read_chain};

/// What is tried beside the domain's own records.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CheckQuery {
    /// A domain or host at whose mail server it is tried whether port 25 is open outwards.
    #[serde(default)]
    port25: Option<String>,
}

/// Checks a domain of the desk: MX, A, PTR, SPF, DKIM, DMARC, MTA-STS, TLSRPT, DNSSEC, TLSA, CAA, block lists. For administrators;
/// answers within half a minute; at most 12 checks a minute.
#[utoipa::path(
    get,
    path = "/domains/{domain}/check",
    operation_id = "check_domain",
    tag = "setup",
    params(("domain" = String, Path, description = "A domain of a mailbox."), CheckQuery),
    responses((status = 200, description = "Each check with its state, what it means and the records to publish.", body = DomainReport))
)]
pub(in crate::http) async fn check(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(domain): Part<String>,
    Params(query): Params<CheckQuery>,
) -> Result<Json<DomainReport>, Problem> {
    actor.may_set_up()?;
    let domain = domain.to_ascii_lowercase();
    if !app.http.desk.directory().domains().contains(&domain.as_str()) {
        return Err(Problem::not_found("domain of a mailbox"));
    }
    let way_out = match query.port25 {
        Some(host) if !is_name(&host) => return Err(Problem::invalid("port25", "no domain or host name")),
        host => host.map(|host| (host, app.http.config.outbound.port)),
    };
    let _place = app.checks.enter()?;
    let extras = Extras { way_out, block_lists: app.http.config.identity.block_lists.clone() };
    let subject = subject(&app, &domain).await;
    let https = tokio::task::spawn_blocking(Https::of_system)
        .await
        .map_err(|_| Problem::unavailable("The check could not be started."))?;
    Ok(Json(Box::pin(dns_check::check(&app.http.dns, &https, &subject, &extras)).await))
}

async fn subject(app: &App, domain: &str) -> Subject {
    let config = &app.http.config;
    // Without a certificate to compare, that check says `unknown`.
    let mut pem = Vec::new();
    for file in config.certificate_files() {
        if let Ok(content) = tokio::fs::read(file).await {
            pem = content;
            break;
        }
    }
    let mailboxes = app.http.desk.directory().mailboxes_in(domain);
    Subject { dkim: keys(&app.http.desk, domain), chain: read_chain(&pem), ..Subject::new(config, domain, &mailboxes) }
}

fn keys(desk: &Desk, domain: &str) -> Vec<DkimRecord> {
    let keys = desk.dkim_keys(domain).into_iter();
    keys.map(DkimRecord::from).collect()
}

/// A name of DNS; no address, so that only what is published can be tried.
fn is_name(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text.parse::<std::net::IpAddr>().is_err()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}
