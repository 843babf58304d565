//! `/.well-known/mta-sts.txt`: our MTA-STS policy (RFC 8461 §3.3), for the host `mta-sts.DOMAIN` of each of our domains.

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::problem::Problem;

/// Answers the policy; `404` where there is none, or for a host that is not ours.
pub(super) async fn policy(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let policy = domain(host).filter(|domain| app.http.desk.directory().domains().contains(&domain.as_str()));
    let policy = policy.and_then(|_| app.http.config.mta_sts_policy());
    let policy = policy.ok_or_else(|| Problem::not_found("policy"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], policy).into_response())
}

/// The domain whose policy host a `Host` header names, port or not.
fn domain(host: &str) -> Option<String> {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let domain = name.to_lowercase();
    domain.trim_end_matches('.').strip_prefix("mta-sts.").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_host_names_its_domain() {
        assert_eq!(domain("mta-sts.Demo.test").as_deref(), Some("demo.test"));
        assert_eq!(domain("MTA-STS.demo.test:443").as_deref(), Some("demo.test"));
        assert_eq!(domain("demo.test"), None);
        assert_eq!(domain("[::1]:443"), None);
        assert_eq!(domain(""), None);
    }
}
