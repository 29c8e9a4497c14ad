//! The configuration: read, checked, and resolved against the organization, with what is wrong shown in its lines.

use std::fmt;
use std::rc::Rc;

use rolecall_core::desired::{self, Desired, ResolveError};
use rolecall_core::ids::{IntegrationName, OrgId};
use rolecall_core::org::{Org, UnitError};
use rolecall_core::spec::{self, Diagnostic, Diagnostics, Location, OrganizationFiles, Parsed, Severity, Spec};

use crate::args::FileArgs;
use crate::diagnostics;
use crate::error::{CommandError, ErrorKind};
use crate::load::Sources;
use crate::output::Output;

/// What the files of one organization say, and the files.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) spec: Spec,
    /// The names of the files; empty when it came from a saved plan.
    pub(crate) files: Vec<String>,
    /// The texts of these files and of those of other organizations.
    sources: Rc<Sources>,
}

/// Reads and checks the files: a configuration for each organization, by its id. What is doubtful about them is told by
/// the way.
pub(crate) fn load(args: &FileArgs, output: &Output) -> Result<Vec<Configuration>, CommandError> {
    let sources = Rc::new(Sources::read(&args.paths())?);
    let parsed = spec::parse(sources.files(), sources.as_ref()).map_err(|problems| invalid(&problems))?;
    let Parsed { organizations, warnings } = parsed;
    if !warnings.list.is_empty() {
        output.note(&format!("{}\n", report(&warnings)));
    }
    let configuration = |OrganizationFiles { files, spec }| Configuration { spec, files, sources: Rc::clone(&sources) };
    Ok(organizations.into_values().map(configuration).collect())
}

/// Reads and checks the files of one organization, for a command that works on one at a time.
pub(crate) fn load_one(args: &FileArgs, command: &str, output: &Output) -> Result<Configuration, CommandError> {
    let configurations = load(args, output)?;
    let named: Vec<String> = configurations.iter().map(Configuration::to_string).collect();
    let mut configurations = configurations.into_iter();
    if let (Some(only), None) = (configurations.next(), configurations.next()) {
        return Ok(only);
    }
    let message = format!("`{command}` takes one organization, and the files are of {}", named.join(", "));
    Err(CommandError::user(message).hint("name the files of one with -f, and run it once for each"))
}

/// Problems with the lines they are in.
pub(crate) fn report(problems: &Diagnostics) -> String {
    diagnostics::render(&problems.list, |file| problems.source(file))
}

/// The error that shows all problems of the files.
pub(crate) fn invalid(problems: &Diagnostics) -> CommandError {
    CommandError::new(ErrorKind::Config, diagnostics::summary(&problems.list)).report(report(problems))
}

/// `o-abc123def4 (prod.yaml)`
impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.organization();
        if self.files.is_empty() { write!(f, "{id}") } else { write!(f, "{id} ({})", self.files.join(", ")) }
    }
}

impl Configuration {
    /// What a saved plan says that the files said.
    pub(crate) fn saved(spec: Spec) -> Self {
        Self { spec, files: Vec::new(), sources: Rc::default() }
    }

    /// The organization.
    pub(crate) fn organization(&self) -> &OrgId {
        &self.spec.organization.id
    }

    /// What should be in the organization.
    pub(crate) fn resolve(&self, org: &Org) -> Result<Desired, CommandError> {
        desired::resolve(&self.spec, org).map_err(|errors| self.unresolved(&errors))
    }

    /// The error that shows why the files do not fit.
    pub(crate) fn unresolved(&self, errors: &[ResolveError]) -> CommandError {
        let mut problems = Vec::new();
        for error in errors {
            match error {
                // It is found before anything else, and nothing in the file is to blame.
                ResolveError::WrongOrganization { .. } | ResolveError::WrongManagementAccount { .. } => {
                    return CommandError::of(ErrorKind::Config, error).hint(
                        "use credentials of that organization, or the configuration of this one; nothing was changed. \
                         `rolecall doctor` tells who calls and what is missing",
                    );
                }
                ResolveError::Unit { integration, at, error } => problems.push(unit(integration, at, error)),
                ResolveError::Trust { integration: _, error: cause } => {
                    problems.push(problem("bad-policy", format!("{error}: {cause}")));
                }
            }
        }
        problems.sort_by(|one, other| one.location.cmp(&other.location));
        let report = diagnostics::render(&problems, |file| self.sources.text(file));
        let message = format!("the configuration does not fit the organization: {}", diagnostics::summary(&problems));
        CommandError::new(ErrorKind::Config, message).report(report)
    }
}

fn problem(code: &'static str, message: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code,
        location: None,
        message,
        expected: None,
        hint: None,
        related: Vec::new(),
    }
}

fn unit(integration: &IntegrationName, at: &Location, error: &UnitError) -> Diagnostic {
    let found = match error {
        UnitError::Unknown { wanted, similar } => Diagnostic {
            expected: Some("the id, name or path of an organizational unit, or `Root`".to_owned()),
            hint: Some(if similar.is_empty() {
                "`rolecall accounts` lists the units; one that was renamed still has its id, which can stand here, too"
                    .to_owned()
            } else {
                format!("did you mean {}?", similar.join(" or "))
            }),
            ..problem("unknown-unit", format!("integration {integration}: the organization has no unit `{wanted}`"))
        },
        UnitError::Ambiguous { wanted, candidates } => Diagnostic {
            expected: Some("a path from the root, or an id".to_owned()),
            hint: Some(format!("write one of {}", candidates.join(", "))),
            ..problem(
                "ambiguous-unit",
                format!("integration {integration}: `{wanted}` names {} units", candidates.len()),
            )
        },
    };
    Diagnostic { location: Some(at.clone()), ..found }
}
