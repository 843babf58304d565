//! Recognises letters that no person wrote (RFC 3834 §2 and the usual headers): stored, and never answered by a machine.
//!
//! Promises: every automatic letter that says so in a field that mail programs use is recognised; our own automatic
//! letters are. Prefers to be silent: a person's letter through a mailing list counts as a robot's.
//! Leaves to others: what follows from it (`desk`), what a bounce says (`bounce`).

use super::Letter;

/// What gave the robot away: header name and value, or `null sender`.
pub type RobotSign = String;

/// Characters of a value that are told.
const MAX_SIGN: usize = 100;

/// Fields that only machines write.
const MACHINE_FIELDS: [&str; 13] = [
    "List-Id",
    "List-Unsubscribe",
    "List-Post",
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply-From",
    "X-Autoreply-From",
    "X-Mail-Autoreply",
    "X-FC-MachineGenerated",
    "X-Failed-Recipients",
    "Feedback-ID",
    "X-Loop",
];

/// Local parts behind which nobody reads, compared without `-`, `_` and `.`.
const MACHINES: [&str; 10] = [
    "mailerdaemon",
    "noreply",
    "donotreply",
    "noanswer",
    "noresponder",
    "naoresponda",
    "nepasrepondre",
    "autoreply",
    "bounce",
    "bounces",
];

/// How programs that set no field begin the subject of an automatic answer.
const SUBJECTS: [&str; 9] = [
    "automatic reply:",
    "auto reply:",
    "autoreply:",
    "out of office:",
    "автоответ:",
    "автоматический ответ:",
    "resposta automática:",
    "automatische antwort:",
    "réponse automatique",
];

/// The sign by which the letter is a robot's; `None` for a person's.
pub fn detect(letter: &Letter, null_sender: bool) -> Option<RobotSign> {
    if null_sender {
        return Some("null sender".to_owned());
    }
    letter
        .headers
        .iter()
        .find(|(name, value)| is_machines(name, value))
        .map(|(name, value)| format!("{name}: {}", value.chars().take(MAX_SIGN).collect::<String>()))
        .or_else(|| from_machine(letter))
        .or_else(|| automatic_subject(letter))
}

fn is_machines(name: &str, value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let first = value.split([';', ' ', '(']).next().unwrap_or_default();
    match name {
        // RFC 3834 §5: `no` is a person; anything else is not.
        name if name.eq_ignore_ascii_case("Auto-Submitted") => !first.is_empty() && first != "no",
        name if name.eq_ignore_ascii_case("Precedence") => {
            matches!(first, "bulk" | "list" | "junk" | "auto_reply" | "auto-reply")
        }
        // Exchange sets `DR, RN, NRN` on letters of persons too.
        name if name.eq_ignore_ascii_case("X-Auto-Response-Suppress") => {
            value.split(',').any(|part| matches!(part.trim(), "all" | "oof" | "autoreply"))
        }
        name if name.eq_ignore_ascii_case("Content-Type") => first == "multipart/report",
        name => MACHINE_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field)),
    }
}

/// Whether nobody reads what is sent to this address: daemons, and the addresses by which lists are run (RFC 3834 §2).
pub fn is_machine(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let lower = local.to_lowercase();
    lower.starts_with("owner-")
        || ["-owner", "-request", "-bounces", "-bounce"].iter().any(|end| lower.ends_with(end))
        || is_machines_local(&lower)
}

fn from_machine(letter: &Letter) -> Option<RobotSign> {
    let address = &letter.from.as_ref()?.address;
    let local = address.rsplit_once('@')?.0;
    is_machines_local(local).then(|| format!("From: {address}"))
}

fn is_machines_local(local: &str) -> bool {
    let plain: String = local.chars().filter(|c| !matches!(c, '-' | '_' | '.')).flat_map(char::to_lowercase).collect();
    let plain = plain.split('+').next().unwrap_or_default();
    MACHINES.contains(&plain) || plain.starts_with("noreply") || plain.starts_with("donotreply")
}

fn automatic_subject(letter: &Letter) -> Option<RobotSign> {
    let subject = letter.subject.to_lowercase();
    SUBJECTS.iter().any(|start| subject.starts_with(start)).then(|| format!("Subject: {}", letter.subject))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Letter, detect};

    fn letter(fields: &str) -> Letter {
        Letter::parse(format!("{fields}\r\nX-Last: x\r\n\r\nx").as_bytes())
    }

    #[rstest]
    #[case("Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied")]
    #[case("auto-submitted: auto-generated (rejected)", "auto-submitted: auto-generated (rejected)")]
    #[case("Precedence: Bulk", "Precedence: Bulk")]
    #[case("List-Id: <announce.example.com>", "List-Id: <announce.example.com>")]
    #[case("List-Unsubscribe: <mailto:x@example.com>", "List-Unsubscribe: <mailto:x@example.com>")]
    #[case("X-Auto-Response-Suppress: DR, OOF, AutoReply", "X-Auto-Response-Suppress: DR, OOF, AutoReply")]
    #[case("X-Autoreply: yes", "X-Autoreply: yes")]
    #[case("Feedback-ID: 1:2:3", "Feedback-ID: 1:2:3")]
    #[case("Content-Type: multipart/report; report-type=delivery-status; boundary=x", "Content-Type: multipart/report")]
    #[case("From: Mail Delivery <MAILER-DAEMON@example.com>", "From: MAILER-DAEMON@example.com")]
    #[case("From: no-reply@example.com", "From: no-reply@example.com")]
    #[case("From: do_not.reply@example.com", "From: do_not.reply@example.com")]
    #[case("From: noreply-orders@example.com", "From: noreply-orders@example.com")]
    #[case("From: a@example.com\r\nSubject: Automatic reply: your order", "Subject: Automatic reply")]
    #[case("From: a@example.com\r\nSubject: Автоответ: отпуск", "Subject: Автоответ")]
    fn a_robot_is_recognised(#[case] fields: &str, #[case] sign: &str) {
        let found = detect(&letter(fields), false);
        assert!(found.as_deref().is_some_and(|found| found.starts_with(sign)), "{found:?}");
    }

    #[rstest]
    #[case("From: ann@example.com\r\nSubject: Re: automatic reply: what is this?")]
    #[case("From: ann@example.com\r\nAuto-Submitted: no")]
    #[case("From: ann@example.com\r\nPrecedence: normal")]
    #[case("From: ann@example.com\r\nX-Auto-Response-Suppress: DR, RN, NRN")]
    #[case("From: norepl@example.com")]
    #[case("From: ann.noreply@example.com")]
    #[case("Subject: nobody at all")]
    fn a_person_is_left_alone(#[case] fields: &str) {
        assert_eq!(detect(&letter(fields), false), None);
    }

    #[test]
    fn the_null_sender_is_a_robot() {
        assert_eq!(detect(&letter("From: ann@example.com"), true).as_deref(), Some("null sender"));
    }
}
