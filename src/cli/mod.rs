//! The command line: one file per sub-command.

use std::process::ExitCode;

/// Runs the sub-command that the arguments name.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
