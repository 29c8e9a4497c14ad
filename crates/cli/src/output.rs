//! The only door to standard output and standard error: results to the one, everything else to the other.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};

use crate::args::OutputArgs;
use crate::error::CommandError;

/// How much is said, and how.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    verbosity: Verbosity,
    /// Whether somebody is there to answer a question.
    attended: bool,
    results: ColorChoice,
    messages: ColorChoice,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Results and errors.
    Quiet,
    /// Progress too.
    Normal,
    /// Every account, and what is going on.
    Verbose,
    /// Every call.
    Calls,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressStyle {
    /// Not at all.
    None,
    /// As lines that stay.
    Lines,
    /// As lines that are drawn over.
    Animated,
}

impl Output {
    /// What the arguments, the environment and the terminal ask for.
    pub(crate) fn new(args: &OutputArgs) -> Self {
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Calls,
        };
        let (results, messages) = if args.no_color {
            (ColorChoice::Never, ColorChoice::Never)
        } else {
            (AutoStream::choice(&io::stdout()), AutoStream::choice(&io::stderr()))
        };
        Self { verbosity, attended: io::stdin().is_terminal() && io::stderr().is_terminal(), results, messages }
    }

    /// How much is said.
    pub(crate) fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether log lines may be coloured.
    pub(crate) fn colours_messages(&self) -> bool {
        self.messages != ColorChoice::Never
    }

    /// How progress is shown. Log lines and lines that are drawn over would write into each other.
    pub(crate) fn progress(&self) -> ProgressStyle {
        match self.verbosity {
            Verbosity::Quiet => ProgressStyle::None,
            Verbosity::Normal if io::stderr().is_terminal() && !is_dumb() => ProgressStyle::Animated,
            Verbosity::Normal | Verbosity::Verbose | Verbosity::Calls => ProgressStyle::Lines,
        }
    }

    /// Whether somebody is there to answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        self.attended
    }

    /// Writes a result, which may hold colours; they are taken out where they are not wanted. A newline is added.
    pub(crate) fn result(&self, text: &str) -> Result<(), CommandError> {
        let mut stream = AutoStream::new(io::stdout().lock(), self.results);
        write_line(&mut stream, text).map_err(|error| CommandError::from_output(&error))
    }

    /// Tells something by the way, unless told to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.message(text);
        }
    }

    /// Tells something that must not be missed.
    pub(crate) fn message(&self, text: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.messages);
        // There is nowhere left to say that standard error is gone.
        let _ = write_line(&mut stream, text);
    }

    /// Writes a question, without a newline.
    pub(crate) fn question(&self, text: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.messages);
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}

fn write_line(stream: &mut impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
