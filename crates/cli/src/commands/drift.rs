//! `rolecall drift`

use rolecall_aws::UnitNames;
use rolecall_core::drift::{self, Report};

use super::plan::unwritten;
use crate::args::{DriftArgs, DriftFormat};
use crate::configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::render::{drift_json, drift_text};
use crate::runtime;
use crate::session;
use crate::survey::{Aim, Scope, survey, survey_snapshot, today};

pub(super) fn run(args: &DriftArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let configuration = configuration::load_one(&args.scope.files, "drift", output)?;
    let targets = &args.scope.targets.target;
    let survey = if let Some(snapshot) = &args.observed.observed {
        survey_snapshot(snapshot, &configuration, (Aim::Configuration, targets), output)?
    } else {
        let work = session::with(&configuration.spec.access, &args.aws, output, async |connection, interrupts| {
            let scope = Scope { aim: Aim::Configuration, targets, units: UnitNames::NotNeeded };
            survey(connection, interrupts, &configuration, scope, output).await
        });
        runtime::run(work)?
    };
    let report = drift::report(&survey.desired, &survey.observed, &configuration.spec.ignores, today()).only(targets);
    deliveries.deliver(output, |format, _| match format {
        DriftFormat::Text => Ok(drift_text(&report, &survey.view(output))),
        DriftFormat::Json => {
            drift_json(&report, &survey.names, survey.facts.as_ref()).map_err(|error| unwritten(&error))
        }
    })?;
    Ok(outcome(&report, args))
}

/// Drift comes before the unknown, and a pending change counts only where the user said so.
fn outcome(report: &Report, args: &DriftArgs) -> Outcome {
    if report.open().next().is_some() {
        Outcome::Changes
    } else if report.is_incomplete() {
        Outcome::Unknown
    } else if args.pending_exitcode && !report.pending.changes.is_empty() {
        Outcome::Changes
    } else {
        Outcome::Done
    }
}
