//! Observing the organization and planning: what `plan`, `apply` and `status` begin with.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use rolecall_aws::{Connection, UnitNames};
use rolecall_core::address::{Address, Target};
use rolecall_core::day::Day;
use rolecall_core::desired::Desired;
use rolecall_core::drift;
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::observed::{Observed, Reading as Seen};
use rolecall_core::org::Org;
use rolecall_core::plan::{HoldReason, Plan};
use rolecall_core::planner;
use rolecall_core::portion::{self, Portion};
use rolecall_core::status::{self, Matrix};
use serde::{Deserialize, Serialize};

use crate::args::{AwsArgs, ObservedArgs};
use crate::configuration::Configuration;
use crate::error::{CommandError, ErrorKind};
use crate::interrupt::Interrupts;
use crate::organizations::Sections;
use crate::output::{Output, Verbosity};
use crate::progress::{Errand, Reading};
use crate::render::{Basis, Detail, Facts, HtmlView, LookedAt, Names, View};
use crate::runtime;
use crate::session;
use crate::snapshot_file::{SnapshotFile, Snapshots};

/// What was seen, what should be, and what is to be done.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) observed: Observed,
    pub(crate) desired: Desired,
    pub(crate) plan: Plan,
    /// What was planned for.
    pub(crate) aim: Aim,
    pub(crate) names: Names,
    /// What was looked at, when it was not AWS as it is now.
    pub(crate) facts: Option<Facts>,
    /// The accounts that were to be looked at. The others are unknown, and nothing is said of them.
    pub(crate) portion: BTreeSet<AccountId>,
    /// What is said of that, where it was not all of them.
    pub(crate) looked_at: Option<LookedAt>,
}

/// What the organization is to become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    /// What the files say.
    #[default]
    Configuration,
    /// What it was last told to be: drift is undone, and nothing else.
    LastApplied,
    /// Without anything of ours.
    Nothing,
}

/// What is asked of a survey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// What the organization is to become.
    pub(crate) aim: Aim,
    /// What is planned for; everything when there are none.
    pub(crate) targets: &'a [Target],
    /// Whether units are shown by name.
    pub(crate) units: UnitNames,
    /// The accounts that are looked at.
    pub(crate) portion: &'a Portion,
}

/// Observes and plans.
pub(crate) async fn survey(
    connection: &Connection,
    interrupts: &mut Interrupts,
    configuration: &Configuration,
    scope: Scope<'_>,
    output: &Output,
) -> Result<Survey, CommandError> {
    let progress = Reading::begin(output, Errand::Roles);
    let watch = |event: rolecall_aws::ObserveEvent<'_>| progress.watch(event);
    let Scope { aim: _, targets: _, units, portion } = scope;
    let observe = Box::pin(rolecall_aws::observe(connection, &configuration.spec, portion, units, &watch));
    let observed = interrupts.or(observe).await?;
    drop(progress);
    let observed = observed.map_err(|error| session::unobserved(&error, configuration))?;
    conclude(configuration, observed, scope, None)
}

/// Observes and plans for each organization, in AWS or by what a snapshot kept of it.
pub(crate) fn surveys(
    configurations: Vec<Configuration>,
    source: (&ObservedArgs, &AwsArgs),
    scope: Scope<'_>,
    output: &Output,
) -> Result<Sections<Survey>, CommandError> {
    let as_it_is = async |_: &Configuration, survey, _: Option<Line<'_>>| Ok(survey);
    surveys_then(configurations, source, scope, output, as_it_is)
}

/// A way to ask AWS for more.
pub(crate) struct Line<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) interrupts: &'a mut Interrupts,
}

