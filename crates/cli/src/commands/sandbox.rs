//! `rolecall sandbox`

use std::fs;
use std::io;
use std::path::Path;

use rolecall_sandbox::{Forgotten, GenerateOptions, forget, generate};

use crate::args::{GenerateArgs, ResetArgs, SandboxArgs, SandboxCommand, ServeArgs};
use crate::embedded::{self, Embedded};
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::interrupt::Interrupts;
use crate::load;
use crate::output::Output;
use crate::plan_file::{Readers, check_place, write_whole};
use crate::runtime;

/// How deep generated units are nested, when there are as many.
const DEPTH: u32 = 3;

pub(super) fn run(args: &SandboxArgs, output: &Output) -> Result<Outcome, CommandError> {
    match &args.command {
        SandboxCommand::Serve(args) => serve(args, output),
        SandboxCommand::Generate(args) => generated(args, output),
        SandboxCommand::Reset(args) => reset(args, output),
    }
}

fn serve(args: &ServeArgs, output: &Output) -> Result<Outcome, CommandError> {
    runtime::run(async {
        let mut interrupts = Interrupts::listen()?;
        let served = Embedded::serve(args).await?;
        let said = output.result(&format!("Serving {} at {}", served.organization(), served.url()));
        output.note(&format!(
            "Use it with AWS_ENDPOINT_URL={} and any AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; Ctrl-C ends it.",
            served.url()
        ));
        if said.is_ok() {
            interrupts.next().await;
        }
        served.close().await?;
        said.map(|()| Outcome::Done)
    })
}

fn generated(args: &GenerateArgs, output: &Output) -> Result<Outcome, CommandError> {
    let GenerateArgs { accounts, ous, depth, seed, out } = args;
    let depth = depth.unwrap_or(DEPTH.min(*ous).max(1));
    let options =
        GenerateOptions { accounts: *accounts as usize, units: *ous as usize, depth: depth as usize, seed: *seed };
    let file = generate(options).map_err(|error| CommandError::user(error.to_string()))?;
    let yaml =
        file.to_yaml().map_err(|error| CommandError::user("the organization cannot be written").because(&error))?;
    match out {
        Some(path) => {
            check_place(path)?;
            write_whole(path, Readers::Usual, yaml.as_bytes())?;
            output.note(&format!("Wrote {}: {accounts} accounts in {ous} units.", path.display()));
        }
        None => output.result(&yaml)?,
    }
    Ok(Outcome::Done)
}

fn reset(args: &ResetArgs, output: &Output) -> Result<Outcome, CommandError> {
    let forgotten = match &args.org {
        Some(organization) => remove(&embedded::state_file(organization))?,
        None => remove_all(Path::new(embedded::DIRECTORY))?,
    };
    output.result(match forgotten {
        0 => "Nothing to forget: no state is kept here.",
        _ => "The simulated organization is as its file says again.",
    })?;
    Ok(Outcome::Done)
}

/// Forgets a state that nobody uses, and tells how many that were.
fn remove(path: &Path) -> Result<usize, CommandError> {
    match forget(path) {
        Ok(Forgotten::State) => Ok(1),
        Ok(Forgotten::Nothing) => Ok(0),
        Err(error) => Err(CommandError::of(ErrorKind::User, &error)),
    }
}

fn remove_all(directory: &Path) -> Result<usize, CommandError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(cannot_remove(directory, &error)),
    };
    let mut removed = 0;
    for entry in entries {
        let path = entry.map_err(|error| cannot_remove(directory, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            removed += remove(&path)?;
        }
    }
    Ok(removed)
}

fn cannot_remove(path: &Path, error: &io::Error) -> CommandError {
    CommandError::user(format!("cannot remove {}: {}", path.display(), load::describe(error)))
}
