//! `rolecall validate`

use rolecall_core::spec::{self, Diagnostic, Diagnostics, Location, Parsed};
use serde::Serialize;

use crate::args::{Format, ValidateArgs};
use crate::configuration;
use crate::diagnostics;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::load::Sources;
use crate::output::Output;

pub(super) fn run(args: &ValidateArgs, output: &Output) -> Result<Outcome, CommandError> {
    let sources = Sources::read(&args.files.paths())?;
    let checked = spec::parse(sources.files(), &sources);
    match args.format.format {
        Format::Text => text(checked, output),
        Format::Json => json(checked, output),
    }
}

fn text(checked: Result<Parsed, Diagnostics>, output: &Output) -> Result<Outcome, CommandError> {
    let Parsed { organizations, warnings } = checked.map_err(|problems| configuration::invalid(&problems))?;
    let count = organizations.values().map(|organization| organization.spec.integrations.len()).sum::<usize>();
    let counted = if count == 1 { "1 integration".to_owned() } else { format!("{count} integrations") };
    let integrations = match organizations.len() {
        1 => counted,
        many => format!("{counted} in {many} organizations"),
    };
    if warnings.list.is_empty() {
        output.result(&format!("Success! The configuration is valid: {integrations}."))?;
    } else {
        output.note(&format!("{}\n", configuration::report(&warnings)));
        let summary = diagnostics::summary(&warnings.list);
        output.result(&format!("The configuration is valid: {integrations}, with {summary}."))?;
    }
    Ok(Outcome::Done)
}

fn json(checked: Result<Parsed, Diagnostics>, output: &Output) -> Result<Outcome, CommandError> {
    let (valid, problems) = match checked {
        Ok(Parsed { organizations: _, warnings }) => (true, warnings),
        Err(problems) => (false, problems),
    };
    let document = serde_json::to_string(&Document::of(valid, &problems))
        .map_err(|error| CommandError::new(ErrorKind::Internal, "the result cannot be written").because(&error))?;
    output.result(&document)?;
    if valid {
        Ok(Outcome::Done)
    } else {
        Err(CommandError::new(ErrorKind::Config, diagnostics::summary(&problems.list)))
    }
}

/// What `--format json` prints; see `schemas/validate.schema.json`.
#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    rolecall_version: &'static str,
    kind: &'static str,
    valid: bool,
    error_count: usize,
    warning_count: usize,
    diagnostics: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    severity: String,
    code: &'a str,
    message: &'a str,
    expected: Option<&'a str>,
    hint: Option<&'a str>,
    location: Option<Place<'a>>,
    related: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    location: Place<'a>,
    message: &'a str,
}

impl<'a> Document<'a> {
    fn of(valid: bool, problems: &'a Diagnostics) -> Self {
        Self {
            format_version: "1.0",
            rolecall_version: env!("CARGO_PKG_VERSION"),
            kind: "validate",
            valid,
            error_count: problems.errors(),
            warning_count: problems.warnings(),
            diagnostics: problems.list.iter().map(Problem::of).collect(),
        }
    }
}

impl<'a> Problem<'a> {
    fn of(problem: &'a Diagnostic) -> Self {
        let Diagnostic { severity, code, location, message, expected, hint, related } = problem;
        Self {
            severity: severity.to_string(),
            code,
            message,
            expected: expected.as_deref(),
            hint: hint.as_deref(),
            location: location.as_ref().map(Place::of),
            related: related.iter().map(|(at, message)| Related { location: Place::of(at), message }).collect(),
        }
    }
}

impl<'a> Place<'a> {
    fn of(at: &'a Location) -> Self {
        let Location { file, line, column, bytes: _ } = at;
        Self { file, line: *line, column: *column }
    }
}
