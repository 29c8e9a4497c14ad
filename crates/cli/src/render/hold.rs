//! What is not done, in words: what is in the way, and what the user can do about it.

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::observed::TrustedAccess;
use rolecall_core::plan::{HoldReason, Plan};
use rolecall_core::template::MAX_BYTES;

use super::names::Names;

/// Whether something is not done, or only worth knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Something is not as the file says, and is left so.
    Blocking,
    /// All is as the file says; what may surprise later is told now.
    Note,
}

/// How many things are not as the files say, and are left so.
pub(crate) fn held(plan: &Plan) -> usize {
    plan.holds.iter().filter(|hold| weight(&hold.reason) == Weight::Blocking).count()
}

/// Whether something is not done, or only worth knowing.
pub(super) fn weight(reason: &HoldReason) -> Weight {
    match reason {
        HoldReason::ExclusionNotHonoured { .. } | HoldReason::RoleRetained { .. } => Weight::Note,
        HoldReason::RoleNotOurs { .. }
        | HoldReason::PolicyNotOurs { .. }
        | HoldReason::RolePathDiffers { .. }
        | HoldReason::StackSetMissing { .. }
        | HoldReason::StackSetWithoutRole { .. }
        | HoldReason::RoleOutsideStackSet { .. }
        | HoldReason::RoleInStackSet { .. }
        | HoldReason::StackSetPathChange { .. }
        | HoldReason::StackSetNotOurs { .. }
        | HoldReason::StackSetNotEmpty { .. }
        | HoldReason::StackSetUnreadable { .. }
        | HoldReason::StackSetsUnreadable { .. }
        | HoldReason::TrustedAccessUnreadable { .. }
        | HoldReason::TrustedAccess { .. }
        | HoldReason::OperationRunning { .. }
        | HoldReason::InstanceInoperable { .. }
        | HoldReason::InstanceElsewhere { .. }
        | HoldReason::LastAppliedUnknown { .. }
        | HoldReason::TemplateTooLarge { .. } => Weight::Blocking,
    }
}

/// The reason, for programs.
pub(super) fn code(reason: &HoldReason) -> &'static str {
    match reason {
        HoldReason::RoleNotOurs { .. } => "role_not_ours",
        HoldReason::PolicyNotOurs { .. } => "policy_not_ours",
        HoldReason::RolePathDiffers { .. } => "role_path_differs",
        HoldReason::RoleRetained { .. } => "role_retained",
        HoldReason::StackSetMissing { .. } => "stack_set_missing",
        HoldReason::StackSetWithoutRole { .. } => "stack_set_without_role",
        HoldReason::RoleOutsideStackSet { .. } => "role_outside_stack_set",
        HoldReason::RoleInStackSet { .. } => "role_in_stack_set",
        HoldReason::StackSetPathChange { .. } => "stack_set_path_change",
        HoldReason::StackSetNotOurs { .. } => "stack_set_not_ours",
        HoldReason::StackSetNotEmpty { .. } => "stack_set_not_empty",
        HoldReason::StackSetUnreadable { .. } => "stack_set_unreadable",
        HoldReason::StackSetsUnreadable { .. } => "stack_sets_unreadable",
        HoldReason::TrustedAccessUnreadable { .. } => "trusted_access_unreadable",
        HoldReason::TrustedAccess { .. } => "trusted_access",
        HoldReason::OperationRunning { .. } => "operation_running",
        HoldReason::InstanceInoperable { .. } => "instance_inoperable",
        HoldReason::InstanceElsewhere { .. } => "instance_elsewhere",
        HoldReason::LastAppliedUnknown { .. } => "last_applied_unknown",
        HoldReason::TemplateTooLarge { .. } => "template_too_large",
        HoldReason::ExclusionNotHonoured { .. } => "exclusion_not_honoured",
    }
}

/// The accounts that the reason names; none when it is about all.
pub(super) fn accounts(reason: &HoldReason) -> Vec<&AccountId> {
    match reason {
        HoldReason::RoleNotOurs { account, .. }
        | HoldReason::PolicyNotOurs { account, .. }
        | HoldReason::RolePathDiffers { account, .. }
        | HoldReason::RoleRetained { account, .. }
        | HoldReason::RoleOutsideStackSet { account, .. }
        | HoldReason::RoleInStackSet { account, .. }
        | HoldReason::InstanceInoperable { account, .. }
        | HoldReason::LastAppliedUnknown { account }
        | HoldReason::InstanceElsewhere { account, .. } => vec![account],
        HoldReason::StackSetNotEmpty { accounts, .. }
        | HoldReason::StackSetPathChange { accounts, .. }
        | HoldReason::OperationRunning { waiting: accounts, .. }
        | HoldReason::ExclusionNotHonoured { accounts, .. } => accounts.iter().collect(),
        HoldReason::StackSetMissing { .. }
        | HoldReason::StackSetWithoutRole { .. }
        | HoldReason::StackSetNotOurs { .. }
        | HoldReason::StackSetUnreadable { .. }
        | HoldReason::StackSetsUnreadable { .. }
        | HoldReason::TrustedAccessUnreadable { .. }
        | HoldReason::TrustedAccess { .. }
        | HoldReason::TemplateTooLarge { .. } => Vec::new(),
    }
}

