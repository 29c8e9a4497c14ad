//! What is remembered of policies.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FULL_ACCESS, SERVICE_CONTROL_POLICY};
use crate::world::World;

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The policies of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policies {
    /// Whether service control policies are in effect in the root.
    pub(in crate::org) state: PolicyTypeState,
    /// The policies by `p-..` id, that of AWS among them.
    pub(in crate::org) known: BTreeMap<String, Policy>,
    /// The ids of the policies of roots, units and accounts. Those that are not here have AWS's alone.
    pub(in crate::org) attached: BTreeMap<String, BTreeSet<String>>,
}

/// Whether a type of policies is enabled in the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyTypeState {
    /// It is.
    Enabled,
    /// It is not, as in a new organization.
    Disabled,
}

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) content: String,
    pub(super) owner: PolicyOwner,
}

/// Who keeps a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PolicyOwner {
    Aws,
    Organization,
}

impl Default for Policies {
    fn default() -> Self {
        let full = Policy {
            id: FULL_ACCESS.to_owned(),
            name: "FullAWSAccess".to_owned(),
            description: "Allows access to every operation".to_owned(),
            content: ALLOW_ALL.to_owned(),
            owner: PolicyOwner::Aws,
        };
        Self {
            state: PolicyTypeState::Disabled,
            known: BTreeMap::from([(full.id.clone(), full)]),
            attached: BTreeMap::new(),
        }
    }
}

impl Policies {
    /// The ids of the policies of a root, unit or account.
    pub(super) fn of(&self, target: &str) -> BTreeSet<String> {
        match self.state {
            PolicyTypeState::Disabled => BTreeSet::new(),
            PolicyTypeState::Enabled => {
                self.attached.get(target).cloned().unwrap_or_else(|| BTreeSet::from([FULL_ACCESS.to_owned()]))
            }
        }
    }
}

impl Policy {
    /// `PolicySummary`.
    pub(super) fn summary(&self, world: &World) -> Value {
        let Self { id, name, description, content: _, owner } = self;
        let org = &world.org;
        let arn = match owner {
            PolicyOwner::Aws => format!("arn:aws:organizations::aws:policy/service_control_policy/{id}"),
            PolicyOwner::Organization => format!(
                "arn:aws:organizations::{}:policy/{}/service_control_policy/{id}",
                org.management_account, org.id
            ),
        };
        json!({
            "Id": id, "Arn": arn, "Name": name, "Description": description, "Type": SERVICE_CONTROL_POLICY,
            "AwsManaged": *owner == PolicyOwner::Aws,
        })
    }

    /// `Policy`.
    pub(super) fn shape(&self, world: &World) -> Value {
        json!({ "PolicySummary": self.summary(world), "Content": self.content })
    }
}
