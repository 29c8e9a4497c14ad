//! The desired state as it is meant: checked, complete with defaults, without spans except where a later error needs one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::drift::Ignore;
use crate::ids::{
    AccountId, ExternalId, InlineName, IntegrationName, OrgId, OuId, PolicyArn, ProfileName, Region, RoleArn, RoleName,
    RolePath, StackSetName, TagKey, TagValue,
};
use crate::policy::PolicyDoc;
use crate::role::SessionLimit;

/// Everything the files say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The one organization that may be touched.
    pub organization: OrganizationSpec,
    /// How AWS is reached.
    pub access: Access,
    /// Above what `apply` stops.
    pub limits: Limits,
    /// Drift that is known and does not count for a while.
    #[serde(default)]
    pub ignores: Vec<Ignore>,
    /// The vendors' accesses, by name.
    pub integrations: BTreeMap<IntegrationName, Integration>,
    /// Integrations that are let go: what carries their name stays, and is not ours any more.
    pub released: BTreeSet<IntegrationName>,
}

/// The organization the files are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationSpec {
    /// The organization's id; the caller must be in it.
    pub id: OrgId,
    /// The management account, checked when given.
    pub management_account: Option<AccountId>,
}

/// How AWS is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The role that is assumed in members to read and repair roles.
    pub member_role: RoleName,
    /// As whom StackSets are called.
    pub call_as: CallAs,
    /// The Region of the stack sets and of their one stack in each account.
    pub region: Region,
    /// Whether `apply` takes a lock; plans that were saved before there was one do not say.
    #[serde(default)]
    pub lock: LockUse,
    /// The profile of the AWS configuration whose credentials are used; the ordinary ones when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// The role that is assumed first, with those credentials; everything else is done as that role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<RoleArn>,
}

/// As whom StackSets are called (CloudFormation `CallAs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallAs {
    /// The caller is in the management account.
    #[serde(rename = "self")]
    Management,
    /// The caller is in an account that is a delegated administrator for StackSets.
    DelegatedAdmin,
}

/// Whether `apply` takes the organization's lock before it changes anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockUse {
    /// It does.
    #[default]
    On,
    /// It does not: something else sees to it that one run goes on at a time.
    Off,
}

/// Above what `apply` stops until it is told the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How many roles one run may delete.
    pub max_deletes: u32,
    /// How large a part of the existing roles one run may change or delete, in per cent; not looked at below ten roles.
    pub max_change_percent: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_deletes: 5, max_change_percent: 30 }
    }
}

/// One vendor's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// The external ID the vendor presents.
    pub external_id: ExternalId,
    /// Accounts that keep another external ID.
    pub external_id_overrides: BTreeMap<AccountId, ExternalId>,
    /// The role in member accounts.
    pub role: RoleSpec,
    /// The role in the management account.
    pub management_account: ManagementAccount,
    /// Which accounts have the role.
    pub targets: Targets,
    /// How the role reaches the accounts.
    pub rollout: Rollout,
    /// What may be on the role besides ours.
    pub tolerate: Tolerate,
    /// What someone else made and is taken over.
    pub adopt: Adopt,
    /// The name it had before; what carries that name is taken over.
    pub renamed_from: Option<IntegrationName>,
    /// Above what `apply` stops for this integration alone.
    pub limits: Option<Limits>,
}

/// What someone else made and is taken over, without deleting it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopt {
    /// Where a role of the name is taken over, and kept by IAM calls from then on.
    pub accounts: AdoptAccounts,
    /// The stack set that is taken over, with its instances.
    pub stack_set: Option<StackSetName>,
}

/// Where a role of the name is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdoptAccounts {
    /// In every target account.
    All,
    /// In these.
    These(BTreeSet<AccountId>),
}

