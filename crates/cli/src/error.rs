//! What went wrong, for people: one type, one rendering, one place that knows the exit codes.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::output::Output;

/// How a command ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done, or nothing to do.
    Done,
    /// There are changes, and the user asked to be told by the exit code.
    Changes,
    /// There are no changes, but some accounts could not be read, and the user asked to be told by the exit code.
    Unknown,
}

impl Outcome {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 2,
            Self::Unknown => 3,
        }
    }

    /// Of two outcomes the one that says more: changes before what is unknown, and that before nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Changes, _) | (_, Self::Changes) => Self::Changes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Done, Self::Done) => Self::Done,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, Clone)]
pub(crate) struct CommandError(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    kind: ErrorKind,
    message: String,
    /// What was said by the way down, the outermost first.
    causes: Vec<String>,
    /// Facts for whoever looks into it.
    notes: Vec<String>,
    /// What the user can do.
    hints: Vec<String>,
    /// Rendered already: diagnostics with excerpts, or results.
    report: Option<String>,
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The user can put it right on the command line or in the file system.
    User,
    /// The files are not right.
    Config,
    /// AWS refused or could not be reached.
    Aws,
    /// The plan goes beyond a limit, or was not approved.
    Refused,
    /// The saved plan is no longer what would be done.
    Stale,
    /// Some of the work failed, or could not be looked at.
    Partial,
    /// The user stopped it.
    Interrupted,
    /// The user stopped it twice: it left at once, with calls under way.
    Abandoned,
    /// Another run holds the lock.
    Locked,
    /// Nobody reads the output any more.
    BrokenPipe,
    /// It is Rolecall's own fault.
    Internal,
}

impl CommandError {
    /// An error without causes or hints.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            causes: Vec::new(),
            notes: Vec::new(),
            hints: Vec::new(),
            report: None,
        }))
    }

    /// An error that the user can put right.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::User, message)
    }

    /// An error with the errors that led to it.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.0.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// The message of an error, with the errors that led to it as causes.
    pub(crate) fn of(kind: ErrorKind, error: &dyn Error) -> Self {
        let this = Self::new(kind, error.to_string());
        match error.source() {
            Some(source) => this.because(source),
            None => this,
        }
    }

    /// What kind of error it is.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Adds a fact for whoever looks into it.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// Adds what the user can do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Adds what was rendered already; it stands before the message.
    pub(crate) fn report(mut self, report: String) -> Self {
        self.0.report = Some(report);
        self
    }

    /// Adds another error, which is told beside this one.
    pub(crate) fn and(mut self, other: Self) -> Self {
        let Details { kind: _, message, causes, notes, hints, report: _ } = *other.0;
        self.0.notes.push(std::iter::once(message).chain(causes).collect::<Vec<_>>().join(": "));
        self.0.notes.extend(notes);
        self.0.hints.extend(hints);
        self
    }

    /// What became of writing a result.
    pub(crate) fn from_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(ErrorKind::BrokenPipe, "nobody reads the output"),
            _ => Self::user("cannot write to standard output").because(error),
        }
    }

    /// The exit code of every error.
    pub(crate) const CODE: u8 = 1;

    /// What went wrong, in a line.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Says of what it is the error, where that is one of several.
    pub(crate) fn of_one(mut self, name: &dyn Display) -> Self {
        self.0.message = format!("{name}: {}", self.0.message);
        self
    }

    /// The error for programs.
    pub(crate) fn body(&self) -> ErrorBody<'_> {
        let Details { kind: _, message, causes, notes, hints, report } = self.0.as_ref();
        let report = report.as_ref().map(|report| anstream::adapter::strip_str(report).to_string());
        ErrorBody { message, causes, notes, hints, report }
    }

    /// Shows the error on standard error.
    pub(crate) fn tell(&self, output: &Output) {
        if self.0.kind != ErrorKind::BrokenPipe {
            output.message(&self.render());
        }
    }

    /// Shows the error on standard error, and tells the exit code.
    pub(crate) fn end(&self, output: &Output) -> ExitCode {
        self.tell(output);
        ExitCode::from(Self::CODE)
    }

    fn render(&self) -> String {
        let mut text = String::new();
        if let Some(report) = &self.0.report {
            text.push_str(report.trim_end());
            text.push_str("\n\n");
        }
        let red = AnsiColor::Red.on_default().bold();
        let heading = match self.0.kind {
            ErrorKind::Internal => "internal error",
            _ => "error",
        };
        let _ = write!(text, "{}: {}", paint(red, heading), clean(&self.0.message));
        match self.0.causes.as_slice() {
            [] => {}
            [cause] => {
                let _ = write!(text, "\nCaused by: {}", clean(cause));
            }
            causes => {
                text.push_str("\nCaused by:");
                for (number, cause) in causes.iter().enumerate() {
                    let _ = write!(text, "\n{}: {}", number + 1, clean(cause));
                }
            }
        }
        for note in &self.0.notes {
            let _ = write!(text, "\n{}: {}", paint(AnsiColor::Cyan.on_default(), "note"), clean(note));
        }
        for hint in &self.0.hints {
            let _ = write!(text, "\n{}: {}", paint(AnsiColor::Cyan.on_default(), "hint"), clean(hint));
        }
        if self.0.kind == ErrorKind::Internal {
            let bugs = concat!(env!("CARGO_PKG_REPOSITORY"), "/issues");
            let _ = write!(text, "\nThis is a bug in Rolecall; please report it at {bugs}");
        }
        text
    }
}

/// An error as a part of a document.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorBody<'a> {
    message: &'a str,
    causes: &'a [String],
    notes: &'a [String],
    hints: &'a [String],
    /// Excerpts of files, or what moved; null where there is none.
    report: Option<String>,
}

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Messages quote what AWS and the file system say: nothing in them may steer the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    fn plain(error: &CommandError) -> String {
        anstream::adapter::strip_str(&error.render()).to_string()
    }

    #[test]
    fn an_error_is_followed_by_its_causes_and_what_to_do() {
        let inner = io::Error::other("inner");
        let error = CommandError::user("cannot do it").because(&Outer(inner)).hint("do it otherwise");
        insta::assert_snapshot!(plain(&error), @r"
        error: cannot do it
        Caused by:
        1: outer
        2: inner
        hint: do it otherwise
        ");
    }

    #[test]
    fn a_message_cannot_steer_the_terminal() {
        let text = plain(&CommandError::user("account \u{1b}]0;gotcha\u{7}"));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
    }

    #[test]
    fn every_error_exits_with_one() {
        for (outcome, code) in [(Outcome::Done, 0), (Outcome::Changes, 2), (Outcome::Unknown, 3)] {
            assert_eq!(ExitCode::from(outcome), ExitCode::from(code));
        }
    }
}
