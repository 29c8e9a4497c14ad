//! Stack instances: exact deltas of accounts, put into the units and filters that AWS takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ownership::Found;
use super::stack_sets::{Delivery, Needs};
use super::{Planner, active_members, find_role};
use crate::address::Address;
use crate::ids::{AccountId, IntegrationName, OuId, StackSetName};
use crate::observed::{InstanceStatus, LiveStackSet, Reading, StackInstance};
use crate::org::AccountState;
use crate::plan::{Custody, HoldReason, InstanceAction, Phase, Subject, Why};
use crate::spec::{Amount, AutoDeployment};
use crate::step::{AccountFilter, DeploymentTargets, MAX_UNITS, Preferences, StackSetCall, Stacks, Step};
use crate::template::Template;

impl Planner<'_> {
    pub(super) fn instances(&mut self, delivery: &Delivery<'_>, needs: &Needs) {
        for (account, role) in &needs.hand_over {
            self.hand_over(delivery.name, account, role);
        }
        self.create_instances(delivery, needs);
        self.retry_instances(delivery, needs);
        self.recreate_instances(delivery, needs);
        self.take_out_strays(delivery);
        let gone = self.delete_instances(delivery, needs);
        self.exclusions(delivery, &gone);
    }

    /// New units are deployed to as units, which registers them for automatic deployment; in units that are
    /// deployed to already, only the accounts without an instance are named.
    fn create_instances(&mut self, delivery: &Delivery<'_>, needs: &Needs) {
        let Delivery { name, wanted, stack_set, live, .. } = delivery;
        let registered = live.map(|set| set.units.clone()).unwrap_or_default();
        let grouped = self.by_unit(&wanted.units, needs.create.keys());
        let is_automatic = wanted.definition.auto_deployment != AutoDeployment::Off;
        let new_units: BTreeSet<OuId> = wanted
            .units
            .difference(&registered)
            .filter(|unit| is_automatic || grouped.contains_key(*unit))
            .cloned()
            .collect();

        let mut accounts_of_new = BTreeSet::new();
        let mut only: BTreeMap<OuId, BTreeSet<AccountId>> = BTreeMap::new();
        for (unit, accounts) in grouped {
            if new_units.contains(&unit) {
                accounts_of_new.extend(accounts);
            } else {
                only.insert(unit, accounts);
            }
        }
        let accounts_of_old: BTreeSet<AccountId> = only.values().flatten().cloned().collect();
        let mut not_to_be = self.not_to_be(delivery, needs);
        if !accounts_of_new.is_empty() {
            // Those that have an instance are left as they are, but where nobody would be left to deploy to.
            not_to_be.extend(live.iter().flat_map(|set| set.instances.keys().cloned()));
        }
        let targets = self.whole_units(*live, &new_units, &not_to_be);

        let call = |targets| StackSetCall::CreateInstances { targets, preferences: wanted.preferences };
        let why = if live.is_some_and(|set| !set.units.is_empty()) { Why::ConfigChanged } else { Why::Missing };
        let all = targets.into_iter().map(call).collect();
        self.instance_change(name, stack_set, (InstanceAction::Create, why), (accounts_of_new, new_units), all);
        let why = accounts_of_old.iter().filter_map(|account| needs.create.get(account)).max();
        let why = why.copied().unwrap_or(Why::Missing);
        let some = only_targets(&only).into_iter().map(call).collect();
        let of_old = (accounts_of_old, BTreeSet::new());
        self.instance_change(name, stack_set, (InstanceAction::Create, why), of_old, some);
    }

    /// Whole units, without the accounts that must not get what the others get.
    pub(super) fn whole_units(
        &self,
        live: Option<&LiveStackSet>,
        units: &BTreeSet<OuId>,
        except: &BTreeSet<AccountId>,
    ) -> Vec<DeploymentTargets> {
        // An account that moved since is still meant by the unit that its instance was made for.
        let recorded = |account: &AccountId| live?.instances.get(account)?.unit.as_ref();
        let targets = chunks(units.iter().cloned()).into_iter().map(|units| {
            let is_meant = |account: &AccountId| {
                self.is_under_any(account, &units) || recorded(account).is_some_and(|unit| units.contains(unit))
            };
            let except: BTreeSet<AccountId> = except.iter().filter(|account| is_meant(account)).cloned().collect();
            let filter = if except.is_empty() { AccountFilter::All } else { AccountFilter::Except(except) };
            DeploymentTargets { units, filter }
        });
        targets.collect()
    }

    /// Accounts in use that must not get an instance when their unit is deployed to.
    pub(super) fn not_to_be(&self, delivery: &Delivery<'_>, needs: &Needs) -> BTreeSet<AccountId> {
        active_members(self.observed)
            .into_iter()
            .filter(|account| !delivery.integration.members.contains_key(*account) || needs.blocked.contains(*account))
            .cloned()
            .collect()
    }

    fn retry_instances(&mut self, delivery: &Delivery<'_>, needs: &Needs) {
        let Some(live) = delivery.live else { return };
        let preferences = delivery.wanted.preferences;
        let creates = only_targets(&self.by_recorded_unit(live, &needs.retry_create));
        let creates = creates.into_iter().map(|targets| StackSetCall::CreateInstances { targets, preferences });
        // An update of the definition reaches these instances anyway.
        let is_updated = self.changes.iter().any(|change| {
            change.steps.iter().any(|step| {
                matches!(step,
                Step::StackSet { name, call: StackSetCall::Update { .. } } if name == delivery.stack_set)
            })
        });
        let retry_update = if is_updated { BTreeSet::new() } else { needs.retry_update.clone() };
        let updates = only_targets(&self.by_recorded_unit(live, &retry_update));
        let updates = updates.into_iter().map(|targets| StackSetCall::UpdateInstances { targets, preferences });
        let accounts = needs.retry_create.union(&retry_update).cloned().collect();
        let subject = (accounts, BTreeSet::new());
        let what = (InstanceAction::Retry, Why::InstanceFailed);
        self.instance_change(delivery.name, delivery.stack_set, what, subject, creates.chain(updates).collect());
    }

    /// Instances whose delete failed: only a delete that retains the stack gets them out of the stack set, and what was
    /// retained has the role's name.
    fn recreate_instances(&mut self, delivery: &Delivery<'_>, needs: &Needs) {
        let Some(live) = delivery.live.filter(|_| !needs.recreate.is_empty()) else { return };
        let Delivery { name, wanted, stack_set, .. } = delivery;
        self.clear_the_way(name, live, &needs.recreate);
        let mut steps = self.take_out(stack_set, live, &needs.recreate, wanted.preferences);
        for targets in only_targets(&self.by_recorded_unit(live, &needs.recreate)) {
            let call = StackSetCall::CreateInstances { targets, preferences: wanted.preferences };
            steps.push(Step::StackSet { name: (*stack_set).clone(), call });
        }
        let subject = Subject::Instances {
            stack_set: (*stack_set).clone(),
            action: InstanceAction::Recreate,
            accounts: needs.recreate.clone(),
            units: BTreeSet::new(),
        };
        self.change(Address::Instances((*name).clone()), Why::InstanceFailed, subject, steps);
    }

    /// The steps that take inoperable instances out of their stack set and delete the stacks that are left behind.
    fn take_out(
        &self,
        stack_set: &StackSetName,
        live: &LiveStackSet,
        accounts: &BTreeSet<AccountId>,
        preferences: Preferences,
    ) -> Vec<Step> {
        let targets = only_targets(&self.by_recorded_unit(live, accounts)).into_iter();
        let mut steps: Vec<Step> = targets
            .map(|targets| Step::StackSet {
                name: stack_set.clone(),
                call: StackSetCall::DeleteInstances { targets, stacks: Stacks::Retained, preferences },
            })
            .collect();
        for account in accounts {
            if let Some(stack) = live.instances.get(account).and_then(|instance| instance.stack.clone()) {
                steps.push(Step::DeleteStack { account: account.clone(), stack });
            }
        }
        steps
    }

    /// Takes the instances out of a stack set that must not be deleted with their stacks.
    fn take_out_strays(&mut self, delivery: &Delivery<'_>) {
        let Some(set) = delivery.live else { return };
        let strays = self.strays(delivery, set);
        self.abandon(delivery.name, Found { name: delivery.stack_set, set }, strays, Phase::Instances);
    }

    /// Instances that no target account has and that only can be taken out: of accounts that left the organization, and of
    /// stacks that someone else made.
    pub(super) fn strays(&self, delivery: &Delivery<'_>, live: &LiveStackSet) -> BTreeMap<AccountId, Why> {
        let instances = live.instances.iter();
        instances
            .filter(|(account, _)| !delivery.integration.members.contains_key(*account) && !self.is_unreadable(account))
            .filter_map(|(account, instance)| match self.observed.org.accounts.get(account) {
                None => Some((account.clone(), Why::AccountGone)),
                Some(account) if account.state != AccountState::Active => None,
                Some(_) => instance.is_failed_import().then(|| (account.clone(), Why::ImportFailed)),
            })
            .collect()
    }

    /// Instances in accounts that are in use and are no targets; gives the units that are no targets any more.
    fn delete_instances(&mut self, delivery: &Delivery<'_>, needs: &Needs) -> BTreeSet<OuId> {
        let Some(live) = delivery.live else { return BTreeSet::new() };
        for account in live.instances.keys() {
            self.note_if_unreadable(account);
        }
        let active = active_members(self.observed);
        let strays = self.strays(delivery, live);
        let is_leaving = |account: &AccountId| {
            let is_member = delivery.integration.members.contains_key(account);
            !is_member && !strays.contains_key(account) || needs.evict.contains(account)
        };
        let leaving: BTreeSet<AccountId> = live
            .instances
            .keys()
            .filter(|account| active.contains(account) && is_leaving(account) && !self.is_unreadable(account))
            .cloned()
            .collect();
        let inoperable = inoperable(live, &leaving);
        let without_instance = leaving.iter().chain(strays.keys()).cloned().collect();
        let gone: BTreeSet<OuId> = live
            .units
            .difference(&delivery.wanted.units)
            .filter(|unit| !self.has_account_that_stays(delivery, live, unit, &without_instance))
            .cloned()
            .collect();
        // An account that moved since its instance was made is named with the unit of then, before units go as a whole.
        let recorded_in_gone = |account: &AccountId| {
            live.instances
                .get(account)
                .and_then(|instance| instance.unit.as_ref())
                .is_none_or(|unit| gone.contains(unit))
        };
        let rest: BTreeSet<AccountId> = leaving
            .iter()
            .filter(|account| !(self.is_under_any(account, &gone) && recorded_in_gone(account)))
            .filter(|account| !inoperable.contains(*account))
            .cloned()
            .collect();
        let mut targets = only_targets(&self.by_recorded_unit(live, &rest));
        let whole = chunks(gone.iter().cloned());
        targets.extend(whole.into_iter().map(|units| DeploymentTargets { units, filter: AccountFilter::All }));
        self.clear_the_way(delivery.name, live, &leaving);
        let preferences = delivery.wanted.preferences;
        let mut steps = self.take_out(delivery.stack_set, live, &inoperable, preferences);
        steps.extend(targets.into_iter().map(|targets| Step::StackSet {
            name: delivery.stack_set.clone(),
            call: StackSetCall::DeleteInstances { targets, stacks: Stacks::Deleted, preferences },
        }));
        let nobody_leaves = leaving.is_empty();
        let subject = Subject::Instances {
            stack_set: delivery.stack_set.clone(),
            action: InstanceAction::Delete,
            accounts: leaving,
            units: gone.clone(),
        };
        let why = if nobody_leaves { Why::ConfigChanged } else { Why::AccountLeft };
        self.change(Address::Instances(delivery.name.clone()), why, subject, steps);
        gone
    }

    /// All instances of a stack set that is to go; gives the accounts whose instances cannot be deleted.
    pub(super) fn delete_all_instances(
        &mut self,
        owner: &IntegrationName,
        Found { name: stack_set, set: live }: Found<'_>,
        why: Why,
    ) -> BTreeSet<AccountId> {
        let stuck: BTreeSet<AccountId> =
            live.instances.keys().filter(|account| self.is_unreadable(account)).cloned().collect();
        let mut abandoned = self.not_in_use(live);
        let failed = live.instances.iter().filter(|(_, instance)| instance.is_failed_import());
        for (account, _) in failed.filter(|(account, _)| !stuck.contains(*account)) {
            abandoned.entry(account.clone()).or_insert(Why::ImportFailed);
        }
        let stays: BTreeSet<AccountId> = stuck.iter().chain(abandoned.keys()).cloned().collect();
        let leaving: BTreeSet<AccountId> =
            live.instances.keys().filter(|account| !stays.contains(*account)).cloned().collect();
        if !leaving.is_empty() {
            self.clear_the_way(owner, live, &leaving);
            let mut steps = self.take_out(stack_set, live, &inoperable(live, &leaving), UNDECLARED);
            let calls = self.delete_everywhere(live, &stays, UNDECLARED).into_iter();
            steps.extend(calls.map(|call| Step::StackSet { name: stack_set.clone(), call }));
            let subject = Subject::Instances {
                stack_set: stack_set.clone(),
                action: InstanceAction::Delete,
                accounts: leaving,
                units: live.units.clone(),
            };
            self.change(Address::Instances(owner.clone()), why, subject, steps);
        }
        if stuck.is_empty() {
            self.abandon(owner, Found { name: stack_set, set: live }, abandoned, Phase::InstanceDeletes);
        }
        stuck
    }

    /// The calls that delete every instance in an account in use, but where it stays or is inoperable.
    pub(super) fn delete_everywhere(
        &self,
        live: &LiveStackSet,
        stays: &BTreeSet<AccountId>,
        preferences: Preferences,
    ) -> Vec<StackSetCall> {
        let not_in_use = self.not_in_use(live);
        // Instances of units that are no targets any more are named with the unit they were made for.
        let elsewhere: BTreeSet<AccountId> = live
            .instances
            .iter()
            .filter(|(account, instance)| {
                let is_recorded = instance.unit.as_ref().is_some_and(|unit| live.units.contains(unit));
                !is_recorded && !self.is_under_any(account, &live.units) && !stays.contains(*account)
            })
            .filter(|(account, _)| !not_in_use.contains_key(*account))
            .filter(|(_, instance)| instance.status != InstanceStatus::Inoperable)
            .map(|(account, _)| account.clone())
            .collect();
        let mut targets = only_targets(&self.by_recorded_unit(live, &elsewhere));
        targets.extend(self.whole_units(Some(live), &live.units, stays));
        let delete = |targets| StackSetCall::DeleteInstances { targets, stacks: Stacks::Deleted, preferences };
        targets.into_iter().map(delete).collect()
    }

    /// Accounts with an instance that are suspended, closing, or gone from the organization.
    pub(super) fn not_in_use(&self, live: &LiveStackSet) -> BTreeMap<AccountId, Why> {
        let why = |account: &AccountId| match self.observed.org.accounts.get(account) {
            None => Some(Why::AccountGone),
            Some(account) => (account.state != AccountState::Active).then_some(Why::AccountNotInUse),
        };
        live.instances.keys().filter_map(|account| Some((account.clone(), why(account)?))).collect()
    }

    /// Takes instances out of a stack set and leaves their stacks where they are. In an account that is not in use AWS does
    /// nothing else.
    pub(super) fn abandon(
        &mut self,
        owner: &IntegrationName,
        Found { name: stack_set, set: live }: Found<'_>,
        instances: BTreeMap<AccountId, Why>,
        phase: Phase,
    ) {
        let mut grouped: BTreeMap<Why, BTreeSet<AccountId>> = BTreeMap::new();
        for (account, why) in instances {
            grouped.entry(why).or_default().insert(account);
        }
        for (why, accounts) in grouped {
            let targets = only_targets(&self.by_recorded_unit(live, &accounts)).into_iter();
            let call =
                |targets| StackSetCall::DeleteInstances { targets, stacks: Stacks::Retained, preferences: UNDECLARED };
            let steps = targets.map(|targets| Step::StackSet { name: stack_set.clone(), call: call(targets) });
            let action = InstanceAction::Abandon;
            let subject = Subject::Instances { stack_set: stack_set.clone(), action, accounts, units: BTreeSet::new() };
            self.change_in(phase, Address::Instances(owner.clone()), why, subject, steps.collect());
        }
    }

    /// Takes off a role what someone else put on it: CloudFormation cannot delete a role that has more policies than its
    /// template knows, and the instance would be inoperable.
    pub(super) fn clear_the_way(&mut self, owner: &IntegrationName, set: &LiveStackSet, leaving: &BTreeSet<AccountId>) {
        let template = Template::from(set.template.clone());
        let Some(applied) = template.roles() else { return };
        for account in leaving.iter().filter(|account| !is_failed_import(set, account)) {
            let Some(roles) = self.observed.roles.get(account).and_then(Reading::known) else { continue };
            let last = applied.in_account(account);
            let Some((_, live)) = find_role(roles, &last.name) else { continue };
            if live.role.owner().is_some_and(|other| other != *owner && self.declared(&other).is_none()) {
                continue;
            }
            let mut known = (*live.role).clone();
            known.inline.retain(|name, _| last.inline.contains_key(name));
            known.attached.retain(|policy| last.attached.contains(policy));
            known.managed.retain(|name, _| last.managed.contains_key(name));
            let address = Address::MemberRole(owner.clone(), account.clone());
            self.change_role(address, account, (&live.role, &Arc::new(known)), Custody::Ours, Why::Drifted);
        }
    }

    /// Says which accounts are left out of units that AWS deploys to by itself, now and after this plan.
    pub(super) fn exclusions(&mut self, delivery: &Delivery<'_>, gone: &BTreeSet<OuId>) {
        let Delivery { name, integration, wanted, live, .. } = delivery;
        if wanted.definition.auto_deployment == AutoDeployment::Off {
            return;
        }
        let mut units = wanted.units.clone();
        units.extend(live.iter().flat_map(|set| set.units.difference(gone).cloned()));
        let accounts: BTreeSet<AccountId> = active_members(self.observed)
            .into_iter()
            .filter(|account| !integration.members.contains_key(*account) && self.is_under_any(account, &units))
            .cloned()
            .collect();
        if !accounts.is_empty() {
            let units = units.into_iter().filter(|unit| {
                accounts.iter().any(|account| self.is_under_any(account, &BTreeSet::from([unit.clone()])))
            });
            let reason = HoldReason::ExclusionNotHonoured { units: units.collect(), accounts };
            self.hold(Address::Instances((*name).clone()), reason);
        }
    }

    fn instance_change(
        &mut self,
        integration: &IntegrationName,
        stack_set: &StackSetName,
        (action, why): (InstanceAction, Why),
        (accounts, units): (BTreeSet<AccountId>, BTreeSet<OuId>),
        calls: Vec<StackSetCall>,
    ) {
        let steps = calls.into_iter().map(|call| Step::StackSet { name: stack_set.clone(), call }).collect();
        let subject = Subject::Instances { stack_set: stack_set.clone(), action, accounts, units };
        self.change(Address::Instances(integration.clone()), why, subject, steps);
    }

    fn is_under_any(&self, account: &AccountId, units: &BTreeSet<OuId>) -> bool {
        let org = &self.observed.org;
        org.accounts.get(account).is_some_and(|account| org.ancestors(account).any(|unit| units.contains(unit)))
    }

    /// Whether a unit holds a target account, which has or gets its instance, or an instance that is left alone.
    fn has_account_that_stays(
        &self,
        delivery: &Delivery<'_>,
        live: &LiveStackSet,
        unit: &OuId,
        leaving: &BTreeSet<AccountId>,
    ) -> bool {
        let org = &self.observed.org;
        let here = BTreeSet::from([unit.clone()]);
        let mut staying = live.instances.iter().filter(|(account, _)| !leaving.contains(*account));
        delivery.integration.members.keys().any(|account| self.is_under_any(account, &here))
            || staying.any(|(account, instance)| {
                let recorded = instance.unit.as_ref().is_some_and(|recorded| org.is_within(recorded, unit));
                recorded || self.is_under_any(account, &here)
            })
    }

    /// Accounts by the unit among these that they lie in.
    pub(super) fn by_unit<'b>(
        &self,
        units: &BTreeSet<OuId>,
        accounts: impl Iterator<Item = &'b AccountId>,
    ) -> BTreeMap<OuId, BTreeSet<AccountId>> {
        let org = &self.observed.org;
        let mut grouped: BTreeMap<OuId, BTreeSet<AccountId>> = BTreeMap::new();
        for id in accounts {
            let Some(account) = org.accounts.get(id) else { continue };
            if let Some(unit) = org.ancestors(account).find(|unit| units.contains(*unit)) {
                grouped.entry(unit.clone()).or_default().insert(id.clone());
            }
        }
        grouped
    }

    /// Accounts with an instance, by the unit that was named when it was made; AWS wants that one back.
    fn by_recorded_unit(
        &self,
        live: &LiveStackSet,
        accounts: &BTreeSet<AccountId>,
    ) -> BTreeMap<OuId, BTreeSet<AccountId>> {
        let mut grouped: BTreeMap<OuId, BTreeSet<AccountId>> = BTreeMap::new();
        for account in accounts {
            let recorded = live.instances.get(account).and_then(|instance| instance.unit.clone());
            let parent = || self.observed.org.accounts.get(account).map(|account| account.parent.clone());
            if let Some(unit) = recorded.or_else(parent) {
                grouped.entry(unit).or_default().insert(account.clone());
            }
        }
        grouped
    }
}

