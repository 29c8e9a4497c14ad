//! The planner: what should be against what was seen. Total, synchronous and pure; every choice is made here.

mod instances;
mod ownership;
mod path_change;
mod roles;
mod stack_sets;
mod successors;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::desired::{Desired, DesiredDelivery};
use crate::ids::{AccountId, IntegrationName, OperationId, OrgId, RoleName, StackSetName};
use crate::observed::{LiveRole, LiveRoles, Observed, ReadFailure, Reading, TrustedAccess};
use crate::plan::{Change, Hold, HoldReason, Phase, Plan, Subject, Why};
use crate::step::Step;
pub(crate) use instances::UNDECLARED;
pub(crate) use ownership::{Found, Holder};
pub(crate) use roles::{steps, without_tolerated};
pub(crate) use stack_sets::definition_of;
use successors::{Contested, Leaving};

/// Plans what makes the observed organization the desired one.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    let mut planner = Planner::new(desired, observed);
    planner.unknown_targets();
    planner.trusted_access();
    for (name, integration) in &desired.integrations {
        planner.management_role(name, integration);
        match &integration.delivery {
            DesiredDelivery::Direct => planner.direct_roles(name, integration),
            DesiredDelivery::StackSet(wanted) => planner.stack_set(name, integration, wanted),
        }
    }
    planner.undeclared_roles();
    planner.undeclared_stack_sets();
    planner.successors();
    planner.finish()
}

/// The plan as it grows.
struct Planner<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    changes: Vec<Change>,
    holds: Vec<Hold>,
    unknown: BTreeMap<AccountId, ReadFailure>,
    last_operations: BTreeMap<StackSetName, OperationId>,
    /// Stack sets of ours that no file names: with their stacks goes whatever has the name of their role.
    leaving: Vec<Leaving<'a>>,
    /// Places that something else of ours has to leave first.
    contested: Vec<Contested<'a>>,
}

impl<'a> Planner<'a> {
    fn new(desired: &'a Desired, observed: &'a Observed) -> Self {
        Self {
            leaving: successors::leaving(desired, observed),
            desired,
            observed,
            changes: Vec::new(),
            holds: Vec::new(),
            unknown: BTreeMap::new(),
            last_operations: BTreeMap::new(),
            contested: Vec::new(),
        }
    }

    fn finish(mut self) -> Plan {
        let key = |change: &Change| (change.phase, change.address.clone(), change.action(), change.why);
        self.changes.sort_by_cached_key(key);
        self.holds.sort_by(|a, b| a.address.cmp(&b.address));
        Plan {
            organization: self.organization(),
            existing_roles: self.existing_roles(),
            changes: self.changes,
            holds: self.holds,
            unknown: self.unknown,
            inactive: self.desired.inactive.clone(),
            last_operations: self.last_operations,
        }
    }

    fn organization(&self) -> OrgId {
        self.desired.organization.clone()
    }

    fn existing_roles(&self) -> BTreeMap<IntegrationName, usize> {
        let known = self.observed.roles.values().filter_map(Reading::known);
        let mut counts = BTreeMap::new();
        for owner in known.flat_map(BTreeMap::values).filter_map(|live| live.role.owner()) {
            // A role that carries a former name counts for the integration that has it now.
            let name = self.declared(&owner).map_or(owner, |(name, _)| name.clone());
            *counts.entry(name).or_insert(0) += 1;
        }
        counts
    }

    fn change(&mut self, address: Address, why: Why, subject: Subject, steps: Vec<Step>) {
        if !steps.is_empty() {
            self.changes.push(Change::new(address, why, subject, steps));
        }
    }

    /// A change that is made earlier or later than others of its kind.
    fn change_in(&mut self, phase: Phase, address: Address, why: Why, subject: Subject, steps: Vec<Step>) {
        if !steps.is_empty() {
            self.changes.push(Change { address, why, subject, phase, steps });
        }
    }

    /// Holds something; the same reason is given once, however often it is found.
    fn hold(&mut self, address: Address, reason: HoldReason) {
        let hold = Hold { address, reason };
        if !self.holds.contains(&hold) {
            self.holds.push(hold);
        }
    }

    /// Every target that could not be read is unknown, whatever the plan would have been.
    fn unknown_targets(&mut self) {
        let desired = self.desired;
        for integration in desired.integrations.values() {
            let management = integration.management.iter().map(|(account, _)| account);
            for account in integration.members.keys().chain(management) {
                self.roles_in(account);
            }
        }
    }

    /// The roles of an account; `None` makes it an unknown one.
    fn roles_in(&mut self, account: &AccountId) -> Option<&'a LiveRoles> {
        match self.observed.roles.get(account) {
            Some(Reading::Known(roles)) => Some(roles),
            Some(Reading::Unreadable(failure)) => {
                self.unknown.entry(account.clone()).or_insert_with(|| failure.clone());
                None
            }
            None => {
                self.unknown.entry(account.clone()).or_insert_with(not_read);
                None
            }
        }
    }

    /// An account that is left out because it could not be read is an unknown one, target or not.
    fn note_if_unreadable(&mut self, account: &AccountId) {
        if self.is_unreadable(account) {
            self.roles_in(account);
        }
    }

    fn is_unreadable(&self, account: &AccountId) -> bool {
        matches!(self.observed.roles.get(account), Some(Reading::Unreadable(_)))
    }

    fn trusted_access(&mut self) {
        let is_needed =
            self.desired.integrations.values().any(|wanted| matches!(wanted.delivery, DesiredDelivery::StackSet(_)));
        if !is_needed {
            return;
        }
        match &self.observed.trusted_access {
            Reading::Known(TrustedAccess::Enabled) => {}
            Reading::Known(TrustedAccess::Disabled) => {
                let steps = vec![Step::ActivateTrustedAccess];
                self.change(Address::TrustedAccess, Why::Missing, Subject::TrustedAccess, steps);
            }
            Reading::Known(status @ TrustedAccess::DisabledPermanently) => {
                self.hold(Address::TrustedAccess, HoldReason::TrustedAccess { status: *status });
            }
            Reading::Unreadable(failure) => {
                self.hold(Address::TrustedAccess, HoldReason::TrustedAccessUnreadable { failure: failure.clone() });
            }
        }
    }
}

/// Something was held, and with it everything that depends on it.
#[derive(Debug)]
struct Held;

fn not_read() -> ReadFailure {
    ReadFailure {
        call: "observe".to_owned(),
        code: "(not read)".to_owned(),
        message: "the observation does not cover this account".to_owned(),
        request_id: None,
        advice: Some("observe again".to_owned()),
    }
}

/// IAM's role names are unique whatever the case of their letters.
pub(crate) fn find_role<'a>(roles: &'a LiveRoles, name: &RoleName) -> Option<(&'a RoleName, &'a LiveRole)> {
    roles
        .get_key_value(name)
        .or_else(|| roles.iter().find(|(live, _)| live.as_str().eq_ignore_ascii_case(name.as_str())))
}

/// The accounts that are in use, by id, without the management account.
fn active_members(observed: &Observed) -> BTreeSet<&AccountId> {
    let org = &observed.org;
    org.accounts
        .iter()
        .filter(|(id, account)| account.state == crate::org::AccountState::Active && **id != org.management_account)
        .map(|(id, _)| id)
        .collect()
}

impl Plan {
    /// The changes of one phase, in order.
    pub fn phase(&self, phase: Phase) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.phase == phase)
    }
}
