//! What the client is told at the end of the data.

use crate::desk::Reason;

/// Longest list of tickets in a reply, in octets: a reply line holds 512 (RFC 5321 §4.5.3.1.5).
const TICKETS: usize = 400;

/// What the client is told at the end of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `250 2.0.0 … ticket DEMO-1042`. Everything is durable.
    Accepted {
        /// The tickets' display numbers, one per mailbox.
        tickets: Vec<String>,
    },
    /// A rule or a limit says no.
    Refused {
        /// Why.
        reason: Reason,
        /// The reply's text, where a rule gives one (printable ASCII, one line).
        text: Option<String>,
    },
}

impl Verdict {
    /// The reply, one line without its end: what is sent, and what the ledger keeps.
    pub fn reply(&self) -> String {
        match self {
            Verdict::Accepted { tickets } => {
                let reason = Reason::Accepted;
                let word = if tickets.len() == 1 { "ticket" } else { "tickets" };
                format!("{} {} OK {word} {}", reason.code(), reason.enhanced(), list(tickets))
            }
            Verdict::Refused { reason, text } => {
                let text = text.as_deref().unwrap_or(reason.text());
                format!("{} {} {}", reason.code(), reason.enhanced(), one_line(text))
            }
        }
    }
}

fn list(tickets: &[String]) -> String {
    let mut list = String::new();
    for (place, ticket) in tickets.iter().enumerate() {
        if list.len() + ticket.len() > TICKETS {
            return format!("{list} and {} more", tickets.len() - place);
        }
        if place > 0 {
            list.push_str(", ");
        }
        list.push_str(ticket);
    }
    list
}

/// Printable ASCII only, at most 400 octets: a rule's text was checked when it was saved, and must not break a reply if not.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).take(TICKETS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_names_the_tickets() {
        let accepted = |tickets: &[&str]| {
            Verdict::Accepted { tickets: tickets.iter().map(|ticket| (*ticket).to_owned()).collect() }.reply()
        };
        assert_eq!(accepted(&["DEMO-1042"]), "250 2.0.0 OK ticket DEMO-1042");
        assert_eq!(accepted(&["DEMO-1042", "SAM-7"]), "250 2.0.0 OK tickets DEMO-1042, SAM-7");
        let many: Vec<String> = (0..1_000).map(|number| format!("DEMO-{number}")).collect();
        let reply = Verdict::Accepted { tickets: many }.reply();
        assert!(reply.len() < 500 && reply.ends_with(" more"), "{reply}");
    }

    #[test]
    fn a_refusal_is_one_printable_line() {
        let refused = |text: Option<&str>| {
            Verdict::Refused { reason: Reason::RuleRejected, text: text.map(str::to_owned) }.reply()
        };
        assert_eq!(refused(None), "550 5.7.1 Refused by the recipient");
        assert_eq!(refused(Some("Not here\r\n250 ok")), "550 5.7.1 Not here250 ok");
    }
}
