//! The name that a client gives itself (RFC 5321 §4.1.1.1, §4.1.4).
//!
//! A wrong name is a sign, no proof: many an honest server has one. So it gives points, and refuses nothing alone.

use std::net::IpAddr;

use crate::config;
use crate::desk::{Finding, Stage};

/// Octets of a host name (RFC 1035 §2.3.4).
const MAX_NAME: usize = 253;

/// What is wrong with a name.
pub(super) fn judge(name: &str, hostname: &str, points: &config::Policy) -> Option<Finding> {
    let (points, what) = if name.trim_end_matches('.').eq_ignore_ascii_case(hostname) {
        (points.helo_ours_points, "is our own name")
    } else if name.parse::<IpAddr>().is_ok() {
        (points.helo_address_points, "is a bare address")
    } else if !is_full_host_name(name) && !is_literal(name) {
        (points.helo_syntax_points, "is no full host name")
    } else {
        return None;
    };
    let shown = &name[..name.floor_char_boundary(100)];
    (points > 0).then(|| Finding::new(Stage::Helo, super::points(points), &format!("{shown} {what}")))
}

fn is_full_host_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            // Underscores stand in the names of many honest hosts; names beyond ASCII came with RFC 6531 §3.3.
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    name.len() <= MAX_NAME && name.contains('.') && name.split('.').all(fits)
}

/// RFC 5321 §4.1.3.
fn is_literal(name: &str) -> bool {
    let Some(address) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) else { return false };
    match address.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => address.parse::<std::net::Ipv6Addr>().is_ok(),
        _ => address.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("mail.example.com", 0)]
    #[case("mail.example.com.", 0)]
    #[case("mail_1.example.com", 0)]
    #[case("bücher.example", 0)]
    #[case("[192.0.2.1]", 0)]
    #[case("[IPv6:2001:db8::1]", 0)]
    #[case("localhost", 2)]
    #[case("-a.example.com", 2)]
    #[case("a..example.com", 2)]
    #[case("[192.0.2.300]", 2)]
    #[case("[2001:db8::1]", 2)]
    #[case("<script>", 2)]
    #[case("", 2)]
    #[case("192.0.2.1", 3)]
    #[case("2001:db8::1", 3)]
    #[case("DESK.demo.test", 8)]
    #[case("desk.demo.test.", 8)]
    fn names_have_their_points(#[case] name: &str, #[case] points: i32) {
        let found = judge(name, "desk.demo.test", &config::Policy::default());
        assert_eq!(found.map_or(0, |finding| finding.points), points);
    }

    #[test]
    fn a_stage_without_points_finds_nothing() {
        let off = config::Policy { helo_syntax_points: 0, ..config::Policy::default() };
        assert_eq!(judge("localhost", "desk.demo.test", &off), None);
    }

    proptest! {
        #[test]
        fn no_name_breaks_a_finding(name in "\\PC{0,400}") {
            if let Some(finding) = judge(&name, "desk.demo.test", &config::Policy::default()) {
                prop_assert!(finding.detail.len() <= 200 && finding.detail.bytes().all(|b| (b' '..=b'~').contains(&b)));
            }
        }
    }
}
