//! A role as IAM stores it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{IamError, Trust};

/// Tags, by key. Keys are unique without regard to case.
pub(crate) type TagMap = BTreeMap<String, String>;

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

/// At most this many tags on a role or policy.
const MAX_TAGS: usize = 50;

/// Adds tags to what is there: same key (without regard to case) overwrites.
pub(crate) fn merge_tags(tags: &mut TagMap, new: &[(String, String)]) -> Result<(), IamError> {
    let mut seen = BTreeSet::new();
    let mut merged = tags.clone();
    for (key, value) in new {
        check_tag(key, value)?;
        if !seen.insert(key.to_lowercase()) {
            return Err(IamError::invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
        }
        let lower = key.to_lowercase();
        merged.retain(|present, _| present.to_lowercase() != lower);
        merged.insert(key.clone(), value.clone());
    }
    if merged.len() > MAX_TAGS {
        return Err(IamError::limit(format!("The number of tags has reached the maximum limit of {MAX_TAGS}.")));
    }
    *tags = merged;
    Ok(())
}

/// Removes tags by key, without regard to case; keys that are not there are ignored.
pub(crate) fn remove_tags(tags: &mut TagMap, keys: &[&str]) {
    let keys: BTreeSet<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    tags.retain(|key, _| !keys.contains(&key.to_lowercase()));
}

fn check_tag(key: &str, value: &str) -> Result<(), IamError> {
    let fits = |text: &str| {
        text.chars().all(|character| character.is_alphanumeric() || character == ' ' || "_.:/=+-@".contains(character))
    };
    if key.is_empty() || key.chars().count() > 128 {
        return Err(tag_violation(key, "key", "have length between 1 and 128"));
    }
    if value.chars().count() > 256 {
        return Err(tag_violation(value, "value", "have length less than or equal to 256"));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(IamError::invalid("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    if !fits(key) {
        return Err(tag_violation(key, "key", r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"));
    }
    if !fits(value) {
        return Err(tag_violation(value, "value", r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"));
    }
    Ok(())
}

fn tag_violation(text: &str, member: &str, must: &str) -> IamError {
    IamError::validation(format!(
        "1 validation error detected: Value '{text}' at 'tags.1.member.{member}' failed to satisfy constraint: \
         Member must {must}"
    ))
}
