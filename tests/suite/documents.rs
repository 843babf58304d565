//! Documents that are made from the source: each test writes its document anew with `MXDESK_BLESS=1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use mxdesk::desk::Reason;

/// What the RFCs that the source names are about.
const TITLES: &[(u32, &str)] = &[
    (952, "Host names"),
    (1035, "Domain names"),
    (1870, "SMTP: SIZE"),
    (1912, "Common DNS errors"),
    (1952, "gzip"),
    (2034, "SMTP: enhanced status codes"),
    (2045, "MIME: bodies and their encodings"),
    (2046, "MIME: media types"),
    (2047, "Encoded words in header fields"),
    (2142, "Mailbox names every domain has"),
    (2181, "Clarifications to DNS"),
    (2231, "Parameter values in header fields"),
    (2308, "Negative answers of DNS"),
    (2369, "List header fields"),
    (2392, "Content-ID URLs"),
    (2920, "SMTP: pipelining"),
    (3030, "SMTP: chunking (BDAT)"),
    (3207, "SMTP: STARTTLS"),
    (3339, "Times"),
    (3461, "SMTP: delivery status notifications"),
    (3463, "Enhanced status codes"),
    (3464, "Format of delivery status notifications"),
    (3596, "DNS: IPv6"),
    (3676, "Flowed text"),
    (3834, "Automatic responses"),
    (3848, "SMTP: names of transmission types"),
    (3986, "URIs"),
    (4035, "DNSSEC"),
    (4954, "SMTP: AUTH"),
    (5280, "X.509 certificates"),
    (5321, "SMTP"),
    (5322, "Message format"),
    (5646, "Language tags"),
    (5782, "DNS block lists"),
    (5802, "SCRAM"),
    (5890, "Internationalised domain names"),
    (5965, "Complaints (ARF)"),
    (6068, "mailto URLs"),
    (6152, "SMTP: 8BITMIME"),
    (6265, "Cookies"),
    (6266, "Content-Disposition in HTTP"),
    (6376, "DKIM"),
    (6430, "Complaints: not-spam"),
    (6522, "multipart/report"),
    (6531, "SMTP: internationalised e-mail (SMTPUTF8)"),
    (6532, "Internationalised header fields"),
    (6533, "Internationalised delivery status notifications"),
    (6698, "DANE: TLSA"),
    (6750, "Bearer tokens"),
    (6838, "Media types"),
    (6890, "Special addresses"),
    (7208, "SPF"),
    (7435, "Opportunistic security"),
    (7489, "DMARC"),
    (7505, "Null MX"),
    (7578, "multipart/form-data"),
    (7671, "DANE: operation"),
    (7672, "DANE for SMTP"),
    (7677, "SCRAM-SHA-256"),
    (8017, "RSA"),
    (8020, "Names below one that does not exist"),
    (8058, "One-click unsubscribe"),
    (8187, "Extended parameters in HTTP"),
    (8301, "DKIM: algorithms and key lengths"),
    (8314, "TLS from the beginning"),
    (8410, "Ed25519 keys in PKCS #8"),
    (8460, "SMTP TLS reporting"),
    (8461, "MTA-STS"),
    (8463, "DKIM: Ed25519"),
    (8555, "ACME"),
    (8601, "Authentication-Results"),
    (8616, "E-mail authentication for internationalised mail"),
    (8617, "ARC"),
    (8659, "CAA"),
    (8689, "SMTP: REQUIRETLS"),
    (8737, "ACME: TLS-ALPN-01"),
    (9110, "HTTP"),
    (9422, "SMTP: LIMITS"),
    (9457, "Problem details"),
    (9495, "CAA for mail certificates"),
    (9989, "DMARC (bis)"),
    (9990, "DMARC aggregate reports (bis)"),
];

#[test]
fn the_table_of_rfcs_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pattern =
        regex::Regex::new(r"RFC (\d{3,5})(?: §([0-9A-Z][0-9A-Za-z.]*[0-9A-Za-z]|[0-9]))?").expect("a valid pattern");
    let mut found: BTreeMap<(u32, Vec<u32>, String), BTreeSet<String>> = BTreeMap::new();
    for path in rust_files(&root.join("src")) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        for capture in pattern.captures_iter(&text) {
            let number = capture[1].parse().expect("digits");
            let section = capture.get(2).map_or("", |section| section.as_str()).to_owned();
            let order = section.split('.').map(|part| part.parse().unwrap_or(0)).collect();
            found.entry((number, order, section)).or_default().insert(name.clone());
        }
    }
    let mut table = String::from(
        "# RFCs, and where they are kept\n\nMade from the comments of the source by a test; `make bless` writes it anew.\n\n\
         | RFC | about | section | where |\n|---|---|---|---|\n",
    );
    for ((number, _, section), files) in &found {
        let about = TITLES.iter().find(|(known, _)| known == number).map(|(_, about)| *about);
        let about = about.unwrap_or_else(|| panic!("RFC {number} has no title in tests/suite/documents.rs"));
        let files: Vec<_> = files.iter().map(|file| format!("`{file}`")).collect();
        let section = if section.is_empty() { String::new() } else { format!("§{section}") };
        writeln!(table, "| {number} | {about} | {section} | {} |", files.join(", "))
            .expect("a String takes everything");
    }
    assert_fresh("docs/rfc.md", &table);
}

#[test]
fn the_table_of_refusals_is_fresh() {
    let mut table = String::from(
        "# What mxdesk says to a sender, and why\n\nMade from `src/desk/reason.rs` by a test; `make bless` writes it anew. The word stands in the ledger, in \
         the API and in the figures.\n\n| word | reply | meaning |\n|---|---|---|\n",
    );
    for reason in Reason::ALL {
        let reply = format!("{} {} {}", reason.code(), reason.enhanced(), reason.text());
        writeln!(table, "| `{}` | `{reply}` | {} |", reason.word(), reason.about().trim())
            .expect("a String takes everything");
    }
    assert_fresh("docs/refusals.md", &table);
}

#[test]
fn no_room_imports_one_above_it() {
    // Lowest first. smtp, queue, jobs and http stand side by side.
    const ROOMS: &[&[&str]] = &[
        &["config"],
        &["store", "tls"],
        &["mail"],
        &["rules"],
        &["desk"],
        &["search"],
        &["board"],
        &["smtp", "queue", "jobs", "http"],
        &["cli"],
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let pattern = regex::Regex::new(r"crate::(?:\{([^}]*)\}|(\w+))").expect("a valid pattern");
    let mut offences = Vec::new();
    for (level, rooms) in ROOMS.iter().enumerate() {
        for room in *rooms {
            let allowed: BTreeSet<&str> =
                ROOMS[..level].iter().flat_map(|rooms| rooms.iter().copied()).chain([*room]).collect();
            for path in rust_files(&root.join(room)) {
                let text = std::fs::read_to_string(&path).expect("a source file");
                for capture in pattern.captures_iter(&text) {
                    let named = capture.get(1).or_else(|| capture.get(2)).map_or("", |names| names.as_str());
                    for name in named.split(',').map(|part| part.trim().split("::").next().unwrap_or("")) {
                        if ROOMS.iter().any(|rooms| rooms.contains(&name)) && !allowed.contains(name) {
                            offences.push(format!("{} imports {name}", path.display()));
                        }
                    }
                }
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// Compares a document with what it should hold.
fn assert_fresh(name: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("MXDESK_BLESS").is_some() {
        std::fs::write(&path, fresh).expect("the document can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == fresh, "{name} is stale: run `make bless` and commit it");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
