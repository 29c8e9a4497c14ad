//! Groups of users.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::{check_path, moved};
use super::{Account, IamError, User, schema};

const MAX_GROUPS: usize = 300;
const MAX_GROUPS_OF_USER: usize = 10;

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// Its name, in the case it was created with.
    pub(crate) name: String,
    /// Its path, from slash to slash.
    pub(crate) path: String,
    /// Its unique id, `AGPA..`.
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
}

impl Account {
    /// The group of this name, without regard to case.
    pub(crate) fn group(&self, name: &str) -> Result<&Group, IamError> {
        self.groups.get(&name.to_lowercase()).ok_or_else(|| no_group(name))
    }

    pub(super) fn group_mut(&mut self, name: &str) -> Result<&mut Group, IamError> {
        self.groups.get_mut(&name.to_lowercase()).ok_or_else(|| no_group(name))
    }

    /// Creates a group.
    pub(crate) fn create_group(&mut self, name: &str, path: &str, now: Timestamp) -> Result<&Group, IamError> {
        schema::member("GroupName", name)?;
        check_path(path)?;
        let key = name.to_lowercase();
        self.check_free_group(name, &key)?;
        if self.groups.len() >= MAX_GROUPS {
            return Err(IamError::limit(format!("Cannot exceed quota for GroupsPerAccount: {MAX_GROUPS}")));
        }
        let group = Group {
            id: self.next_id("AGPA", &key),
            arn: self.group_arn(path, name),
            name: name.to_owned(),
            path: path.to_owned(),
            created: now,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
        };
        Ok(self.groups.entry(key).or_insert(group))
    }

    fn check_free_group(&self, name: &str, key: &str) -> Result<(), IamError> {
        if self.groups.contains_key(key) {
            return Err(IamError::already_exists(format!("Group with name {name} already exists.")));
        }
        Ok(())
    }

    fn group_arn(&self, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:group{path}{name}", self.id)
    }

    /// Changes a group's name and path; `None` keeps what is there. Its members stay.
    pub(crate) fn update_group(
        &mut self,
        name: &str,
        new_name: Option<&str>,
        new_path: Option<&str>,
    ) -> Result<(), IamError> {
        let old_key = name.to_lowercase();
        let group = self.group(name)?;
        let (name, path) = moved("GroupName", (&group.name, &group.path), (new_name, new_path))?;
        let key = name.to_lowercase();
        if key != old_key {
            self.check_free_group(&name, &key)?;
        }
        let arn = self.group_arn(&path, &name);
        if let Some(group) = self.groups.remove(&old_key) {
            self.groups.insert(key.clone(), Group { name, path, arn, ..group });
        }
        for user in self.users.values_mut() {
            if user.groups.remove(&old_key) {
                user.groups.insert(key.clone());
            }
        }
        Ok(())
    }

    /// Deletes a group without members and policies.
    pub(crate) fn delete_group(&mut self, name: &str) -> Result<(), IamError> {
        let group = self.group(name)?;
        let (attached, inline) = (!group.attached.is_empty(), !group.inline.is_empty());
        if self.members_of(name).next().is_some() {
            return Err(IamError::conflict("Cannot delete entity, must remove users from group first."));
        }
        if attached {
            return Err(IamError::conflict("Cannot delete entity, must detach all policies first."));
        }
        if inline {
            return Err(IamError::conflict("Cannot delete entity, must delete policies first."));
        }
        self.groups.remove(&name.to_lowercase());
        Ok(())
    }

    /// The users in a group, with their keys, in order of name.
    pub(crate) fn members_of(&self, group: &str) -> impl Iterator<Item = (&str, &User)> {
        let group = group.to_lowercase();
        let members = self.users.iter().filter(move |(_, user)| user.groups.contains(&group));
        members.map(|(key, user)| (key.as_str(), user))
    }

    /// Puts a user into a group; one that is there stays.
    pub(crate) fn add_user_to_group(&mut self, group: &str, user: &str) -> Result<(), IamError> {
        self.group(group)?;
        let user = self.user_mut(user)?;
        let key = group.to_lowercase();
        if !user.groups.contains(&key) && user.groups.len() >= MAX_GROUPS_OF_USER {
            return Err(IamError::limit(format!("Cannot exceed quota for GroupsPerUser: {MAX_GROUPS_OF_USER}")));
        }
        user.groups.insert(key);
        Ok(())
    }

    /// Takes a user out of a group.
    pub(crate) fn remove_user_from_group(&mut self, group: &str, user: &str) -> Result<(), IamError> {
        self.group(group)?;
        let user = self.user_mut(user)?;
        if user.groups.remove(&group.to_lowercase()) {
            return Ok(());
        }
        let message = format!("User {} is not in group {group}.", user.name);
        Err(IamError::no_such_entity(message))
    }
}

fn no_group(name: &str) -> IamError {
    IamError::no_such_entity(format!("The group with name {name} cannot be found."))
}
