//! What takes a place, and a name, that something else of ours leaves in the same plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Planner;
use super::instances::only_targets;
use super::roles::steps;
use crate::address::Address;
use crate::desired::DesiredStackSet;
use crate::edits::creation;
use crate::ids::{AccountId, IntegrationName, StackSetName};
use crate::plan::{Action, Change, Custody, Edit, HoldReason, InstanceAction, Phase, Subject, Why};
use crate::role::Role;
use crate::step::{StackSetCall, Step};

/// A role that should be made where another of its name still is.
pub(super) struct Contested<'a> {
    pub(super) address: Address,
    pub(super) account: AccountId,
    /// Who has the place.
    pub(super) owner: IntegrationName,
    pub(super) successor: Successor<'a>,
    /// What is said when the place is not left.
    pub(super) otherwise: HoldReason,
}

/// What takes the place.
pub(super) enum Successor<'a> {
    /// A role, by IAM calls.
    Role(Arc<Role>, Why),
    /// An instance of a stack set.
    Instance(&'a IntegrationName, &'a DesiredStackSet, StackSetName),
}

impl Planner<'_> {
    /// Plans what waits for a place that this plan clears, and holds what waits for another.
    pub(super) fn successors(&mut self) {
        let vacated = self.vacated();
        let mut instances: BTreeMap<&IntegrationName, (&DesiredStackSet, StackSetName, BTreeSet<AccountId>)> =
            BTreeMap::new();
        for Contested { address, account, owner, successor, otherwise } in std::mem::take(&mut self.contested) {
            if !vacated.contains(&(owner, account.clone())) {
                self.hold(address, otherwise);
                continue;
            }
            match successor {
                Successor::Role(role, why) => {
                    let calls = steps(&account, &role.name, creation(&role));
                    let subject = Subject::Role { account, edit: Edit::Create(role), custody: Custody::Ours };
                    self.change_in(Phase::Successors, address, why, subject, calls);
                }
                Successor::Instance(name, wanted, stack_set) => {
                    let waiting = instances.entry(name).or_insert_with(|| (wanted, stack_set, BTreeSet::new()));
                    waiting.2.insert(account);
                }
            }
        }
        for (integration, (wanted, stack_set, accounts)) in instances {
            let targets = only_targets(&self.by_unit(&wanted.units, accounts.iter()));
            let preferences = wanted.preferences;
            let calls = targets.into_iter().map(|targets| StackSetCall::CreateInstances { targets, preferences });
            let all = calls.map(|call| Step::StackSet { name: stack_set.clone(), call }).collect();
            let action = InstanceAction::Create;
            let subject = Subject::Instances { stack_set, action, accounts, units: BTreeSet::new() };
            self.change_in(Phase::Successors, Address::Instances(integration.clone()), Why::Missing, subject, all);
        }
    }

    /// Where this plan deletes a role of an integration.
    fn vacated(&self) -> BTreeSet<(IntegrationName, AccountId)> {
        let is_delete = |change: &&Change| match &change.subject {
            Subject::Instances { action, .. } => *action == InstanceAction::Delete,
            Subject::Role { .. } => change.action() == Action::Delete,
            Subject::TrustedAccess | Subject::StackSet { .. } => false,
        };
        let leaving = self.changes.iter().filter(is_delete);
        leaving
            .filter_map(|change| Some((change.address.integration()?, change)))
            .flat_map(|(name, change)| change.accounts().into_iter().map(|account| (name.clone(), account.clone())))
            .collect()
    }
}
