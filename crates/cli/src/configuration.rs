//! The configuration: read, checked, and resolved against the organization, with what is wrong shown in its lines.

use rolecall_core::desired::{self, Desired, ResolveError};
use rolecall_core::org::{Org, UnitError};
use rolecall_core::spec::{self, Diagnostic, Diagnostics, Parsed, Severity, Spec};

use crate::args::FileArgs;
use crate::diagnostics;
use crate::error::{CommandError, ErrorKind};
use crate::load::Sources;
use crate::output::Output;

/// What the files say, and the files.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) spec: Spec,
    /// Empty when it came from a saved plan.
    pub(crate) sources: Sources,
}

/// Reads and checks the files. What is doubtful about them is told by the way.
pub(crate) fn load(args: &FileArgs, output: &Output) -> Result<Configuration, CommandError> {
    let sources = Sources::read(&args.file)?;
    let Parsed { spec, warnings } = spec::parse(sources.files(), &sources).map_err(|problems| invalid(&problems))?;
    if !warnings.list.is_empty() {
        output.note(&format!("{}\n", report(&warnings)));
    }
    Ok(Configuration { spec, sources })
}

/// Problems with the lines they are in.
pub(crate) fn report(problems: &Diagnostics) -> String {
    diagnostics::render(&problems.list, |file| problems.source(file))
}

/// The error that shows all problems of the files.
pub(crate) fn invalid(problems: &Diagnostics) -> CommandError {
    CommandError::new(ErrorKind::Config, diagnostics::summary(&problems.list)).report(report(problems))
}

impl Configuration {
    /// What should be in the organization.
    pub(crate) fn resolve(&self, org: &Org) -> Result<Desired, CommandError> {
        desired::resolve(&self.spec, org).map_err(|errors| self.unresolved(&errors))
    }

    /// The error that shows why the files do not fit.
    pub(crate) fn unresolved(&self, errors: &[ResolveError]) -> CommandError {
        let problems: Vec<Diagnostic> = errors.iter().map(diagnostic).collect();
        let report = diagnostics::render(&problems, |file| self.sources.text(file));
        let message = format!("the configuration does not fit the organization: {}", diagnostics::summary(&problems));
        CommandError::new(ErrorKind::Config, message).report(report)
    }
}

fn diagnostic(error: &ResolveError) -> Diagnostic {
    let plain = Diagnostic {
        severity: Severity::Error,
        code: "wrong-organization",
        location: None,
        message: error.to_string(),
        expected: None,
        hint: None,
        related: Vec::new(),
    };
    match error {
        ResolveError::WrongOrganization { .. } | ResolveError::WrongManagementAccount { .. } => Diagnostic {
            hint: Some(
                "use the credentials of that organization, or its own configuration; nothing was changed".into(),
            ),
            ..plain
        },
        ResolveError::Unit { integration, at, error } => Diagnostic {
            code: match error {
                UnitError::Unknown { .. } => "unknown-unit",
                UnitError::Ambiguous { .. } => "ambiguous-unit",
            },
            location: Some(at.clone()),
            message: match error {
                UnitError::Unknown { wanted, .. } => {
                    format!("integration {integration}: the organization has no unit `{wanted}`")
                }
                UnitError::Ambiguous { wanted, candidates } => {
                    format!("integration {integration}: `{wanted}` names {} units", candidates.len())
                }
            },
            expected: match error {
                UnitError::Unknown { .. } => Some("the id, name or path of an organizational unit, or `Root`".into()),
                UnitError::Ambiguous { .. } => Some("a path from the root, or an id".into()),
            },
            hint: match error {
                UnitError::Unknown { similar, .. } if similar.is_empty() => {
                    Some("`rolecall accounts` lists the units".into())
                }
                UnitError::Unknown { similar, .. } => Some(format!("there is {}", similar.join(", "))),
                UnitError::Ambiguous { candidates, .. } => Some(format!("write one of {}", candidates.join(", "))),
            },
            ..plain
        },
        ResolveError::Trust { integration: _, error } => Diagnostic {
            code: "bad-policy",
            message: format!("{plain_message}: {error}", plain_message = plain.message),
            ..plain
        },
    }
}