/// The same, and something more with each. Where it was a snapshot, there is nobody to ask.
pub(crate) fn surveys_then<T>(
    configurations: Vec<Configuration>,
    (observed, aws): (&ObservedArgs, &AwsArgs),
    scope: Scope<'_>,
    output: &Output,
    mut then: impl AsyncFnMut(&Configuration, Survey, Option<Line<'_>>) -> Result<T, CommandError>,
) -> Result<Sections<T>, CommandError> {
    if let Some(mut snapshots) = Snapshots::read(observed)? {
        return Sections::of(configurations, |configuration| {
            let file = snapshots.take(configuration)?;
            let survey = survey_snapshot(file, configuration, scope, output)?;
            runtime::run(then(configuration, survey, None))
        });
    }
    let survey = async |configuration: &Configuration, connection: &Connection, interrupts: &mut Interrupts| {
        let survey = survey(connection, interrupts, configuration, scope, output).await?;
        then(configuration, survey, Some(Line { connection, interrupts })).await
    };
    runtime::run(session::each(configurations, aws, output, survey))
}

/// Plans from a snapshot: nothing is sent anywhere.
fn survey_snapshot(
    file: SnapshotFile,
    configuration: &Configuration,
    scope: Scope<'_>,
    output: &Output,
) -> Result<Survey, CommandError> {
    let SnapshotFile { snapshot, facts } = file;
    if let Some(warning) = facts.warning() {
        output.message(&format!("warning: {warning}"));
    }
    let desired = configuration.resolve(&snapshot.observed.org)?;
    let observed = snapshot.observed(&configuration.spec, &desired).map_err(|error| {
        CommandError::of(ErrorKind::Config, &error).hint("take one with these files: `rolecall snapshot -f FILE`")
    })?;
    conclude(configuration, observed, scope, Some(facts))
}

/// Plans from what was seen of the accounts in scope.
pub(crate) fn conclude(
    configuration: &Configuration,
    mut observed: Observed,
    Scope { aim, targets, units: _, portion: wanted }: Scope<'_>,
    facts: Option<Facts>,
) -> Result<Survey, CommandError> {
    let desired = configuration.resolve(&observed.org)?;
    let portion = wanted.of(&observed.org).map_err(|error| {
        CommandError::of(ErrorKind::User, &error).hint("`rolecall accounts` lists the accounts and units")
    })?;
    portion::keep(&mut observed, &portion);
    let looked_at = LookedAt::of(wanted, &portion, &observed.org);
    let desired = match aim {
        Aim::Configuration | Aim::LastApplied => desired,
        Aim::Nothing => desired.nothing(),
    };
    let mut plan = match aim {
        Aim::Configuration | Aim::Nothing => planner::plan(&desired, &observed),
        Aim::LastApplied => drift::healing(&desired, &observed, &configuration.spec.ignores, today()),
    };
    if aim == Aim::Nothing {
        // Roles of ours may be left wherever nobody could look.
        plan.unknown.extend(observed.roles.iter().filter_map(|(account, reading)| match reading {
            Seen::Known(_) => None,
            Seen::Unreadable(failure) => Some((account.clone(), failure.clone())),
        }));
    }
    targets.iter().try_for_each(|target| check_target(target, &desired, &observed, &plan))?;
    let mut plan = plan.only(targets);
    plan.unknown.retain(|account, _| portion.contains(account));
    let names = Names::of(&observed.org);
    Ok(Survey { observed, desired, plan, aim, names, facts, portion, looked_at })
}

/// Refuses a target that names nothing: "no changes" would be the answer to a typing error.
fn check_target(target: &Target, desired: &Desired, observed: &Observed, plan: &Plan) -> Result<(), CommandError> {
    let (integration, account) = match target {
        Target::Integration(name) => (Some(name), None),
        Target::Part(address) => (address.integration(), address.account()),
    };
    let planned = plan.changes.iter().map(|change| &change.address).chain(plan.holds.iter().map(|hold| &hold.address));
    let known: BTreeSet<&IntegrationName> =
        desired.integrations.keys().chain(planned.filter_map(Address::integration)).collect();
    if let Some(name) = integration.filter(|name| !known.contains(name)) {
        let names: Vec<&str> = known.into_iter().map(IntegrationName::as_str).collect();
        return Err(CommandError::user(format!("--target {target}: there is no integration `{name}`"))
            .hint(format!("the integrations are: {}", names.join(", "))));
    }
    match account.filter(|account| !observed.org.accounts.contains_key(account)) {
        Some(account) => {
            let message = format!("--target {target}: the organization has no account {account}");
            Err(CommandError::user(message).hint("`rolecall accounts` lists them"))
        }
        None => Ok(()),
    }
}

impl Survey {
    /// How many target accounts were looked at.
    pub(crate) fn checked(&self) -> usize {
        let wanted = self.desired.integrations.values();
        let targets: BTreeSet<&AccountId> = wanted
            .flat_map(|wanted| wanted.members.keys().chain(wanted.management.as_ref().map(|(account, _)| account)))
            .collect();
        targets.intersection(&self.portion.iter().collect()).count()
    }

    /// What the plan is shown with.
    pub(crate) fn view(&self, output: &Output) -> View<'_> {
        View {
            names: &self.names,
            detail: detail(output),
            aim: self.aim,
            checked: Some(self.checked()),
            basis: self.basis(),
        }
    }

    /// What results rest on.
    pub(crate) fn basis(&self) -> Basis<'_> {
        Basis { facts: self.facts.as_ref(), looked_at: self.looked_at.as_ref() }
    }

    /// How every account stands that was to be looked at.
    pub(crate) fn matrix(&self) -> Matrix {
        self.matrix_of(&self.plan)
    }

    /// The same by another plan.
    pub(crate) fn matrix_of(&self, plan: &Plan) -> Matrix {
        let mut matrix = status::matrix(&self.desired, &self.observed, plan);
        matrix.rows.retain(|account, _| self.portion.contains(account));
        matrix
    }

    /// The organization, with the accounts that were to be looked at.
    pub(crate) fn map(&self) -> Cow<'_, Org> {
        let mut org = Cow::Borrowed(&self.observed.org);
        if self.looked_at.is_some() {
            org.to_mut().accounts.retain(|account, _| self.portion.contains(account));
        }
        org
    }

    /// What a page for a browser is made of beside the result and that map.
    pub(crate) fn html_view<'a>(&'a self, org: &'a Org) -> HtmlView<'a> {
        let (names, basis) = (&self.names, self.basis());
        HtmlView { org, names, now: Timestamp::now(), aim: self.aim, basis }
    }
}

