//! Stack sets: their definition, and the repair of roles that their stacks delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::roles::{not_ours, why_changed, without_tolerated};
use super::{Held, Planner, find_role};
use crate::address::Address;
use crate::desired::{DesiredIntegration, DesiredStackSet};
use crate::ids::{AccountId, IntegrationName, OuId};
use crate::observed::{InstanceStatus, LiveStackSet, ManagedExecution, PermissionModel, StackInstance};
use crate::plan::{Edit, HoldReason, Subject, Why};
use crate::role::Role;
use crate::step::{AccountFilter, DeploymentTargets, MAX_UNITS, StackSetCall, Step};
use crate::template::{Definition, MAX_BYTES, Template};

/// A stack set that is planned: what should be and what is there.
pub(super) struct Delivery<'a> {
    pub(super) name: &'a IntegrationName,
    pub(super) integration: &'a DesiredIntegration,
    pub(super) wanted: &'a DesiredStackSet,
    pub(super) live: Option<&'a LiveStackSet>,
}

/// What the accounts of a stack set need.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// No instance, and no role in the way.
    pub(super) create: BTreeMap<AccountId, Why>,
    /// An instance whose create did not succeed.
    pub(super) retry_create: BTreeSet<AccountId>,
    /// An instance whose update did not succeed.
    pub(super) retry_update: BTreeSet<AccountId>,
    /// Not to be touched, for the account is unknown or something there is held.
    pub(super) blocked: BTreeSet<AccountId>,
}

impl<'a> Planner<'a> {
    pub(super) fn stack_set(
        &mut self,
        name: &'a IntegrationName,
        integration: &'a DesiredIntegration,
        wanted: &'a DesiredStackSet,
    ) {
        let Ok(live) = self.own_live_stack_set(name, Some(wanted)) else { return };
        let delivery = Delivery { name, integration, wanted, live };
        let applied = live.map(|set| Template::from(set.template.clone()));
        let needs = self.needs(&delivery, applied.as_ref());
        if self.definition(&delivery, applied, &needs).is_ok() {
            self.instances(&delivery, &needs);
        }
    }

