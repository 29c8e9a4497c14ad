//! Roles by IAM calls: the management account's, directly delivered ones, and repairs of what stacks delivered.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ownership::{Found, Holder};
use super::successors::{Contested, Successor};
use super::{Planner, find_role};
use crate::address::Address;
use crate::desired::DesiredIntegration;
use crate::edits::{creation, deletion, edits};
use crate::ids::{AccountId, IntegrationName, PolicyArn, RoleName};
use crate::observed::{InstanceStatus, LiveRole, LiveStackSet, Reading};
use crate::plan::{Custody, Edit, HoldReason, Phase, Subject, Why};
use crate::role::{DIGEST_TAG, OWNER_TAG, Role, Seal};
use crate::spec::{AutoDeployment, Pattern, Tolerate};
use crate::step::{RoleCall, Step};
use crate::template::Template;

/// A role that is kept by IAM calls: the integration it belongs to.
#[derive(Clone, Copy)]
pub(super) struct ByIam<'a> {
    pub(super) name: &'a IntegrationName,
    pub(super) integration: &'a DesiredIntegration,
}

impl<'a> Planner<'a> {
    pub(super) fn management_role(&mut self, name: &'a IntegrationName, wanted: &'a DesiredIntegration) {
        if let Some((account, role)) = &wanted.management {
            self.role_by_iam(Address::ManagementRole(name.clone()), account, role, ByIam { name, integration: wanted });
        }
    }

    /// The roles of members that IAM calls deliver. Where a stack still has the role, it goes first.
    pub(super) fn direct_roles(&mut self, name: &'a IntegrationName, wanted: &'a DesiredIntegration) {
        let holder = self.held_by_stacks(name, wanted);
        for (account, role) in &wanted.members {
            let address = Address::MemberRole(name.clone(), account.clone());
            let Some(owner) = holder.as_ref().filter(|(_, set)| holds_a_stack(set, account)) else {
                self.role_by_iam(address, account, role, ByIam { name, integration: wanted });
                continue;
            };
            if self.roles_in(account).is_some() && !self.is_policy_taken(&address, account, role) {
                let otherwise = HoldReason::RoleInStackSet { account: account.clone(), role: role.name.clone() };
                let successor = Successor::Role(role.clone(), Why::DeliveryChanged);
                let (account, owner) = (account.clone(), owner.0.clone());
                self.contested.push(Contested { address, account, owner, successor, otherwise });
            }
        }
    }

    /// A role that is made, changed and deleted by IAM calls alone, and says in a tag what was last applied.
    pub(super) fn role_by_iam(&mut self, address: Address, account: &AccountId, wanted: &Arc<Role>, by: ByIam<'a>) {
        let Some(roles) = self.roles_in(account) else { return };
        let wanted = &sealed(wanted);
        let ByIam { name, integration } = by;
        if self.is_policy_taken(&address, account, wanted) {
            return;
        }
        let Some((found, live)) = find_role(roles, &wanted.name) else {
            let Some(owner) = self.stack_that_leaves(account, &wanted.name) else {
                return self.create_role(address, account, wanted, Why::Missing);
            };
            let successor = Successor::Role(wanted.clone(), Why::Missing);
            let otherwise = HoldReason::RoleInStackSet { account: account.clone(), role: wanted.name.clone() };
            self.contested.push(Contested { address, account: account.clone(), owner, successor, otherwise });
            return;
        };
        // What is tolerated on a role is still in the way of its deletion.
        let is_replaced = live.role.path != wanted.path || live.role.name != wanted.name;
        let kept = if is_replaced { live.role.clone() } else { without_tolerated(live, wanted, &integration.tolerate) };
        match integration.holder(name, &live.role) {
            Holder::Us => {
                let otherwise = match kept.seal() {
                    Seal::Intact => Why::ConfigChanged,
                    Seal::Missing if integration.adopt.covers(account) => Why::Adopted,
                    Seal::Broken | Seal::Missing => Why::Drifted,
                };
                let why = why_changed(&kept, otherwise);
                self.change_role(address, account, (&kept, wanted), Custody::Ours, why);
            }
            Holder::Nobody if !integration.adopt.covers(account) => self.hold(address, not_ours(account, found, live)),
            Holder::Nobody if is_replaced => {
                let (account, role, path) = (account.clone(), found.clone(), live.role.path.clone());
                self.hold(address, HoldReason::RolePathDiffers { account, role, path });
            }
            Holder::Nobody => {
                self.change_role(address, account, (&kept, wanted), Custody::Adopted, Why::Adopted);
            }
            Holder::Another(owner) => {
                let successor = Successor::Role(wanted.clone(), Why::Missing);
                let otherwise = not_ours(account, found, live);
                self.contested.push(Contested { address, account: account.clone(), owner, successor, otherwise });
            }
        }
    }

