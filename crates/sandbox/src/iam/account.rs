//! IAM of one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Group, InstanceProfile, ManagedPolicy, OidcProvider, PasswordPolicy, Role, SamlProvider, User, VirtualMfaDevice,
};
use crate::world::{hex, unique_id};

/// IAM of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The account's id.
    pub(crate) id: String,
    /// The account's alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias: Option<String>,
    /// Its roles, by name in lower case.
    pub(crate) roles: BTreeMap<String, Role>,
    /// Its customer managed policies, by name in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<String, ManagedPolicy>,
    /// Its users, by name in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) users: BTreeMap<String, User>,
    /// Its groups, by name in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) groups: BTreeMap<String, Group>,
    /// Its instance profiles, by name in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) instance_profiles: BTreeMap<String, InstanceProfile>,
    /// Its virtual MFA devices, by serial number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) virtual_mfa_devices: BTreeMap<String, VirtualMfaDevice>,
    /// Its `OpenID` Connect providers, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) oidc_providers: BTreeMap<String, OidcProvider>,
    /// Its SAML providers, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) saml_providers: BTreeMap<String, SamlProvider>,
    /// What passwords must be like, when somebody has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_policy: Option<PasswordPolicy>,
    /// The deletions of service-linked roles, by task id: all of them succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) deletion_tasks: Vec<String>,
    /// How many entities were created, so that unique ids are never used again.
    pub(crate) serial: u64,
    /// The quotas in force; a copy of the world's switches that `World::iam_mut` keeps current.
    #[serde(skip)]
    pub(super) quotas: Quotas,
}

/// What of IAM can be chosen and has to be known where a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quotas {
    /// Roles in an account.
    pub(crate) roles_per_account: usize,
    /// Managed policies on a role.
    pub(crate) policies_per_role: usize,
    /// What an empty description does to a role's.
    pub(crate) empty_description: EmptyDescription,
    /// For how many seconds a login profile cannot be changed after it was made.
    pub(crate) login_profile_settles: u32,
}

/// What `UpdateRole` with an empty description does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyDescription {
    /// It takes the description away.
    Clears,
    /// It changes nothing.
    Keeps,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            roles_per_account: 1000,
            policies_per_role: 10,
            empty_description: EmptyDescription::Clears,
            login_profile_settles: 0,
        }
    }
}

impl Account {
    /// An account without anything.
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            alias: None,
            roles: BTreeMap::new(),
            policies: BTreeMap::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            instance_profiles: BTreeMap::new(),
            virtual_mfa_devices: BTreeMap::new(),
            oidc_providers: BTreeMap::new(),
            saml_providers: BTreeMap::new(),
            password_policy: None,
            deletion_tasks: Vec::new(),
            serial: 0,
            quotas: Quotas::default(),
        }
    }

    /// Puts other quotas in force.
    pub(crate) fn set_quotas(&mut self, quotas: Quotas) {
        self.quotas = quotas;
    }

    /// The unique id of the next entity: the prefix, for example `AROA`, and 17 characters.
    pub(super) fn next_id(&mut self, prefix: &str, name: &str) -> String {
        unique_id(prefix, &self.next_digits(name))
    }

    /// 64 hex digits that were not given before in this account.
    pub(super) fn next_digits(&mut self, name: &str) -> String {
        self.serial += 1;
        hex(&[&self.id, name, &self.serial.to_string()])
    }
}
