//! Every AWS operation that the program calls, and what it takes to be allowed to.

use super::Calling::{Anyone, Caller, Delegated, Locking, Management, Members};
use super::Purpose::{Apply, Doctor, Drift, Plan};
use super::{Kind, Need, Part, Purpose, Setting};
use crate::spec::{CallAs, LockUse};

/// An AWS operation that the program calls.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The operation, like `iam:PutRolePolicy`.
    pub operation: &'static str,
    /// What it is called for.
    pub purpose: Purpose,
    /// With whose credentials.
    pub calling: Calling,
    /// On what the action of its name must be allowed; `None` for what everybody may call.
    pub kind: Option<Kind>,
    /// What must be allowed besides.
    pub more: &'static [Need],
}

impl Call {
    /// Everything that must be allowed.
    pub fn needs(&self) -> impl Iterator<Item = Need> {
        let own = self.kind.map(|kind| Need { kind, action: self.operation });
        own.into_iter().chain(self.more.iter().copied())
    }
}

/// With whose credentials an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calling {
    /// The caller's.
    Caller,
    /// The caller's, in the management account only.
    Management,
    /// The caller's, in the account of a delegated administrator only. CloudFormation asks Organizations in the
    /// caller's name.
    Delegated,
    /// The caller's, unless the file switches the lock off.
    Locking,
    /// The member role's, and the caller's where its own account is a member.
    Members,
    /// The caller's in its own account, the member role's elsewhere.
    Anyone,
}

impl Calling {
    /// Whether the operation is called with these credentials.
    pub fn concerns(self, part: Part, setting: &Setting) -> bool {
        let is_caller = part == Part::Caller;
        match self {
            Self::Anyone => true,
            Self::Caller => is_caller,
            Self::Management => is_caller && setting.call_as == CallAs::Management,
            Self::Delegated => is_caller && setting.call_as == CallAs::DelegatedAdmin,
            Self::Members => !is_caller || setting.call_as == CallAs::DelegatedAdmin,
            Self::Locking => is_caller && setting.lock == LockUse::On,
        }
    }
}

