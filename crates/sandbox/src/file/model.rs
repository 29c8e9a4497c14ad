//! The organization file as YAML.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StackSetEntry, build};
use crate::org::AccountState;
use crate::server::Clock;
use crate::switches::Switches;

/// An organization file: the tree of units and accounts that a simulated organization starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationFile {
    /// The organization's id, `o-` and 10 to 32 lower-case letters and digits.
    pub organization: String,
    /// The id of the management account. An account of this id that is not in the tree is put into the root.
    pub management_account: String,
    /// The root's id, `r-` and 4 to 32 lower-case letters and digits; derived from the organization's id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Whether trusted access for stack sets is already active.
    #[serde(default)]
    pub trusted_access: bool,
    /// Behaviours of the simulated AWS that differ from the default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub switches: Switches,
    /// What ids, and faults that happen at a rate, are derived from; the organization's id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// How simulated time passes, unless the command line says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// Where it is from, which decides what is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub origin: Origin,
    /// The accounts directly in the root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountEntry>,
    /// The units directly in the root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitEntry>,
    /// The stack sets. Their stacks are made first, and after them the accounts' roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack_sets: Vec<StackSetEntry>,
}

/// Where an organization file is from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somebody wrote it: its roles are made as IAM makes roles, with all checks.
    #[default]
    Written,
    /// It is a copy of a real organization: roles are as they were found, whatever the quotas, whether or not the
    /// principals they trust and the policies they have are known here. Where roles were looked for, those that a stack
    /// made and that were not found are gone.
    Copied {
        /// The accounts in which nobody could look for roles.
        #[serde(default)]
        unseen: BTreeSet<String>,
    },
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitEntry {
    /// Its name, unique among its siblings.
    pub name: String,
    /// `ou-..`; derived from its path when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The accounts directly in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountEntry>,
    /// The units directly in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitEntry>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountEntry {
    /// Its name.
    pub name: String,
    /// Twelve digits; derived from its place and name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The address of its root user; derived from its id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its state.
    #[serde(default = "active", skip_serializing_if = "is_active")]
    pub state: AccountState,
    /// Its alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The role that the management account can assume in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub member_role: MemberRole,
    /// Actions (with wildcards) that are denied in it whatever its policies say, as by a service control policy.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub deny: BTreeSet<String>,
    /// Customer-managed policies it starts with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyEntry>,
    /// Roles it starts with besides the member role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleEntry>,
}

/// The role that the management account can assume in an account: `none`, or a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum MemberRole {
    /// There is none, as in an account that was invited.
    None,
    /// An administrator role of this name.
    Named(String),
}

impl Default for MemberRole {
    fn default() -> Self {
        Self::Named("OrganizationAccountAccessRole".to_owned())
    }
}

impl From<String> for MemberRole {
    fn from(text: String) -> Self {
        if text == "none" { Self::None } else { Self::Named(text) }
    }
}

impl From<MemberRole> for String {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::None => "none".to_owned(),
            MemberRole::Named(name) => name,
        }
    }
}

/// A customer-managed policy made by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEntry {
    /// Its name.
    pub name: String,
    /// Its path; `/` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The document of the version in force.
    pub document: Value,
    /// The numbers of versions that are not in force, at most four; they say the same.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub idle_versions: BTreeSet<u32>,
}

/// A role made by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    /// Its name.
    pub name: String,
    /// Its path; `/` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its longest session in seconds; 3600 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_session_duration: Option<u32>,
    /// Its trust policy, as a policy document.
    pub trust: Value,
    /// Its inline policies by name, as policy documents.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, Value>,
    /// The ARNs of its managed policies, or the path and name of one that AWS manages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed_policies: Vec<String>,
    /// The ARN of its permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Why a text is no organization file.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationFileError {
    /// Not YAML of this form; the text says where and what.
    #[error("{0}")]
    Yaml(String),
    /// The form is right, but what it describes cannot be.
    #[error("the organization cannot be built from this file")]
    Build(#[source] build::BuildError),
}

impl OrganizationFile {
    /// Reads and checks an organization file.
    ///
    /// # Errors
    /// Syntax errors, unknown keys and wrong types come with line, column and an excerpt; the rest names the account
    /// or unit in question.
    pub fn parse(text: &str) -> Result<Self, OrganizationFileError> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            // Fifty thousand accounts, the largest organization AWS has, are below a million nodes.
            budget: serde_saphyr::budget! { max_nodes: 5_000_000, max_events: 10_000_000, max_depth: 64 },
        };
        let file: Self = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let text = error.to_string();
            OrganizationFileError::Yaml(text.strip_prefix("error: ").unwrap_or(&text).to_owned())
        })?;
        build::check(&file).map_err(OrganizationFileError::Build)?;
        Ok(file)
    }

    /// The file as YAML, which [`OrganizationFile::parse`] reads back.
    ///
    /// # Errors
    /// Only when a policy document holds what YAML cannot say.
    pub fn to_yaml(&self) -> Result<String, OrganizationFileError> {
        serde_saphyr::to_string(self).map_err(|error| OrganizationFileError::Yaml(error.to_string()))
    }
}

fn active() -> AccountState {
    AccountState::Active
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references to skip_serializing_if")]
fn is_active(state: &AccountState) -> bool {
    *state == AccountState::Active
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
