//! Stack sets: their definition, and the repair of roles that their stacks delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::instances::UNDECLARED;
use super::ownership::{Found, Holder};
use super::path_change::changes_path;
use super::roles::{ByIam, not_ours, steps, why_changed, without_tolerated};
use super::successors::{Contested, Successor};
use super::{Held, Planner, find_role};
use crate::address::Address;
use crate::desired::{DesiredIntegration, DesiredStackSet};
use crate::edits::edits;
use crate::ids::{AccountId, IntegrationName, OuId, StackSetName};
use crate::observed::{InstanceStatus, LiveRoles, LiveStackSet, ManagedExecution, Reading, StackInstance};
use crate::plan::{Custody, Edit, HoldReason, Phase, Subject, Why};
use crate::role::{OWNER_TAG, Role, Seal};
use crate::spec::{AutoDeployment, Tolerate};
use crate::step::{AccountFilter, DeploymentTargets, MAX_UNITS, Preferences, StackSetCall, Step};
use crate::template::{Definition, MAX_BYTES, Template};

/// A stack set that is planned: what should be and what is there.
pub(super) struct Delivery<'a> {
    pub(super) name: &'a IntegrationName,
    pub(super) integration: &'a DesiredIntegration,
    pub(super) wanted: &'a DesiredStackSet,
    /// The name it has, or gets.
    pub(super) stack_set: &'a StackSetName,
    pub(super) live: Option<&'a LiveStackSet>,
    /// What may be on the roles: nothing, if they are about to be deleted, for CloudFormation could not delete them.
    tolerate: &'a Tolerate,
}

static NOTHING: Tolerate = Tolerate { inline_policies: Vec::new(), managed_policies: Vec::new(), tags: Vec::new() };

/// What the accounts of a stack set need.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// No instance, and no role in the way.
    pub(super) create: BTreeMap<AccountId, Why>,
    /// A role that IAM calls made, for the stack set to make instead.
    pub(super) hand_over: BTreeMap<AccountId, Arc<Role>>,
    /// An instance whose create did not succeed.
    pub(super) retry_create: BTreeSet<AccountId>,
    /// An instance whose update did not succeed.
    pub(super) retry_update: BTreeSet<AccountId>,
    /// An instance whose delete did not succeed, to be made anew.
    pub(super) recreate: BTreeSet<AccountId>,
    /// An instance without a stack, where IAM calls keep the role.
    pub(super) evict: BTreeSet<AccountId>,
    /// Not to be touched by operations on all, for the account is unknown, or something there is held or done apart.
    pub(super) blocked: BTreeSet<AccountId>,
}

/// A target account as it was read.
struct Place<'a> {
    address: Address,
    account: &'a AccountId,
    roles: &'a LiveRoles,
    /// The role that should be there.
    wanted: &'a Arc<Role>,
}

impl<'a> Planner<'a> {
    pub(super) fn stack_set(
        &mut self,
        name: &'a IntegrationName,
        integration: &'a DesiredIntegration,
        wanted: &'a DesiredStackSet,
    ) {
        let Ok(found) = self.usable_stack_set(name, integration) else { return };
        let (stack_set, live) = found.map_or((&wanted.name, None), |Found { name, set }| (name, Some(set)));
        let bytes = wanted.definition.template.body().len();
        if bytes > MAX_BYTES {
            let reason = HoldReason::TemplateTooLarge { stack_set: stack_set.clone(), bytes };
            return self.hold(Address::StackSet(name.clone()), reason);
        }
        let applied = live.map(|set| Template::from(set.template.clone()));
        let moves = applied.as_ref().is_some_and(|applied| changes_path(applied, &wanted.definition.template));
        let tolerate = if moves { &NOTHING } else { &integration.tolerate };
        let delivery = Delivery { name, integration, wanted, stack_set, live, tolerate };
        let needs = self.needs(&delivery, applied.as_ref());
        match self.definition(&delivery, applied, &needs) {
            Ok(Instances::Left) => self.instances(&delivery, &needs),
            Ok(Instances::Done) => self.exclusions(&delivery, &unwanted_units(&delivery)),
            Err(Held) => {}
        }
    }

