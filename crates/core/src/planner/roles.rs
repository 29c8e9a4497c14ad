//! Roles by IAM calls: the management account's, directly delivered ones, and repairs of what stacks delivered.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Planner, find_role};
use crate::address::Address;
use crate::desired::DesiredIntegration;
use crate::edits::{creation, deletion, edits};
use crate::ids::{AccountId, IntegrationName, RoleName, StackSetName};
use crate::observed::{LiveRole, LiveStackSet, Reading};
use crate::plan::{Edit, HoldReason, Subject, Why};
use crate::role::{DIGEST_TAG, Role, Seal};
use crate::spec::{Pattern, Tolerate};
use crate::step::{RoleCall, Step};
use crate::template::Template;

impl Planner<'_> {
    pub(super) fn management_role(&mut self, name: &IntegrationName, wanted: &DesiredIntegration) {
        if let Some((account, role)) = &wanted.management {
            self.role_by_iam(Address::ManagementRole(name.clone()), account, role, &wanted.tolerate);
        }
    }

    pub(super) fn direct_roles(&mut self, name: &IntegrationName, wanted: &DesiredIntegration) {
        let delivered_by_stack = self.instances_of(name);
        for (account, role) in &wanted.members {
            let address = Address::MemberRole(name.clone(), account.clone());
            if delivered_by_stack.contains(account) {
                let reason = HoldReason::RoleInStackSet { account: account.clone(), role: role.name.clone() };
                self.hold(address, reason);
            } else {
                self.role_by_iam(address, account, role, &wanted.tolerate);
            }
        }
    }

    /// A role that is made, changed and deleted by IAM calls alone.
    fn role_by_iam(&mut self, address: Address, account: &AccountId, wanted: &Arc<Role>, tolerate: &Tolerate) {
        let Some(roles) = self.roles_in(account) else { return };
        match find_role(roles, &wanted.name) {
            None => self.create_role(address, account, wanted, Why::Missing),
            Some((_, live)) if live.role.owner().as_ref() == address.integration() => {
                let kept = without_tolerated(live, wanted, tolerate);
                let why = why_changed(
                    &kept,
                    match kept.seal() {
                        Seal::Intact => Why::ConfigChanged,
                        Seal::Broken | Seal::Missing => Why::Drifted,
                    },
                );
                self.change_role(address, account, &kept, wanted, why);
            }
            Some((role, live)) => {
                let reason = not_ours(account, role, live);
                self.hold(address, reason);
            }
        }
    }

    pub(super) fn create_role(&mut self, address: Address, account: &AccountId, role: &Arc<Role>, why: Why) {
        let steps = steps(account, &role.name, creation(role));
        self.change(address, why, Subject::Role { account: account.clone(), edit: Edit::Create(role.clone()) }, steps);
    }

    /// Changes a role of ours in place, or replaces it where IAM cannot change it.
    pub(super) fn change_role(
        &mut self,
        address: Address,
        account: &AccountId,
        before: &Arc<Role>,
        after: &Arc<Role>,
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
        self.change(address, why, Subject::Role { account: account.clone(), edit }, steps);
    }

    /// Roles with our tag that should not be there: deleted if IAM calls made them, held if a stack did.
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
        if !live.role.tags.keys().any(|key| key.as_str() == DIGEST_TAG) {
            let reason = HoldReason::RoleOutsideStackSet { account: account.clone(), role: name.clone() };
            return self.hold(address, reason);
        }
        let why = match self.desired.integrations.get(owner) {
            Some(wanted) if wanted.targets(account) => Why::ConfigChanged,
            Some(_) => Why::AccountLeft,
            None => Why::Undeclared,
        };
        let steps = steps(account, name, deletion(&live.role));
        let subject = Subject::Role { account: account.clone(), edit: Edit::Delete(live.role.clone()) };
        self.change(address, why, subject, steps);
    }

    fn is_wanted(&self, owner: &IntegrationName, account: &AccountId, name: &RoleName) -> bool {
        self.desired.integrations.get(owner).is_some_and(|wanted| {
            wanted.targets(account) && wanted.role_name.as_str().eq_ignore_ascii_case(name.as_str())
        })
    }

    /// Whether the role is the one that a stack of the integration's stack set made.
    fn is_in_stack(&self, owner: &IntegrationName, account: &AccountId, name: &RoleName) -> bool {
        self.own_stack_set(owner).is_some_and(|set| {
            let template = Template::from(set.template.clone());
            set.instances.contains_key(account)
                && template.roles().is_none_or(|roles| roles.in_account(account).name == *name)
        })
    }

    /// The accounts in which a stack holds the integration's role, as far as it is known.
    fn instances_of(&self, integration: &IntegrationName) -> BTreeSet<AccountId> {
        self.own_stack_set(integration).map(|set| set.instances.keys().cloned().collect()).unwrap_or_default()
    }

    fn own_stack_set(&self, integration: &IntegrationName) -> Option<&LiveStackSet> {
        let set = self.observed.stack_sets.known()?.get(&StackSetName::of(integration))?.known()?;
        (set.owner().as_ref() == Some(integration)).then_some(set)
    }
}

pub(super) fn steps(account: &AccountId, role: &RoleName, calls: Vec<RoleCall>) -> Vec<Step> {
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
pub(super) fn without_tolerated(live: &LiveRole, wanted: &Role, tolerate: &Tolerate) -> Arc<Role> {
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
