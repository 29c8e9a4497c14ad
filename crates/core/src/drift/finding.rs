//! What has drifted, attribute by attribute.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::day::Day;
use crate::ids::{
    AccountId, InlineName, IntegrationName, PolicyArn, PolicyName, Region, RoleName, RolePath, StackSetName, TagKey,
    TagValue,
};
use crate::observed::{ReadFailure, StackInstance};
use crate::own_policy::OwnPolicy;
use crate::policy::PolicyDoc;
use crate::role::SessionLimit;

/// One thing that is not what was last applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What a plan would call the part that drifted.
    pub address: Address,
    /// Where it was found.
    pub place: Place,
    /// What it is.
    pub what: What,
    /// Whether it counts.
    pub standing: Standing,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the organization as a whole.
    Organization,
    /// At a stack set.
    StackSet(StackSetName),
    /// In an account.
    Account(AccountId),
}

/// Whether a finding counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Open,
    /// The file says to ignore it.
    Ignored {
        /// Why.
        reason: String,
        /// The last day on which it is ignored.
        until: Day,
    },
}

/// What has drifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An attribute of a role.
    Attribute {
        /// The role.
        role: RoleName,
        /// The attribute, as applied and as it is.
        difference: Difference,
        /// Whether the difference is drift alone.
        purity: Purity,
    },
    /// The role was deleted: its stack is there.
    RoleDeleted {
        /// The role.
        role: RoleName,
    },
    /// A role that IAM calls keep is not there, and other roles of the integration are. It was deleted, or it was never made, as
    /// the account is new among the targets or the last apply failed in it: nothing in AWS tells which.
    RoleMissing {
        /// The role.
        role: RoleName,
    },
    /// A role carries our tag, and nothing that was applied made it.
    RoleUndeclared {
        /// The role.
        role: RoleName,
    },
    /// A role that was made here has lost the tag that says whose it is.
    OwnershipRemoved {
        /// The role.
        role: RoleName,
    },
    /// A target account has no stack instance.
    InstanceMissing,
    /// The stack of an instance is not what it should be.
    InstanceFailed(Option<StackInstance>),
    /// An account that is no target has a stack instance.
    InstanceUndeclared,
    /// An instance is in a Region in which nothing is made.
    InstanceElsewhere(Region),
    /// The stack set was deleted.
    StackSetDeleted,
    /// The stack set was changed.
    StackSetChanged(BTreeSet<DefinitionPart>),
    /// StackSets may not act in the organization any more.
    TrustedAccessOff,
}

/// Whether what differs is drift alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purity {
    /// The applied side is what was last applied.
    Drift,
    /// The role drifted and a change is pending too. Only a digest of what was applied is known, so the applied side is
    /// what the file says.
    DriftAndPending,
}

/// A part of a stack set's definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefinitionPart {
    /// The template.
    Template,
    /// The description.
    Description,
    /// The capabilities.
    Capabilities,
    /// The tags.
    Tags,
    /// Automatic deployment.
    AutoDeployment,
    /// Managed execution.
    ManagedExecution,
}

