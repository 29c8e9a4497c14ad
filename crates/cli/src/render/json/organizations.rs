//! Several organizations as one document.

use std::collections::BTreeMap;

use rolecall_core::ids::OrgId;
use serde::Serialize;
use serde_json::Value;

use crate::error::ErrorBody;
use crate::render::basis::Basis;
use crate::render::chapter::{Chapter, Count, sum};

/// The documents of several organizations as one (`schemas/organizations.schema.json`).
pub(crate) fn organizations_json(
    command: &'static str,
    chapters: &[Chapter<String>],
) -> Result<String, serde_json::Error> {
    let organizations = chapters.iter().map(OrganizationBody::of).collect::<Result<_, _>>()?;
    let summary = Summary {
        organizations: chapters.len(),
        failed: chapters.iter().filter(|chapter| chapter.verdict.is_err()).count(),
        counts: numbers(&sum(chapters)),
    };
    super::document("organizations", Basis::AWS, OrganizationsBody { command, summary, organizations })
}

#[derive(Debug, Serialize)]
struct OrganizationsBody<'a> {
    /// The command that was run, which is the kind of the documents below.
    command: &'static str,
    summary: Summary,
    organizations: Vec<OrganizationBody<'a>>,
}

#[derive(Debug, Serialize)]
struct Summary {
    organizations: usize,
    failed: usize,
    counts: BTreeMap<&'static str, usize>,
}

#[derive(Debug, Serialize)]
struct OrganizationBody<'a> {
    organization: &'a OrgId,
    files: &'a [String],
    exit_code: u8,
    error: Option<ErrorBody<'a>>,
    counts: BTreeMap<&'static str, usize>,
    /// Null where the command could not make one.
    document: Option<Value>,
}

impl<'a> OrganizationBody<'a> {
    fn of(chapter: &'a Chapter<String>) -> Result<Self, serde_json::Error> {
        let Chapter { organization, files, counts, verdict, result } = chapter;
        Ok(Self {
            organization,
            files,
            exit_code: chapter.exit_code(),
            error: verdict.as_ref().err().map(|error| error.body()),
            counts: numbers(counts),
            document: result.as_deref().map(serde_json::from_str).transpose()?,
        })
    }
}

fn numbers(counts: &[Count]) -> BTreeMap<&'static str, usize> {
    counts.iter().map(|count| (count.key, count.number)).collect()
}
