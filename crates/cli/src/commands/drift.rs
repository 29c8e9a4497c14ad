//! `rolecall drift`

use std::collections::BTreeSet;

use rolecall_aws::{UnitNames, WhoLimits};
use rolecall_core::address::Target;
use rolecall_core::drift::{self, Report};
use rolecall_core::who::{Place, Who};

use super::plan::unread_accounts;
use crate::args::{Again, DriftArgs, DriftFormat, PendingArgs, WhoUse};
use crate::configuration::{self, Configuration};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::organizations::{self, Sections, check_one_page};
use crate::output::Output;
use crate::part::Part;
use crate::render::{Count, drift_html, drift_json, drift_junit, drift_markdown, drift_text};
use crate::survey::{Aim, Line, Scope, Survey, surveys_then, today};

/// What others changed in one organization.
pub(super) struct Drifted {
    survey: Survey,
    report: Report,
    /// None when it was not looked up.
    who: Option<Who>,
    /// What `report merge` needs of a part.
    part: Option<Part>,
    outcome: Outcome,
}

impl Drifted {
    /// What a survey shows of these targets.
    pub(super) fn of(configuration: &Configuration, survey: Survey, targets: &[Target], pending: PendingArgs) -> Self {
        let report = drift::report(&survey.desired, &survey.observed, &configuration.spec.ignores, today());
        let report = report.only(targets).within(&survey.portion);
        let outcome = outcome(&report, pending);
        Self { survey, report, who: None, part: None, outcome }
    }

    /// The same, and who did it.
    pub(super) fn with(self, who: Option<Who>) -> Self {
        Self { who, ..self }
    }
}

impl organizations::Report for Drifted {
    const COMMAND: &'static str = "drift";

    fn counts(&self) -> Vec<Count> {
        let drifted = Count { key: "drifted", words: "drifted", number: self.report.open().count() };
        let pending = self.report.pending.changes.len();
        let pending = Count { key: "pending", words: "pending", number: pending };
        [drifted, pending].into_iter().chain(unread_accounts(&self.report.pending)).collect()
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(self.outcome)
    }
}

pub(super) fn run(args: &DriftArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(args.scope.files.paths().iter().chain(&args.observed.observed).chain(&args.aws.sandbox))?;
    let configurations = configuration::load(&args.scope.files, output)?;
    check_single(&deliveries, &configurations)?;
    let targets = &args.scope.targets.target;
    let portion = &args.portion.portion();
    // Whoever joins parts may want a page of them, and has nobody to ask for names.
    let is_part = portion.shard.filter(|_| deliveries.includes(DriftFormat::Json));
    let units = match is_part {
        None if !deliveries.includes(DriftFormat::Html) => UnitNames::NotNeeded,
        None | Some(_) => UnitNames::Needed,
    };
    let scope = Scope { aim: Aim::Configuration, targets, units, portion };
    let judge = async |configuration: &Configuration, survey: Survey, line: Option<Line<'_>>| {
        let mut drifted = Drifted::of(configuration, survey, targets, args.pending);
        if let (WhoUse::Auto, Some(line)) = (args.who, line) {
            drifted.who = Some(look_up(&drifted.report, line).await?);
        }
        let seen = (&drifted.survey, drifted.who.as_ref());
        drifted.part = is_part.map(|shard| Part::of((shard, portion), targets, configuration, seen));
        Ok(drifted)
    };
    let drifted = surveys_then(configurations, (&args.observed, &args.aws), scope, output, judge)?;
    let ended = show(&drifted, &deliveries, output);
    advise(&drifted, args, output);
    ended
}

fn advise(drifted: &Sections<Drifted>, args: &DriftArgs, output: &Output) {
    let mut reports = drifted.iter().filter_map(|section| section.result.as_ref().ok());
    if reports.any(|drifted| drifted.report.open().next().is_some()) {
        let again = Again::of(&args.scope.files, &args.aws).with_targets(&args.scope.targets);
        output.note(&format!(
            "\nTo see what would undo this, run `rolecall plan --only drift{again}`; `rolecall apply --only drift{again}` \
             does it."
        ));
    }
}

/// Refuses formats that show one organization, where there are several.
pub(super) fn check_single<T>(deliveries: &Deliveries<DriftFormat>, organizations: &[T]) -> Result<(), CommandError> {
    let single = [DriftFormat::Html, DriftFormat::Markdown, DriftFormat::Junit];
    if single.into_iter().any(|format| deliveries.includes(format)) { check_one_page(organizations) } else { Ok(()) }
}

/// Shows what drifted in each format that is wanted, and says how the run ends.
pub(super) fn show(
    drifted: &Sections<Drifted>,
    deliveries: &Deliveries<DriftFormat>,
    output: &Output,
) -> Result<Outcome, CommandError> {
    deliveries.deliver(output, |format, _| match format {
        DriftFormat::Text => Ok(drifted.text(|_, Drifted { survey, report, who, part: _, outcome: _ }| {
            drift_text(report, who.as_ref(), &survey.view(output))
        })),
        DriftFormat::Json => drifted.json(|_, Drifted { survey, report, who, part, outcome: _ }| {
            drift_json((report, who.as_ref()), &survey.names, survey.basis(), part.as_ref())
        }),
        DriftFormat::Markdown => drifted.alone(|_, Drifted { survey, report, who, part: _, outcome: _ }| {
            drift_markdown(report, who.as_ref(), &survey.view(output))
        }),
        DriftFormat::Junit => drifted.alone(|_, Drifted { survey, report, who, part: _, outcome: _ }| {
            drift_junit(report, who.as_ref(), &survey.matrix(), &survey.view(output))
        }),
        DriftFormat::Html => drifted.page(|Drifted { survey, report, who, part: _, outcome: _ }| {
            drift_html(report, who.as_ref(), &survey.matrix_of(&report.pending), &survey.html_view(&survey.map()))
        }),
    })?;
    drifted.end(output)
}

/// Asks who last changed each role that drifted.
async fn look_up(report: &Report, Line { connection, interrupts }: Line<'_>) -> Result<Who, CommandError> {
    let roles: BTreeSet<Place> =
        report.open().filter_map(|finding| Some((finding.account()?.clone(), finding.what.role()?.clone()))).collect();
    interrupts.or(Box::pin(rolecall_aws::who(connection, &roles, WhoLimits::USUAL))).await
}

/// Drift comes before the unknown, and a pending change counts only where the user said so.
fn outcome(report: &Report, pending: PendingArgs) -> Outcome {
    if report.open().next().is_some() {
        Outcome::Changes
    } else if report.is_incomplete() {
        Outcome::Unknown
    } else if pending.pending_exitcode && !report.pending.changes.is_empty() {
        Outcome::Changes
    } else {
        Outcome::Done
    }
}
