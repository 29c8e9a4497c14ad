//! The one question that Rolecall asks.

use std::io;

use crate::error::{CommandError, ErrorKind};
use crate::output::Output;

/// Whether the plan is to be applied once it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// The user is asked.
    Ask,
    /// The user said so on the command line, or by saving the plan.
    Given,
}

/// Refuses to go on if there is nobody to ask. Called before anything is read, so that a pipeline fails at once.
pub(crate) fn check(approval: Approval, output: &Output) -> Result<(), CommandError> {
    if approval == Approval::Given || output.can_ask() {
        return Ok(());
    }
    let message = "apply asks before it changes anything, and there is no terminal to ask on";
    Err(CommandError::user(message).hint(
        "pass --auto-approve, or save a plan with `rolecall plan -o plan.json` and run `rolecall apply plan.json`",
    ))
}

/// Asks, and goes on only after `yes`.
pub(crate) async fn approve(approval: Approval, output: &Output) -> Result<(), CommandError> {
    if approval == Approval::Given {
        return Ok(());
    }
    output.question(
        "\nDo you want to perform these actions?\n  \
         Rolecall will perform the actions described above.\n  \
         Only 'yes' will be accepted to approve.\n\n  \
         Enter a value: ",
    );
    // The read cannot be cancelled: when the user interrupts it, the thread ends with the program.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    match answer.await {
        Ok(Ok(line)) if line.trim() == "yes" => Ok(()),
        Ok(Err(error)) => Err(CommandError::user("cannot read the answer").because(&error)),
        Ok(Ok(_)) | Err(_) => Err(CommandError::new(ErrorKind::Refused, "Apply cancelled. Nothing was changed.")),
    }
}
