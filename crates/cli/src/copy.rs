//! A simulated organization that is a copy of a real one: a snapshot in the sandbox's own terms.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::ids::{AccountId, OuId, Partition, StackSetName};
use rolecall_core::observed::{
    InstanceStatus, LiveStackSet, ManagedExecution, PermissionModel, ReadFailure, Reading, StackInstance, TrustedAccess,
};
use rolecall_core::org::{Account, AccountState, Org};
use rolecall_core::own_policy::{self, Attachment, OwnPolicy};
use rolecall_core::role::Role;
use rolecall_core::snapshot::Snapshot;
use rolecall_core::spec::AutoDeployment;
use rolecall_core::template::Template;
use rolecall_sandbox as sandbox;
use rolecall_sandbox::{
    AccountEntry, AutoDeploymentEntry, InstanceEntry, InstanceStatusEntry, ManagedExecutionEntry, MemberRole,
    OrganizationFile, Origin, PolicyEntry, RoleEntry, StackEntry, StackSetEntry, Switches, UnitEntry,
};
use serde_json::{Value, json};

/// Why a snapshot cannot be copied faithfully.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CopyError {
    /// Without its stack sets, a copy would have none.
    #[error("the stack sets could not be read when the snapshot was taken: {0}")]
    StackSets(Box<ReadFailure>),
    /// So would it be without one.
    #[error("stack set {name} could not be read when the snapshot was taken: {failure}")]
    StackSet {
        /// The stack set.
        name: StackSetName,
        /// Why it could not be read.
        failure: Box<ReadFailure>,
    },
    /// The sandbox knows service-managed ones only.
    #[error("stack set {0} has self-managed permissions, which are not simulated")]
    SelfManaged(StackSetName),
    /// Nobody can deny the management account anything.
    #[error("the management account could not be read when the snapshot was taken: {0}")]
    Management(Box<ReadFailure>),
    /// ARNs of the copy begin with `arn:aws:`.
    #[error("the organization is in partition {0}, and only the commercial one is simulated")]
    Partition(Partition),
}

/// The organization file of a copy. What the snapshot does not know is said in the documentation.
pub(crate) fn organization_file(snapshot: &Snapshot) -> Result<OrganizationFile, CopyError> {
    let Snapshot { taken_at: _, access, observed, other_roles: _ } = snapshot;
    let org = &observed.org;
    let partition = Partition::of(&access.region);
    if partition != Partition::Aws {
        return Err(CopyError::Partition(partition));
    }
    if let Some(Reading::Unreadable(failure)) = observed.roles.get(&org.management_account) {
        return Err(CopyError::Management(Box::new(failure.clone())));
    }
    let copier = Copier::new(snapshot);
    let stack_sets = copier.stack_sets()?;
    let (accounts, units) = copier.branch(&org.root, 0);
    let unseen = org.accounts.keys().filter(|id| copier.roles_of(id).is_none()).map(ToString::to_string).collect();
    Ok(OrganizationFile {
        organization: org.id.to_string(),
        management_account: org.management_account.to_string(),
        root: Some(org.root.to_string()),
        trusted_access: matches!(observed.trusted_access, Reading::Known(TrustedAccess::Enabled)),
        switches: Switches::default(),
        seed: None,
        clock: None,
        origin: Origin::Copied { unseen },
        accounts,
        units,
        stack_sets,
    })
}

/// Deeper than AWS nests units; a saved organization may hold a cycle.
const MAX_DEPTH: usize = 16;

struct Copier<'a> {
    snapshot: &'a Snapshot,
    units: BTreeMap<&'a OuId, Vec<&'a OuId>>,
    accounts: BTreeMap<&'a OuId, Vec<&'a AccountId>>,
    /// By account, the names of roles of which nothing else is known.
    others: BTreeMap<&'a AccountId, Vec<&'a str>>,
}