/// The day in UTC. A clock that is set to another age of the world ignores nothing.
pub(crate) fn today() -> Day {
    let date = jiff::tz::TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let parts = (u16::try_from(date.year()), u8::try_from(date.month()), u8::try_from(date.day()));
    match parts {
        (Ok(year), Ok(month), Ok(day)) => Day::new(year, month, day).unwrap_or(Day::LAST),
        _ => Day::LAST,
    }
}

/// How much of long lists is shown.
pub(crate) fn detail(output: &Output) -> Detail {
    if output.verbosity() >= Verbosity::Verbose { Detail::Full } else { Detail::Brief }
}

/// What could not be read, if anything.
pub(crate) fn unread(plan: &Plan) -> Option<String> {
    let accounts = plan.unknown.len();
    let mut parts = Vec::new();
    if accounts > 0 {
        let ids: Vec<&str> = plan.unknown.keys().take(10).map(AccountId::as_str).collect();
        let more = if accounts > ids.len() { format!(" and {} more", accounts - ids.len()) } else { String::new() };
        let noun = if accounts == 1 { "account" } else { "accounts" };
        parts.push(format!("{accounts} {noun} could not be read: {}{more}", ids.join(", ")));
    }
    if plan.holds.iter().any(|hold| is_unread(&hold.reason)) {
        parts.push("stack sets could not be read".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Whether something could not be read, so that a plan without changes does not mean that there are none.
pub(crate) fn is_incomplete(plan: &Plan) -> bool {
    unread(plan).is_some()
}

fn is_unread(reason: &HoldReason) -> bool {
    matches!(
        reason,
        HoldReason::StackSetUnreadable { .. }
            | HoldReason::StackSetsUnreadable { .. }
            | HoldReason::TrustedAccessUnreadable { .. }
    )
}