fn is_failed_import(live: &LiveStackSet, account: &AccountId) -> bool {
    live.instances.get(account).is_some_and(StackInstance::is_failed_import)
}

/// The accounts whose instance only a delete that retains the stack gets rid of.
fn inoperable(live: &LiveStackSet, among: &BTreeSet<AccountId>) -> BTreeSet<AccountId> {
    let is_inoperable = |account: &AccountId| {
        live.instances.get(account).is_some_and(|instance| instance.status == InstanceStatus::Inoperable)
    };
    among.iter().filter(|account| is_inoperable(account)).cloned().collect()
}

/// Nobody's file says at what speed to delete what no file declares.
pub(crate) const UNDECLARED: Preferences =
    Preferences { max_concurrent: Amount::Percent(100), failure_tolerance: Amount::Percent(100) };

/// Named accounts in their units, at most fifty units at a time.
pub(super) fn only_targets(grouped: &BTreeMap<OuId, BTreeSet<AccountId>>) -> Vec<DeploymentTargets> {
    chunks(grouped.keys().cloned())
        .into_iter()
        .map(|units| {
            let accounts = units.iter().filter_map(|unit| grouped.get(unit)).flatten().cloned().collect();
            DeploymentTargets { units, filter: AccountFilter::Only(accounts) }
        })
        .collect()
}

fn chunks(units: impl Iterator<Item = OuId>) -> Vec<BTreeSet<OuId>> {
    let units: Vec<OuId> = units.collect();
    units.chunks(MAX_UNITS).map(|chunk| chunk.iter().cloned().collect()).collect()
}
