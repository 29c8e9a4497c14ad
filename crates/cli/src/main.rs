//! Rolecall: third-party IAM roles across an AWS Organization, as one YAML file says.

mod args;
mod commands;
mod configuration;
mod copy;
mod deliveries;
mod diagnostics;
mod embedded;
mod error;
mod examples;
mod holder;
mod interrupt;
mod load;
mod lock;
mod logging;
mod organizations;
mod output;
mod part;
mod plan_file;
mod progress;
mod prompt;
mod render;
mod runtime;
mod session;
mod snapshot_file;
mod source;
mod stale;
mod survey;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run(std::env::args_os())
}
