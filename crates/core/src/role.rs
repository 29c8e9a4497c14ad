//! An IAM role as Rolecall compares it: everything that changes what the role may do or who may use it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::ids::{InlineName, IntegrationName, InvalidId, PolicyArn, PolicyName, RoleName, RolePath, TagKey, TagValue};
use crate::own_policy::OwnPolicy;
use crate::policy::PolicyDoc;

/// The tag that says which integration a role or a stack set belongs to. Nothing without it is ever changed.
pub const OWNER_TAG: &str = "rolecall:integration";

/// The tag on a role made by IAM calls that holds the digest of what was last applied.
pub const DIGEST_TAG: &str = "rolecall:digest";

/// How long a session of a role may last, in seconds: 3,600 to 43,200 (IAM `MaxSessionDuration`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct SessionLimit(u32);

impl SessionLimit {
    /// What a number must be to become a session limit.
    pub const EXPECTED: &'static str = "a duration from 1h to 12h";

    /// The limit in seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl Default for SessionLimit {
    fn default() -> Self {
        Self(3600)
    }
}

impl TryFrom<u32> for SessionLimit {
    type Error = InvalidId;
    fn try_from(seconds: u32) -> Result<Self, InvalidId> {
        if (3600..=43_200).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(InvalidId { found: format!("{seconds}s"), expected: Self::EXPECTED })
        }
    }
}

impl From<SessionLimit> for u32 {
    fn from(limit: SessionLimit) -> u32 {
        limit.0
    }
}

/// A role, without the account it is in. AWS's own `aws:` tags are never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The role's name.
    pub name: RoleName,
    /// The role's path.
    pub path: RolePath,
    /// The role's description, empty when it has none.
    pub description: String,
    /// Who may assume the role.
    pub trust: PolicyDoc,
    /// How long a session may last.
    pub max_session: SessionLimit,
    /// The permissions boundary.
    pub boundary: Option<PolicyArn>,
    /// The attached managed policies, but for those that Rolecall made for this role.
    pub attached: BTreeSet<PolicyArn>,
    /// The customer-managed policies that Rolecall made for this role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub managed: BTreeMap<PolicyName, OwnPolicy>,
    /// The inline policies.
    pub inline: BTreeMap<InlineName, PolicyDoc>,
    /// The tags.
    pub tags: BTreeMap<TagKey, TagValue>,
}

impl Role {
    /// The integration that the role says it belongs to.
    pub fn owner(&self) -> Option<IntegrationName> {
        owner(&self.tags)
    }

    /// The role as it is between its creation and its first policy, or between its last policy and its deletion.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self { attached: BTreeSet::new(), managed: BTreeMap::new(), inline: BTreeMap::new(), ..self.clone() }
    }

    /// The digest of what the role means, without the digest tag itself: 32 hexadecimal digits of a SHA-256. Two roles
    /// that are equal have the same digest, however their policies are spelt.
    pub fn digest(&self) -> String {
        // No `..`: a new field does not compile until someone decides that it is sealed too.
        let Self { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = self;
        let inline: Vec<(&InlineName, &str)> =
            inline.iter().map(|(name, document)| (name, document.meaning())).collect();
        let tags: Vec<_> = tags.iter().filter(|(key, _)| key.as_str() != DIGEST_TAG).collect();
        let mut sealed =
            vec![json!([name, path, description, trust.meaning(), max_session, boundary, attached, inline, tags])];
        // A role without such policies has the digest that it had before there were any.
        sealed.extend(managed.iter().map(|(name, OwnPolicy { document, attachment, idle_versions })| {
            json!([name, document.meaning(), attachment, idle_versions])
        }));
        let text: String = sealed.iter().map(ToString::to_string).collect();
        hex(&Sha256::digest(text))[..32].to_owned()
    }

    /// The same role with its digest tag set to its digest.
    #[must_use]
    pub fn with_digest(mut self) -> Self {
        if let (Ok(key), Ok(value)) = (DIGEST_TAG.parse(), self.digest().parse()) {
            self.tags.insert(key, value);
        }
        self
    }

    /// What the digest tag says about the role.
    pub fn seal(&self) -> Seal {
        match self.tags.iter().find(|(key, _)| key.as_str() == DIGEST_TAG) {
            None => Seal::Missing,
            Some((_, value)) if value.as_str() == self.digest() => Seal::Intact,
            Some(_) => Seal::Broken,
        }
    }
}

/// Whether a role is still what its digest tag says was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// There is no digest tag.
    Missing,
    /// The role is what was last applied.
    Intact,
    /// Someone changed the role since.
    Broken,
}

/// The integration named by the ownership tag among some tags.
pub fn owner(tags: &BTreeMap<TagKey, TagValue>) -> Option<IntegrationName> {
    tags.iter().find(|(key, _)| key.as_str() == OWNER_TAG).and_then(|(_, value)| value.as_str().parse().ok())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