    /// Whether a policy of someone else has a name that the role needs for one of its own; if so, it is held.
    pub(super) fn is_policy_taken(&mut self, address: &Address, account: &AccountId, wanted: &Role) -> bool {
        let Some(foreign) = self.observed.foreign_policies.get(account) else { return false };
        let is_needed =
            |policy: &&PolicyArn| wanted.managed.keys().any(|name| name.as_str().eq_ignore_ascii_case(policy.name()));
        let taken: Vec<PolicyArn> = foreign.iter().filter(is_needed).cloned().collect();
        for policy in &taken {
            let reason = HoldReason::PolicyNotOurs { account: account.clone(), policy: policy.clone() };
            self.hold(address.clone(), reason);
        }
        !taken.is_empty()
    }

    pub(super) fn create_role(&mut self, address: Address, account: &AccountId, role: &Arc<Role>, why: Why) {
        let steps = steps(account, &role.name, creation(role));
        let edit = Edit::Create(role.clone());
        self.change(address, why, Subject::Role { account: account.clone(), edit, custody: Custody::Ours }, steps);
    }

    /// Changes a role in place, or replaces it where IAM cannot change it.
    pub(super) fn change_role(
        &mut self,
        address: Address,
        account: &AccountId,
        (before, after): (&Arc<Role>, &Arc<Role>),
        custody: Custody,
        why: Why,
    ) {
        if before == after {
            return;
        }
        let (edit, steps) = if before.path == after.path && before.name == after.name {
            let edit = Edit::Update { before: before.clone(), after: after.clone() };
            (edit, steps(account, &after.name, edits(before, after)))
        } else {
            let mut all = steps(account, &before.name, deletion(before));
            all.extend(steps(account, &after.name, creation(after)));
            (Edit::Replace { before: before.clone(), after: after.clone() }, all)
        };
        self.change(address, why, Subject::Role { account: account.clone(), edit, custody }, steps);
    }

    /// Deletes a role before the stack set makes it anew.
    pub(super) fn hand_over(&mut self, integration: &IntegrationName, account: &AccountId, role: &Arc<Role>) {
        let address = Address::MemberRole(integration.clone(), account.clone());
        let steps = steps(account, &role.name, deletion(role));
        let subject =
            Subject::Role { account: account.clone(), edit: Edit::Delete(role.clone()), custody: Custody::Ours };
        self.change_in(Phase::Members, address, Why::DeliveryChanged, subject, steps);
    }

    /// Roles with our tag that should not be there and that no stack holds: deleted, or let go.
    pub(super) fn undeclared_roles(&mut self) {
        let observed = self.observed;
        for (account, reading) in &observed.roles {
            let Reading::Known(roles) = reading else { continue };
            for (name, live) in roles {
                let Some(owner) = live.role.owner() else { continue };
                if !self.is_wanted(&owner, account, name) && !self.is_in_stack(&owner, account, name) {
                    self.undeclared_role(&owner, account, name, live);
                }
            }
        }
    }

    fn undeclared_role(&mut self, owner: &IntegrationName, account: &AccountId, name: &RoleName, live: &LiveRole) {
        let address = if *account == self.observed.org.management_account {
            Address::ManagementRole(owner.clone())
        } else {
            Address::MemberRole(owner.clone(), account.clone())
        };
        let declared = self.declared(owner).map(|(_, wanted)| wanted);
        let is_retained = declared.and_then(DesiredIntegration::stack_set).is_some_and(|set| {
            set.definition.auto_deployment == AutoDeployment::OnRetaining && live.role.seal() == Seal::Missing
        });
        if self.desired.released.contains(owner) {
            let mut after = (*live.role).clone();
            after.tags.retain(|key, _| key.as_str() != OWNER_TAG && key.as_str() != DIGEST_TAG);
            let pair = (&live.role, &Arc::new(after));
            return self.change_role(address, account, pair, Custody::Released, Why::Released);
        }
        if is_retained {
            let reason = HoldReason::RoleRetained { account: account.clone(), role: name.clone() };
            return self.hold(address, reason);
        }
        // Whether a stack made the role is not known then.
        if live.role.seal() == Seal::Missing
            && let Some(reason) = self.unread_stack_set()
        {
            return self.hold(Address::StackSet(owner.clone()), reason);
        }
        let why = match declared {
            Some(wanted) if wanted.targets(account) => Why::ConfigChanged,
            Some(_) => Why::AccountLeft,
            None => Why::Undeclared,
        };
        let steps = steps(account, name, deletion(&live.role));
        let edit = Edit::Delete(live.role.clone());
        self.change(address, why, Subject::Role { account: account.clone(), edit, custody: Custody::Ours }, steps);
    }

