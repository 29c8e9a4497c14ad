//! Plans: what would change, step by step, what is left alone and why. A plan is data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::ids::{
    AccountId, IntegrationName, OperationId, OrgId, OuId, PolicyArn, Region, RoleName, RolePath, StackSetName,
};
use crate::observed::{ReadFailure, TrustedAccess};
use crate::org::AccountState;
use crate::role::Role;
use crate::step::Step;
use crate::template::Definition;

/// What would be done to make the organization match the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The organization it is for.
    pub organization: OrgId,
    /// What is done, in this order; no two changes depend on each other backwards.
    pub changes: Vec<Change>,
    /// What is not done, and why.
    pub holds: Vec<Hold>,
    /// Target accounts that could not be read; nothing is planned for them.
    pub unknown: BTreeMap<AccountId, ReadFailure>,
    /// Target accounts that are not in use; they are left alone.
    pub inactive: BTreeMap<AccountId, AccountState>,
    /// How many roles of ours exist, by the integration in their tag, for the limits.
    pub existing_roles: BTreeMap<IntegrationName, usize>,
    /// The last operation of each stack set, from which operation ids are derived.
    pub last_operations: BTreeMap<StackSetName, OperationId>,
}

/// One part of the organization that is to become another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub address: Address,
    /// Why it is changed.
    pub why: Why,
    /// What it is and what it becomes.
    pub subject: Subject,
    /// When it is made.
    pub phase: Phase,
    /// The calls that make it so, in order; never empty.
    pub steps: Vec<Step>,
}

/// What a change is about, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Whether StackSets may act in the organization; it is switched on.
    TrustedAccess,
    /// A role in an account.
    Role {
        /// The account.
        account: AccountId,
        /// The role and how it is changed.
        edit: Edit<Arc<Role>>,
        /// Whose it is before and after.
        custody: Custody,
    },
    /// The definition of a stack set.
    StackSet {
        /// Its name.
        name: StackSetName,
        /// The definition and how it is changed.
        edit: Edit<Box<Definition>>,
        /// Whose it is before and after.
        custody: Custody,
        /// The accounts whose role changes with it.
        reaches: BTreeSet<AccountId>,
    },
    /// Instances of a stack set.
    Instances {
        /// The stack set.
        stack_set: StackSetName,
        /// What happens to them.
        action: InstanceAction,
        /// In which accounts; empty when only units are registered for automatic deployment.
        accounts: BTreeSet<AccountId>,
        /// The units that the stack set begins or ceases to be deployed to.
        units: BTreeSet<OuId>,
    },
}

/// Before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit<T> {
    /// It comes to be.
    Create(T),
    /// It is changed in place.
    Update {
        /// What it is.
        before: T,
        /// What it becomes.
        after: T,
    },
    /// It is deleted and made anew, because it cannot be changed in place; in between it is missing.
    Replace {
        /// What it is.
        before: T,
        /// What it becomes.
        after: T,
    },
    /// It goes.
    Delete(T),
}

/// Whose a role or a stack set is before and after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// Ours, as far as it is there at all.
    Ours,
    /// Someone else's before, ours after: the file says to adopt it.
    Adopted,
    /// Ours before, nobody's after: the file says to retain it.
    Released,
}

/// What happens to instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceAction {
    /// They are made.
    Create,
    /// They are tried again.
    Retry,
    /// They are deleted, and their roles with them.
    Delete,
    /// A delete failed: they are taken out of the stack set, their stacks and roles deleted, and both made anew.
    Recreate,
    /// They are taken out of the stack set, and their stacks and roles stay: AWS cannot work on the accounts, or the stacks
    /// are someone else's.
    Abandon,
}

/// Why something is changed. It is for people: no code decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It should be there and is not.
    Missing,
    /// The file says something else than what was last applied.
    ConfigChanged,
    /// Someone changed it since it was last applied.
    Drifted,
    /// Someone deleted it since it was last applied.
    Deleted,
    /// A principal in its trust policy was deleted, so the policy names nobody.
    PrincipalOrphaned,
    /// No file declares it any more.
    Undeclared,
    /// The account came to be a target.
    AccountJoined,
    /// Automatic deployment covers the unit, and the account has nothing: it came a moment ago, or was left out until now.
    NotReached,
    /// The account is not a target: it ceased to be one, or something reached it that should not have.
    AccountLeft,
    /// The account is not in the organization any more.
    AccountGone,
    /// The account is suspended, closing, or not active yet.
    AccountNotInUse,
    /// Someone tried to bring a stack into the stack set, and AWS could not.
    ImportFailed,
    /// The last operation failed or did not reach it.
    InstanceFailed,
    /// The file says to take over what someone else made.
    Adopted,
    /// The file says to leave it in place and forget it.
    Released,
    /// The file says that it is delivered another way.
    DeliveryChanged,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "it does not exist yet",
            Self::ConfigChanged => "the configuration changed",
            Self::Drifted => "it was changed outside of Rolecall",
            Self::Deleted => "it was deleted outside of Rolecall",
            Self::PrincipalOrphaned => "a principal of its trust policy was deleted",
            Self::Undeclared => "it is not in the configuration",
            Self::AccountJoined => "the account is a new target",
            Self::NotReached => {
                "automatic deployment has not reached it: the account is new in its unit, or was left out until now"
            }
            Self::AccountLeft => "the account is not a target",
            Self::AccountGone => "the account left the organization",
            Self::AccountNotInUse => "the account is not in use",
            Self::ImportFailed => "AWS could not import its stack, which is not Rolecall's",
            Self::InstanceFailed => "the last operation did not succeed there",
            Self::Adopted => "the configuration adopts it",
            Self::Released => "the configuration retains it and lets it go",
            Self::DeliveryChanged => "the configuration delivers it another way",
        })
    }
}

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `+`
    Create,
    /// `~`
    Update,
    /// `-/+`
    Replace,
    /// `-`
    Delete,
}