/// The table. Nothing depends on its order.
pub const CALLS: &[Call] = &[
    call("sts:GetCallerIdentity", Plan, Caller, None, &[]),
    call("sts:AssumeRole", Plan, Caller, Some(Kind::MemberRole), &[]),
    call("organizations:DescribeOrganization", Plan, Caller, Some(Kind::Any), &[]),
    call("organizations:ListAccounts", Plan, Caller, Some(Kind::Any), &[]),
    call("organizations:ListRoots", Plan, Caller, Some(Kind::Any), &[]),
    call("organizations:ListAccountsForParent", Plan, Caller, Some(Kind::Units), &[]),
    call("organizations:ListOrganizationalUnitsForParent", Plan, Caller, Some(Kind::Units), &[]),
    call("organizations:ListDelegatedAdministrators", Plan, Delegated, Some(Kind::Any), &[]),
    call("cloudformation:DescribeOrganizationsAccess", Plan, Caller, Some(Kind::Any), &[]),
    call("cloudformation:ListStackSets", Plan, Caller, Some(Kind::Any), &[]),
    call("cloudformation:DescribeStackSet", Plan, Caller, Some(Kind::StackSets), &[]),
    call("cloudformation:ListStackInstances", Plan, Caller, Some(Kind::StackSets), &[]),
    call("cloudformation:ListStackSetOperations", Plan, Caller, Some(Kind::StackSets), &[]),
    call("iam:ListRoles", Plan, Anyone, Some(Kind::Any), &[]),
    call("iam:GetAccountAuthorizationDetails", Plan, Anyone, Some(Kind::Any), &[]),
    call("iam:GetRole", Plan, Anyone, Some(Kind::Roles), &[]),
    call("iam:GetRolePolicy", Plan, Anyone, Some(Kind::Roles), &[]),
    call("iam:ListAttachedRolePolicies", Plan, Anyone, Some(Kind::Roles), &[]),
    call("iam:ListRolePolicies", Plan, Anyone, Some(Kind::Roles), &[]),
    call("cloudtrail:LookupEvents", Drift, Anyone, Some(Kind::History), &[]),
    call(
        "cloudformation:ActivateOrganizationsAccess",
        Apply,
        Management,
        Some(Kind::Any),
        &[need(Kind::ServiceLinkedRole, "iam:CreateServiceLinkedRole"), need(Kind::ServiceLinkedRole, "iam:GetRole")],
    ),
    call(
        "cloudformation:CreateStackSet",
        Apply,
        Caller,
        Some(Kind::Any),
        &[need(Kind::StackSets, "cloudformation:TagResource")],
    ),
    call(
        "cloudformation:UpdateStackSet",
        Apply,
        Caller,
        Some(Kind::StackSetOperations),
        &[need(Kind::StackSets, "cloudformation:TagResource"), need(Kind::StackSets, "cloudformation:UntagResource")],
    ),
    call("cloudformation:CreateStackInstances", Apply, Caller, Some(Kind::StackSetOperations), &[]),
    call("cloudformation:UpdateStackInstances", Apply, Caller, Some(Kind::StackSetOperations), &[]),
    call("cloudformation:DeleteStackInstances", Apply, Caller, Some(Kind::StackSetOperations), &[]),
    call("cloudformation:DeleteStackSet", Apply, Caller, Some(Kind::StackSets), &[]),
    call("cloudformation:DescribeStackSetOperation", Apply, Caller, Some(Kind::StackSets), &[]),
    call("cloudformation:ListStackSetOperationResults", Apply, Caller, Some(Kind::StackSets), &[]),
    call("cloudformation:DeleteStack", Apply, Members, Some(Kind::Stacks), &[]),
    call("cloudformation:DescribeStacks", Apply, Members, Some(Kind::Stacks), &[]),
    call("iam:CreateRole", Apply, Anyone, Some(Kind::Roles), &[need(Kind::Roles, "iam:TagRole")]),
    call("iam:AttachRolePolicy", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:CreatePolicy", Apply, Anyone, Some(Kind::Policies), &[]),
    call("iam:CreatePolicyVersion", Apply, Anyone, Some(Kind::Policies), &[]),
    call("iam:DeletePolicy", Apply, Anyone, Some(Kind::Policies), &[]),
    call("iam:DeletePolicyVersion", Apply, Anyone, Some(Kind::Policies), &[]),
    call("iam:GetPolicyVersion", Apply, Anyone, Some(Kind::Policies), &[]),
    call("iam:ListPolicyVersions", Apply, Anyone, Some(Kind::Policies), &[]),
    call("iam:DeleteRole", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:DeleteRolePermissionsBoundary", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:DeleteRolePolicy", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:DetachRolePolicy", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:PutRolePermissionsBoundary", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:PutRolePolicy", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:TagRole", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:UntagRole", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:UpdateAssumeRolePolicy", Apply, Anyone, Some(Kind::Roles), &[]),
    call("iam:UpdateRole", Apply, Anyone, Some(Kind::Roles), &[]),
    call("ssm:DeleteParameter", Apply, Locking, Some(Kind::Lock), &[]),
    call("ssm:GetParameter", Apply, Locking, Some(Kind::Lock), &[]),
    call("ssm:PutParameter", Apply, Locking, Some(Kind::Lock), &[]),
    call(
        "iam:SimulatePrincipalPolicy",
        Doctor,
        Anyone,
        Some(Kind::Principals),
        &[need(Kind::Principals, "iam:GetRole")],
    ),
];

const fn call(
    operation: &'static str,
    purpose: Purpose,
    calling: Calling,
    kind: Option<Kind>,
    more: &'static [Need],
) -> Call {
    Call { operation, purpose, calling, kind, more }
}

const fn need(kind: Kind, action: &'static str) -> Need {
    Need { kind, action }
}
