//! The words that texts and documents share: codes that programs may rely on, and AWS calls by name.

use rolecall_aws::Subject;
use rolecall_core::observed::{InstanceStatus, ManagedExecution, StackInstance};
use rolecall_core::plan::{Action, Custody, Why};
use rolecall_core::role::SessionLimit;
use rolecall_core::spec::AutoDeployment;
use rolecall_core::step::{PolicyCall, RoleCall, StackSetCall, Stacks, Step};

/// The reason of a change, for programs.
pub(super) fn why_code(why: Why) -> &'static str {
    match why {
        Why::Missing => "missing",
        Why::ConfigChanged => "config_changed",
        Why::Drifted => "drifted",
        Why::Deleted => "deleted",
        Why::PrincipalOrphaned => "principal_orphaned",
        Why::Undeclared => "undeclared",
        Why::AccountJoined => "account_joined",
        Why::NotReached => "not_reached",
        Why::AccountLeft => "account_left",
        Why::AccountGone => "account_gone",
        Why::AccountNotInUse => "account_not_in_use",
        Why::ImportFailed => "import_failed",
        Why::InstanceFailed => "instance_failed",
        Why::Adopted => "adopted",
        Why::Released => "released",
        Why::DeliveryChanged => "delivery_changed",
    }
}

/// Whose it is before and after, for programs.
pub(super) fn custody(custody: Custody) -> &'static str {
    match custody {
        Custody::Ours => "ours",
        Custody::Adopted => "adopted",
        Custody::Released => "released",
    }
}

/// What `doctor` checks, for programs.
pub(super) fn subject_code(subject: Subject) -> &'static str {
    match subject {
        Subject::Caller => "caller",
        Subject::Organization => "organization",
        Subject::CallerAccount => "caller_account",
        Subject::TrustedAccess => "trusted_access",
        Subject::Accounts => "accounts",
        Subject::Targets => "configuration",
        Subject::MemberRole => "member_role",
        Subject::PlanAsCaller => "caller_plan_permissions",
        Subject::ApplyAsCaller => "caller_apply_permissions",
        Subject::PlanAsMember => "member_plan_permissions",
        Subject::ApplyAsMember => "member_apply_permissions",
        Subject::HistoryAsCaller => "caller_history",
        Subject::HistoryAsMember => "member_history",
    }
}

/// What AWS says of a stack instance: `the stack instance is OUTDATED (CANCELLED): Cancelled since ...`.
pub(super) fn instance(instance: &StackInstance) -> String {
    let StackInstance { unit: _, status, detail, reason, stack: _ } = instance;
    let status = match status {
        InstanceStatus::Current => "CURRENT",
        InstanceStatus::Outdated => "OUTDATED",
        InstanceStatus::Inoperable => "INOPERABLE",
    };
    let detail = detail.as_deref().filter(|detail| *detail != status).map(|detail| format!(" ({detail})"));
    let reason = reason.as_deref().map(|reason| format!(": {reason}"));
    format!("the stack instance is {status}{}{}", detail.unwrap_or_default(), reason.unwrap_or_default())
}

/// What is done, for programs. A replacement is two, so that whoever looks for `delete` finds every deletion.
pub(super) fn actions(action: Action) -> &'static [&'static str] {
    match action {
        Action::Create => &["create"],
        Action::Update => &["update"],
        Action::Replace => &["delete", "create"],
        Action::Delete => &["delete"],
    }
}

/// The call that a step makes, like `iam:PutRolePolicy`, and what it names besides the role or the stack set.
pub(super) fn call(step: &Step) -> (&'static str, Option<String>) {
    match step {
        Step::ActivateTrustedAccess => ("cloudformation:ActivateOrganizationsAccess", None),
        Step::Role { account: _, role: _, call } => role_call(call),
        Step::StackSet { name: _, call } => stack_set_call(call),
        Step::DeleteStack { account: _, stack } => ("cloudformation:DeleteStack", Some(stack.to_string())),
    }
}

