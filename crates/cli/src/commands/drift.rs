//! `rolecall drift`

use std::collections::BTreeSet;

use rolecall_aws::{UnitNames, WhoLimits};
use rolecall_core::drift::{self, Report};
use rolecall_core::status;
use rolecall_core::who::{Place, Who};

use super::plan::unread_accounts;
use crate::args::{DriftArgs, DriftFormat, WhoUse};
use crate::configuration::{self, Configuration};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::organizations::{self, check_one_page};
use crate::output::Output;
use crate::render::{Count, drift_html, drift_json, drift_junit, drift_markdown, drift_text};
use crate::survey::{Aim, Line, Scope, Survey, surveys_then, today};

/// What others changed in one organization.
struct Drifted {
    survey: Survey,
    report: Report,
    /// None when it was not looked up.
    who: Option<Who>,
    outcome: Outcome,
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
    let configurations = configuration::load(&args.scope.files, output)?;
    let single = [DriftFormat::Html, DriftFormat::Markdown, DriftFormat::Junit];
    if single.into_iter().any(|format| deliveries.includes(format)) {
        check_one_page(&configurations)?;
    }
    let targets = &args.scope.targets.target;
    let units = if deliveries.includes(DriftFormat::Html) { UnitNames::Needed } else { UnitNames::NotNeeded };
    let scope = Scope { aim: Aim::Configuration, targets, units };
    let judge = async |configuration: &Configuration, survey: Survey, line: Option<Line<'_>>| {
        let ignores = &configuration.spec.ignores;
        let report = drift::report(&survey.desired, &survey.observed, ignores, today()).only(targets);
        let who = match (args.who, line) {
            (WhoUse::Auto, Some(line)) => Some(look_up(&report, line).await?),
            (WhoUse::Auto | WhoUse::Off, _) => None,
        };
        let outcome = outcome(&report, args);
        Ok(Drifted { survey, report, who, outcome })
    };
    let drifted = surveys_then(configurations, (&args.observed, &args.aws), scope, output, judge)?;
    deliveries.deliver(output, |format, _| match format {
        DriftFormat::Text => Ok(drifted.text(|_, Drifted { survey, report, who, outcome: _ }| {
            drift_text(report, who.as_ref(), &survey.view(output))
        })),
        DriftFormat::Json => drifted.json(|_, Drifted { survey, report, who, outcome: _ }| {
            drift_json(report, who.as_ref(), &survey.names, survey.facts.as_ref())
        }),
        DriftFormat::Markdown => drifted.alone(|_, Drifted { survey, report, who, outcome: _ }| {
            drift_markdown(report, who.as_ref(), &survey.view(output))
        }),
        DriftFormat::Junit => drifted.alone(|_, Drifted { survey, report, who, outcome: _ }| {
            drift_junit(report, who.as_ref(), &survey.matrix(), &survey.view(output))
        }),
        DriftFormat::Html => drifted.page(|Drifted { survey, report, who, outcome: _ }| {
            let matrix = status::matrix(&survey.desired, &survey.observed, &report.pending);
            drift_html(report, who.as_ref(), &matrix, &survey.html_view())
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