impl Action {
    /// The sign that people look for in a plan.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "-/+",
            Self::Delete => "-",
        }
    }
}

impl<T> Edit<T> {
    /// What kind of change it is.
    pub fn action(&self) -> Action {
        match self {
            Self::Create(_) => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Replace { .. } => Action::Replace,
            Self::Delete(_) => Action::Delete,
        }
    }

    /// What it is, if it is there.
    pub fn before(&self) -> Option<&T> {
        match self {
            Self::Create(_) => None,
            Self::Update { before, after: _ } | Self::Replace { before, after: _ } | Self::Delete(before) => {
                Some(before)
            }
        }
    }

    /// What it becomes, if it stays.
    pub fn after(&self) -> Option<&T> {
        match self {
            Self::Delete(_) => None,
            Self::Update { before: _, after } | Self::Replace { before: _, after } | Self::Create(after) => Some(after),
        }
    }
}

/// When a change is made. Changes of one phase do not depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// StackSets are let into the organization.
    TrustedAccess,
    /// The management account's roles.
    Management,
    /// Members' roles, by IAM: repairs, and direct delivery.
    Members,
    /// Stack sets made or changed; a drifted member is repaired first, as StackSets repairs nothing.
    StackSets,
    /// Instances made or tried again.
    Instances,
    /// Instances deleted.
    InstanceDeletes,
    /// Stack sets deleted.
    StackSetDeletes,
    /// Roles deleted.
    RoleDeletes,
    /// What takes the place, and the name, of something that this plan deletes.
    Successors,
}

impl Phase {
    /// When a change is made that nothing but its own kind decides about.
    fn of(address: &Address, subject: &Subject) -> Self {
        match (address, subject, subject.action()) {
            (_, Subject::TrustedAccess, _) => Self::TrustedAccess,
            (_, Subject::Role { .. }, Action::Delete) => Self::RoleDeletes,
            (Address::ManagementRole(_), Subject::Role { .. }, _) => Self::Management,
            (_, Subject::Role { .. }, _) => Self::Members,
            (_, Subject::StackSet { .. }, Action::Delete) => Self::StackSetDeletes,
            (_, Subject::StackSet { .. }, _) => Self::StackSets,
            (_, Subject::Instances { .. }, Action::Delete) => Self::InstanceDeletes,
            (_, Subject::Instances { .. }, _) => Self::Instances,
        }
    }
}

impl Subject {
    /// What kind of change it is.
    pub fn action(&self) -> Action {
        match self {
            Self::TrustedAccess => Action::Create,
            Self::Role { account: _, edit, custody: _ } => edit.action(),
            Self::StackSet { name: _, edit, custody: _, reaches: _ } => edit.action(),
            Self::Instances { stack_set: _, action, accounts: _, units: _ } => match action {
                InstanceAction::Create => Action::Create,
                InstanceAction::Retry => Action::Update,
                InstanceAction::Recreate => Action::Replace,
                InstanceAction::Delete | InstanceAction::Abandon => Action::Delete,
            },
        }
    }
}

impl Change {
    /// A change that is made when others of its kind are.
    pub fn new(address: Address, why: Why, subject: Subject, steps: Vec<Step>) -> Self {
        let phase = Phase::of(&address, &subject);
        Self { address, why, subject, phase, steps }
    }

    /// What kind of change it is.
    pub fn action(&self) -> Action {
        self.subject.action()
    }

    /// The accounts in which something changes.
    pub fn accounts(&self) -> Vec<&AccountId> {
        match &self.subject {
            Subject::TrustedAccess => Vec::new(),
            Subject::Role { account, edit: _, custody: _ } => vec![account],
            Subject::StackSet { name: _, edit: _, custody: _, reaches } => reaches.iter().collect(),
            Subject::Instances { accounts, .. } => accounts.iter().collect(),
        }
    }

    /// How the change counts in the summary line: a change of instances counts each account, at least one.
    pub fn tally(&self) -> Tally {
        let count = match &self.subject {
            Subject::Instances { accounts, .. } => accounts.len().max(1),
            Subject::TrustedAccess | Subject::Role { .. } | Subject::StackSet { .. } => 1,
        };
        let (add, change, destroy) = match self.action() {
            Action::Create => (count, 0, 0),
            Action::Update => (0, count, 0),
            Action::Replace => (count, 0, count),
            Action::Delete => (0, 0, count),
        };
        Tally { add, change, destroy }
    }
}