    /// Looks at every target account: repairs what a stack delivered, and tells what StackSets must do.
    fn needs(&mut self, delivery: &Delivery<'a>, applied: Option<&Template>) -> Needs {
        let mut needs = Needs::default();
        for (account, wanted) in &delivery.integration.members {
            let Some(roles) = self.roles_in(account) else {
                needs.blocked.insert(account.clone());
                continue;
            };
            let address = Address::MemberRole(delivery.name.clone(), account.clone());
            if self.is_policy_taken(&address, account, wanted) {
                needs.blocked.insert(account.clone());
                continue;
            }
            let place = Place { address, account, roles, wanted };
            match delivery.live.and_then(|set| set.instances.get(account)) {
                None => self.without_instance(delivery, place, &mut needs),
                Some(instance) => self.with_instance(delivery, place, instance, applied, &mut needs),
            }
        }
        needs
    }

    /// A target account that no stack reached: a role of the name that is there is adopted, handed over or held.
    fn without_instance(&mut self, delivery: &Delivery<'a>, place: Place<'a>, needs: &mut Needs) {
        let Place { address, account, roles, wanted } = place;
        let Some((role, live)) = find_role(roles, &wanted.name) else {
            if let Some(owner) = self.stack_that_leaves(account, &wanted.name) {
                let successor = Successor::Instance(delivery.name, delivery.wanted, delivery.stack_set.clone());
                let otherwise = HoldReason::RoleInStackSet { account: account.clone(), role: wanted.name.clone() };
                needs.blocked.insert(account.clone());
                self.contested.push(Contested { address, account: account.clone(), owner, successor, otherwise });
                return;
            }
            needs.create.insert(account.clone(), self.why_without_instance(delivery.live, account));
            return;
        };
        let is_adopted = delivery.integration.adopt.covers(account);
        match delivery.integration.holder(delivery.name, &live.role) {
            Holder::Us if !is_adopted && live.role.seal() != Seal::Missing => {
                needs.hand_over.insert(account.clone(), live.role.clone());
                needs.create.insert(account.clone(), Why::DeliveryChanged);
                return;
            }
            Holder::Us if !is_adopted => {
                let role = role.clone();
                self.hold(address, HoldReason::RoleOutsideStackSet { account: account.clone(), role });
            }
            Holder::Another(owner) => {
                let successor = Successor::Instance(delivery.name, delivery.wanted, delivery.stack_set.clone());
                let otherwise = not_ours(account, role, live);
                self.contested.push(Contested { address, account: account.clone(), owner, successor, otherwise });
            }
            Holder::Us | Holder::Nobody => self.role_by_iam(address, account, wanted, delivery.by_iam()),
        }
        needs.blocked.insert(account.clone());
    }

    /// A target account that has an instance.
    fn with_instance(
        &mut self,
        delivery: &Delivery<'a>,
        place: Place<'a>,
        instance: &StackInstance,
        applied: Option<&Template>,
        needs: &mut Needs,
    ) {
        let Place { address, account, roles, wanted } = place;
        let integration = delivery.integration;
        // What the stack made has the name in the template that was last applied, not the one in the file.
        let known = applied.and_then(Template::roles).map(|roles| roles.in_account(account));
        let last = known.unwrap_or(wanted);
        if instance.stack.is_none() && integration.adopt.covers(account) && find_role(roles, &wanted.name).is_some() {
            needs.evict.insert(account.clone());
            needs.blocked.insert(account.clone());
            return self.role_by_iam(address, account, wanted, delivery.by_iam());
        }
        let in_the_way = [last, wanted].into_iter().find_map(|role| {
            find_role(roles, &role.name).filter(|(_, live)| match integration.holder(delivery.name, &live.role) {
                Holder::Us => false,
                // What a stack holds is the stack's, with or without our tag.
                Holder::Nobody => role.name != last.name || instance.stack.is_none(),
                Holder::Another(_) => true,
            })
        });
        if let Some((role, live)) = in_the_way {
            self.hold(address, not_ours(account, role, live));
            needs.blocked.insert(account.clone());
            return;
        }
        if self.is_policy_taken(&address, account, last) {
            needs.blocked.insert(account.clone());
            return;
        }
        let live = find_role(roles, &last.name)
            .map(|(_, live)| without_idle_versions(without_tolerated(live, last, delivery.tolerate)));
        match (live, known) {
            (Some(live), None) => self.adopt_from_stack(delivery, address, account, (&live, wanted), instance, needs),
            (live, _) => self.instance(&address, account, instance, (live, last), needs),
        }
    }

