//! What resources are declared with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Tags;
use super::message::{ResourceError, message};
use crate::cfn::template::Resource;
use crate::iam::{Account, IamError};
use crate::world::World;

/// One resource before and after an update.
#[derive(Debug, Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) before: (&'a Resource, &'a Tags),
    pub(super) after: (&'a Resource, &'a Tags),
}

impl<'a> Versions<'a> {
    pub(super) fn differ(self, key: &str) -> bool {
        self.before.0.properties.get(key) != self.after.0.properties.get(key)
    }

    /// The texts of a list that are gone, and those that are new.
    pub(super) fn texts(self, key: &str) -> (Vec<&'a str>, Vec<&'a str>) {
        let (old, new) = (texts(self.before.0, key), texts(self.after.0, key));
        (old.difference(&new).copied().collect(), new.difference(&old).copied().collect())
    }

    /// The keys of tags that are gone, and the tags that are new or changed.
    pub(super) fn tags(self) -> (Vec<String>, Vec<(String, String)>) {
        let (old, new) = (tags(self.before.0, self.before.1), tags(self.after.0, self.after.1));
        let gone = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
        let set = new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect();
        (gone, set)
    }
}

pub(super) fn each<T>(
    items: impl IntoIterator<Item = T>,
    act: impl FnMut(T) -> Result<(), IamError>,
) -> Result<(), IamError> {
    items.into_iter().try_for_each(act)
}

pub(super) fn iam<'a>(world: &'a mut World, account: &str) -> Result<&'a mut Account, ResourceError> {
    world.iam_mut(account).map_err(|_| message("The account is not in the organization.", "NotFound"))
}

pub(super) fn text<'a>(resource: &'a Resource, key: &str) -> Option<&'a str> {
    resource.properties.get(key).and_then(Value::as_str)
}

pub(super) fn required<'a>(resource: &'a Resource, key: &str) -> Result<&'a str, ResourceError> {
    text(resource, key).ok_or_else(|| message(&format!("Property {key} is required."), "InvalidRequest"))
}

pub(super) fn texts<'a>(resource: &'a Resource, key: &str) -> BTreeSet<&'a str> {
    let list = resource.properties.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(super) fn document(resource: &Resource, key: &str) -> Result<String, ResourceError> {
    let value = resource.properties.get(key);
    value.map(Value::to_string).ok_or_else(|| message(&format!("Property {key} is required."), "InvalidRequest"))
}

/// `Policies`: documents by name.
pub(super) fn inline(resource: &Resource) -> Result<BTreeMap<String, String>, ResourceError> {
    let policies = resource.properties.get("Policies").and_then(Value::as_array);
    let policies = policies.into_iter().flatten().map(|policy| {
        let name = policy.get("PolicyName").and_then(Value::as_str);
        name.zip(policy.get("PolicyDocument")).map(|(name, document)| (name.to_owned(), document.to_string()))
    });
    policies
        .collect::<Option<_>>()
        .ok_or_else(|| message("A policy needs PolicyName and PolicyDocument.", "InvalidRequest"))
}

/// The tags of the stack, and the resource's own over them.
pub(super) fn tags(resource: &Resource, stack_tags: &Tags) -> Tags {
    let mut tags = stack_tags.clone();
    for tag in resource.properties.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) =
            (tag.get("Key").and_then(Value::as_str), tag.get("Value").and_then(Value::as_str))
        {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }
    tags
}
