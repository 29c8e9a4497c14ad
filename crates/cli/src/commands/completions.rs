//! `rolecall completions`

use clap::CommandFactory as _;

use crate::args::{Arguments, CompletionsArgs};
use crate::error::{CommandError, Outcome};
use crate::output::Output;

pub(super) fn run(args: &CompletionsArgs, output: &Output) -> Result<Outcome, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "rolecall", &mut script);
    output.result(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