impl<'a> Copier<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let org: &Org = &snapshot.observed.org;
        let mut copier = Self { snapshot, units: BTreeMap::new(), accounts: BTreeMap::new(), others: BTreeMap::new() };
        for (id, unit) in &org.units {
            copier.units.entry(&unit.parent).or_default().push(id);
        }
        for (id, account) in &org.accounts {
            copier.accounts.entry(&account.parent).or_default().push(id);
        }
        for (name, accounts) in &snapshot.other_roles {
            for account in accounts {
                copier.others.entry(account).or_default().push(name.as_str());
            }
        }
        copier
    }

    /// What is directly in a unit.
    fn branch(&self, unit: &OuId, depth: usize) -> (Vec<AccountEntry>, Vec<UnitEntry>) {
        let org = &self.snapshot.observed.org;
        let ids = self.accounts.get(unit).into_iter().flatten();
        let accounts = ids.filter_map(|id| Some(self.account(id, org.accounts.get(*id)?))).collect();
        let below = self.units.get(unit).into_iter().flatten().filter(|_| depth < MAX_DEPTH);
        let units = below.map(|id| {
            let name = org.units.get(*id).and_then(|unit| unit.name.clone());
            let (accounts, units) = self.branch(id, depth + 1);
            UnitEntry { name: name.unwrap_or_else(|| id.to_string()), id: Some(id.to_string()), accounts, units }
        });
        (accounts, units.collect())
    }

    fn account(&self, id: &AccountId, account: &Account) -> AccountEntry {
        let Account { name, email, state, parent: _ } = account;
        let reading = self.snapshot.observed.roles.get(id);
        let failure = match reading {
            Some(Reading::Unreadable(failure)) => Some(failure),
            Some(Reading::Known(_)) | None => None,
        };
        let is_closed = failure.is_some_and(|failure| failure.call == "sts:AssumeRole");
        let whole = || reading.and_then(Reading::known).into_iter().flat_map(BTreeMap::values);
        let others = self.others.get(id).into_iter().flatten();
        AccountEntry {
            name: name.clone(),
            id: Some(id.to_string()),
            email: Some(email.clone()),
            state: state_of(state),
            alias: None,
            member_role: if is_closed {
                MemberRole::None
            } else {
                MemberRole::Named(self.snapshot.access.member_role.to_string())
            },
            deny: failure.filter(|_| !is_closed).map(|failure| failure.call.clone()).into_iter().collect(),
            policies: whole().flat_map(|live| own_policies(&live.role)).chain(self.foreign_policies(id)).collect(),
            roles: whole().map(|live| role(id, &live.role)).chain(others.map(|name| nameless(id, name))).collect(),
        }
    }

    /// Policies of which nothing but the name is known: they are in the way of others of their name.
    fn foreign_policies(&self, account: &AccountId) -> impl Iterator<Item = PolicyEntry> {
        let foreign = self.snapshot.observed.foreign_policies.get(account).into_iter().flatten();
        foreign.map(|arn| PolicyEntry {
            name: arn.name().to_owned(),
            path: arn.resource().strip_suffix(arn.name()).map(str::to_owned),
            document: json!({
                "Version": "2012-10-17",
                "Statement": [{ "Effect": "Deny", "Action": "none:None", "Resource": "*" }],
            }),
            idle_versions: BTreeSet::new(),
        })
    }

    fn roles_of(&self, account: &AccountId) -> Option<&'a rolecall_core::observed::LiveRoles> {
        self.snapshot.observed.roles.get(account).and_then(Reading::known)
    }

    fn stack_sets(&self) -> Result<Vec<StackSetEntry>, CopyError> {
        let sets = match &self.snapshot.observed.stack_sets {
            Reading::Known(sets) => sets,
            Reading::Unreadable(failure) => return Err(CopyError::StackSets(Box::new(failure.clone()))),
        };
        sets.iter()
            .map(|(name, set)| match set {
                Reading::Known(set) if set.permission_model == PermissionModel::SelfManaged => {
                    Err(CopyError::SelfManaged(name.clone()))
                }
                Reading::Known(set) => Ok(self.stack_set(name, set)),
                Reading::Unreadable(failure) => {
                    Err(CopyError::StackSet { name: name.clone(), failure: Box::new(failure.clone()) })
                }
            })
            .collect()
    }

    fn stack_set(&self, name: &StackSetName, set: &LiveStackSet) -> StackSetEntry {
        // No `..`: a new part of a stack set does not compile until someone decides how it is copied. The ids are the
        // copy's own, and an operation that ran has ended.
        let LiveStackSet {
            id: _,
            tags,
            template,
            description,
            capabilities,
            permission_model: _,
            auto_deployment,
            managed_execution,
            units,
            instances,
            elsewhere,
            running: _,
            last_operation,
            last_update,
            last_create,
        } = set;
        let roles = Template::from(template.clone());
        let org = &self.snapshot.observed.org;
        let here = instances.iter().filter(|(account, _)| org.accounts.contains_key(*account));
        let here = here.map(|(account, instance)| InstanceEntry {
            account: account.to_string(),
            region: None,
            unit: self.unit_of(account, instance),
            status: match instance.status {
                InstanceStatus::Current => InstanceStatusEntry::Current,
                InstanceStatus::Outdated => InstanceStatusEntry::Outdated,
                InstanceStatus::Inoperable => InstanceStatusEntry::Inoperable,
            },
            detail: instance.detail.clone(),
            reason: instance.reason.clone(),
            stack: self.stack(account, instance, &roles),
        });
        let there = elsewhere.iter().filter(|(account, _)| org.accounts.contains_key(account));
        let there = there.map(|(account, region)| InstanceEntry {
            account: account.to_string(),
            region: Some(region.to_string()),
            unit: org.root.to_string(),
            status: InstanceStatusEntry::Current,
            detail: None,
            reason: None,
            stack: StackEntry::Absent,
        });
        StackSetEntry {
            name: name.to_string(),
            region: self.snapshot.access.region.to_string(),
            template: template.clone(),
            description: (!description.is_empty()).then(|| description.clone()),
            capabilities: capabilities.iter().cloned().collect(),
            parameters: BTreeMap::new(),
            tags: tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            auto_deployment: match auto_deployment {
                AutoDeployment::Off => AutoDeploymentEntry::Off,
                AutoDeployment::On => AutoDeploymentEntry::Deleting,
                AutoDeployment::OnRetaining => AutoDeploymentEntry::Retaining,
            },
            managed_execution: match managed_execution {
                ManagedExecution::Active => ManagedExecutionEntry::Active,
                ManagedExecution::Inactive => ManagedExecutionEntry::Inactive,
            },
            units: units.iter().map(ToString::to_string).collect(),
            last_operation: last_operation.as_ref().map(ToString::to_string),
            last_update: last_update.as_ref().map(ToString::to_string),
            last_create: last_create.as_ref().map(ToString::to_string),
            instances: here.chain(there).collect(),
        }
    }

    fn unit_of(&self, account: &AccountId, instance: &StackInstance) -> String {
        let org = &self.snapshot.observed.org;
        let parent = || org.accounts.get(account).map_or(&org.root, |account| &account.parent);
        instance.unit.as_ref().unwrap_or_else(parent).to_string()
    }

    /// An instance that is not current has a stack if its role is there and belongs to the stack set.
    fn stack(&self, account: &AccountId, instance: &StackInstance, template: &Template) -> StackEntry {
        let (Some(roles), Some(made)) = (self.roles_of(account), template.roles()) else { return StackEntry::Present };
        let made = made.in_account(account);
        let is_there = roles.get(&made.name).is_some_and(|live| live.role.owner() == made.owner());
        match instance.status {
            InstanceStatus::Outdated if !is_there => StackEntry::Absent,
            InstanceStatus::Current | InstanceStatus::Outdated | InstanceStatus::Inoperable => StackEntry::Present,
        }
    }
}