    /// The live stack set if it is ours and nothing runs on it; everything else is held.
    fn own_live_stack_set(
        &mut self,
        name: &IntegrationName,
        wanted: Option<&DesiredStackSet>,
    ) -> Result<Option<&'a LiveStackSet>, Held> {
        let live = self.live_stack_set(name)?;
        let address = Address::StackSet(name.clone());
        if let Some(set) = live {
            let stack_set = crate::ids::StackSetName::of(name);
            if set.owner().as_ref() != Some(name) || set.permission_model == PermissionModel::SelfManaged {
                self.hold(address, HoldReason::StackSetNotOurs { stack_set, owner: set.owner() });
                return Err(Held);
            }
            for (account, region) in &set.elsewhere {
                let reason = HoldReason::InstanceElsewhere { account: account.clone(), region: region.clone() };
                self.hold(address.clone(), reason);
            }
            if let Some(last) = &set.last_operation {
                self.last_operations.insert(stack_set.clone(), last.clone());
            }
            if let Some(running) = &set.running {
                let (operation, action) = (running.id.clone(), running.action.clone());
                self.hold(address, HoldReason::OperationRunning { stack_set, operation, action });
                return Err(Held);
            }
        }
        if let Some(wanted) = wanted {
            let bytes = wanted.definition.template.body().len();
            if bytes > MAX_BYTES {
                let reason = HoldReason::TemplateTooLarge { stack_set: wanted.name.clone(), bytes };
                self.hold(Address::StackSet(name.clone()), reason);
                return Err(Held);
            }
        }
        Ok(live)
    }

    /// Looks at every target account: repairs what a stack delivered, and tells what StackSets must do.
    fn needs(&mut self, delivery: &Delivery<'a>, applied: Option<&Template>) -> Needs {
        let mut needs = Needs::default();
        let no_instances = BTreeMap::new();
        let instances = delivery.live.map_or(&no_instances, |set| &set.instances);
        for (account, wanted) in &delivery.integration.members {
            let Some(roles) = self.roles_in(account) else {
                needs.blocked.insert(account.clone());
                continue;
            };
            // What the stack made has the name in the template that was last applied, not the one in the file.
            let last = applied.and_then(Template::roles).map_or(wanted, |roles| roles.in_account(account));
            let address = Address::MemberRole(delivery.name.clone(), account.clone());
            let names = if instances.contains_key(account) { [last, wanted] } else { [wanted, wanted] };
            let in_the_way = names.into_iter().find_map(|role| {
                find_role(roles, &role.name).filter(|(_, live)| live.role.owner().as_ref() != Some(delivery.name))
            });
            if let Some((role, live)) = in_the_way {
                self.hold(address, not_ours(account, role, live));
                needs.blocked.insert(account.clone());
                continue;
            }
            match instances.get(account) {
                None if find_role(roles, &wanted.name).is_some() => {
                    let role = wanted.name.clone();
                    self.hold(address, HoldReason::RoleOutsideStackSet { account: account.clone(), role });
                    needs.blocked.insert(account.clone());
                }
                None => {
                    let why =
                        if self.is_deployed_to(delivery.live, account) { Why::AccountJoined } else { Why::Missing };
                    needs.create.insert(account.clone(), why);
                }
                Some(instance) => {
                    let live = find_role(roles, &last.name)
                        .map(|(_, live)| without_tolerated(live, last, &delivery.integration.tolerate));
                    self.instance(&address, account, instance, (live, last), &mut needs);
                }
            }
        }
        needs
    }

    /// One account that has an instance: the live role, if any, against the one that was last applied.
    fn instance(
        &mut self,
        address: &Address,
        account: &AccountId,
        instance: &StackInstance,
        (live, last): (Option<Arc<Role>>, &Arc<Role>),
        needs: &mut Needs,
    ) {
        let (deleted, changed) = match instance.status {
            InstanceStatus::Inoperable => {
                let reason = instance.reason.clone().unwrap_or_default();
                self.hold(address.clone(), HoldReason::InstanceInoperable { account: account.clone(), reason });
                needs.blocked.insert(account.clone());
                return;
            }
            InstanceStatus::Outdated if live.is_none() => {
                needs.retry_create.insert(account.clone());
                return;
            }
            InstanceStatus::Outdated => {
                needs.retry_update.insert(account.clone());
                (Why::InstanceFailed, Why::InstanceFailed)
            }
            InstanceStatus::Current => (Why::Deleted, Why::Drifted),
        };
        match live {
            None => self.create_role(address.clone(), account, last, deleted),
            Some(live) => {
                let why = why_changed(&live, changed);
                self.change_role(address.clone(), account, &live, last, why);
            }
        }
    }

    /// Whether StackSets should have reached the account by themselves.
    fn is_deployed_to(&self, live: Option<&LiveStackSet>, account: &AccountId) -> bool {
        let org = &self.observed.org;
        let account = org.accounts.get(account);
        live.zip(account).is_some_and(|(set, account)| org.ancestors(account).any(|unit| set.units.contains(unit)))
    }

    /// The definition: created, or updated everywhere but where something is held or unknown.
    fn definition(&mut self, delivery: &Delivery<'_>, applied: Option<Template>, needs: &Needs) -> Result<(), Held> {
        let Delivery { name, integration: _, wanted, live } = delivery;
        let address = Address::StackSet((*name).clone());
        let after = Box::new(wanted.definition.clone());
        let (Some(live), Some(template)) = (live, applied) else {
            let steps = vec![self.stack_set_step(wanted, StackSetCall::Create(wanted.definition.clone()))];
            let subject =
                Subject::StackSet { name: wanted.name.clone(), edit: Edit::Create(after), reaches: BTreeSet::new() };
            self.change(address, Why::Missing, subject, steps);
            return Ok(());
        };
        if changes_path(&template, &after.template) {
            self.hold(address, HoldReason::StackSetPathChange { stack_set: wanted.name.clone() });
            return Err(Held);
        }
        let before = Box::new(definition_of(live, template));
        let spared: BTreeSet<AccountId> = live
            .instances
            .keys()
            .filter(|account| {
                let is_leaving = !delivery.integration.members.contains_key(*account);
                is_leaving || needs.blocked.contains(*account) || self.is_unreadable(account)
            })
            .cloned()
            .collect();
        for account in &spared {
            self.note_if_unreadable(account);
        }
        let calls = definition_calls(&before, wanted, live, &spared);
        let steps = calls.into_iter().map(|call| self.stack_set_step(wanted, call)).collect();
        let reaches = live
            .instances
            .keys()
            .filter(|account| !spared.contains(*account) && differs_in(&before.template, &after.template, account))
            .cloned()
            .collect();
        let edit = if renames(&before.template, &after.template) {
            Edit::Replace { before, after }
        } else {
            Edit::Update { before, after }
        };
        self.change(address, Why::ConfigChanged, Subject::StackSet { name: wanted.name.clone(), edit, reaches }, steps);
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "reads as one of the planner's verbs")]
    fn stack_set_step(&self, wanted: &DesiredStackSet, call: StackSetCall) -> Step {
        Step::StackSet { name: wanted.name.clone(), call }
    }

    /// Stack sets with our tag that no file declares: their instances, then they themselves.
    pub(super) fn undeclared_stack_sets(&mut self) {
        let Some(sets) = self.observed.stack_sets.known() else { return };
        for reading in sets.values() {
            let Some(owner) = reading.known().and_then(LiveStackSet::owner) else { continue };
            let declared = self.desired.integrations.get(&owner);
            let is_ours = reading
                .known()
                .is_some_and(|set| set.id.split(':').next() == Some(crate::ids::StackSetName::of(&owner).as_str()));
            if !is_ours || declared.is_some_and(|wanted| wanted.stack_set().is_some()) {
                continue;
            }
            if let Ok(Some(live)) = self.own_live_stack_set(&owner, None) {
                self.delete_stack_set(&owner, live);
            }
        }
    }

    fn delete_stack_set(&mut self, owner: &IntegrationName, live: &LiveStackSet) {
        let stack_set = crate::ids::StackSetName::of(owner);
        let keeps_roles = self.desired.integrations.contains_key(owner);
        let stuck = self.delete_all_instances(owner, live, keeps_roles);
        if !stuck.is_empty() {
            let reason = HoldReason::StackSetNotEmpty { stack_set, accounts: stuck };
            return self.hold(Address::StackSet(owner.clone()), reason);
        }
        if keeps_roles && !live.instances.is_empty() {
            return;
        }
        let before = Box::new(definition_of(live, Template::from(live.template.clone())));
        let subject =
            Subject::StackSet { name: stack_set.clone(), edit: Edit::Delete(before), reaches: BTreeSet::new() };
        let steps = vec![Step::StackSet { name: stack_set, call: StackSetCall::Delete }];
        self.change(Address::StackSet(owner.clone()), Why::Undeclared, subject, steps);
    }
}