/// What is in the way, without the accounts. It quotes AWS and is not made safe to show yet.
pub(super) fn message(reason: &HoldReason, names: &Names) -> String {
    match reason {
        HoldReason::RoleNotOurs { account: _, role, owner } => {
            format!("a role {role} is there that {}", owned(owner.as_ref()))
        }
        HoldReason::PolicyNotOurs { account: _, policy } => {
            format!("a managed policy {policy} is there that is not Rolecall's, and the role needs one of that name")
        }
        HoldReason::RolePathDiffers { account: _, role, path } => {
            format!("the role {role} is there with the path {path}, and a path cannot be changed in place")
        }
        HoldReason::RoleRetained { account: _, role } => {
            format!("the account is no target any more and keeps the role {role}, as the file says")
        }
        HoldReason::StackSetMissing { stack_set } => {
            format!("the file adopts the stack set {stack_set}, and there is none of that name")
        }
        HoldReason::StackSetWithoutRole { stack_set } => {
            format!(
                "the file adopts the stack set {stack_set}, and its template does not make the role that the file names"
            )
        }
        HoldReason::RoleOutsideStackSet { account: _, role } => {
            format!("the role {role} is ours, but no stack made it, so the stack set cannot take it over")
        }
        HoldReason::RoleInStackSet { account: _, role } => {
            format!("a stack holds the role {role}, and the file says `delivery: direct`")
        }
        HoldReason::StackSetPathChange { stack_set, accounts: _ } => {
            format!(
                "the path of the role of {stack_set} changes, so every role must be deleted and made anew, which cannot be \
                 done in some accounts"
            )
        }
        HoldReason::StackSetNotOurs { stack_set, owner } => {
            format!("a stack set {stack_set} is there that is self-managed or {}", owned(owner.as_ref()))
        }
        HoldReason::StackSetNotEmpty { stack_set, accounts: _ } => {
            format!("{stack_set} cannot be deleted while it has instances in accounts that cannot be worked on")
        }
        HoldReason::StackSetUnreadable { stack_set, failure } => format!("{stack_set} could not be read: {failure}"),
        HoldReason::StackSetsUnreadable { failure } => format!("the stack sets could not be read: {failure}"),
        HoldReason::TrustedAccessUnreadable { failure } => {
            format!("whether StackSets may act in the organization could not be read: {failure}")
        }
        HoldReason::TrustedAccess { status } => {
            format!("StackSets may not act in the organization: trusted access is {}", trusted_access(*status))
        }
        HoldReason::OperationRunning { stack_set, operation, action, waiting } => {
            let whose = if operation.is_ours() { " of an earlier run" } else { "" };
            let waiting = if waiting.is_empty() { "" } else { "; these accounts are not up to date yet" };
            let action = action.as_ref().map(|action| format!("{action} ")).unwrap_or_default();
            format!("the {action}operation {operation}{whose} is running on {stack_set}{waiting}")
        }
        HoldReason::InstanceInoperable { account: _, reason } if reason.is_empty() => {
            "the stack instance is INOPERABLE".to_owned()
        }
        HoldReason::InstanceInoperable { account: _, reason } => format!("the stack instance is INOPERABLE: {reason}"),
        HoldReason::InstanceElsewhere { account: _, region } => {
            format!("the stack set has an instance in {region}, which Rolecall did not make")
        }
        HoldReason::LastAppliedUnknown { account: _ } => {
            "the role was changed by others and the file changed too, so one cannot be undone without the other"
                .to_owned()
        }
        HoldReason::TemplateTooLarge { stack_set, bytes } => {
            format!("the template of {stack_set} has {bytes} bytes, and AWS takes {MAX_BYTES}")
        }
        HoldReason::ExclusionNotHonoured { accounts: _, units } => {
            let units: Vec<String> = units.iter().map(|unit| names.unit(unit)).collect();
            format!(
                "no target of the file, but automatic deployment knows no exceptions: an account that moves into {} gets \
                 the role, and the next apply takes it away",
                units.join(", ")
            )
        }
    }
}