fn state_of(state: &AccountState) -> sandbox::AccountState {
    match state {
        AccountState::PendingActivation => sandbox::AccountState::PendingActivation,
        AccountState::Active => sandbox::AccountState::Active,
        AccountState::PendingClosure => sandbox::AccountState::PendingClosure,
        AccountState::Closed => sandbox::AccountState::Closed,
        // A state that is not known here is treated as not active everywhere else too.
        AccountState::Suspended | AccountState::Other(_) => sandbox::AccountState::Suspended,
    }
}

/// The customer-managed policies that were made for a role.
fn own_policies(role: &Role) -> impl Iterator<Item = PolicyEntry> {
    role.managed.iter().map(|(name, policy)| {
        let OwnPolicy { document, attachment: _, idle_versions } = policy;
        PolicyEntry {
            name: name.to_string(),
            path: Some(own_policy::path(&role.name)),
            document: document.to_value(),
            idle_versions: idle_versions.iter().filter_map(|version| version.as_str().get(1..)?.parse().ok()).collect(),
        }
    })
}

fn role(account: &AccountId, role: &Role) -> RoleEntry {
    // No `..`: a new attribute does not compile until someone decides how it is copied.
    let Role { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = role;
    let own = managed.iter().filter(|(_, policy)| policy.attachment == Attachment::Attached);
    let own = own.filter_map(|(own, _)| own_policy::arn(Partition::Aws, account, name, own).ok());
    RoleEntry {
        name: name.to_string(),
        path: Some(path.to_string()),
        description: (!description.is_empty()).then(|| description.clone()),
        max_session_duration: Some(max_session.seconds()),
        trust: trust.to_value(),
        inline_policies: inline.iter().map(|(name, document)| (name.to_string(), document.to_value())).collect(),
        managed_policies: attached.iter().cloned().chain(own).map(String::from).collect(),
        permissions_boundary: boundary.as_ref().map(ToString::to_string),
        tags: tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
    }
}

/// A role of which nothing but the name is known: it is in the way of another of its name, and does nothing.
fn nameless(account: &AccountId, name: &str) -> RoleEntry {
    RoleEntry {
        name: name.to_owned(),
        path: None,
        description: None,
        max_session_duration: None,
        trust: trust_in_itself(account),
        inline_policies: BTreeMap::new(),
        managed_policies: Vec::new(),
        permissions_boundary: None,
        tags: BTreeMap::new(),
    }
}

fn trust_in_itself(account: &AccountId) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole",
        }],
    })
}
