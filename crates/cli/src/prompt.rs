//! The questions that Rolecall asks before it changes something.

use std::io;

use crate::error::{CommandError, ErrorKind};
use crate::output::Output;

/// Whether what was shown may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// The user is asked.
    Ask,
    /// The user said so on the command line, or by saving the plan.
    Given,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    /// The command that asks.
    pub(crate) command: &'static str,
    /// What it asks; the answer is typed behind it.
    pub(crate) text: &'static str,
    /// What is said after any answer but `yes`.
    pub(crate) refused: &'static str,
    /// What to do where nobody can be asked.
    pub(crate) without_terminal: &'static str,
}

/// Refuses to go on if there is nobody to ask. Called before anything is read, so that a pipeline fails at once.
pub(crate) fn check(approval: Approval, question: &Question, output: &Output) -> Result<(), CommandError> {
    if approval == Approval::Given || output.can_ask() {
        return Ok(());
    }
    let message = format!("{} asks before it changes anything, and there is no terminal to ask on", question.command);
    Err(CommandError::user(message).hint(question.without_terminal))
}

/// Asks, and goes on only after `yes`.
pub(crate) async fn approve(approval: Approval, question: &Question, output: &Output) -> Result<(), CommandError> {
    if approval == Approval::Given {
        return Ok(());
    }
    output.question(question.text);
    // The read cannot be cancelled: when the user interrupts it, the thread ends with the program.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    match answer.await {
        Ok(Ok(line)) if line.trim() == "yes" => Ok(()),
        Ok(Err(error)) => Err(CommandError::user("cannot read the answer").because(&error)),
        Ok(Ok(_)) | Err(_) => Err(CommandError::new(ErrorKind::Refused, question.refused)),
    }
}
