//! Customer managed policies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::{check_managed_document, check_policy_path};
use super::{Account, IamError, IdentityKind, TagMap, aws_managed, schema, tags};

/// How many versions a policy can have.
const MAX_VERSIONS: usize = 5;
/// One of these numbers is free, as four versions at most are not in force.
const MAX_NUMBERED: u32 = 5;
/// How many customer managed policies an account can have.
const MAX_POLICIES: usize = 1500;

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManagedPolicy {
    /// Its name, in the case it was created with.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// Its unique id, `ANPA..`.
    pub(crate) id: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// Its description.
    pub(crate) description: Option<String>,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// When a version was last added, removed or made the default.
    pub(crate) updated: Timestamp,
    /// Its versions by number; at most five.
    pub(crate) versions: BTreeMap<u32, Version>,
    /// The number of the version in force.
    pub(crate) default_version: u32,
    /// The number the next version gets.
    pub(crate) next_version: u32,
    /// Its tags.
    pub(crate) tags: TagMap,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// The document as submitted.
    pub(crate) document: String,
    /// When it was added.
    pub(crate) created: Timestamp,
}

/// What a customer managed policy is created from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewPolicy {
    /// Its name.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// The document of its first version.
    pub(crate) document: String,
    /// Its description.
    pub(crate) description: Option<String>,
    /// Its tags.
    pub(crate) tags: Vec<(String, String)>,
}

impl ManagedPolicy {
    /// The document in force.
    pub(crate) fn document(&self) -> &str {
        self.versions.get(&self.default_version).map_or("", |version| version.document.as_str())
    }

    /// Gives a new policy versions of these numbers that are not in force, and the one in force the first number that is free.
    pub(crate) fn number_versions(&mut self, idle: &BTreeSet<u32>) {
        let Some((_, version)) = self.versions.pop_first() else { return };
        self.versions = idle.iter().map(|number| (*number, version.clone())).collect();
        self.default_version = (1..=MAX_NUMBERED).find(|number| !idle.contains(number)).unwrap_or(1);
        self.versions.insert(self.default_version, version);
        self.next_version = self.versions.keys().max().map_or(2, |last| last + 1);
    }

    /// The version that a version id (`v1`) names.
    pub(crate) fn version(&self, version_id: &str) -> Result<(u32, &Version), IamError> {
        version_id
            .strip_prefix('v')
            .and_then(|number| number.parse().ok())
            .and_then(|number| self.versions.get_key_value(&number))
            .map(|(number, version)| (*number, version))
            .ok_or_else(|| {
                IamError::no_such_entity(format!(
                    "Policy {} version {version_id} does not exist or is not attachable.",
                    self.arn
                ))
            })
    }
}

impl Account {
    /// The customer managed policy of this ARN.
    pub(crate) fn policy(&self, arn: &str) -> Result<&ManagedPolicy, IamError> {
        self.policies.values().find(|policy| policy.arn == arn).ok_or_else(|| no_policy(arn))
    }

    pub(super) fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, IamError> {
        self.policies.values_mut().find(|policy| policy.arn == arn).ok_or_else(|| no_policy(arn))
    }

    /// Creates a customer managed policy.
    pub(crate) fn create_policy(&mut self, new: NewPolicy, now: Timestamp) -> Result<&ManagedPolicy, IamError> {
        let NewPolicy { name, path, document, description, tags } = new;
        schema::member("PolicyName", &name)?;
        check_policy_path(&path)?;
        check_managed_document(&document)?;
        let key = name.to_lowercase();
        if self.policies.contains_key(&key) {
            return Err(IamError::already_exists(format!(
                "A policy called {name} already exists. Duplicate names are not allowed."
            )));
        }
        if self.policies.len() >= MAX_POLICIES {
            return Err(IamError::limit(format!("Cannot exceed quota for PoliciesPerAccount: {MAX_POLICIES}")));
        }
        let tags = tags::new(&tags)?;
        let policy = ManagedPolicy {
            id: self.next_id("ANPA", &key),
            arn: format!("arn:aws:iam::{}:policy{path}{name}", self.id),
            name,
            path,
            description,
            created: now,
            updated: now,
            versions: BTreeMap::from([(1, Version { document, created: now })]),
            default_version: 1,
            next_version: 2,
            tags,
        };
        Ok(self.policies.entry(key).or_insert(policy))
    }

