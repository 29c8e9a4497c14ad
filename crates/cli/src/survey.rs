//! Observing the organization and planning: what `plan`, `apply` and `status` begin with.

use std::collections::BTreeSet;

use rolecall_aws::Connection;
use rolecall_core::address::Target;
use rolecall_core::desired::Desired;
use rolecall_core::ids::AccountId;
use rolecall_core::observed::Observed;
use rolecall_core::plan::{HoldReason, Plan};
use rolecall_core::planner;

use crate::configuration::Configuration;
use crate::error::CommandError;
use crate::interrupt::Interrupts;
use crate::output::{Output, Verbosity};
use crate::progress::Reading;
use crate::render::{Detail, Names, View};
use crate::session;

/// What was seen, what should be, and what is to be done.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) observed: Observed,
    pub(crate) desired: Desired,
    pub(crate) plan: Plan,
    pub(crate) names: Names,
}

/// Observes, and plans for the targets; all when there are none.
pub(crate) async fn survey(
    connection: &Connection,
    interrupts: &mut Interrupts,
    configuration: &Configuration,
    targets: &[Target],
    output: &Output,
) -> Result<Survey, CommandError> {
    let progress = Reading::begin(output);
    let watch = |event: rolecall_aws::ObserveEvent<'_>| progress.watch(event);
    let observe = Box::pin(rolecall_aws::observe(connection, &configuration.spec, &watch));
    let observed = interrupts.or(observe).await?;
    drop(progress);
    let observed = observed.map_err(|error| session::unobserved(&error, configuration))?;
    let desired = configuration.resolve(&observed.org)?;
    let plan = planner::plan(&desired, &observed).only(targets);
    let names = Names::of(&observed.org);
    Ok(Survey { observed, desired, plan, names })
}

impl Survey {
    /// How many target accounts were looked at.
    pub(crate) fn checked(&self) -> usize {
        let wanted = self.desired.integrations.values();
        let targets: BTreeSet<&AccountId> = wanted
            .flat_map(|wanted| wanted.members.keys().chain(wanted.management.as_ref().map(|(account, _)| account)))
            .collect();
        targets.len()
    }

    /// What the plan is shown with.
    pub(crate) fn view(&self, output: &Output) -> View<'_> {
        View { names: &self.names, detail: detail(output), checked: Some(self.checked()) }
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
    matches!(reason, HoldReason::StackSetUnreadable { .. } | HoldReason::StackSetsUnreadable { .. })
}
