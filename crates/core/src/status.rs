//! Status: accounts by integrations. It is read off a plan, so it cannot disagree with one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::address::Address;
use crate::desired::{Desired, DesiredIntegration};
use crate::ids::{AccountId, IntegrationName};
use crate::observed::{InstanceStatus, Observed, ReadFailure, Reading, StackInstance};
use crate::org::{Account, AccountState};
use crate::plan::{Action, Change, HoldReason, Plan, Subject, Why};

/// Accounts by integrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The columns.
    pub integrations: Vec<IntegrationName>,
    /// The rows: every account of the organization.
    pub rows: BTreeMap<AccountId, Row>,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// The unit it is in, as a path.
    pub unit: String,
    /// How each integration stands there.
    pub cells: BTreeMap<IntegrationName, Cell>,
}

/// How an integration stands in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// The account is no target.
    NotTarget,
    /// The role is as it should be.
    InSync,
    /// The role should be there and is not.
    Missing,
    /// The role is as it was last applied, and the file says something else.
    Pending,
    /// The role was changed since it was last applied.
    Drifted(Why),
    /// The last operation failed there, or did not reach it; what AWS says of the stack instance.
    Failed(Option<StackInstance>),
    /// The role is there and should not be.
    Leaving,
    /// Something is in the way.
    Held(HoldReason),
    /// The account could not be read.
    Unknown(ReadFailure),
    /// The account would be a target if it were in use; its stack instance, where AWS says that it is not CURRENT.
    Inactive(AccountState, Option<StackInstance>),
}

/// Reads the status off a plan.
pub fn matrix(desired: &Desired, observed: &Observed, plan: &Plan) -> Matrix {
    let org = &observed.org;
    let mut rows: BTreeMap<AccountId, Row> =
        org.accounts.iter().map(|(id, account)| (id.clone(), row(desired, observed, plan, id, account))).collect();
    for change in &plan.changes {
        mark_change(&mut rows, change, observed);
    }
    for hold in &plan.holds {
        let Some(integration) = hold.address.integration() else { continue };
        match account_of(&hold.reason) {
            Some(account) => mark(&mut rows, account, integration, Cell::Held(hold.reason.clone())),
            None if matches!(hold.reason, HoldReason::ExclusionNotHonoured { .. }) => {}
            None => mark_targets(&mut rows, integration, &hold.reason),
        }
    }
    Matrix { integrations: columns(desired, plan), rows }
}

fn columns(desired: &Desired, plan: &Plan) -> Vec<IntegrationName> {
    let planned = plan.changes.iter().filter_map(|change| change.address.integration());
    let all: std::collections::BTreeSet<&IntegrationName> = desired.integrations.keys().chain(planned).collect();
    all.into_iter().cloned().collect()
}

fn row(desired: &Desired, observed: &Observed, plan: &Plan, id: &AccountId, account: &Account) -> Row {
    let cells = desired.integrations.iter().map(|(name, wanted)| {
        let in_use = cell(plan, id, wanted);
        let not_current = || instance(observed, name, id).filter(|found| found.status != InstanceStatus::Current);
        let inactive = desired.inactive.get(id).filter(|_| wanted.inactive.contains(id)).cloned();
        (name.clone(), inactive.map_or(in_use, |state| Cell::Inactive(state, not_current())))
    });
    Row {
        name: account.name.clone(),
        state: account.state.clone(),
        unit: observed.org.unit_path(&account.parent),
        cells: cells.collect(),
    }
}

/// How an integration stands in an account in use, before anything is planned.
fn cell(plan: &Plan, id: &AccountId, wanted: &DesiredIntegration) -> Cell {
    match (wanted.targets(id), plan.unknown.get(id)) {
        (true, Some(failure)) => Cell::Unknown(failure.clone()),
        (true, None) => Cell::InSync,
        (false, _) => Cell::NotTarget,
    }
}

