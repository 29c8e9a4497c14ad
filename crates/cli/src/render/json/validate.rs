//! What is wrong with the files, as a document.

use rolecall_core::spec::{Diagnostic, Diagnostics, Location};
use serde::Serialize;

use crate::render::basis::Basis;

/// Problems as a JSON document (`schemas/validate.schema.json`).
pub(crate) fn validate_json(problems: &Diagnostics) -> Result<String, serde_json::Error> {
    super::document("validate", Basis::AWS, Body::of(problems))
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    valid: bool,
    error_count: usize,
    warning_count: usize,
    diagnostics: Vec<Problem<'a>>,
}

#[derive(Debug, Serialize)]
struct Problem<'a> {
    severity: String,
    code: &'a str,
    message: &'a str,
    expected: Option<&'a str>,
    hint: Option<&'a str>,
    location: Option<Place<'a>>,
    related: Vec<Related<'a>>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize)]
struct Related<'a> {
    location: Place<'a>,
    message: &'a str,
}

impl<'a> Body<'a> {
    fn of(problems: &'a Diagnostics) -> Self {
        Self {
            valid: problems.errors() == 0,
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
