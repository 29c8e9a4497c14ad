//! How results and progress are shown.
#![expect(clippy::doc_markdown, reason = "the comments are help texts, which are shown as they stand")]

use clap::{ArgAction, Args, ValueEnum};

/// How much is said, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print without colour; NO_COLOR does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Print results and errors only, no progress
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show every account and what is going on; twice: the AWS calls that were made too
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The form of the result.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatArgs {
    /// The form of the result on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: one versioned document
    Json,
}
