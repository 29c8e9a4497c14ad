//! `rolecall plan`

use std::path::Path;

use rolecall_aws::UnitNames;
use rolecall_core::guard::{self, Allowed, Refusal};
use rolecall_core::plan::{Plan, Tally};
use rolecall_core::portion::Portion;
use rolecall_core::spec::Spec;

use crate::args::{Again, Only, PlanArgs, ReportFormat, word};
use crate::configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::organizations::{Report, Sections, check_one_page};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::render::{Count, held, plan_html, plan_json, plan_markdown, plan_text};
use crate::survey::{Aim, Scope, Survey, is_incomplete, surveys};

/// The plan of one organization.
struct Planned {
    survey: Survey,
    outcome: Outcome,
}

impl Planned {
    fn of(survey: Survey, args: &PlanArgs) -> Self {
        let plan = &survey.plan;
        let outcome = match (args.detailed_exitcode, plan.changes.is_empty(), is_incomplete(plan)) {
            (true, false, _) => Outcome::Changes,
            (true, true, true) => Outcome::Unknown,
            _ => Outcome::Done,
        };
        Self { survey, outcome }
    }
}

impl Report for Planned {
    const COMMAND: &'static str = "plan";

    fn counts(&self) -> Vec<Count> {
        plan_counts(&self.survey.plan)
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(self.outcome)
    }
}

pub(super) fn run(args: &PlanArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let read = args.scope.files.paths();
    deliveries.spare(read.iter().chain(&args.out).chain(&args.observed.observed).chain(&args.aws.sandbox))?;
    args.out.iter().try_for_each(|path| SavedPlan::check_place(path))?;
    let configurations = configuration::load(&args.scope.files, output)?;
    let targets = &args.scope.targets.target;
    let units = if deliveries.includes(ReportFormat::Html) { UnitNames::Needed } else { UnitNames::NotNeeded };
    if deliveries.includes(ReportFormat::Html) || deliveries.includes(ReportFormat::Markdown) {
        check_one_page(&configurations)?;
    }
    let scope = Scope { aim: aim(args), targets, units, portion: &Portion::WHOLE };
    let plans = surveys(configurations, (&args.observed, &args.aws), scope, output)?;
    let plans = plans.map(|_, survey| Planned::of(survey, args));
    let shown = deliveries.deliver(output, |format, _| match format {
        ReportFormat::Text => Ok(plans.text(|configuration, Planned { survey, outcome: _ }| {
            let refused = refused(&refusals(&survey.plan, &configuration.spec));
            format!("{}{refused}", plan_text(&survey.plan, &survey.view(output)))
        })),
        ReportFormat::Json => {
            plans.json(|_, Planned { survey, outcome: _ }| plan_json(&survey.plan, &survey.names, survey.basis()))
        }
        ReportFormat::Markdown => plans.alone(|configuration, Planned { survey, outcome: _ }| {
            plan_markdown(&survey.plan, &survey.view(output), &refusals(&survey.plan, &configuration.spec))
        }),
        ReportFormat::Html => plans.page(|Planned { survey, outcome: _ }| {
            plan_html(&survey.matrix(), &survey.plan, targets, &survey.html_view(&survey.map()))
        }),
    });
    if !targets.is_empty() {
        output.note("\nThis is the part that --target names; what else there is was not planned.");
    }
    let ended = plans.end(output);
    match (&args.out, &ended) {
        (None, _) => advise(&plans, args, output),
        (Some(path), Ok(_)) => save(plans, path, args, output)?,
        (Some(path), Err(_)) => {
            output.note(&format!("The plans were not saved to {}, as one could not be made.", path.display()));
        }
    }
    // A plan that cannot be shown is saved nevertheless.
    shown?;
    ended
}

fn aim(args: &PlanArgs) -> Aim {
    match (args.destroy, args.only) {
        (true, _) => Aim::Nothing,
        (false, Some(Only::Drift)) => Aim::LastApplied,
        (false, None) => Aim::Configuration,
    }
}

fn advise(plans: &Sections<Planned>, args: &PlanArgs, output: &Output) {
    let mut planned = plans.iter().filter_map(|section| section.result.as_ref().ok());
    if planned.any(|planned| !planned.survey.plan.changes.is_empty()) {
        let command = match aim(args) {
            Aim::Configuration => "apply",
            Aim::LastApplied => "apply --only drift",
            Aim::Nothing => "destroy",
        };
        let again = Again::of(&args.scope.files, &args.aws).with_targets(&args.scope.targets);
        output.note(&format!(
            "\nTo do this, run `rolecall {command}{again}`; it plans again first. To do exactly this, save the plan with -o."
        ));
    }
}

fn save(plans: Sections<Planned>, path: &Path, args: &PlanArgs, output: &Output) -> Result<(), CommandError> {
    let mut saved = Vec::new();
    for section in plans.into_vec() {
        let Survey { observed: _, desired: _, plan, aim, names, facts, portion: _, looked_at: _ } =
            section.result?.survey;
        let asked = (aim, args.scope.targets.target.as_slice());
        saved.push(SavedPlan::new(section.configuration.spec, plan, names, asked, facts.as_ref()));
    }
    SavedPlan::write(&saved, path)?;
    output.note(&format!(
        "\nSaved the plan. To do exactly this, run:\n  rolecall apply {}{}",
        word(&path.to_string_lossy()),
        Again::of_sandbox(&args.aws)
    ));
    Ok(())
}

/// What a plan adds, changes and destroys, what it holds back, and what it says nothing about.
pub(super) fn plan_counts(plan: &Plan) -> Vec<Count> {
    let Tally { add, change, destroy } = plan.tally();
    let mut counts = vec![
        Count { key: "add", words: "to add", number: add },
        Count { key: "change", words: "to change", number: change },
        Count { key: "destroy", words: "to destroy", number: destroy },
    ];
    let held = held(plan);
    counts.extend((held > 0).then_some(Count { key: "held", words: "held back", number: held }));
    counts.extend(unread_accounts(plan));
    counts
}

/// The accounts that could not be read, if there are any.
pub(super) fn unread_accounts(plan: &Plan) -> Option<Count> {
    let number = plan.unknown.len();
    (number > 0).then_some(Count { key: "unknown", words: "not read", number })
}

/// What `apply` would refuse, told early.
pub(super) fn refusals(plan: &Plan, spec: &Spec) -> Vec<Refusal> {
    guard::clear(plan, spec, &Allowed::default()).err().unwrap_or_default()
}

fn refused(refusals: &[Refusal]) -> String {
    if refusals.is_empty() {
        return String::new();
    }
    let lines = refusals.iter().map(|refusal| format!("  {refusal}: pass {}\n", refusal.option()));
    format!("\n`rolecall apply` will refuse this unless it is told the number:\n{}", lines.collect::<String>())
}

/// A document that could not be made.
pub(super) fn unwritten(error: &serde_json::Error) -> CommandError {
    CommandError::new(ErrorKind::Internal, "the result cannot be written").because(error)
}
