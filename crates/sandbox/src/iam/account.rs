//! IAM of one account: every change that can be made, with its checks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::{
    check_description, check_identity_document, check_managed_document, check_name, check_path, check_session, size,
};
use super::role::{merge_tags, remove_tags};
use super::{IamError, ManagedPolicy, NewPolicy, NewRole, Role, TagMap, Trust, Version, aws_managed};
use crate::world::{hex, unique_id};

/// Quotas of one account, as the IAM user guide gives their defaults.
const MAX_ROLES: usize = 1000;
const MAX_ATTACHED: usize = 10;
const MAX_INLINE: usize = 10_240;
const MAX_VERSIONS: usize = 5;

/// IAM of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The account's id.
    pub(crate) id: String,
    /// The account's alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias: Option<String>,
    /// Its roles, by name in lower case.
    pub(crate) roles: BTreeMap<String, Role>,
    /// Its customer managed policies, by name in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<String, ManagedPolicy>,
    /// How many entities were created, so that unique ids are never used again.
    pub(crate) serial: u64,
}

impl Account {
    /// An account without roles.
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), alias: None, roles: BTreeMap::new(), policies: BTreeMap::new(), serial: 0 }
    }

    /// The role of this name, without regard to case.
    pub(crate) fn role(&self, name: &str) -> Result<&Role, IamError> {
        self.roles.get(&name.to_lowercase()).ok_or_else(|| IamError::no_role(name))
    }

    fn role_mut(&mut self, name: &str) -> Result<&mut Role, IamError> {
        self.roles.get_mut(&name.to_lowercase()).ok_or_else(|| IamError::no_role(name))
    }

    /// Creates a role.
    pub(crate) fn create_role(&mut self, new: NewRole, now: Timestamp) -> Result<&Role, IamError> {
        let NewRole { name, path, trust, description, max_session, boundary, tags } = new;
        check_name("roleName", &name, 64)?;
        check_path(&path)?;
        check_description(description.as_deref())?;
        check_session(max_session)?;
        let key = name.to_lowercase();
        if self.roles.contains_key(&key) {
            return Err(IamError::already_exists(format!("Role with name {name} already exists.")));
        }
        if self.roles.len() >= MAX_ROLES {
            return Err(IamError::limit(format!("Cannot exceed quota for RolesPerAccount: {MAX_ROLES}")));
        }
        if let Some(arn) = &boundary {
            self.check_boundary(arn)?;
        }
        let mut tag_map = TagMap::new();
        merge_tags(&mut tag_map, &tags)?;
        let role = Role {
            id: self.next_id("AROA", &key),
            arn: format!("arn:aws:iam::{}:role{path}{name}", self.id),
            name,
            path,
            created: now,
            description,
            max_session,
            trust,
            inline: BTreeMap::new(),
            attached: std::collections::BTreeSet::new(),
            boundary,
            tags: tag_map,
            last_used: None,
        };
        Ok(self.roles.entry(key).or_insert(role))
    }

    /// Deletes a role that has neither inline nor managed policies.
    pub(crate) fn delete_role(&mut self, name: &str) -> Result<(), IamError> {
        let role = self.role(name)?;
        if !role.attached.is_empty() {
            return Err(IamError::conflict("Cannot delete entity, must detach all policies first."));
        }
        if !role.inline.is_empty() {
            return Err(IamError::conflict("Cannot delete entity, must delete policies first."));
        }
        self.roles.remove(&name.to_lowercase());
        Ok(())
    }

    /// Replaces the trust policy.
    pub(crate) fn set_trust(&mut self, name: &str, trust: Trust) -> Result<(), IamError> {
        self.role_mut(name)?.trust = trust;
        Ok(())
    }

    /// Changes the description and the longest session; `None` keeps what is there.
    pub(crate) fn update_role(
        &mut self,
        name: &str,
        description: Option<String>,
        max_session: Option<u32>,
    ) -> Result<(), IamError> {
        check_description(description.as_deref())?;
        max_session.map_or(Ok(()), check_session)?;
        let role = self.role_mut(name)?;
        if let Some(description) = description {
            role.description = (!description.is_empty()).then_some(description);
        }
        if let Some(max_session) = max_session {
            role.max_session = max_session;
        }
        Ok(())
    }

    /// Writes an inline policy, replacing one of the same name.
    pub(crate) fn put_role_policy(&mut self, name: &str, policy: &str, document: &str) -> Result<(), IamError> {
        check_name("policyName", policy, 128)?;
        let role = self.role_mut(name)?;
        check_identity_document(document)?;
        let others: usize =
            role.inline.iter().filter(|(present, _)| *present != policy).map(|(_, text)| size(text)).sum();
        if others + size(document) > MAX_INLINE {
            return Err(IamError::limit(format!("Maximum policy size of {MAX_INLINE} bytes exceeded for role {name}")));
        }
        role.inline.insert(policy.to_owned(), document.to_owned());
        Ok(())
    }

    /// Deletes an inline policy.
    pub(crate) fn delete_role_policy(&mut self, name: &str, policy: &str) -> Result<(), IamError> {
        let removed = self.role_mut(name)?.inline.remove(policy);
        removed
            .map(|_| ())
            .ok_or_else(|| IamError::no_such_entity(format!("The role policy with name {policy} cannot be found.")))
    }

    /// Attaches a managed policy; attaching it again changes nothing.
    pub(crate) fn attach_role_policy(&mut self, name: &str, arn: &str) -> Result<(), IamError> {
        self.role(name)?;
        self.check_attachable(arn)?;
        let role = self.role_mut(name)?;
        if !role.attached.contains(arn) && role.attached.len() >= MAX_ATTACHED {
            return Err(IamError::limit(format!("Cannot exceed quota for PoliciesPerRole: {MAX_ATTACHED}")));
        }
        role.attached.insert(arn.to_owned());
        Ok(())
    }

    /// Detaches a managed policy.
    pub(crate) fn detach_role_policy(&mut self, name: &str, arn: &str) -> Result<(), IamError> {
        if self.role_mut(name)?.attached.remove(arn) {
            Ok(())
        } else {
            Err(IamError::no_such_entity(format!("Policy {arn} was not found.")))
        }
    }

    /// Sets the permissions boundary.
    pub(crate) fn put_boundary(&mut self, name: &str, arn: &str) -> Result<(), IamError> {
        self.role(name)?;
        self.check_boundary(arn)?;
        self.role_mut(name)?.boundary = Some(arn.to_owned());
        Ok(())
    }

    /// Removes the permissions boundary.
    pub(crate) fn delete_boundary(&mut self, name: &str) -> Result<(), IamError> {
        match self.role_mut(name)?.boundary.take() {
            Some(_) => Ok(()),
            None => Err(IamError::no_such_entity(format!("Role {name} has no permissions boundary."))),
        }
    }

    /// Notes that a role was assumed; one that is not there is ignored.
    pub(crate) fn mark_used(&mut self, name: &str, now: Timestamp, region: &str) {
        if let Ok(role) = self.role_mut(name) {
            role.last_used = Some((now, region.to_owned()));
        }
    }

    /// Adds tags; the same key overwrites.
    pub(crate) fn tag_role(&mut self, name: &str, tags: &[(String, String)]) -> Result<(), IamError> {
        merge_tags(&mut self.role_mut(name)?.tags, tags)
    }

    /// Removes tags; keys that are not there are ignored.
    pub(crate) fn untag_role(&mut self, name: &str, keys: &[&str]) -> Result<(), IamError> {
        remove_tags(&mut self.role_mut(name)?.tags, keys);
        Ok(())
    }

    /// The customer managed policy of this ARN.
    pub(crate) fn policy(&self, arn: &str) -> Result<&ManagedPolicy, IamError> {
        self.policies.values().find(|policy| policy.arn == arn).ok_or_else(|| no_policy(arn))
    }

    fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, IamError> {
        self.policies.values_mut().find(|policy| policy.arn == arn).ok_or_else(|| no_policy(arn))
    }

    /// Creates a customer managed policy.
    pub(crate) fn create_policy(&mut self, new: NewPolicy, now: Timestamp) -> Result<&ManagedPolicy, IamError> {
        let NewPolicy { name, path, document, description, tags } = new;
        check_name("policyName", &name, 128)?;
        check_path(&path)?;
        check_managed_document(&document)?;
        let key = name.to_lowercase();
        if self.policies.contains_key(&key) {
            return Err(IamError::already_exists(format!(
                "A policy called {name} already exists. Duplicate names are not allowed."
            )));
        }
        let mut tag_map = TagMap::new();
        merge_tags(&mut tag_map, &tags)?;
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
            tags: tag_map,
        };
        Ok(self.policies.entry(key).or_insert(policy))
    }

    /// Deletes a customer managed policy that is attached to nothing and has only its default version.
    pub(crate) fn delete_policy(&mut self, arn: &str) -> Result<(), IamError> {
        let policy = self.policy(arn)?;
        if self.attached_to(arn).next().is_some() {
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

    /// The roles a managed policy is attached to, in order of name.
    pub(crate) fn attached_to<'a>(&'a self, arn: &'a str) -> impl Iterator<Item = &'a Role> {
        self.roles.values().filter(move |role| role.attached.contains(arn))
    }

    /// The document in force of a managed policy, when it is simulated.
    pub(crate) fn managed_document(&self, arn: &str) -> Option<&str> {
        aws_managed::document(arn).or_else(|| self.policy(arn).ok().map(ManagedPolicy::document))
    }

    fn check_attachable(&self, arn: &str) -> Result<(), IamError> {
        if aws_managed::exists(arn) || self.policy(arn).is_ok() {
            return Ok(());
        }
        Err(IamError::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")))
    }

    fn check_boundary(&self, arn: &str) -> Result<(), IamError> {
        if aws_managed::exists(arn) || self.policy(arn).is_ok() {
            return Ok(());
        }
        Err(IamError::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")))
    }

    fn next_id(&mut self, prefix: &str, name: &str) -> String {
        self.serial += 1;
        unique_id(prefix, &hex(&[&self.id, name, &self.serial.to_string()]))
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

fn no_policy(arn: &str) -> IamError {
    IamError::no_such_entity(format!("Policy {arn} was not found."))
}
