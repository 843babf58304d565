//! `mxdesk operator add`: the password comes on standard input.

use std::io::{IsTerminal, Read};

use anyhow::Context;
use clap::{Subcommand, ValueEnum};

use super::control::{Reply, Request, perform};
use super::{ConfigFile, complain, say};
use crate::desk::Role;

/// Longest password that is read, in octets.
const PASSWORD_LIMIT: u64 = 4096;

/// Operators.
#[derive(Subcommand)]
pub(super) enum Operator {
    /// Add an operator; the password is read from standard input (one line).
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The sign-in name.
        #[arg(long)]
        email: String,
        /// The name that people see.
        #[arg(long)]
        name: String,
        /// The rights.
        #[arg(long)]
        role: RoleArgument,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RoleArgument {
    /// Everything, and the desk's set-up.
    Admin,
    /// Tickets; no set-up.
    Operator,
}

impl Operator {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Operator::Add { config, email, name, role } = self;
        let config = config.load()?;
        let role = match role {
            RoleArgument::Admin => Role::Admin,
            RoleArgument::Operator => Role::Operator,
        };
        let request = Request::OperatorAdd { email, name, role, password: read_password()? };
        if let Reply::Lines(lines) = perform(&config, request)? {
            say(&lines.join("\n"));
        }
        Ok(())
    }
}

/// One line of standard input, without its line end.
fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        complain("password (one line, shown as typed; better: pipe it in), then Ctrl-D:");
    }
    let mut text = String::new();
    std::io::stdin().take(PASSWORD_LIMIT).read_to_string(&mut text).context("cannot read the password")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
