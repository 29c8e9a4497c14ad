//! `rolecall unlock`

use rolecall_aws::{Connection, Freed};
use rolecall_core::ids::OrgId;
use rolecall_core::lock::Occupant;

use crate::args::{Again, UnlockArgs};
use crate::configuration;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::holder::{describe, how_to_free};
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::prompt::{self, Approval, Question};
use crate::runtime;
use crate::session;

const QUESTION: Question = Question {
    command: "unlock",
    text: "\nDo you want to free this lock?\n  \
           If that run is still alive, another one can then change the same things at the same time.\n  \
           Only 'yes' will be accepted to approve.\n\n  \
           Enter a value: ",
    refused: "Unlock cancelled. The lock is held as before.",
    without_terminal: "name the run and pass --auto-approve",
};

pub(super) fn run(args: &UnlockArgs, output: &Output) -> Result<Outcome, CommandError> {
    let approval = if args.auto_approve { Approval::Given } else { Approval::Ask };
    let configuration = configuration::load_one(&args.files, "unlock", output)?;
    let spec = &configuration.spec;
    let work = session::with(
        (&spec.access, Some(&spec.organization.id)),
        &args.aws,
        output,
        async |connection, interrupts| {
            unlock(connection, interrupts, &spec.organization.id, args, approval, output).await
        },
    );
    runtime::run(work)
}

async fn unlock(
    connection: &Connection,
    interrupts: &mut Interrupts,
    organization: &OrgId,
    args: &UnlockArgs,
    approval: Approval,
    output: &Output,
) -> Result<Outcome, CommandError> {
    let read = interrupts.or(rolecall_aws::read_lock(connection, organization)).await?;
    let Some(occupant) = read.map_err(|error| session::failed_call(&error))? else {
        output.result(&format!("Nobody holds the lock of {organization}."))?;
        return Ok(Outcome::Done);
    };
    let again = Again::of(&args.files, &args.aws);
    if let Some(wanted) = &args.id
        && occupant.run() != Some(wanted)
    {
        return Err(other_holder(organization, &occupant));
    }
    output.result(&format!("The lock of {organization} is held.\n  {}", describe(&occupant)))?;
    if approval == Approval::Ask {
        output.note(&format!("  {}", how_to_free(&occupant, &again)));
    }
    prompt::check(approval, &QUESTION, output).map_err(|error| match occupant.run() {
        Some(run) => error.hint(format!("`rolecall unlock {run} --auto-approve{again}`")),
        None => error,
    })?;
    interrupts.or(prompt::approve(approval, &QUESTION, output)).await??;
    let freed = rolecall_aws::take_away_lock(connection, organization, &occupant).await;
    match freed.map_err(|error| session::failed_call(&error))? {
        Freed::Freed => output.result("The lock is free now.")?,
        Freed::WasFree => output.result("The lock was freed in the meantime.")?,
        Freed::Held(occupant) => return Err(other_holder(organization, &occupant)),
    }
    Ok(Outcome::Done)
}

fn other_holder(organization: &OrgId, occupant: &Occupant) -> CommandError {
    CommandError::new(ErrorKind::Locked, format!("another run holds the lock of {organization}; it was not freed"))
        .note(describe(occupant))
}
