//! The command line: one file per sub-command. Sub-commands that change the desk talk to a running server over the Unix
//! socket in its data folder; where none runs, they open the store themselves.

mod check;
mod control;
mod dkim;
mod dns;
mod init;
mod ledger;
mod mailbox;
mod mailing;
mod operator;
mod queue;
mod rule;
mod serve;
mod suppression;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A mail transfer agent with a ticketing layer.
#[derive(Parser)]
#[command(name = "mxdesk", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a commented configuration file.
    Init(init::Init),
    /// Validate a configuration file: errors with file, line and key.
    Check(ConfigFile),
    /// Run the desk.
    Serve(ConfigFile),
    /// Mailboxes.
    #[command(subcommand)]
    Mailbox(mailbox::Mailbox),
    /// Operators.
    #[command(subcommand)]
    Operator(operator::Operator),
    /// API tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Rules.
    #[command(subcommand)]
    Rule(rule::Rule),
    /// What became of a letter: every session and recipient, accepted or refused.
    Ledger(ledger::Ledger),
    /// DKIM keys: list, rotate.
    #[command(subcommand)]
    Dkim(dkim::Dkim),
    /// The outbound queue.
    #[command(subcommand)]
    Queue(queue::Queue),
    /// One text to many addresses.
    #[command(subcommand)]
    Mailing(mailing::Mailing),
    /// Addresses that get no automatic mail.
    #[command(subcommand)]
    Suppression(suppression::Suppression),
    /// The DNS records that the desk's domains need.
    Dns(dns::Dns),
}

/// Names the configuration.
#[derive(Args, Clone)]
struct ConfigFile {
    /// The configuration file.
    #[arg(long = "config", value_name = "FILE")]
    config: PathBuf,
}

impl ConfigFile {
    /// The configuration, or every problem of it in one error.
    fn load(&self) -> anyhow::Result<crate::config::Config> {
        crate::config::Config::load(&self.config)
            .map_err(|errors| anyhow::anyhow!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
    }
}

/// Runs the sub-command that the arguments name. 0: done; 1: it failed, and standard error says why; 2: wrong arguments.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Init(init) => init.run(),
        Command::Check(config) => check::run(&config),
        Command::Serve(config) => serve::run(&config),
        Command::Mailbox(mailbox) => mailbox.run(),
        Command::Operator(operator) => operator.run(),
        Command::Token(token) => token.run(),
        Command::Rule(rule) => rule.run(),
        Command::Ledger(ledger) => ledger.run(),
        Command::Dkim(dkim) => dkim.run(),
        Command::Dns(dns) => dns.run(),
        Command::Queue(queue) => queue.run(),
        Command::Mailing(mailing) => mailing.run(),
        Command::Suppression(suppression) => suppression.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints the answer of a sub-command.
#[expect(clippy::print_stdout, reason = "standard output is what a command line answers with")]
fn say(text: &str) {
    println!("{text}");
}

/// Prints why a sub-command failed.
#[expect(clippy::print_stderr, reason = "standard error is where a command line complains")]
fn complain(text: &str) {
    eprintln!("{text}");
}