fn owned(owner: Option<&IntegrationName>) -> String {
    owner.map_or_else(|| "is not Rolecall's".to_owned(), |owner| format!("belongs to the integration {owner}"))
}

fn trusted_access(status: TrustedAccess) -> &'static str {
    match status {
        TrustedAccess::Enabled => "ENABLED",
        TrustedAccess::Disabled => "DISABLED",
        TrustedAccess::DisabledPermanently => "DISABLED_PERMANENTLY",
    }
}

/// What the user can do.
pub(super) fn advice(reason: &HoldReason) -> &str {
    match reason {
        HoldReason::RoleNotOurs { .. } => {
            "take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the \
             account"
        }
        HoldReason::PolicyNotOurs { .. } => {
            "rename the inline policy in the file, or delete the policy that is there, or exclude the account"
        }
        HoldReason::RoleOutsideStackSet { .. } => {
            "keep it by IAM calls with `adopt.accounts`, or delete the role that is there: the next apply has the stack set \
             make it"
        }
        HoldReason::RoleInStackSet { .. } => "see what holds the stack set, or go back to `delivery: stack_set`",
        HoldReason::RolePathDiffers { .. } => "write that path in the file, or delete the role that is there",
        HoldReason::RoleRetained { .. } => "delete the role by hand, or say `retain_on_account_removal: false`",
        HoldReason::StackSetMissing { .. } => "correct `adopt.stack_set`, or take it out to have a new stack set made",
        HoldReason::StackSetWithoutRole { .. } => {
            "correct `adopt.stack_set` or `role.name`; a role that a function names must be the only one in the template"
        }
        HoldReason::StackSetPathChange { .. } => {
            "see that these accounts can be read and worked on and plan again, give the role a new name with its new path, or \
             keep the path"
        }
        HoldReason::StackSetNotOurs { .. } => {
            "take it over with `adopt.stack_set` if it is service-managed, rename the integration in the file, or delete the \
             stack set that is there"
        }
        HoldReason::StackSetNotEmpty { .. } => "see that these accounts can be read, then plan again",
        HoldReason::StackSetUnreadable { stack_set: _, failure }
        | HoldReason::StackSetsUnreadable { failure }
        | HoldReason::TrustedAccessUnreadable { failure } => {
            failure.advice.as_deref().unwrap_or("see that the caller may make this call, and plan again")
        }
        HoldReason::TrustedAccess { .. } => "ask AWS Support why, or say `delivery: direct`",
        HoldReason::OperationRunning { .. } => "plan again when it has ended; apply waits for it by itself",
        HoldReason::InstanceInoperable { .. } => {
            "delete it with `aws cloudformation delete-stack-instances --retain-stacks`, then plan again"
        }
        HoldReason::InstanceElsewhere { .. } => {
            "delete that instance, or set `access.region` to the Region that is meant"
        }
        HoldReason::LastAppliedUnknown { .. } => "run `rolecall apply`, which makes the role what the file says",
        HoldReason::TemplateTooLarge { .. } => {
            "shorten the inline policies, say `delivery: direct`, have fewer external ID overrides, or list managed policies \
             that are in every account"
        }
        HoldReason::ExclusionNotHonoured { .. } => {
            "keep such accounts in a unit of their own that is no target, or say `auto_deployment: false`"
        }
    }
}

/// AWS's id of the request that failed, to tell AWS Support.
pub(super) fn request_id(reason: &HoldReason) -> Option<&str> {
    match reason {
        HoldReason::StackSetUnreadable { stack_set: _, failure }
        | HoldReason::StackSetsUnreadable { failure }
        | HoldReason::TrustedAccessUnreadable { failure } => failure.request_id.as_deref(),
        HoldReason::RoleNotOurs { .. }
        | HoldReason::PolicyNotOurs { .. }
        | HoldReason::RolePathDiffers { .. }
        | HoldReason::RoleRetained { .. }
        | HoldReason::StackSetMissing { .. }
        | HoldReason::StackSetWithoutRole { .. }
        | HoldReason::RoleOutsideStackSet { .. }
        | HoldReason::RoleInStackSet { .. }
        | HoldReason::StackSetPathChange { .. }
        | HoldReason::StackSetNotOurs { .. }
        | HoldReason::StackSetNotEmpty { .. }
        | HoldReason::TrustedAccess { .. }
        | HoldReason::OperationRunning { .. }
        | HoldReason::InstanceInoperable { .. }
        | HoldReason::InstanceElsewhere { .. }
        | HoldReason::LastAppliedUnknown { .. }
        | HoldReason::TemplateTooLarge { .. }
        | HoldReason::ExclusionNotHonoured { .. } => None,
    }
}
