//! A stack set whose role changes its path: CloudFormation cannot replace a role under its own name, so every instance goes
//! and comes back.

use std::collections::{BTreeMap, BTreeSet};

use super::ownership::Found;
use super::stack_sets::{Delivery, Needs};
use super::{Held, Planner};
use crate::address::Address;
use crate::ids::AccountId;
use crate::observed::{InstanceStatus, LiveStackSet};
use crate::plan::{Custody, Edit, HoldReason, Phase, Subject, Why};
use crate::step::{StackSetCall, Step};
use crate::template::{Definition, Template};

/// Replacement under the same name cannot work: the new role would be made while the old one has its name.
pub(super) fn changes_path(before: &Template, after: &Template) -> bool {
    before.roles().zip(after.roles()).is_some_and(|(before, after)| {
        before.default.name == after.default.name && before.default.path != after.default.path
    })
}

impl Planner<'_> {
    /// Deletes all instances, changes the definition, and makes them again: three operations, one change.
    pub(super) fn change_path(
        &mut self,
        delivery: &Delivery<'_>,
        live: &LiveStackSet,
        (before, after): (Box<Definition>, Box<Definition>),
        needs: &Needs,
    ) -> Result<(), Held> {
        let address = Address::StackSet(delivery.name.clone());
        let strays = self.strays(delivery, live);
        let immovable = self.immovable(live, needs, &strays);
        if !immovable.is_empty() {
            let reason = HoldReason::StackSetPathChange { stack_set: delivery.stack_set.clone(), accounts: immovable };
            self.hold(address, reason);
            return Err(Held);
        }
        let reaches: BTreeSet<AccountId> = live
            .instances
            .keys()
            .filter(|account| delivery.integration.members.contains_key(*account))
            .cloned()
            .collect();
        // Targets that drifted are repaired anyway.
        let leaving = live.instances.keys().filter(|account| !delivery.integration.members.contains_key(*account));
        self.clear_the_way(delivery.name, live, &leaving.cloned().collect());
        let preferences = delivery.wanted.preferences;
        let found = Found { name: delivery.stack_set, set: live };
        self.abandon(delivery.name, found, self.not_in_use(live).into_iter().chain(strays).collect(), Phase::Members);
        // What only is taken out has been taken out before.
        let mut calls = self.delete_everywhere(live, &BTreeSet::new(), preferences);
        let definition = (*after).clone();
        calls.push(StackSetCall::Update { definition, targets: None, preferences });
        if before.auto_deployment != after.auto_deployment {
            calls.push(StackSetCall::SetAutoDeployment(after.auto_deployment));
        }
        let not_to_be = self.not_to_be(delivery, needs);
        let units = &delivery.wanted.units;
        calls.extend(
            self.whole_units(None, units, &not_to_be)
                .into_iter()
                .map(|targets| StackSetCall::CreateInstances { targets, preferences }),
        );
        let steps = calls.into_iter().map(|call| Step::StackSet { name: delivery.stack_set.clone(), call }).collect();
        let edit = Edit::Replace { before, after };
        let subject = Subject::StackSet { name: delivery.stack_set.clone(), edit, custody: Custody::Ours, reaches };
        self.change(address, Why::ConfigChanged, subject, steps);
        Ok(())
    }

    /// The accounts whose instance cannot be deleted and made again now.
    fn immovable(&self, live: &LiveStackSet, needs: &Needs, strays: &BTreeMap<AccountId, Why>) -> BTreeSet<AccountId> {
        let is_immovable = |account: &AccountId, status: InstanceStatus| {
            status == InstanceStatus::Inoperable || needs.blocked.contains(account) || self.is_unreadable(account)
        };
        let instances = live.instances.iter();
        instances
            .filter(|(account, instance)| is_immovable(account, instance.status) && !strays.contains_key(*account))
            .map(|(account, _)| account.clone())
            .collect()
    }
}
