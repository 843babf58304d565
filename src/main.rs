//! The `mxdesk` binary: hands over to [`mxdesk::cli`], which holds one file per sub-command.

use std::process::ExitCode;

fn main() -> ExitCode {
    mxdesk::cli::main()
}
