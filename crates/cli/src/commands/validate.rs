//! `rolecall validate`

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use rolecall_core::ids::OrgId;
use rolecall_core::spec::{self, Diagnostics, OrganizationFiles, Parsed};

use super::plan::unwritten;
use crate::args::{Place, ValidateArgs, ValidateFormat};
use crate::configuration;
use crate::deliveries::{Deliveries, both};
use crate::diagnostics;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::load::Sources;
use crate::output::Output;
use crate::render::{Root, validate_json, validate_sarif};

pub(super) fn run(args: &ValidateArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(&args.files.paths())?;
    let sources = Sources::read(&args.files.paths())?;
    let (content, problems) = match spec::parse(sources.files(), &sources) {
        Ok(Parsed { organizations, warnings }) => (Some(content(&organizations)), warnings),
        Err(problems) => (None, problems),
    };
    let delivered = deliveries.deliver(output, |format, place| match format {
        ValidateFormat::Text => Ok(text(content.as_deref(), &problems, place, output)),
        ValidateFormat::Json => validate_json(&problems).map_err(|error| unwritten(&error)),
        ValidateFormat::Sarif => validate_sarif(&problems, &root()).map_err(|error| unwritten(&error)),
    });
    let result = match (content, deliveries.shown()) {
        (Some(_), _) => Ok(Outcome::Done),
        // Where the result itself is on standard output, or in a file, its summary is enough.
        (None, Some(ValidateFormat::Text)) => Err(configuration::invalid(&problems)),
        (None, _) => Err(CommandError::new(ErrorKind::Config, diagnostics::summary(&problems.list))),
    };
    both(result, delivered)
}

/// What people read; what is wrong goes to standard error, unless a file is written.
fn text(content: Option<&str>, problems: &Diagnostics, place: &Place, output: &Output) -> String {
    let report = || configuration::report(problems);
    let summary = diagnostics::summary(&problems.list);
    let Some(content) = content else {
        return match place {
            Place::StandardOutput => String::new(),
            Place::File(_) => format!("{}\n\n{summary}\n", report()),
        };
    };
    if problems.list.is_empty() {
        return format!("Success! The configuration is valid: {content}.");
    }
    let verdict = format!("The configuration is valid: {content}, with {summary}.");
    match place {
        Place::StandardOutput => {
            output.note(&format!("{}\n", report()));
            verdict
        }
        Place::File(_) => format!("{}\n\n{verdict}\n", report()),
    }
}

/// `3 integrations`, `5 integrations in 2 organizations`
fn content(organizations: &BTreeMap<OrgId, OrganizationFiles>) -> String {
    let count = organizations.values().map(|organization| organization.spec.integrations.len()).sum::<usize>();
    let counted = if count == 1 { "1 integration".to_owned() } else { format!("{count} integrations") };
    match organizations.len() {
        1 => counted,
        many => format!("{counted} in {many} organizations"),
    }
}

/// Where the files are looked at from, and the top of the working copy that it is in.
fn root() -> Root {
    let here = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    // A worktree has a file of that name.
    let top = here.ancestors().find(|directory| directory.join(".git").exists()).map_or(here.as_path(), Path::new);
    Root { top: top.to_owned(), here }
}