fn role_call(call: &RoleCall) -> (&'static str, Option<String>) {
    match call {
        RoleCall::Create { .. } => ("iam:CreateRole", None),
        RoleCall::SetTrust(_) => ("iam:UpdateAssumeRolePolicy", None),
        RoleCall::Update { description: _, max_session: _ } => ("iam:UpdateRole", None),
        RoleCall::PutBoundary(arn) => ("iam:PutRolePermissionsBoundary", Some(arn.to_string())),
        RoleCall::DeleteBoundary => ("iam:DeleteRolePermissionsBoundary", None),
        RoleCall::Tag(tags) => ("iam:TagRole", Some(list(tags.keys()))),
        RoleCall::Untag(keys) => ("iam:UntagRole", Some(list(keys))),
        RoleCall::PutInline { name, document: _ } => ("iam:PutRolePolicy", Some(name.to_string())),
        RoleCall::DeleteInline(name) => ("iam:DeleteRolePolicy", Some(name.to_string())),
        RoleCall::Attach(arn) => ("iam:AttachRolePolicy", Some(arn.to_string())),
        RoleCall::Detach(arn) => ("iam:DetachRolePolicy", Some(arn.to_string())),
        RoleCall::Policy { name, call } => (policy_call(call), Some(name.to_string())),
        RoleCall::Delete => ("iam:DeleteRole", None),
    }
}

fn policy_call(call: &PolicyCall) -> &'static str {
    match call {
        PolicyCall::Create(_) => "iam:CreatePolicy",
        PolicyCall::AddVersion(_) => "iam:CreatePolicyVersion",
        PolicyCall::DeleteIdleVersions => "iam:DeletePolicyVersion",
        PolicyCall::Attach => "iam:AttachRolePolicy",
        PolicyCall::Detach => "iam:DetachRolePolicy",
        PolicyCall::Delete => "iam:DeletePolicy",
    }
}

fn stack_set_call(call: &StackSetCall) -> (&'static str, Option<String>) {
    match call {
        StackSetCall::Create(_) => ("cloudformation:CreateStackSet", None),
        StackSetCall::ActivateManagedExecution => {
            ("cloudformation:UpdateStackSet", Some("managed execution".to_owned()))
        }
        StackSetCall::SetAutoDeployment(_) => ("cloudformation:UpdateStackSet", Some("auto-deployment".to_owned())),
        StackSetCall::Update { .. } => ("cloudformation:UpdateStackSet", Some("definition".to_owned())),
        StackSetCall::CreateInstances { targets, preferences: _ } => {
            ("cloudformation:CreateStackInstances", Some(list(&targets.units)))
        }
        StackSetCall::UpdateInstances { targets, preferences: _ } => {
            ("cloudformation:UpdateStackInstances", Some(list(&targets.units)))
        }
        StackSetCall::DeleteInstances { targets, stacks: Stacks::Deleted, preferences: _ } => {
            ("cloudformation:DeleteStackInstances", Some(list(&targets.units)))
        }
        StackSetCall::DeleteInstances { targets, stacks: Stacks::Retained, preferences: _ } => {
            ("cloudformation:DeleteStackInstances", Some(format!("{}, stacks retained", list(&targets.units))))
        }
        StackSetCall::Delete => ("cloudformation:DeleteStackSet", None),
    }
}

fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// A session limit as the file writes it: `1h`, `90m`, `3601s`.
pub(super) fn duration(limit: SessionLimit) -> String {
    match limit.seconds() {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// Automatic deployment as the file writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AutoDeploymentKeys {
    /// `auto_deployment`
    pub(super) auto_deployment: bool,
    /// `retain_on_account_removal`
    pub(super) retain_on_account_removal: bool,
}

impl From<AutoDeployment> for AutoDeploymentKeys {
    fn from(setting: AutoDeployment) -> Self {
        let (auto_deployment, retain_on_account_removal) = match setting {
            AutoDeployment::Off => (false, false),
            AutoDeployment::On => (true, false),
            AutoDeployment::OnRetaining => (true, true),
        };
        Self { auto_deployment, retain_on_account_removal }
    }
}

/// Managed execution as a yes or no.
pub(super) fn is_active(setting: ManagedExecution) -> bool {
    match setting {
        ManagedExecution::Active => true,
        ManagedExecution::Inactive => false,
    }
}

/// `1 account`, `38 accounts`; nouns that take an s.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
