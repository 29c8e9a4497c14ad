//! Users.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::{check_path, moved};
use super::{
    AccessKey, Account, IamError, LoginProfile, ServiceCredential, SigningCertificate, SshKey, TagMap, schema, tags,
};

const MAX_USERS: usize = 5000;

/// The user that every account has and that no state holds: it stands for the account's administrator.
pub(crate) const ADMINISTRATOR: &str = "Administrator";

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    /// Its name, in the case it was created with.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// Its unique id, `AIDA..`, never used again.
    pub(crate) id: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// When it was created.
    pub(crate) created: Timestamp,
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
    /// The groups it is in, by name in lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) groups: BTreeSet<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) login: Option<LoginProfile>,
    /// Its access keys by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) access_keys: BTreeMap<String, AccessKey>,
    /// Its signing certificates by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) signing_certificates: BTreeMap<String, SigningCertificate>,
    /// Its SSH public keys by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) ssh_keys: BTreeMap<String, SshKey>,
    /// Its passwords for single services, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) service_credentials: BTreeMap<String, ServiceCredential>,
    /// Its MFA devices by serial number, and when each was enabled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) mfa_devices: BTreeMap<String, Timestamp>,
}

/// What a user is created from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewUser {
    /// Its name.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// The ARN of its permissions boundary.
    pub(crate) boundary: Option<String>,
    /// Its tags.
    pub(crate) tags: Vec<(String, String)>,
}

impl User {
    /// What must go before the user can, in AWS's words; `None` when nothing is in the way.
    fn in_the_way(&self) -> Option<&'static str> {
        let obstacles = [
            (!self.groups.is_empty(), "Cannot delete entity, must remove users from group first."),
            (!self.attached.is_empty(), "Cannot delete entity, must detach all policies first."),
            (!self.inline.is_empty(), "Cannot delete entity, must delete policies first."),
            (self.login.is_some(), "Cannot delete entity, must delete login profile first."),
            (!self.access_keys.is_empty(), "Cannot delete entity, must delete access keys first."),
            (!self.mfa_devices.is_empty(), "Cannot delete entity, must delete MFA device first."),
            (!self.signing_certificates.is_empty(), "Cannot delete entity, must delete signing certificates first."),
            (!self.ssh_keys.is_empty(), "Cannot delete entity, must delete SSH public keys first."),
            (
                !self.service_credentials.is_empty(),
                "Cannot delete entity, must delete service specific credentials first.",
            ),
        ];
        obstacles.into_iter().find(|(present, _)| *present).map(|(_, text)| text)
    }
}

impl Account {
    /// The user of this name, without regard to case.
    pub(crate) fn user(&self, name: &str) -> Result<&User, IamError> {
        self.users.get(&name.to_lowercase()).ok_or_else(|| no_user(name))
    }

    pub(super) fn user_mut(&mut self, name: &str) -> Result<&mut User, IamError> {
        self.users.get_mut(&name.to_lowercase()).ok_or_else(|| no_user(name))
    }

    /// Creates a user.
    pub(crate) fn create_user(&mut self, new: NewUser, now: Timestamp) -> Result<&User, IamError> {
        let NewUser { name, path, boundary, tags } = new;
        schema::member("NewUserName", &name)?;
        check_path(&path)?;
        let key = name.to_lowercase();
        self.check_free_user(&name, &key)?;
        if self.users.len() >= MAX_USERS {
            return Err(IamError::limit(format!("Cannot exceed quota for UsersPerAccount: {MAX_USERS}")));
        }
        if let Some(arn) = &boundary {
            self.check_boundary(arn)?;
        }
        let tags = tags::new(&tags)?;
        let user = User {
            id: self.next_id("AIDA", &key),
            arn: self.user_arn(&path, &name),
            name,
            path,
            created: now,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary,
            tags,
            groups: BTreeSet::new(),
            login: None,
            access_keys: BTreeMap::new(),
            signing_certificates: BTreeMap::new(),
            ssh_keys: BTreeMap::new(),
            service_credentials: BTreeMap::new(),
            mfa_devices: BTreeMap::new(),
        };
        Ok(self.users.entry(key).or_insert(user))
    }

    fn check_free_user(&self, name: &str, key: &str) -> Result<(), IamError> {
        if self.users.contains_key(key) || key == ADMINISTRATOR.to_lowercase() {
            return Err(IamError::already_exists(format!("User with name {name} already exists.")));
        }
        Ok(())
    }

    fn user_arn(&self, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:user{path}{name}", self.id)
    }

    /// Changes a user's name and path; `None` keeps what is there. Its unique id stays.
    pub(crate) fn update_user(
        &mut self,
        name: &str,
        new_name: Option<&str>,
        new_path: Option<&str>,
    ) -> Result<(), IamError> {
        let old_key = name.to_lowercase();
        let user = self.user(name)?;
        let (name, path) = moved("NewUserName", (&user.name, &user.path), (new_name, new_path))?;
        let key = name.to_lowercase();
        if key != old_key {
            self.check_free_user(&name, &key)?;
        }
        let arn = self.user_arn(&path, &name);
        if let Some(user) = self.users.remove(&old_key) {
            self.users.insert(key, User { name, path, arn, ..user });
        }
        Ok(())
    }

    /// Deletes a user that has nothing left.
    pub(crate) fn delete_user(&mut self, name: &str) -> Result<(), IamError> {
        if let Some(obstacle) = self.user(name)?.in_the_way() {
            return Err(IamError::conflict(obstacle));
        }
        self.users.remove(&name.to_lowercase());
        Ok(())
    }
}

fn no_user(name: &str) -> IamError {
    IamError::no_such_entity(format!("The user with name {name} cannot be found."))
}
