//! Instance profiles.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::check_path;
use super::{Account, IamError, TagMap, schema, tags};

const MAX_PROFILES: usize = 1000;

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    /// Its name, in the case it was created with.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// Its unique id, `AIPA..`.
    pub(crate) id: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// The one role it can have, by name in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: TagMap,
}

impl Account {
    /// The instance profile of this name, without regard to case.
    pub(crate) fn instance_profile(&self, name: &str) -> Result<&InstanceProfile, IamError> {
        self.instance_profiles.get(&name.to_lowercase()).ok_or_else(|| no_profile(name))
    }

    pub(super) fn instance_profile_mut(&mut self, name: &str) -> Result<&mut InstanceProfile, IamError> {
        self.instance_profiles.get_mut(&name.to_lowercase()).ok_or_else(|| no_profile(name))
    }

    /// Creates an instance profile without a role.
    pub(crate) fn create_instance_profile(
        &mut self,
        name: &str,
        path: &str,
        tags: &[(String, String)],
        now: Timestamp,
    ) -> Result<&InstanceProfile, IamError> {
        schema::member("InstanceProfileName", name)?;
        check_path(path)?;
        let key = name.to_lowercase();
        if self.instance_profiles.contains_key(&key) {
            return Err(IamError::already_exists(format!("Instance Profile {name} already exists.")));
        }
        if self.instance_profiles.len() >= MAX_PROFILES {
            let message = format!("Cannot exceed quota for InstanceProfilesPerAccount: {MAX_PROFILES}");
            return Err(IamError::limit(message));
        }
        let tags = tags::new(tags)?;
        let profile = InstanceProfile {
            id: self.next_id("AIPA", &key),
            arn: format!("arn:aws:iam::{}:instance-profile{path}{name}", self.id),
            name: name.to_owned(),
            path: path.to_owned(),
            created: now,
            role: None,
            tags,
        };
        Ok(self.instance_profiles.entry(key).or_insert(profile))
    }

    /// Deletes an instance profile that has no role.
    pub(crate) fn delete_instance_profile(&mut self, name: &str) -> Result<(), IamError> {
        if self.instance_profile(name)?.role.is_some() {
            return Err(IamError::conflict("Cannot delete entity, must remove roles from instance profile first."));
        }
        self.instance_profiles.remove(&name.to_lowercase());
        Ok(())
    }

    /// Puts a role into an instance profile that has none.
    pub(crate) fn add_role_to_instance_profile(&mut self, name: &str, role: &str) -> Result<(), IamError> {
        self.role(role)?;
        let profile = self.instance_profile_mut(name)?;
        if profile.role.is_some() {
            return Err(IamError::limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
        }
        profile.role = Some(role.to_lowercase());
        Ok(())
    }

    /// Takes the role out of an instance profile.
    pub(crate) fn remove_role_from_instance_profile(&mut self, name: &str, role: &str) -> Result<(), IamError> {
        self.role(role)?;
        let profile = self.instance_profile_mut(name)?;
        if profile.role.as_deref() != Some(role.to_lowercase().as_str()) {
            return Err(IamError::no_such_entity(format!("The role with name {role} cannot be found.")));
        }
        profile.role = None;
        Ok(())
    }
}

fn no_profile(name: &str) -> IamError {
    IamError::no_such_entity(format!("Instance Profile {name} cannot be found."))
}