impl DesiredIntegration {
    /// The stack set that delivers the role, if one does.
    pub fn stack_set(&self) -> Option<&DesiredStackSet> {
        match &self.delivery {
            crate::desired::DesiredDelivery::StackSet(set) => Some(set),
            crate::desired::DesiredDelivery::Direct => None,
        }
    }
}

fn definition_of(live: &LiveStackSet, template: Template) -> Definition {
    Definition {
        description: live.description.clone(),
        template,
        capabilities: live.capabilities.clone(),
        tags: live.tags.clone(),
        auto_deployment: live.auto_deployment,
        managed_execution: live.managed_execution,
    }
}

/// The updates that turn one definition into another. Managed execution goes first, for it decides whether later
/// operations wait; automatic deployment goes alone, for AWS refuses it together with targets.
fn definition_calls(
    before: &Definition,
    wanted: &DesiredStackSet,
    live: &LiveStackSet,
    spared: &BTreeSet<AccountId>,
) -> Vec<StackSetCall> {
    let after = &wanted.definition;
    // No `..`: a new field does not compile until someone decides how it is changed.
    let Definition { description, template, capabilities, tags, auto_deployment, managed_execution } = after;
    let mut calls = Vec::new();
    if before.managed_execution != *managed_execution && *managed_execution == ManagedExecution::Active {
        calls.push(StackSetCall::ActivateManagedExecution);
    }
    let is_same = before.description == *description
        && before.template == *template
        && before.capabilities == *capabilities
        && before.tags == *tags;
    if !is_same {
        let mut chunks = targets_but(&live.units, spared).into_iter();
        let (definition, preferences) = (after.clone(), wanted.preferences);
        calls.push(StackSetCall::Update { definition, targets: chunks.next(), preferences });
        calls.extend(chunks.map(|targets| StackSetCall::UpdateInstances { targets, preferences }));
    }
    if before.auto_deployment != *auto_deployment {
        calls.push(StackSetCall::SetAutoDeployment(*auto_deployment));
    }
    calls
}

/// All accounts of the units but some, in as many targets as AWS needs; none at all when nobody is spared.
fn targets_but(units: &BTreeSet<OuId>, spared: &BTreeSet<AccountId>) -> Vec<DeploymentTargets> {
    if spared.is_empty() {
        return Vec::new();
    }
    let units: Vec<&OuId> = units.iter().collect();
    units
        .chunks(MAX_UNITS)
        .map(|chunk| DeploymentTargets {
            units: chunk.iter().map(|unit| (*unit).clone()).collect(),
            filter: AccountFilter::Except(spared.clone()),
        })
        .collect()
}

fn differs_in(before: &Template, after: &Template, account: &AccountId) -> bool {
    match (before.roles(), after.roles()) {
        (Some(before), Some(after)) => before.in_account(account) != after.in_account(account),
        _ => before != after,
    }
}

/// CloudFormation replaces a role whose name changes: it makes the new one, then deletes the old one.
fn renames(before: &Template, after: &Template) -> bool {
    before.roles().zip(after.roles()).is_some_and(|(before, after)| before.default.name != after.default.name)
}

/// Replacement under the same name cannot work: the new role would be made while the old one has its name.
fn changes_path(before: &Template, after: &Template) -> bool {
    before.roles().zip(after.roles()).is_some_and(|(before, after)| {
        before.default.name == after.default.name && before.default.path != after.default.path
    })
}
