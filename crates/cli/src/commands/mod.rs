//! The commands, one file each.

mod accounts;
mod apply;
mod completions;
mod doctor;
mod drift;
mod iam_policy;
mod import;
mod plan;
mod report;
mod sandbox;
mod schema;
mod show;
mod snapshot;
mod status;
mod unlock;
mod validate;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};

use crate::args::{Arguments, Command};
use crate::error::{CommandError, Outcome};
use crate::logging;
use crate::output::Output;

/// Reads the arguments, does what they say, and tells the exit code.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments = match parse(arguments.collect()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // What cannot be printed cannot be reported either.
            let _ = error.print();
            // Usage errors are errors like all others; clap's own 2 would mean "there are changes".
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let output = Output::new(&arguments.output);
    logging::start(&output);
    match dispatch(arguments.command, &output) {
        Ok(outcome) => outcome.into(),
        Err(error) => error.end(&output),
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let plain = arguments.iter().any(|argument| argument == "--no-color");
    let command = Arguments::command().color(if plain { ColorChoice::Never } else { ColorChoice::Auto });
    Arguments::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

fn dispatch(command: Command, output: &Output) -> Result<Outcome, CommandError> {
    match command {
        Command::Validate(args) => validate::run(&args, output),
        Command::Plan(args) => plan::run(&args, output),
        Command::Drift(args) => drift::run(&args, output),
        Command::Doctor(args) => doctor::run(&args, output),
        Command::IamPolicy(args) => iam_policy::run(&args, output),
        Command::Apply(args) => apply::run(&args, output),
        Command::Destroy(args) => apply::destroy(&args, output),
        Command::Unlock(args) => unlock::run(&args, output),
        Command::Status(args) => status::run(&args, output),
        Command::Accounts(args) => accounts::run(&args, output),
        Command::Import(args) => import::run(&args, output),
        Command::Snapshot(args) => snapshot::run(&args, output),
        Command::Show(args) => show::run(&args, output),
        Command::Report(args) => report::run(&args, output),
        Command::Schema => schema::run(output),
        Command::Completions(args) => completions::run(&args, output),
        Command::Sandbox(args) => sandbox::run(&args, output),
    }
}