/// How many things are added, changed and destroyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Things that come to be.
    pub add: usize,
    /// Things that are changed in place.
    pub change: usize,
    /// Things that go.
    pub destroy: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.add += other.add;
        self.change += other.change;
        self.destroy += other.destroy;
    }
}

impl Plan {
    /// How many things are added, changed and destroyed.
    pub fn tally(&self) -> Tally {
        self.changes.iter().fold(Tally::default(), |mut sum, change| {
            sum += change.tally();
            sum
        })
    }
}

/// Something that is not done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it is about.
    pub address: Address,
    /// Why.
    pub reason: HoldReason,
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A role of that name is there, and is not ours.
    RoleNotOurs {
        /// The account.
        account: AccountId,
        /// The role.
        role: RoleName,
        /// The integration it belongs to, if it is one of Rolecall's.
        owner: Option<IntegrationName>,
    },
    /// A customer-managed policy has the name of one that the role needs, and is not Rolecall's.
    PolicyNotOurs {
        /// The account.
        account: AccountId,
        /// The policy.
        policy: PolicyArn,
    },
    /// The role is ours, but no stack made it, so the stack set cannot.
    RoleOutsideStackSet {
        /// The account.
        account: AccountId,
        /// The role.
        role: RoleName,
    },
    /// The account is no target any more, and the file says that such accounts keep the role.
    RoleRetained {
        /// The account.
        account: AccountId,
        /// The role.
        role: RoleName,
    },
    /// A stack holds the role that the file wants delivered by IAM calls.
    RoleInStackSet {
        /// The account.
        account: AccountId,
        /// The role.
        role: RoleName,
    },
    /// The file adopts the role, but with another path, which only deleting it could change.
    RolePathDiffers {
        /// The account.
        account: AccountId,
        /// The role.
        role: RoleName,
        /// The path it has.
        path: RolePath,
    },
    /// The role's path changes, which for a stack means deleting and making it anew, and that cannot be done in these
    /// accounts.
    StackSetPathChange {
        /// The stack set.
        stack_set: StackSetName,
        /// The accounts.
        accounts: BTreeSet<AccountId>,
    },
    /// The role drifted and is to change as well. What was last applied is known by its digest alone, so the one cannot be
    /// undone without the other.
    LastAppliedUnknown {
        /// The account.
        account: AccountId,
    },
    /// The file adopts a stack set that is not there.
    StackSetMissing {
        /// The stack set.
        stack_set: StackSetName,
    },
    /// The file adopts a stack set whose template does not make the one role that the file describes.
    StackSetWithoutRole {
        /// The stack set.
        stack_set: StackSetName,
    },
    /// A stack set of that name is there, and is not ours, or is self-managed.
    StackSetNotOurs {
        /// The stack set.
        stack_set: StackSetName,
        /// The integration it belongs to, if it is one of Rolecall's.
        owner: Option<IntegrationName>,
    },
    /// The stack set could not be read.
    StackSetUnreadable {
        /// The stack set.
        stack_set: StackSetName,
        /// Why.
        failure: ReadFailure,
    },
    /// It could not be read whether `StackSets` may act in the organization.
    TrustedAccessUnreadable {
        /// Why.
        failure: ReadFailure,
    },
    /// The stack sets could not be listed.
    StackSetsUnreadable {
        /// Why.
        failure: ReadFailure,
    },
    /// Trusted access is off for good.
    TrustedAccess {
        /// What AWS says.
        status: TrustedAccess,
    },
    /// The stack set cannot be deleted while accounts that could not be read have instances of it.
    StackSetNotEmpty {
        /// The stack set.
        stack_set: StackSetName,
        /// The accounts.
        accounts: BTreeSet<AccountId>,
    },
    /// Another operation of the stack set is running.
    OperationRunning {
        /// The stack set.
        stack_set: StackSetName,
        /// The operation.
        operation: OperationId,
        /// What it does, where AWS tells.
        action: Option<String>,
        /// The target accounts that it, or a later operation, has yet to reach.
        waiting: BTreeSet<AccountId>,
    },
    /// The instance is of a stack that could not be imported; it can only be taken out by retaining the stack.
    InstanceInoperable {
        /// The account.
        account: AccountId,
        /// AWS's reason.
        reason: String,
    },
    /// The stack set has instances in another Region, which Rolecall did not make.
    InstanceElsewhere {
        /// The account.
        account: AccountId,
        /// The Region.
        region: Region,
    },
    /// The template is larger than AWS takes in a request.
    TemplateTooLarge {
        /// The stack set.
        stack_set: StackSetName,
        /// Its size in bytes.
        bytes: usize,
    },
    /// The account is left out, but AWS would deploy to it if it moved, since it is in a unit with automatic deployment.
    ExclusionNotHonoured {
        /// The accounts.
        accounts: BTreeSet<AccountId>,
        /// The units that are deployed to automatically.
        units: BTreeSet<OuId>,
    },
}
