//! A customer managed policy as IAM stores it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{IamError, TagMap};

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