fn mark_change(rows: &mut BTreeMap<AccountId, Row>, change: &Change, observed: &Observed) {
    let Some(integration) = change.address.integration() else { return };
    let cell = match (change.action(), change.why) {
        (Action::Delete, _) => Cell::Leaving,
        (_, Why::Drifted | Why::Deleted | Why::PrincipalOrphaned) => Cell::Drifted(change.why),
        (_, Why::InstanceFailed) => Cell::Failed(None),
        (Action::Create, _) => Cell::Missing,
        (Action::Update | Action::Replace, _) => Cell::Pending,
    };
    let is_definition = matches!(change.subject, Subject::StackSet { .. });
    for account in change.accounts() {
        // A role that drifted is drifted, whatever else the stack set will bring it.
        let current = rows.get(account).and_then(|row| row.cells.get(integration));
        if !(is_definition && matches!(current, Some(Cell::Drifted(_)))) {
            let cell = match &cell {
                Cell::Failed(_) => Cell::Failed(instance(observed, integration, account)),
                other => other.clone(),
            };
            mark(rows, account, integration, cell);
        }
    }
}

/// The stack instance of an integration in an account.
fn instance(observed: &Observed, integration: &IntegrationName, account: &AccountId) -> Option<StackInstance> {
    let sets = observed.stack_sets.known()?.values().filter_map(Reading::known);
    let mut of_integration = sets.filter(|set| set.owner().as_ref() == Some(integration));
    of_integration.find_map(|set| set.instances.get(account).cloned())
}

fn mark(rows: &mut BTreeMap<AccountId, Row>, account: &AccountId, integration: &IntegrationName, cell: Cell) {
    if let Some(row) = rows.get_mut(account) {
        row.cells.insert(integration.clone(), cell);
    }
}

fn mark_targets(rows: &mut BTreeMap<AccountId, Row>, integration: &IntegrationName, reason: &HoldReason) {
    for (account, row) in rows {
        if let Some(cell) = row.cells.get_mut(integration).filter(|cell| **cell == Cell::InSync) {
            *cell = Cell::Held(in_account(reason, account));
        }
    }
}

/// What a hold of a stack set is in one account: an operation may have done its work there.
fn in_account(reason: &HoldReason, account: &AccountId) -> HoldReason {
    let mut reason = reason.clone();
    if let HoldReason::OperationRunning { waiting, .. } = &mut reason
        && !waiting.contains(account)
    {
        waiting.clear();
    }
    reason
}

/// The one account that a hold is about.
fn account_of(reason: &HoldReason) -> Option<&AccountId> {
    match reason {
        HoldReason::RoleNotOurs { account, .. }
        | HoldReason::PolicyNotOurs { account, .. }
        | HoldReason::RolePathDiffers { account, .. }
        | HoldReason::RoleRetained { account, .. }
        | HoldReason::RoleOutsideStackSet { account, .. }
        | HoldReason::RoleInStackSet { account, .. }
        | HoldReason::InstanceInoperable { account, .. }
        | HoldReason::LastAppliedUnknown { account }
        | HoldReason::InstanceElsewhere { account, .. } => Some(account),
        HoldReason::StackSetPathChange { .. }
        | HoldReason::StackSetMissing { .. }
        | HoldReason::StackSetWithoutRole { .. }
        | HoldReason::StackSetNotOurs { .. }
        | HoldReason::StackSetNotEmpty { .. }
        | HoldReason::StackSetUnreadable { .. }
        | HoldReason::StackSetsUnreadable { .. }
        | HoldReason::TrustedAccessUnreadable { .. }
        | HoldReason::TrustedAccess { .. }
        | HoldReason::OperationRunning { .. }
        | HoldReason::TemplateTooLarge { .. }
        | HoldReason::ExclusionNotHonoured { .. } => None,
    }
}

impl Matrix {
    /// How many accounts stand how, for one integration; accounts that are no targets are not counted.
    pub fn census(&self, integration: &IntegrationName) -> BTreeMap<&'static str, usize> {
        let mut census = BTreeMap::new();
        for cell in self.rows.values().filter_map(|row| row.cells.get(integration)) {
            if *cell != Cell::NotTarget {
                *census.entry(cell.word()).or_insert(0) += 1;
            }
        }
        census
    }
}

impl Cell {
    /// The cell in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotTarget => "not a target",
            Self::InSync => "in sync",
            Self::Missing => "missing",
            Self::Pending => "pending",
            Self::Drifted(_) => "drifted",
            Self::Failed(_) => "failed",
            Self::Leaving => "leaving",
            Self::Held(_) => "held",
            Self::Unknown(_) => "unknown",
            Self::Inactive(..) => "inactive",
        }
    }
}

impl Address {
    /// The account that the address names.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::MemberRole(_, account) => Some(account),
            Self::TrustedAccess | Self::ManagementRole(_) | Self::StackSet(_) | Self::Instances(_) => None,
        }
    }
}
