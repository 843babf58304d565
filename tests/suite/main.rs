//! The suite: the real binary as a child process, spoken to over SMTP, HTTP and the command line. One file per behaviour.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is test code, also the parts that are no tests themselves"
)]

mod desk_process;
mod pebble;
mod smtp_client;
#[path = "../../src/mail/dns/test_server.rs"]
mod test_server;
mod tls_client;

mod a_full_disk_refuses_and_recovers;
mod a_letter_becomes_a_ticket;
mod a_mailing_reaches_each_recipient_once;
mod a_reply_is_signed_twice;
mod a_reply_reaches_the_customer;
mod acme_issues_the_certificate;
mod bad_letters_do_no_harm;
mod dns_is_checked_and_keys_are_rotated;
mod documents;
mod every_corpus_letter_becomes_a_ticket;
mod machines_do_not_answer_each_other;
mod the_certificate_changes_while_it_serves;
mod the_command_line_works_with_and_without_a_server;
mod the_queue_can_be_handled;
mod the_readme_holds;
mod who_a_letter_is_from;