/// One attribute of a role, as applied and as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Who may assume the role.
    Trust {
        /// What was applied.
        applied: PolicyDoc,
        /// What is there.
        live: PolicyDoc,
    },
    /// A principal of the trust policy was deleted; IAM shows its id instead.
    PrincipalDeleted {
        /// The ids that IAM shows, like `AROA...` and `AIDA...`.
        ids: BTreeSet<String>,
        /// What was applied.
        applied: PolicyDoc,
        /// What is there.
        live: PolicyDoc,
    },
    /// An inline policy was added.
    InlineAdded {
        /// Its name.
        name: InlineName,
        /// What it says.
        live: PolicyDoc,
    },
    /// An inline policy was deleted.
    InlineRemoved {
        /// Its name.
        name: InlineName,
        /// What it said.
        applied: PolicyDoc,
    },
    /// An inline policy was changed.
    InlineChanged {
        /// Its name.
        name: InlineName,
        /// What was applied.
        applied: PolicyDoc,
        /// What is there.
        live: PolicyDoc,
    },
    /// A managed policy was attached.
    Attached(PolicyArn),
    /// A managed policy was detached.
    Detached(PolicyArn),
    /// A customer-managed policy that Rolecall made for the role was changed, detached or deleted, or one was added.
    OwnPolicy {
        /// Its name.
        name: PolicyName,
        /// What was applied.
        applied: Option<OwnPolicy>,
        /// What is there.
        live: Option<OwnPolicy>,
    },
    /// The permissions boundary was put, changed or taken off.
    Boundary {
        /// What was applied.
        applied: Option<PolicyArn>,
        /// What is there.
        live: Option<PolicyArn>,
    },
    /// How long a session may last was changed.
    MaxSession {
        /// What was applied.
        applied: SessionLimit,
        /// What is there.
        live: SessionLimit,
    },
    /// The role was made anew under another path.
    Path {
        /// What was applied.
        applied: RolePath,
        /// What is there.
        live: RolePath,
    },
    /// The role was made anew under a name in another case.
    Name {
        /// What was applied.
        applied: RoleName,
        /// What is there.
        live: RoleName,
    },
    /// The description was changed.
    Description {
        /// What was applied.
        applied: String,
        /// What is there.
        live: String,
    },
    /// A tag was added, changed or taken off.
    Tag {
        /// Its key.
        key: TagKey,
        /// What was applied.
        applied: Option<TagValue>,
        /// What is there.
        live: Option<TagValue>,
    },
}

/// Something that could not be looked at, so that nothing is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blind {
    /// Whether `StackSets` may act in the organization.
    TrustedAccess {
        /// Why.
        failure: ReadFailure,
    },
    /// A stack set, or all of them, could not be read.
    Unreadable {
        /// The stack set; none when none could be listed.
        stack_set: Option<StackSetName>,
        /// Why.
        failure: ReadFailure,
    },
    /// An operation runs on a stack set, so that its instances are in flux.
    OperationRunning {
        /// The stack set.
        stack_set: StackSetName,
        /// The operation.
        operation: crate::ids::OperationId,
    },
}

impl Finding {
    /// The integration it belongs to; none when it concerns all of them.
    pub fn integration(&self) -> Option<&IntegrationName> {
        self.address.integration()
    }

    /// The account it was found in.
    pub fn account(&self) -> Option<&AccountId> {
        match &self.place {
            Place::Account(account) => Some(account),
            Place::Organization | Place::StackSet(_) => None,
        }
    }

    /// Whether it counts.
    pub fn is_open(&self) -> bool {
        self.standing == Standing::Open
    }
}

