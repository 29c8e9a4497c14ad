//! Steps: what is done, one AWS call each.
//!
//! A step whose effect is already there succeeds, so a run that was cut off can be repeated. What a step finds
//! instead of what the plan saw (a role of someone else's under the name, say) fails the step.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{
    AccountId, InlineName, OperationId, OuId, PolicyArn, PolicyName, RoleName, RolePath, StackId, StackSetName, TagKey,
    TagValue,
};
use crate::policy::PolicyDoc;
use crate::role::{SessionLimit, hex};
use crate::spec::{Amount, AutoDeployment};
use crate::template::Definition;

/// One AWS call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// CloudFormation `ActivateOrganizationsAccess`.
    ActivateTrustedAccess,
    /// An IAM call about a role in an account.
    Role {
        /// The account.
        account: AccountId,
        /// The role.
        role: RoleName,
        /// The call.
        call: RoleCall,
    },
    /// A CloudFormation call about a stack set.
    StackSet {
        /// The stack set.
        name: StackSetName,
        /// The call.
        call: StackSetCall,
    },
    /// CloudFormation `DeleteStack` in an account, of a stack that its stack set has let go.
    DeleteStack {
        /// The account.
        account: AccountId,
        /// The stack.
        stack: StackId,
    },
}

/// An IAM call about one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleCall {
    /// `CreateRole`, which sets everything but the policies.
    Create {
        /// The path.
        path: RolePath,
        /// The description.
        description: String,
        /// The trust policy.
        trust: PolicyDoc,
        /// How long a session may last.
        max_session: SessionLimit,
        /// The permissions boundary.
        boundary: Option<PolicyArn>,
        /// The tags.
        tags: BTreeMap<TagKey, TagValue>,
    },
    /// `UpdateAssumeRolePolicy`.
    SetTrust(PolicyDoc),
    /// `UpdateRole`: both are sent, as IAM leaves open what a missing one means.
    Update {
        /// The description.
        description: String,
        /// How long a session may last.
        max_session: SessionLimit,
    },
    /// `PutRolePermissionsBoundary`.
    PutBoundary(PolicyArn),
    /// `DeleteRolePermissionsBoundary`.
    DeleteBoundary,
    /// `TagRole`.
    Tag(BTreeMap<TagKey, TagValue>),
    /// `UntagRole`.
    Untag(BTreeSet<TagKey>),
    /// `PutRolePolicy`.
    PutInline {
        /// The policy's name.
        name: InlineName,
        /// The document.
        document: PolicyDoc,
    },
    /// `DeleteRolePolicy`.
    DeleteInline(InlineName),
    /// `AttachRolePolicy`.
    Attach(PolicyArn),
    /// `DetachRolePolicy`.
    Detach(PolicyArn),
    /// A call about a customer-managed policy that Rolecall makes for the role.
    Policy {
        /// The policy's name.
        name: PolicyName,
        /// The call.
        call: PolicyCall,
    },
    /// `DeleteRole`.
    Delete,
}

/// An IAM call about one customer-managed policy of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyCall {
    /// `CreatePolicy`. One that is there already gets the document as its only version.
    Create(PolicyDoc),
    /// `CreatePolicyVersion`, in force at once.
    AddVersion(PolicyDoc),
    /// `DeletePolicyVersion` of each version that is not in force.
    DeleteIdleVersions,
    /// `AttachRolePolicy`.
    Attach,
    /// `DetachRolePolicy`.
    Detach,
    /// `DeletePolicy`, which takes that no other version is left and nobody has it.
    Delete,
}

/// A CloudFormation call about one stack set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackSetCall {
    /// `CreateStackSet`.
    Create(Definition),
    /// `UpdateStackSet` that switches managed execution on and nothing else, for it must come before other operations.
    ActivateManagedExecution,
    /// `UpdateStackSet` that sets automatic deployment and nothing else: AWS refuses it together with targets.
    SetAutoDeployment(AutoDeployment),
    /// `UpdateStackSet` with template, description, tags and capabilities.
    Update {
        /// What the stack set is to be.
        definition: Definition,
        /// Which accounts get it now; `None` for all that have an instance.
        targets: Option<DeploymentTargets>,
        /// At what speed.
        preferences: Preferences,
    },
    /// `CreateStackInstances`, which also tries again where a create failed.
    CreateInstances {
        /// Which accounts.
        targets: DeploymentTargets,
        /// At what speed.
        preferences: Preferences,
    },
    /// `UpdateStackInstances`, to try again where an update failed.
    UpdateInstances {
        /// Which accounts.
        targets: DeploymentTargets,
        /// At what speed.
        preferences: Preferences,
    },
    /// `DeleteStackInstances`.
    DeleteInstances {
        /// Which accounts.
        targets: DeploymentTargets,
        /// What becomes of their stacks.
        stacks: Stacks,
        /// At what speed.
        preferences: Preferences,
    },
    /// `DeleteStackSet`.
    Delete,
}

/// What becomes of the stacks of deleted instances (CloudFormation `RetainStacks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stacks {
    /// They are deleted too.
    Deleted,
    /// They stay, as stacks of their own.
    Retained,
}

/// Which accounts an operation of a service-managed stack set is about (CloudFormation `DeploymentTargets`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentTargets {
    /// 1 to 50 units; each means everything below it.
    pub units: BTreeSet<OuId>,
    /// Which accounts in them.
    pub filter: AccountFilter,
}

/// Which accounts in the units are meant (CloudFormation `AccountFilterType`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountFilter {
    /// All of them (`NONE`).
    All,
    /// Only these (`INTERSECTION`).
    Only(BTreeSet<AccountId>),
    /// All but these (`DIFFERENCE`).
    Except(BTreeSet<AccountId>),
}

/// How many units AWS takes in one operation.
pub const MAX_UNITS: usize = 50;

/// At what speed an operation goes (CloudFormation `StackSetOperationPreferences`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// How many accounts are worked on at the same time.
    pub max_concurrent: Amount,
    /// How many may fail before the rest is cancelled.
    pub failure_tolerance: Amount,
}

impl StackSetCall {
    /// The operation id for this call: the same call after the same last operation has the same id, so that a run that
    /// was cut off finds its own operation instead of starting another; a retry after it ended has a new one.
    pub fn operation_id(&self, stack_set: &StackSetName, last: Option<&OperationId>) -> OperationId {
        // Serializing a call cannot fail: it has no map with keys that are not strings.
        let call = serde_json::to_vec(self).unwrap_or_default();
        let mut digest = Sha256::new();
        for part in [stack_set.as_str().as_bytes(), last.map_or(b"" as &[u8], |id| id.as_str().as_bytes()), &call] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        OperationId::from_digest(&hex(&digest.finalize()))
    }
}