impl Default for AdoptAccounts {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Adopt {
    /// Whether a role in the account is taken over.
    pub fn covers(&self, account: &AccountId) -> bool {
        match &self.accounts {
            AdoptAccounts::All => true,
            AdoptAccounts::These(accounts) => accounts.contains(account),
        }
    }
}

/// A role as the file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSpec {
    /// The role's name.
    pub name: RoleName,
    /// The role's path.
    pub path: RolePath,
    /// The role's description, empty when none is given.
    pub description: String,
    /// How long a session may last.
    pub max_session: SessionLimit,
    /// Who may assume the role.
    pub trust: TrustSpec,
    /// The permissions boundary.
    pub boundary: Option<PolicyArn>,
    /// The managed policies, as ARNs in the partition of `access.region`.
    pub managed_policies: BTreeSet<PolicyArn>,
    /// The inline policies.
    pub inline_policies: BTreeMap<InlineName, PolicyDoc>,
    /// The tags, without Rolecall's own.
    pub tags: BTreeMap<TagKey, TagValue>,
}

/// Who may assume a role; the external ID is added to it for each account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustSpec {
    /// AWS principals as ARNs, account roots included.
    pub principals: BTreeSet<String>,
    /// Further conditions, as in a policy document: operator, then key, then value or values. An object, or null.
    pub conditions: Value,
}

/// What happens to the management account, which StackSets never reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagementAccount {
    /// It is left out.
    Excluded,
    /// It has the member role and this.
    Covered(Overlay),
}

/// What the management account's role has besides the member role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// Further managed policies.
    pub managed_policies: BTreeSet<PolicyArn>,
    /// Further inline policies; one of a member policy's name takes its place.
    pub inline_policies: BTreeMap<InlineName, PolicyDoc>,
    /// Further tags; one of a member tag's key takes its place.
    pub tags: BTreeMap<TagKey, TagValue>,
}

/// Which accounts have the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// Units whose accounts, at any depth, are targets.
    pub organizational_units: Vec<Located<OuRef>>,
    /// Units whose accounts, at any depth, are not.
    pub exclude_organizational_units: Vec<Located<OuRef>>,
    /// Accounts that are not.
    pub exclude_accounts: BTreeSet<AccountId>,
}

/// A unit as the file names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OuRef {
    /// By id.
    Id(OuId),
    /// The root, by the word `Root`.
    Root,
    /// By name, or by a path of names from the root, never empty: `["Workloads", "Prod"]`.
    Path(Vec<String>),
}

impl fmt::Display for OuRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Root => f.write_str("Root"),
            Self::Path(names) => f.write_str(&names.join("/")),
        }
    }
}

/// A value with the place where the file says it, for errors that are found after the files were checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Location,
}

/// Two values are the same wherever they stand.
impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The first byte and the byte after the last, in the file's text.
    pub bytes: (usize, usize),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, bytes: _ } = self;
        write!(f, "{file}:{line}:{column}")
    }
}

/// How the role reaches the accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// By which way.
    pub delivery: Delivery,
    /// Whether StackSets give the role to accounts that join a target.
    pub auto_deployment: AutoDeployment,
    /// How many accounts are worked on at the same time.
    pub max_concurrent: Amount,
    /// How many accounts may fail before the rest is cancelled.
    pub failure_tolerance: Amount,
}

/// By which way the role reaches member accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// A service-managed stack set.
    StackSet,
    /// IAM calls through the member role.
    Direct,
}

/// What StackSets do when an account joins or leaves a target (CloudFormation `AutoDeployment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoDeployment {
    /// Nothing.
    Off,
    /// Accounts that join get the role; accounts that leave lose it.
    On,
    /// Accounts that join get the role; accounts that leave keep it.
    OnRetaining,
}

/// A number of accounts, or a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many in a hundred, 0 to 100.
    Percent(u32),
}

/// What may be on the role besides ours: patterns in which `*` stands for any text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerate {
    /// Names of inline policies.
    pub inline_policies: Vec<Pattern>,
    /// Names of managed policies (the last part of the ARN), or whole ARNs.
    pub managed_policies: Vec<Pattern>,
    /// Keys of tags.
    pub tags: Vec<Pattern>,
}

/// A text in which `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(pub String);

impl Pattern {
    /// Whether the pattern stands for this text.
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
            return false;
        };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else {
            return rest.is_empty();
        };
        for part in middle {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_the_rest_for_itself() {
        for (pattern, text, matches) in [
            ("datadog-*", "datadog-1", true),
            ("datadog-*", "datadog", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "ab", true),
            ("a*a", "a", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(Pattern(pattern.into()).matches(text), matches, "{pattern} on {text}");
        }
    }
}
