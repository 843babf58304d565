//! The Origin check: a browser that carries our cookie may write only from our own pages.

use axum::http::{HeaderMap, Uri, header};

/// Whether the `Origin` header names this server: the request's own host, or the configured public URL. `None` where there is
/// no such header.
pub(super) fn is_own(headers: &HeaderMap, public_url: &str) -> Option<bool> {
    let origin = headers.get(header::ORIGIN)?;
    let Ok(origin) = origin.to_str() else { return Some(false) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    Some(same_host(origin, host) || same_origin(origin, public_url))
}

fn same_host(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
}

fn same_origin(origin: &str, public_url: &str) -> bool {
    let (Ok(origin), Ok(public_url)) = (origin.parse::<Uri>(), public_url.parse::<Uri>()) else { return false };
    let (Some(scheme), Some(authority)) = (origin.scheme(), origin.authority()) else { return false };
    public_url.scheme() == Some(scheme) && public_url.authority() == Some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: Option<&str>, host: &str, public_url: &str) -> Option<bool> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_own(&headers, public_url)
    }

    #[test]
    fn the_own_host_and_the_public_url_pass() {
        assert_eq!(check(Some("http://127.0.0.1:8025"), "127.0.0.1:8025", ""), Some(true));
        assert_eq!(check(Some("https://Desk.Example.com"), "desk.example.com", ""), Some(true));
        assert_eq!(check(Some("https://desk.example.com"), "10.0.0.1:8025", "https://desk.example.com/"), Some(true));
    }

    #[test]
    fn any_other_origin_fails() {
        for origin in ["https://evil.test", "null", "http://127.0.0.1", "https://desk.example.com.evil.test", ""] {
            assert_eq!(check(Some(origin), "127.0.0.1:8025", "https://desk.example.com"), Some(false), "{origin}");
        }
        assert_eq!(check(Some("http://desk.example.com"), "10.0.0.1", "https://desk.example.com"), Some(false));
        assert_eq!(check(Some("null"), "null", ""), Some(false));
        assert_eq!(check(None, "127.0.0.1:8025", ""), None);
    }
}
