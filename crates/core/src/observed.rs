//! What was seen in AWS, whole, with what could not be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{
    AccountId, IntegrationName, OperationId, OuId, PolicyArn, Region, RoleId, RoleName, StackId, StackSetName, TagKey,
    TagValue,
};
use crate::org::Org;
use crate::role::Role;
use crate::spec::AutoDeployment;

/// Everything a plan is made from, besides the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The organization.
    pub org: Org,
    /// Whether StackSets may act in the organization (CloudFormation `DescribeOrganizationsAccess`).
    pub trusted_access: Reading<TrustedAccess>,
    /// The stack sets whose name is one of ours, by name; `Unreadable` when they could not even be listed.
    pub stack_sets: Reading<BTreeMap<StackSetName, Reading<LiveStackSet>>>,
    /// By account, the roles that have a name or an ownership tag of interest. An account that nobody asked about is
    /// not here; one that could not be read is here as `Unreadable`.
    pub roles: BTreeMap<AccountId, Reading<LiveRoles>>,
    /// By account, the customer-managed policies that have a name that Rolecall would give, and are not Rolecall's: names of
    /// policies are unique in their account, whatever their path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub foreign_policies: BTreeMap<AccountId, BTreeSet<PolicyArn>>,
}

/// The roles of one account that matter to us, by name.
pub type LiveRoles = BTreeMap<RoleName, LiveRole>;

/// Something that was read, or the reason why it was not. Unreadable is never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// It was read.
    Known(T),
    /// It could not be read.
    Unreadable(ReadFailure),
}

impl<T> Reading<T> {
    /// What was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unreadable(_) => None,
        }
    }
}

/// Why something could not be read. Two failures of the same call with the same code are the same failure, whatever
/// the wording and the request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadFailure {
    /// The call that failed, like `sts:AssumeRole`.
    pub call: String,
    /// AWS's error code, or a short name of our own in parentheses, like `(timeout)`.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// What the user can do.
    pub advice: Option<String>,
}

impl PartialEq for ReadFailure {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call && self.code == other.code
    }
}

impl Eq for ReadFailure {}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed with {}", self.call, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// Whether StackSets may act in the organization (CloudFormation `OrganizationStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustedAccess {
    /// They may.
    Enabled,
    /// They may not, and can be allowed.
    Disabled,
    /// They may not, and cannot be allowed.
    DisabledPermanently,
}

/// A role as IAM holds it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRole {
    /// The unique id of this role; another role of the same name has another.
    pub id: RoleId,
    /// The role.
    pub role: Arc<Role>,
}

/// A stack set as CloudFormation holds it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStackSet {
    /// Name and unique part: `rolecall-prowler:2c9f...`.
    pub id: String,
    /// The tags.
    pub tags: BTreeMap<TagKey, TagValue>,
    /// The template's text.
    pub template: String,
    /// The description, empty when there is none.
    pub description: String,
    /// The capabilities it was given, as AWS writes them.
    pub capabilities: BTreeSet<String>,
    /// Who makes the roles that do the work.
    pub permission_model: PermissionModel,
    /// What happens when an account joins or leaves a target.
    pub auto_deployment: AutoDeployment,
    /// Whether operations that do not conflict run at the same time.
    pub managed_execution: ManagedExecution,
    /// The units it is deployed to (`OrganizationalUnitIds`).
    pub units: BTreeSet<OuId>,
    /// Its instances in the Region of `access.region`.
    pub instances: BTreeMap<AccountId, StackInstance>,
    /// Instances in other Regions, which Rolecall never makes.
    pub elsewhere: BTreeSet<(AccountId, Region)>,
    /// The operation that is running, stopping or queued, if any.
    pub running: Option<RunningOperation>,
    /// The operation that was started last, whatever became of it.
    pub last_operation: Option<OperationId>,
    /// The last of them that updated the definition or the instances.
    #[serde(default)]
    pub last_update: Option<OperationId>,
    /// The last of them that made instances; automatic deployment starts operations too.
    #[serde(default)]
    pub last_create: Option<OperationId>,
}

impl LiveStackSet {
    /// The integration that the stack set says it belongs to.
    pub fn owner(&self) -> Option<IntegrationName> {
        crate::role::owner(&self.tags)
    }
}

/// Who makes the roles that do the work in the accounts (CloudFormation `PermissionModels`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionModel {
    /// AWS does, by trusted access. The only model Rolecall uses.
    ServiceManaged,
    /// The user does.
    SelfManaged,
}

/// Whether operations that do not conflict run at the same time (CloudFormation `ManagedExecution`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagedExecution {
    /// They do, and those that conflict wait in a queue.
    Active,
    /// One operation at a time; a second one is refused.
    Inactive,
}

/// A stack set's presence in one account (CloudFormation `StackInstanceSummary`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackInstance {
    /// The unit named when the instance was made: a target, not always the account's parent.
    pub unit: Option<OuId>,
    /// How it stands.
    pub status: InstanceStatus,
    /// What its last operation came to, as AWS writes it (`StackInstanceDetailedStatus`).
    pub detail: Option<String>,
    /// Why, in AWS's words.
    pub reason: Option<String>,
    /// Its stack in the account; none where a create failed.
    pub stack: Option<StackId>,
}

impl StackInstance {
    /// Whether it is of a stack that someone else made and that could not be imported: to AWS such an instance is
    /// INOPERABLE, and only a delete that retains the stack gets rid of it.
    pub fn is_failed_import(&self) -> bool {
        self.status == InstanceStatus::Inoperable && self.detail.as_deref() == Some("FAILED_IMPORT")
    }
}

/// How an instance stands (CloudFormation `StackInstanceStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstanceStatus {
    /// The stack has the stack set's template.
    Current,
    /// It does not: a create or an update failed, was cancelled, or has not run yet.
    Outdated,
    /// A delete failed; only a delete that retains the stack gets rid of it.
    Inoperable,
}

/// An operation of a stack set that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningOperation {
    /// Its id; `OperationId::is_ours` tells whether a run of Rolecall started it.
    pub id: OperationId,
    /// What it does, as AWS writes it: CREATE, UPDATE, DELETE, `DETECT_DRIFT`. None of one that AWS does not list yet.
    pub action: Option<String>,
    /// When it was started, RFC 3339.
    pub started: Option<String>,
}
