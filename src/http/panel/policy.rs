//! The panel's Content-Security-Policy: only our own files, and the scripts that the build wrote into its pages, by hash.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use axum::http::HeaderValue;

use super::Build;

/// The header's value, made once at start.
pub(in crate::http) struct PanelPolicy(HeaderValue);

impl PanelPolicy {
    /// The policy that fits the embedded pages.
    pub(in crate::http) fn of_embedded_files() -> Self {
        let pages = Build::iter().filter(|name| name.ends_with(".html")).filter_map(|name| Build::get(&name));
        let pages: Vec<_> = pages.map(|page| String::from_utf8_lossy(&page.data).into_owned()).collect();
        Self::of_pages(pages.iter().map(String::as_str))
    }

    /// For the response.
    pub(in crate::http) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    fn of_pages<'a>(pages: impl Iterator<Item = &'a str>) -> Self {
        let hashes: BTreeSet<String> = pages.flat_map(inline_scripts).map(hash).collect();
        let scripts: String = hashes.iter().map(|hash| format!(" {hash}")).collect();
        let policy = format!(
            "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             font-src 'self'; frame-src 'self'; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; \
             base-uri 'none'; form-action 'self'"
        );
        // Base64 and the text above hold visible ASCII only.
        Self(HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'")))
    }
}

/// The text of every `<script>` without `src`. The pages are our own build's, so no full parser is needed.
fn inline_scripts(page: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = page;
    while let Some(begin) = rest.find("<script") {
        rest = &rest[begin..];
        let (Some(open), Some(close)) = (rest.find('>'), rest.find("</script>")) else { break };
        if open < close && !rest[..open].contains(" src=") {
            scripts.push(&rest[open + 1..close]);
        }
        rest = &rest[close + 1..];
    }
    scripts
}

/// A source expression (CSP 3 §2.3.1).
fn hash(script: &str) -> String {
    let hash = digest::digest(&digest::SHA256, script.as_bytes());
    format!("'sha256-{}'", data_encoding::BASE64.encode(hash.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_their_hash() {
        let page = "<head><script src=\"/a.js\"></script><script type=\"module\">\n  start();\n</script></head>";
        assert_eq!(inline_scripts(page), ["\n  start();\n"]);
        assert_eq!(hash("alert('Hello, world.');"), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
        let policy = PanelPolicy::of_pages([page].into_iter()).header();
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'sha256-"), "{policy}");
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"), "{policy}");
    }

    #[test]
    fn a_broken_page_allows_nothing_more() {
        assert!(inline_scripts("<script>never closed").is_empty());
        assert!(inline_scripts("<script").is_empty());
        assert!(inline_scripts("</script><script>x</script").is_empty());
    }
}