    /// A role of a stack whose template someone else wrote: what the template will not undo is undone after it.
    fn adopt_from_stack(
        &mut self,
        delivery: &Delivery<'a>,
        address: Address,
        account: &AccountId,
        (live, wanted): (&Arc<Role>, &Arc<Role>),
        instance: &StackInstance,
        needs: &mut Needs,
    ) {
        if instance.status == InstanceStatus::Inoperable {
            return self.instance(&address, account, instance, (Some(live.clone()), live), needs);
        }
        let custody = match delivery.integration.holder(delivery.name, live) {
            Holder::Nobody => Custody::Adopted,
            Holder::Us | Holder::Another(_) => Custody::Ours,
        };
        if live != wanted && live.path == wanted.path {
            let steps = steps(account, &wanted.name, edits(live, wanted));
            let edit = Edit::Update { before: live.clone(), after: wanted.clone() };
            let subject = Subject::Role { account: account.clone(), edit, custody };
            self.change_in(Phase::Successors, address, Why::Adopted, subject, steps);
        }
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
            InstanceStatus::Inoperable if instance.is_failed_import() => {
                let reason = instance.reason.clone().unwrap_or_default();
                self.hold(address.clone(), HoldReason::InstanceInoperable { account: account.clone(), reason });
                needs.blocked.insert(account.clone());
                return;
            }
            InstanceStatus::Inoperable => {
                needs.recreate.insert(account.clone());
                needs.blocked.insert(account.clone());
                return;
            }
            InstanceStatus::Outdated if live.is_none() && instance.stack.is_none() => {
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
                self.change_role(address.clone(), account, (&live, last), Custody::Ours, why);
            }
        }
    }

    /// Why an account has no instance, where its unit may be deployed to already.
    fn why_without_instance(&self, live: Option<&LiveStackSet>, account: &AccountId) -> Why {
        let org = &self.observed.org;
        let account = org.accounts.get(account);
        let is_deployed_to = |set: &LiveStackSet| {
            account.is_some_and(|account| org.ancestors(account).any(|unit| set.units.contains(unit)))
        };
        match live.filter(|set| is_deployed_to(set)).map(|set| set.auto_deployment) {
            None => Why::Missing,
            Some(AutoDeployment::Off) => Why::AccountJoined,
            Some(AutoDeployment::On | AutoDeployment::OnRetaining) => Why::NotReached,
        }
    }

    /// The definition: created, or updated everywhere but where something is held or unknown.
    fn definition(
        &mut self,
        delivery: &Delivery<'_>,
        applied: Option<Template>,
        needs: &Needs,
    ) -> Result<Instances, Held> {
        let Delivery { name, integration, wanted, stack_set, live, tolerate: _ } = delivery;
        let address = Address::StackSet((*name).clone());
        let (Some(live), Some(template)) = (live, applied) else {
            let step =
                Step::StackSet { name: (*stack_set).clone(), call: StackSetCall::Create(wanted.definition.clone()) };
            let edit = Edit::Create(Box::new(wanted.definition.clone()));
            let subject = self.stack_set_subject(delivery, edit, BTreeSet::new());
            self.change(address, Why::Missing, subject, vec![step]);
            return Ok(Instances::Left);
        };
        let Some(after) = definition_under(wanted, &template, live, integration) else {
            let reason = HoldReason::StackSetWithoutRole { stack_set: (*stack_set).clone() };
            self.hold(address, reason);
            return Err(Held);
        };
        let (before, after) = (Box::new(definition_of(live, template)), Box::new(after));
        if changes_path(&before.template, &after.template) {
            return self.change_path(delivery, live, (before, after), needs).map(|()| Instances::Done);
        }
        let spared: BTreeSet<AccountId> = live
            .instances
            .keys()
            .filter(|account| {
                let is_leaving = !integration.members.contains_key(*account);
                is_leaving || needs.blocked.contains(*account) || self.is_unreadable(account)
            })
            .cloned()
            .collect();
        for account in &spared {
            self.note_if_unreadable(account);
        }
        let calls = definition_calls(&before, (&after, wanted.preferences), live, &spared);
        let steps = calls.into_iter().map(|call| Step::StackSet { name: (*stack_set).clone(), call }).collect();
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
        let subject = self.stack_set_subject(delivery, edit, reaches);
        let why = if live.owner().is_none() { Why::Adopted } else { Why::ConfigChanged };
        self.change(address, why, subject, steps);
        Ok(Instances::Left)
    }

    #[expect(clippy::unused_self, reason = "reads as one of the planner's verbs")]
    fn stack_set_subject(
        &self,
        delivery: &Delivery<'_>,
        edit: Edit<Box<Definition>>,
        reaches: BTreeSet<AccountId>,
    ) -> Subject {
        let custody = match delivery.live {
            Some(live) if live.owner().is_none() => Custody::Adopted,
            Some(_) | None => Custody::Ours,
        };
        Subject::StackSet { name: delivery.stack_set.clone(), edit, custody, reaches }
    }

    /// Stack sets with our tag that deliver nothing that the files say: their instances, then they themselves.
    pub(super) fn undeclared_stack_sets(&mut self) {
        let observed = self.observed;
        let Some(sets) = observed.stack_sets.known() else { return };
        for (stack_set, reading) in sets {
            let Reading::Known(set) = reading else { continue };
            let Some(owner) = set.owner() else { continue };
            let found = Found { name: stack_set, set };
            if self.desired.released.contains(&owner) {
                self.release_stack_set(&owner, found);
                continue;
            }
            let declared = self.declared(&owner);
            let delivers = declared.is_some_and(|(name, wanted)| {
                wanted.stack_set().is_some()
                    && !matches!(wanted.stack_set_in(name, self.observed), Ok(Some(kept)) if kept.name != stack_set)
            });
            if !delivers && self.nothing_runs(&owner, found).is_ok() {
                let why = if declared.is_some() { Why::DeliveryChanged } else { Why::Undeclared };
                self.delete_stack_set(&owner, found, why);
            }
        }
    }

    fn delete_stack_set(&mut self, owner: &IntegrationName, found: Found<'a>, why: Why) {
        let Found { name: stack_set, set: live } = found;
        let stuck = self.delete_all_instances(owner, found, why);
        if !stuck.is_empty() {
            let reason = HoldReason::StackSetNotEmpty { stack_set: stack_set.clone(), accounts: stuck };
            return self.hold(Address::StackSet(owner.clone()), reason);
        }
        let before = Box::new(definition_of(live, Template::from(live.template.clone())));
        let subject = Subject::StackSet {
            name: stack_set.clone(),
            edit: Edit::Delete(before),
            custody: Custody::Ours,
            reaches: BTreeSet::new(),
        };
        let steps = vec![Step::StackSet { name: stack_set.clone(), call: StackSetCall::Delete }];
        self.change(Address::StackSet(owner.clone()), why, subject, steps);
    }

    /// Takes our tag off a stack set and off the roles that it makes, and leaves all of them where they are.
    fn release_stack_set(&mut self, owner: &IntegrationName, found: Found<'_>) {
        if self.nothing_runs(owner, found).is_err() {
            return;
        }
        let Found { name, set: live } = found;
        let before = definition_of(live, Template::from(live.template.clone()));
        let mut after = before.clone();
        after.template = after.template.without_ownership();
        after.tags.retain(|key, _| key.as_str() != OWNER_TAG);
        // A stack whose role was deleted cannot take the tag off it, and an inoperable instance is not updated.
        let is_there = |(account, instance): (&AccountId, &StackInstance)| {
            if instance.status == InstanceStatus::Inoperable {
                return false;
            }
            let name = before.template.roles().map(|roles| &roles.in_account(account).name);
            let roles = self.observed.roles.get(account).and_then(Reading::known);
            name.zip(roles).is_some_and(|(name, roles)| find_role(roles, name).is_some())
        };
        let spared = live.instances.iter().filter(|instance| !is_there(*instance));
        let spared: BTreeSet<AccountId> = spared.map(|(account, _)| account.clone()).collect();
        for account in &spared {
            self.note_if_unreadable(account);
        }
        let calls = definition_calls(&before, (&after, UNDECLARED), live, &spared);
        let steps = calls.into_iter().map(|call| Step::StackSet { name: name.clone(), call }).collect();
        let reaches = live.instances.keys().filter(|account| !spared.contains(*account)).cloned().collect();
        let edit = Edit::Update { before: Box::new(before), after: Box::new(after) };
        let subject = Subject::StackSet { name: name.clone(), edit, custody: Custody::Released, reaches };
        self.change(Address::StackSet(owner.clone()), Why::Released, subject, steps);
    }
}

