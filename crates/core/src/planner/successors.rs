//! What takes a place, and a name, that something else of ours leaves in the same plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Planner;
use super::instances::only_targets;
use super::roles::steps;
use crate::address::Address;
use crate::desired::{Desired, DesiredStackSet};
use crate::edits::creation;
use crate::ids::{AccountId, IntegrationName, RoleName, StackSetName};
use crate::observed::{LiveStackSet, Observed, Reading};
use crate::plan::{Action, Change, Custody, Edit, HoldReason, InstanceAction, Phase, Subject, Why};
use crate::role::Role;
use crate::step::{StackSetCall, Step};
use crate::template::Template;

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

/// A stack set that no file names.
pub(super) struct Leaving<'a> {
    owner: IntegrationName,
    set: &'a LiveStackSet,
    template: Template,
}

/// The stack sets that no file names, neither to keep nor to let go.
pub(super) fn leaving<'a>(desired: &Desired, observed: &'a Observed) -> Vec<Leaving<'a>> {
    let is_named = |owner: &IntegrationName| {
        let mut wanted = desired.integrations.values();
        desired.integrations.contains_key(owner)
            || desired.released.contains(owner)
            || wanted.any(|wanted| wanted.renamed_from.as_ref() == Some(owner))
    };
    let sets = observed.stack_sets.known().into_iter().flat_map(BTreeMap::values).filter_map(Reading::known);
    sets.filter_map(|set| {
        let owner = set.owner().filter(|owner| !is_named(owner))?;
        Some(Leaving { owner, set, template: Template::from(set.template.clone()) })
    })
    .collect()
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

    /// Who has a stack in the account that takes a role of this name with it when it goes, whether the role is there or not.
    pub(super) fn stack_that_leaves(&self, account: &AccountId, role: &RoleName) -> Option<IntegrationName> {
        let takes_it = |leaving: &&Leaving<'_>| {
            let instance = leaving.set.instances.get(account);
            let has_stack = instance.is_some_and(|instance| instance.stack.is_some() && !instance.is_failed_import());
            has_stack && leaving.template.roles().is_none_or(|roles| roles.in_account(account).name == *role)
        };
        self.leaving.iter().find(takes_it).map(|leaving| leaving.owner.clone())
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