    /// Deletes a customer managed policy that is attached to nothing and has only its default version.
    pub(crate) fn delete_policy(&mut self, arn: &str) -> Result<(), IamError> {
        let policy = self.policy(arn)?;
        if self.uses_of(arn, PolicyUse::Permissions).count() + self.uses_of(arn, PolicyUse::Boundary).count() > 0 {
            return Err(IamError::conflict("Cannot delete a policy attached to entities."));
        }
        if policy.versions.len() > 1 {
            return Err(IamError::conflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's \
                 versions. The default version is deleted with the policy.",
            ));
        }
        self.policies.retain(|_, policy| policy.arn != arn);
        Ok(())
    }

    /// Adds a version, in force at once when `in_force` says so. Returns its number.
    pub(crate) fn create_policy_version(
        &mut self,
        arn: &str,
        document: &str,
        in_force: InForce,
        now: Timestamp,
    ) -> Result<u32, IamError> {
        let policy = self.policy_mut(arn)?;
        check_managed_document(document)?;
        if policy.versions.len() >= MAX_VERSIONS {
            return Err(IamError::limit(
                "A managed policy can have up to 5 versions. Before you create a new version, you must delete an \
                 existing version.",
            ));
        }
        let number = policy.next_version;
        policy.next_version += 1;
        policy.updated = now;
        policy.versions.insert(number, Version { document: document.to_owned(), created: now });
        if in_force == InForce::AtOnce {
            policy.default_version = number;
        }
        Ok(number)
    }

    /// Puts a version in force.
    pub(crate) fn set_default_policy_version(
        &mut self,
        arn: &str,
        version_id: &str,
        now: Timestamp,
    ) -> Result<(), IamError> {
        let policy = self.policy_mut(arn)?;
        let (number, _) = policy.version(version_id)?;
        policy.default_version = number;
        policy.updated = now;
        Ok(())
    }

    /// Deletes a version that is not in force.
    pub(crate) fn delete_policy_version(
        &mut self,
        arn: &str,
        version_id: &str,
        now: Timestamp,
    ) -> Result<(), IamError> {
        let policy = self.policy_mut(arn)?;
        let (number, _) = policy.version(version_id)?;
        if number == policy.default_version {
            return Err(IamError::conflict("Cannot delete the default version of a policy."));
        }
        policy.versions.remove(&number);
        policy.updated = now;
        Ok(())
    }

    /// The identities that use a managed policy, by kind and by the key they are stored under.
    pub(crate) fn uses_of<'a>(
        &'a self,
        arn: &'a str,
        policy_use: PolicyUse,
    ) -> impl Iterator<Item = (IdentityKind, &'a str)> {
        let has = move |attached: &BTreeSet<String>, boundary: Option<&String>| match policy_use {
            PolicyUse::Permissions => attached.contains(arn),
            PolicyUse::Boundary => boundary.is_some_and(|boundary| boundary == arn),
        };
        let groups = self.groups.iter().filter(move |(_, group)| has(&group.attached, None));
        let roles = self.roles.iter().filter(move |(_, role)| has(&role.attached, role.boundary.as_ref()));
        let users = self.users.iter().filter(move |(_, user)| has(&user.attached, user.boundary.as_ref()));
        groups
            .map(|(key, _)| (IdentityKind::Group, key.as_str()))
            .chain(roles.map(|(key, _)| (IdentityKind::Role, key.as_str())))
            .chain(users.map(|(key, _)| (IdentityKind::User, key.as_str())))
    }

    /// The document in force of a managed policy, when it is simulated.
    pub(crate) fn managed_document(&self, arn: &str) -> Option<&str> {
        aws_managed::document(arn).or_else(|| self.policy(arn).ok().map(ManagedPolicy::document))
    }
}

/// Whether a new version of a managed policy is in force at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InForce {
    /// It is the default version.
    AtOnce,
    /// The default version stays.
    Later,
}

/// What an identity uses a managed policy for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyUse {
    /// It is attached.
    Permissions,
    /// It is the permissions boundary.
    Boundary,
}

fn no_policy(arn: &str) -> IamError {
    IamError::no_such_entity(format!("Policy {arn} was not found."))
}
