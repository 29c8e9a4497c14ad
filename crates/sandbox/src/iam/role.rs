//! Roles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::check_path;
use super::{Account, Bounded, EmptyDescription, IamError, IdentityKind, TagMap, Trust, schema, tags};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    /// Its name, in the case it was created with.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// Its unique id, `AROA..`, never used again.
    pub(crate) id: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The longest session in seconds.
    pub(crate) max_session: u32,
    /// Its trust policy.
    pub(crate) trust: Trust,
    /// Its inline policies by name, as submitted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) inline: BTreeMap<String, String>,
    /// The ARNs of its managed policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) attached: BTreeSet<String>,
    /// The ARN of its permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: TagMap,
    /// When it was last assumed, and in which Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_used: Option<(Timestamp, String)>,
}

/// What a role is created from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRole {
    /// Its name.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// Its trust policy, checked by `World::trust`.
    pub(crate) trust: Trust,
    /// Its description.
    pub(crate) description: Option<String>,
    /// The longest session in seconds.
    pub(crate) max_session: u32,
    /// The ARN of its permissions boundary.
    pub(crate) boundary: Option<String>,
    /// Its tags.
    pub(crate) tags: Vec<(String, String)>,
}

impl Role {
    /// Whether AWS services own this role: only they may change it.
    pub(crate) fn service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }
}

impl Account {
    /// The role of this name, without regard to case.
    pub(crate) fn role(&self, name: &str) -> Result<&Role, IamError> {
        self.roles.get(&name.to_lowercase()).ok_or_else(|| IamError::no_role(name))
    }

    pub(super) fn role_mut(&mut self, name: &str) -> Result<&mut Role, IamError> {
        self.roles.get_mut(&name.to_lowercase()).ok_or_else(|| IamError::no_role(name))
    }

    /// Creates a role.
    pub(crate) fn create_role(&mut self, new: NewRole, now: Timestamp) -> Result<&Role, IamError> {
        let NewRole { name, path, trust, description, max_session, boundary, tags } = new;
        check_role(Some(&name), description.as_deref(), Some(max_session))?;
        check_path(&path)?;
        let key = name.to_lowercase();
        if self.roles.contains_key(&key) {
            return Err(IamError::already_exists(format!("Role with name {name} already exists.")));
        }
        let limit = self.quotas.roles_per_account;
        if self.roles.len() >= limit {
            return Err(IamError::limit(format!("Cannot exceed quota for RolesPerAccount: {limit}")));
        }
        if let Some(arn) = &boundary {
            self.check_boundary(arn)?;
        }
        let tags = tags::new(&tags)?;
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
            attached: BTreeSet::new(),
            boundary,
            tags,
            last_used: None,
        };
        Ok(self.roles.entry(key).or_insert(role))
    }

    /// Deletes a role that has neither inline nor managed policies and is in no instance profile.
    pub(crate) fn delete_role(&mut self, name: &str) -> Result<(), IamError> {
        let role = self.role(name)?;
        if !role.attached.is_empty() {
            return Err(IamError::conflict("Cannot delete entity, must detach all policies first."));
        }
        if !role.inline.is_empty() {
            return Err(IamError::conflict("Cannot delete entity, must delete policies first."));
        }
        let key = name.to_lowercase();
        if self.instance_profiles.values().any(|profile| profile.role.as_ref() == Some(&key)) {
            return Err(IamError::conflict("Cannot delete entity, must remove roles from instance profile first."));
        }
        self.roles.remove(&key);
        Ok(())
    }

    /// Deletes a role of an AWS service with everything it has.
    pub(crate) fn delete_service_linked_role(&mut self, name: &str, task: &str) -> Result<(), IamError> {
        self.role(name)?;
        self.roles.remove(&name.to_lowercase());
        self.deletion_tasks.push(task.to_owned());
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
        check_role(None, description.as_deref(), max_session)?;
        let empty = self.quotas.empty_description;
        let role = self.role_mut(name)?;
        match description {
            Some(text) if !text.is_empty() => role.description = Some(text),
            Some(_) if empty == EmptyDescription::Clears => role.description = None,
            Some(_) | None => {}
        }
        if let Some(max_session) = max_session {
            role.max_session = max_session;
        }
        Ok(())
    }

    /// Notes that a role was assumed; one that is not there is ignored.
    pub(crate) fn mark_used(&mut self, name: &str, now: Timestamp, region: &str) {
        if let Ok(role) = self.role_mut(name) {
            role.last_used = Some((now, region.to_owned()));
        }
    }

    /// Writes an inline policy of a role.
    pub(crate) fn put_role_policy(&mut self, name: &str, policy: &str, document: &str) -> Result<(), IamError> {
        self.put_inline_policy(IdentityKind::Role, name, policy, document)
    }

    /// Attaches a managed policy to a role.
    pub(crate) fn attach_role_policy(&mut self, name: &str, arn: &str) -> Result<(), IamError> {
        self.attach_policy(IdentityKind::Role, name, arn)
    }

    /// Sets the permissions boundary of a role.
    pub(crate) fn put_boundary(&mut self, name: &str, arn: &str) -> Result<(), IamError> {
        self.set_boundary(Bounded::Role(name), arn)
    }

    /// Removes the permissions boundary of a role.
    pub(crate) fn delete_boundary(&mut self, name: &str) -> Result<(), IamError> {
        self.remove_boundary(Bounded::Role(name))
    }
}

/// Checks what the service model constrains. All violations are told at once, as AWS does.
fn check_role(name: Option<&str>, description: Option<&str>, max_session: Option<u32>) -> Result<(), IamError> {
    let max_session = max_session.map(|seconds| seconds.to_string());
    let members = [("RoleName", name), ("Description", description), ("MaxSessionDuration", max_session.as_deref())];
    schema::members(members.into_iter().filter_map(|(member, value)| Some((member, value?))))
}