impl What {
    /// The kind in a word, as documents have it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Attribute { role: _, difference, purity: _ } => difference.word(),
            Self::RoleDeleted { role: _ } => "role_deleted",
            Self::RoleMissing { role: _ } => "role_missing",
            Self::RoleUndeclared { role: _ } => "role_undeclared",
            Self::OwnershipRemoved { role: _ } => "ownership_removed",
            Self::InstanceMissing => "instance_missing",
            Self::InstanceFailed(_) => "instance_failed",
            Self::InstanceUndeclared => "instance_undeclared",
            Self::InstanceElsewhere(_) => "instance_elsewhere",
            Self::StackSetDeleted => "stack_set_deleted",
            Self::StackSetChanged(_) => "stack_set_changed",
            Self::TrustedAccessOff => "trusted_access_off",
        }
    }

    /// The attribute that ignores name: `trust`, `inline_policies.debug`, `tags.team`, `role`, `instance`.
    pub fn attribute(&self) -> String {
        match self {
            Self::Attribute { role: _, difference, purity: _ } => difference.attribute(),
            Self::RoleDeleted { role: _ } | Self::RoleMissing { role: _ } | Self::RoleUndeclared { role: _ } => {
                "role".to_owned()
            }
            Self::OwnershipRemoved { role: _ } => format!("tags.{}", crate::role::OWNER_TAG),
            Self::InstanceMissing | Self::InstanceFailed(_) | Self::InstanceUndeclared | Self::InstanceElsewhere(_) => {
                "instance".to_owned()
            }
            Self::StackSetDeleted | Self::StackSetChanged(_) => "stack_set".to_owned(),
            Self::TrustedAccessOff => "trusted_access".to_owned(),
        }
    }

    /// The role it is about.
    pub fn role(&self) -> Option<&RoleName> {
        match self {
            Self::Attribute { role, difference: _, purity: _ }
            | Self::RoleDeleted { role }
            | Self::RoleMissing { role }
            | Self::RoleUndeclared { role }
            | Self::OwnershipRemoved { role } => Some(role),
            Self::InstanceMissing
            | Self::InstanceFailed(_)
            | Self::InstanceUndeclared
            | Self::InstanceElsewhere(_)
            | Self::StackSetDeleted
            | Self::StackSetChanged(_)
            | Self::TrustedAccessOff => None,
        }
    }
}

impl Difference {
    /// The kind in a word, as documents have it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Trust { .. } => "trust_changed",
            Self::PrincipalDeleted { .. } => "principal_deleted",
            Self::InlineAdded { .. } => "inline_policy_added",
            Self::InlineRemoved { .. } => "inline_policy_removed",
            Self::InlineChanged { .. } => "inline_policy_changed",
            Self::Attached(_) => "managed_policy_attached",
            Self::Detached(_) => "managed_policy_detached",
            Self::OwnPolicy { applied: None, .. } => "own_policy_added",
            Self::OwnPolicy { live: None, .. } => "own_policy_deleted",
            Self::OwnPolicy { applied: Some(applied), live: Some(live), .. } => {
                let is_detached = applied.attachment != live.attachment;
                match (applied.document == live.document, is_detached) {
                    (false, _) => "own_policy_changed",
                    (true, true) => "own_policy_detached",
                    (true, false) => "own_policy_version_added",
                }
            }
            Self::Boundary { .. } => "permissions_boundary_changed",
            Self::MaxSession { .. } => "max_session_duration_changed",
            Self::Path { .. } => "path_changed",
            Self::Name { .. } => "name_changed",
            Self::Description { .. } => "description_changed",
            Self::Tag { applied: None, .. } => "tag_added",
            Self::Tag { live: None, .. } => "tag_removed",
            Self::Tag { .. } => "tag_changed",
        }
    }

    fn attribute(&self) -> String {
        match self {
            Self::Trust { .. } | Self::PrincipalDeleted { .. } => "trust".to_owned(),
            Self::InlineAdded { name, .. } | Self::InlineRemoved { name, .. } | Self::InlineChanged { name, .. } => {
                format!("inline_policies.{name}")
            }
            Self::Attached(arn) | Self::Detached(arn) => {
                format!("managed_policies.{}", arn.as_str().rsplit('/').next().unwrap_or_default())
            }
            Self::OwnPolicy { name, .. } => format!("managed_policies.{name}"),
            Self::Boundary { .. } => "permissions_boundary".to_owned(),
            Self::MaxSession { .. } => "max_session_duration".to_owned(),
            Self::Path { .. } => "path".to_owned(),
            Self::Name { .. } => "name".to_owned(),
            Self::Description { .. } => "description".to_owned(),
            Self::Tag { key, .. } => format!("tags.{key}"),
        }
    }
}

impl DefinitionPart {
    /// The part in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Description => "description",
            Self::Capabilities => "capabilities",
            Self::Tags => "tags",
            Self::AutoDeployment => "automatic deployment",
            Self::ManagedExecution => "managed execution",
        }
    }
}
