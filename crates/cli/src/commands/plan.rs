//! `rolecall plan`

use rolecall_aws::UnitNames;
use rolecall_core::address::Target;
use rolecall_core::guard::{self, Allowed};
use rolecall_core::plan::Plan;
use rolecall_core::spec::Spec;

use crate::args::{Only, PlanArgs, ReportFormat};
use crate::configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::render::{plan_html, plan_json, plan_text};
use crate::runtime;
use crate::session;
use crate::survey::{Aim, Scope, Survey, is_incomplete, survey, survey_snapshot};

pub(super) fn run(args: &PlanArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let configuration = configuration::load_one(&args.scope.files, "plan", output)?;
    let targets = &args.scope.targets.target;
    let units = if deliveries.includes(ReportFormat::Html) { UnitNames::Needed } else { UnitNames::NotNeeded };
    let aim = match (args.destroy, args.only) {
        (true, _) => Aim::Nothing,
        (false, Some(Only::Drift)) => Aim::LastApplied,
        (false, None) => Aim::Configuration,
    };
    let survey = if let Some(snapshot) = &args.observed.observed {
        survey_snapshot(snapshot, &configuration, (aim, targets), output)?
    } else {
        let work = session::with(&configuration.spec.access, &args.aws, output, async |connection, interrupts| {
            let scope = Scope { aim, targets, units };
            survey(connection, interrupts, &configuration, scope, output).await
        });
        runtime::run(work)?
    };
    let shown = show(&survey, &configuration.spec, targets, &deliveries, output);
    let changes = !survey.plan.changes.is_empty();
    let incomplete = is_incomplete(&survey.plan);
    if let Some(path) = &args.out {
        let Survey { observed: _, desired: _, plan, aim, names, facts } = survey;
        SavedPlan::new(configuration.spec, plan, names, (aim, targets), facts.as_ref()).write(path)?;
        output.note(&format!(
            "\nSaved the plan. To do exactly this, run:\n  rolecall apply {}{}",
            path.display(),
            sandbox(args)
        ));
    } else if changes {
        let command = match aim {
            Aim::Configuration => "apply",
            Aim::LastApplied => "apply --only drift",
            Aim::Nothing => "destroy",
        };
        output.note(&format!(
            "\nTo do this, run `rolecall {command}`; it plans again first. To do exactly this, save the plan with -o.",
        ));
    }
    // A plan that cannot be shown is saved nevertheless.
    shown?;
    Ok(match (args.detailed_exitcode, changes, incomplete) {
        (true, true, _) => Outcome::Changes,
        (true, false, true) => Outcome::Unknown,
        _ => Outcome::Done,
    })
}

fn show(
    survey: &Survey,
    spec: &Spec,
    targets: &[Target],
    deliveries: &Deliveries<ReportFormat>,
    output: &Output,
) -> Result<(), CommandError> {
    deliveries.deliver(output, |format, _| match format {
        ReportFormat::Text => {
            let refusals = refusals(&survey.plan, spec).unwrap_or_default();
            Ok(format!("{}{refusals}", plan_text(&survey.plan, &survey.view(output))))
        }
        ReportFormat::Json => {
            plan_json(&survey.plan, &survey.names, survey.facts.as_ref()).map_err(|error| unwritten(&error))
        }
        ReportFormat::Html => {
            plan_html(&survey.matrix(), &survey.plan, targets, &survey.html_view()).map_err(|error| unwritten(&error))
        }
    })
}

/// What `apply` would refuse, told early.
fn refusals(plan: &Plan, spec: &Spec) -> Option<String> {
    let refusals = guard::clear(plan, spec, &Allowed::default()).err()?;
    let lines = refusals.iter().map(|refusal| format!("  {refusal}: pass {}\n", refusal.option()));
    Some(format!("\n`rolecall apply` will refuse this unless it is told the number:\n{}", lines.collect::<String>()))
}

/// A document that could not be made.
pub(super) fn unwritten(error: &serde_json::Error) -> CommandError {
    CommandError::new(ErrorKind::Internal, "the result cannot be written").because(error)
}

fn sandbox(args: &PlanArgs) -> String {
    args.aws.sandbox.as_ref().map(|path| format!(" --sandbox {}", path.display())).unwrap_or_default()
}