impl<'a> Delivery<'a> {
    /// How a role is kept in an account where the stack set does not keep it.
    fn by_iam(&self) -> ByIam<'a> {
        ByIam { name: self.name, integration: self.integration }
    }
}

/// Units that the stack set is deployed to and the file does not name.
fn unwanted_units(delivery: &Delivery<'_>) -> BTreeSet<OuId> {
    let live = delivery.live.into_iter().flat_map(|set| &set.units);
    live.filter(|unit| !delivery.wanted.units.contains(*unit)).cloned().collect()
}

/// Whether the instances are still to be planned.
enum Instances {
    Left,
    Done,
}

/// The role without the idle versions of its policies: CloudFormation leaves four of them when it changes a policy, so they
/// say nothing of who made them, and they grant nothing.
fn without_idle_versions(mut role: Arc<Role>) -> Arc<Role> {
    if role.managed.values().any(|policy| !policy.idle_versions.is_empty()) {
        Arc::make_mut(&mut role).managed.values_mut().for_each(|policy| policy.idle_versions.clear());
    }
    role
}

/// The definition that the file wants, with the role written as in the template that is there. `None` when an adopted
/// template has no such role.
///
/// What someone else made of the template of a stack set of ours says nothing about the stacks: they have what we wrote.
fn definition_under(
    wanted: &DesiredStackSet,
    template: &Template,
    live: &LiveStackSet,
    integration: &DesiredIntegration,
) -> Option<Definition> {
    let mut definition = wanted.definition.clone();
    if integration.adopt.stack_set.is_none() && template.roles().is_none() {
        return Some(definition);
    }
    match template.shape(&integration.role_name) {
        Some(shape) => definition.template = definition.template.shaped_like(&shape),
        None if live.owner().is_none() => return None,
        None => {}
    }
    Some(definition)
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

pub(crate) fn definition_of(live: &LiveStackSet, template: Template) -> Definition {
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
    (after, preferences): (&Definition, Preferences),
    live: &LiveStackSet,
    spared: &BTreeSet<AccountId>,
) -> Vec<StackSetCall> {
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
        let definition = after.clone();
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
