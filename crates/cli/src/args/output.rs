//! How results and progress are shown.
#![expect(clippy::doc_markdown, reason = "the comments are help texts, which are shown as they stand")]

use std::fmt;
use std::path::PathBuf;

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

/// What a command's formats are: an enumeration of its own, so that a command cannot be asked for what it does not have.
/// The default is what standard output gets when nothing else is asked for.
pub(crate) trait Format: ValueEnum + Default + fmt::Debug + Copy + Eq + Send + Sync + 'static {}

impl<T: ValueEnum + Default + fmt::Debug + Copy + Eq + Send + Sync + 'static> Format for T {}

/// The formats of the result, and where each goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct FormatArgs<F: Format> {
    /// The format of the result on standard output: text, when not given
    ///
    /// May be given several times, if --output names a file for all but one of them.
    #[arg(long, value_enum)]
    pub(crate) format: Vec<F>,
    /// Write the result in this format to a file besides, like json=result.json; may be given several times
    ///
    /// The file is replaced as a whole. FILE may be -, which is standard output.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = parse_delivery::<F>)]
    pub(crate) output: Vec<Delivery<F>>,
}

/// A format, and where the result in it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery<F> {
    pub(crate) format: F,
    pub(crate) place: Place,
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    StandardOutput,
    File(PathBuf),
}

fn parse_delivery<F: Format>(text: &str) -> Result<Delivery<F>, String> {
    let formats = || names::<F>(F::value_variants()).join(", ");
    let Some((format, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err(format!("expected FORMAT=FILE, with a FORMAT of {}", formats()));
    };
    let format = F::from_str(format, false).map_err(|_| format!("`{format}` is none of {}", formats()))?;
    let place = if file == "-" { Place::StandardOutput } else { Place::File(file.into()) };
    Ok(Delivery { format, place })
}

/// The formats as they are typed.
pub(crate) fn names<F: Format>(formats: &[F]) -> Vec<String> {
    formats.iter().filter_map(F::to_possible_value).map(|value| value.get_name().to_owned()).collect()
}

/// The formats of commands that find out something small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlainFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one versioned document
    Json,
}

/// The formats of `validate`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidateFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one versioned document
    Json,
    /// For code hosts: SARIF 2.1.0, which annotates the lines of a pull request
    Sarif,
}

/// The formats of `plan` and `status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one versioned document
    Json,
    /// For a comment on a pull request: at most 65,000 characters
    Markdown,
    /// For a browser: the organization as a map, in one file that loads nothing
    Html,
}

/// The formats of `show`. A saved plan does not say in which units accounts are, so that there is no map to draw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one versioned document
    Json,
    /// For a comment on a pull request: at most 65,000 characters
    Markdown,
}

/// The formats of `apply` and `destroy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApplyFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one versioned document
    Json,
    /// For a comment on a pull request: at most 65,000 characters
    Markdown,
}

/// The formats of `drift`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one versioned document
    Json,
    /// For a browser: the organization as a map, in one file that loads nothing
    Html,
    /// For a comment or an issue: at most 65,000 characters
    Markdown,
    /// For CI systems: JUnit XML, with accounts as tests
    Junit,
}
