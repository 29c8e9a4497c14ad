//! Whose is what: ownership tags, former names, and adopted stack sets.

use std::collections::{BTreeMap, BTreeSet};

use super::{Held, Planner};
use crate::address::Address;
use crate::desired::DesiredIntegration;
use crate::ids::{AccountId, IntegrationName, StackSetName};
use crate::observed::{InstanceStatus, LiveStackSet, Observed, PermissionModel, Reading};
use crate::plan::HoldReason;
use crate::role::Role;

/// Whose a role is, seen from an integration.
pub(crate) enum Holder {
    /// The integration's.
    Us,
    /// Another integration's, or one's that no file names any more.
    Another(IntegrationName),
    /// Not Rolecall's.
    Nobody,
}

/// A stack set that is there, and its name.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) name: &'a StackSetName,
    pub(crate) set: &'a LiveStackSet,
}

impl DesiredIntegration {
    /// Whether an ownership tag of this value is the integration's, under its name or the one it had before.
    pub(crate) fn is_owner(&self, name: &IntegrationName, owner: &IntegrationName) -> bool {
        owner == name || self.renamed_from.as_ref() == Some(owner)
    }

    pub(crate) fn holder(&self, name: &IntegrationName, role: &Role) -> Holder {
        match role.owner() {
            None => Holder::Nobody,
            Some(owner) if self.is_owner(name, &owner) => Holder::Us,
            Some(owner) => Holder::Another(owner),
        }
    }

    /// The stack set of an integration of the files: the one that it adopts, the one that carries its tag, or the one that
    /// has the name it would give.
    pub(crate) fn stack_set_in<'a>(
        &self,
        name: &IntegrationName,
        observed: &'a Observed,
    ) -> Result<Option<Found<'a>>, Box<HoldReason>> {
        let sets = match &observed.stack_sets {
            Reading::Unreadable(failure) => {
                return Err(Box::new(HoldReason::StackSetsUnreadable { failure: failure.clone() }));
            }
            Reading::Known(sets) => sets,
        };
        if let Some(adopted) = &self.adopt.stack_set {
            return match find(sets, adopted)? {
                None => Err(Box::new(HoldReason::StackSetMissing { stack_set: adopted.clone() })),
                found => Ok(found),
            };
        }
        let own = StackSetName::of(name);
        let former = self.renamed_from.as_ref().map(StackSetName::of);
        let mut stranger = None;
        for likely in [Some(&own), former.as_ref()].into_iter().flatten() {
            if let Some(found) = find(sets, likely)? {
                if found.set.owner().is_some_and(|owner| self.is_owner(name, &owner)) {
                    return Ok(Some(found));
                }
                stranger = stranger.or_else(|| (*likely == own).then_some(found));
            }
        }
        let tagged = sets.iter().find_map(|(stack_set, reading)| {
            let set = reading.known()?;
            set.owner().is_some_and(|owner| self.is_owner(name, &owner)).then_some(Found { name: stack_set, set })
        });
        Ok(tagged.or(stranger))
    }
}

impl<'a> Planner<'a> {
    /// The integration of the files that an ownership tag means.
    pub(super) fn declared(&self, owner: &IntegrationName) -> Option<(&'a IntegrationName, &'a DesiredIntegration)> {
        let all = &self.desired.integrations;
        let renamed = || all.iter().find(|(_, wanted)| wanted.renamed_from.as_ref() == Some(owner));
        all.get_key_value(owner).or_else(renamed)
    }

    /// The stack set that delivers an integration's role, if it is there, ours or adopted, and nothing runs on it; everything
    /// else is held.
    pub(super) fn usable_stack_set(
        &mut self,
        name: &IntegrationName,
        wanted: &DesiredIntegration,
    ) -> Result<Option<Found<'a>>, Held> {
        let address = Address::StackSet(name.clone());
        let found = match wanted.stack_set_in(name, self.observed) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(reason) => {
                self.hold(address, *reason);
                return Err(Held);
            }
        };
        let is_usable = match found.set.owner() {
            Some(owner) => wanted.is_owner(name, &owner),
            None => wanted.adopt.stack_set.as_ref() == Some(found.name),
        };
        if !is_usable || found.set.permission_model == PermissionModel::SelfManaged {
            let reason = HoldReason::StackSetNotOurs { stack_set: found.name.clone(), owner: found.set.owner() };
            self.hold(address, reason);
            return Err(Held);
        }
        self.nothing_runs(name, found)?;
        Ok(Some(found))
    }

    /// Notes the last operation, and holds while one runs.
    pub(super) fn nothing_runs(&mut self, integration: &IntegrationName, found: Found<'_>) -> Result<(), Held> {
        let Found { name, set } = found;
        let address = Address::StackSet(integration.clone());
        for (account, region) in &set.elsewhere {
            let reason = HoldReason::InstanceElsewhere { account: account.clone(), region: region.clone() };
            self.hold(address.clone(), reason);
        }
        if let Some(last) = &set.last_operation {
            self.last_operations.insert(name.clone(), last.clone());
        }
        if let Some(running) = &set.running {
            let (operation, action) = (running.id.clone(), running.action.clone());
            let waiting = self.waiting(integration, set);
            self.hold(address, HoldReason::OperationRunning { stack_set: name.clone(), operation, action, waiting });
            return Err(Held);
        }
        Ok(())
    }

    /// The target accounts of an integration that its stack set has not brought up to date.
    fn waiting(&self, integration: &IntegrationName, set: &LiveStackSet) -> BTreeSet<AccountId> {
        let is_current = |account: &AccountId| {
            set.instances.get(account).is_some_and(|instance| instance.status == InstanceStatus::Current)
        };
        let members = self.desired.integrations.get(integration).into_iter().flat_map(|wanted| wanted.members.keys());
        members.filter(|account| !is_current(account)).cloned().collect()
    }

    /// Why it cannot be said that no stack holds a role: a stack set that may be ours was not read. `None` when all were.
    pub(super) fn unread_stack_set(&self) -> Option<HoldReason> {
        match &self.observed.stack_sets {
            Reading::Unreadable(failure) => Some(HoldReason::StackSetsUnreadable { failure: failure.clone() }),
            Reading::Known(sets) => sets.iter().find_map(|(name, reading)| match reading {
                Reading::Known(_) => None,
                Reading::Unreadable(failure) => {
                    Some(HoldReason::StackSetUnreadable { stack_set: name.clone(), failure: failure.clone() })
                }
            }),
        }
    }
}

fn find<'a>(
    sets: &'a BTreeMap<StackSetName, Reading<LiveStackSet>>,
    name: &StackSetName,
) -> Result<Option<Found<'a>>, Box<HoldReason>> {
    match sets.get_key_value(name) {
        None => Ok(None),
        Some((name, Reading::Known(set))) => Ok(Some(Found { name, set })),
        Some((name, Reading::Unreadable(failure))) => {
            Err(Box::new(HoldReason::StackSetUnreadable { stack_set: name.clone(), failure: failure.clone() }))
        }
    }
}