    fn is_wanted(&self, owner: &IntegrationName, account: &AccountId, name: &RoleName) -> bool {
        self.declared(owner).is_some_and(|(_, wanted)| {
            wanted.targets(account) && wanted.role_name.as_str().eq_ignore_ascii_case(name.as_str())
        })
    }

    /// Whether the role is the one that a stack of a stack set of the integration's made, and what is to be done with it is
    /// done by the stack: of an integration that is let go, an update does not reach inoperable instances.
    fn is_in_stack(&self, owner: &IntegrationName, account: &AccountId, name: &RoleName) -> bool {
        let sets = self.observed.stack_sets.known().into_iter().flat_map(BTreeMap::values).filter_map(Reading::known);
        sets.filter(|set| set.owner().as_ref() == Some(owner)).any(|set| {
            let template = Template::from(set.template.clone());
            let is_reached = !self.desired.released.contains(owner)
                || set.instances.get(account).is_some_and(|instance| instance.status != InstanceStatus::Inoperable);
            is_reached
                && holds_a_stack(set, account)
                && template.roles().is_none_or(|roles| roles.in_account(account).name == *name)
        })
    }

    /// The stack set whose stacks still hold the integration's role, and the name it carries.
    fn held_by_stacks(
        &self,
        name: &IntegrationName,
        wanted: &DesiredIntegration,
    ) -> Option<(IntegrationName, &'a LiveStackSet)> {
        let Found { name: _, set } = wanted.stack_set_in(name, self.observed).ok()??;
        let owner = set.owner().filter(|owner| wanted.is_owner(name, owner))?;
        Some((owner, set))
    }
}

/// Whether a stack set has an instance in the account, and not one of a stack that is someone else's.
fn holds_a_stack(set: &LiveStackSet, account: &AccountId) -> bool {
    set.instances.get(account).is_some_and(|instance| !instance.is_failed_import())
}

/// The role with a digest tag: its stack set has none, for a stack says what was last applied.
fn sealed(role: &Arc<Role>) -> Arc<Role> {
    match role.seal() {
        Seal::Intact => role.clone(),
        Seal::Missing | Seal::Broken => Arc::new((**role).clone().with_digest()),
    }
}

pub(crate) fn steps(account: &AccountId, role: &RoleName, calls: Vec<RoleCall>) -> Vec<Step> {
    calls.into_iter().map(|call| Step::Role { account: account.clone(), role: role.clone(), call }).collect()
}

pub(super) fn not_ours(account: &AccountId, role: &RoleName, live: &LiveRole) -> HoldReason {
    HoldReason::RoleNotOurs { account: account.clone(), role: role.clone(), owner: live.role.owner() }
}

/// A trust policy that names a deleted principal explains itself.
pub(super) fn why_changed(live: &Role, otherwise: Why) -> Why {
    if live.trust.orphaned_principals().is_empty() { otherwise } else { Why::PrincipalOrphaned }
}

/// The live role without what the file tolerates on it.
pub(crate) fn without_tolerated(live: &LiveRole, wanted: &Role, tolerate: &Tolerate) -> Arc<Role> {
    let Tolerate { inline_policies, managed_policies, tags } = tolerate;
    if *live.role == *wanted || inline_policies.is_empty() && managed_policies.is_empty() && tags.is_empty() {
        return live.role.clone();
    }
    let any = |patterns: &[Pattern], text: &str| patterns.iter().any(|pattern| pattern.matches(text));
    let mut role = (*live.role).clone();
    role.inline.retain(|name, _| wanted.inline.contains_key(name) || !any(inline_policies, name.as_str()));
    role.attached.retain(|arn| {
        let name = arn.as_str().rsplit('/').next().unwrap_or_default();
        wanted.attached.contains(arn) || !(any(managed_policies, name) || any(managed_policies, arn.as_str()))
    });
    role.tags.retain(|key, _| wanted.tags.contains_key(key) || !any(tags, key.as_str()));
    Arc::new(role)
}

impl DesiredIntegration {
    /// Whether the role should be in the account.
    pub fn targets(&self, account: &AccountId) -> bool {
        self.members.contains_key(account)
            || self.management.as_ref().is_some_and(|(management, _)| management == account)
    }
}
