//! What is held back, what could not be read, and what is not in use.

use insta::assert_snapshot;
use rolecall_core::observed::TrustedAccess;
use rolecall_core::org::AccountState;
use rolecall_core::plan::{Hold, HoldReason, Plan};

use super::world::*;
use crate::render::Detail;

fn not_ours(account: &str) -> Hold {
    let reason = HoldReason::RoleNotOurs { account: id(account), role: id("ProwlerScan"), owner: None };
    hold(&format!("prowler.role[\"{account}\"]"), reason)
}

/// One of every reason. A new reason does not compile until it is here.
fn every_reason() -> Vec<Hold> {
    let (account, stack_set) = (id("444444444444"), id("rolecall-prowler"));
    let role = id("ProwlerScan");
    let reasons = vec![
        HoldReason::RoleNotOurs { account, role, owner: Some(id("spot")) },
        HoldReason::PolicyNotOurs {
            account: id("444444444444"),
            policy: id("arn:aws:iam::444444444444:policy/ProwlerScan.additions.1"),
        },
        HoldReason::RoleOutsideStackSet { account: id("444444444444"), role: id("ProwlerScan") },
        HoldReason::RoleInStackSet { account: id("444444444444"), role: id("ProwlerScan") },
        HoldReason::RolePathDiffers { account: id("444444444444"), role: id("ProwlerScan"), path: id("/vendors/") },
        HoldReason::RoleRetained { account: id("444444444444"), role: id("ProwlerScan") },
        HoldReason::StackSetMissing { stack_set: id("VendorSet") },
        HoldReason::StackSetWithoutRole { stack_set: id("VendorSet") },
        HoldReason::StackSetPathChange { stack_set, accounts: ids(&["444444444444"]) },
        HoldReason::StackSetNotOurs { stack_set: id("rolecall-prowler"), owner: None },
        HoldReason::StackSetNotEmpty { stack_set: id("rolecall-prowler"), accounts: ids(&["444444444444"]) },
        HoldReason::StackSetUnreadable { stack_set: id("rolecall-prowler"), failure: denied("111111111111") },
        HoldReason::StackSetsUnreadable { failure: denied("111111111111") },
        HoldReason::TrustedAccessUnreadable { failure: denied("111111111111") },
        HoldReason::TrustedAccess { status: TrustedAccess::DisabledPermanently },
        HoldReason::OperationRunning {
            stack_set: id("rolecall-prowler"),
            operation: id("rolecall-0123456789abcdef"),
            action: Some("CREATE".to_owned()),
            waiting: ids(&["444444444444"]),
        },
        HoldReason::InstanceInoperable { account: id("444444444444"), reason: "DELETE_FAILED: role in use".to_owned() },
        HoldReason::InstanceElsewhere { account: id("444444444444"), region: id("eu-west-1") },
        HoldReason::LastAppliedUnknown { account: id("444444444444") },
        HoldReason::TemplateTooLarge { stack_set: id("rolecall-prowler"), bytes: 60_000 },
        HoldReason::ExclusionNotHonoured { accounts: ids(&["444444444444"]), units: ids(&["ou-ab12-workload1"]) },
    ];
    for reason in &reasons {
        match reason {
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
            | HoldReason::StackSetUnreadable { .. }
            | HoldReason::StackSetsUnreadable { .. }
            | HoldReason::TrustedAccessUnreadable { .. }
            | HoldReason::TrustedAccess { .. }
            | HoldReason::OperationRunning { .. }
            | HoldReason::InstanceInoperable { .. }
            | HoldReason::InstanceElsewhere { .. }
            | HoldReason::LastAppliedUnknown { .. }
            | HoldReason::TemplateTooLarge { .. }
            | HoldReason::ExclusionNotHonoured { .. } => {}
        }
    }
    reasons.into_iter().map(|reason| hold("prowler.stack_set", reason)).collect()
}

#[test]
fn every_reason_says_what_is_in_the_way_and_what_to_do() {
    let plan = Plan { holds: every_reason(), ..plan(Vec::new()) };
    assert_snapshot!(text(&plan, Detail::Brief), @r"
    Held back:

      ! prowler: a managed policy arn:aws:iam::444444444444:policy/ProwlerScan.additions.1 is there that is not Rolecall's, and the role needs one of that name
        in 444444444444 (legacy-app)
        What to do: rename the inline policy in the file, or delete the policy that is there, or exclude the account.

      ! prowler: a role ProwlerScan is there that belongs to the integration spot
        in 444444444444 (legacy-app)
        What to do: take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the account.

      ! prowler: a stack holds the role ProwlerScan, and the file says `delivery: direct`
        in 444444444444 (legacy-app)
        What to do: see what holds the stack set, or go back to `delivery: stack_set`.

      ! prowler: rolecall-prowler cannot be deleted while it has instances in accounts that cannot be worked on
        in 444444444444 (legacy-app)
        What to do: see that these accounts can be read, then plan again.

      ! prowler: the CREATE operation rolecall-0123456789abcdef of an earlier run is running on rolecall-prowler; these accounts are not up to date yet
        in 444444444444 (legacy-app)
        What to do: plan again when it has ended; apply waits for it by itself.

      ! prowler: the path of the role of rolecall-prowler changes, so every role must be deleted and made anew, which cannot be done in some accounts
        in 444444444444 (legacy-app)
        What to do: see that these accounts can be read and worked on and plan again, give the role a new name with its new path, or keep the path.

      ! prowler: the role ProwlerScan is ours, but no stack made it, so the stack set cannot take it over
        in 444444444444 (legacy-app)
        What to do: keep it by IAM calls with `adopt.accounts`, or delete the role that is there: the next apply has the stack set make it.

      ! prowler: the role ProwlerScan is there with the path /vendors/, and a path cannot be changed in place
        in 444444444444 (legacy-app)
        What to do: write that path in the file, or delete the role that is there.

      ! prowler: the role was changed by others and the file changed too, so one cannot be undone without the other
        in 444444444444 (legacy-app)
        What to do: run `rolecall apply`, which makes the role what the file says.

      ! prowler: the stack instance is INOPERABLE: DELETE_FAILED: role in use
        in 444444444444 (legacy-app)
        What to do: delete it with `aws cloudformation delete-stack-instances --retain-stacks`, then plan again.

      ! prowler: the stack set has an instance in eu-west-1, which Rolecall did not make
        in 444444444444 (legacy-app)
        What to do: delete that instance, or set `access.region` to the Region that is meant.

      ! prowler.stack_set: StackSets may not act in the organization: trusted access is DISABLED_PERMANENTLY
        What to do: ask AWS Support why, or say `delivery: direct`.

      ! prowler.stack_set: a stack set rolecall-prowler is there that is self-managed or is not Rolecall's
        What to do: take it over with `adopt.stack_set` if it is service-managed, rename the integration in the file, or delete the stack set that is there.

      ! prowler.stack_set: rolecall-prowler could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader
        What to do: see that the role Reader is in the account and trusts the caller.

      ! prowler.stack_set: the file adopts the stack set VendorSet, and its template does not make the role that the file names
        What to do: correct `adopt.stack_set` or `role.name`; a role that a function names must be the only one in the template.

      ! prowler.stack_set: the file adopts the stack set VendorSet, and there is none of that name
        What to do: correct `adopt.stack_set`, or take it out to have a new stack set made.

      ! prowler.stack_set: the stack sets could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader
        What to do: see that the role Reader is in the account and trusts the caller.

      ! prowler.stack_set: the template of rolecall-prowler has 60000 bytes, and AWS takes 51200
        What to do: shorten the inline policies, say `delivery: direct`, have fewer external ID overrides, or list managed policies that are in every account.

      ! prowler.stack_set: whether StackSets may act in the organization could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader
        What to do: see that the role Reader is in the account and trusts the caller.

    Note:

      # prowler: no target of the file, but automatic deployment knows no exceptions: an account that moves into ou-ab12-workload1 (Root/Workloads) gets the role, and the next apply takes it away
        in 444444444444 (legacy-app)
        What to do: keep such accounts in a unit of their own that is no target, or say `auto_deployment: false`.

      # prowler: the account is no target any more and keeps the role ProwlerScan, as the file says
        in 444444444444 (legacy-app)
        What to do: delete the role by hand, or say `retain_on_account_removal: false`.

    No changes. The rest of your organization matches the configuration, but 19 things are held back.
    ");
}

#[test]
fn the_same_hold_in_many_accounts_is_shown_once() {
    let accounts: Vec<String> = (0..14).map(|index| format!("5555555555{index:02}")).collect();
    let plan = Plan { holds: accounts.iter().map(|account| not_ours(account)).collect(), ..plan(Vec::new()) };
    assert_snapshot!(text(&plan, Detail::Brief), @r"
    Held back:

      ! prowler: a role ProwlerScan is there that is not Rolecall's
        in 14 accounts: 555555555500, 555555555501, 555555555502, 555555555503, 555555555504, 555555555505,
          555555555506, 555555555507, 555555555508, 555555555509, and 4 more (-v names all)
        What to do: take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the account.

    No changes. The rest of your organization matches the configuration, but 14 things are held back.
    ");
}

#[test]
fn an_account_that_could_not_be_read_is_never_counted_as_in_sync() {
    let unknown = ["222222222222", "333333333333"].map(|account| (id(account), denied(account)));
    let plan = Plan { unknown: unknown.into(), ..plan(Vec::new()) };
    assert_snapshot!(text(&plan, Detail::Brief), @r"
    Not read, so nothing is planned there:

      ! sts:AssumeRole failed with AccessDenied
        in 2 accounts: 222222222222 (payments-prod), 333333333333 (payments-dev)
        222222222222: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Reader (request id req-222222222222)
        What to do: see that the role Reader is in the account and trusts the caller

    No changes. The rest of your organization matches the configuration, but 2 accounts could not be read.
    ");
    let full = text(&plan, Detail::Full);
    assert!(full.contains("req-222222222222") && full.contains("req-333333333333"), "{full}");
}

#[test]
fn accounts_that_are_not_in_use_are_listed_and_do_not_spoil_the_result() {
    let inactive = [("333333333333", AccountState::Suspended), ("444444444444", AccountState::PendingClosure)];
    let inactive = inactive.map(|(account, state)| (id(account), state));
    let plan = Plan { inactive: inactive.into(), ..plan(Vec::new()) };
    assert_snapshot!(text(&plan, Detail::Brief), @r"
    Not in use, so left alone:
      ! SUSPENDED: 333333333333 (payments-dev)
      ! PENDING_CLOSURE: 444444444444 (legacy-app)

    No changes. Your organization matches the configuration.

    Rolecall looked at 38 target accounts and found nothing to do.
    ");
}

#[test]
fn changes_do_not_hide_what_is_left_over() {
    let plan = Plan {
        holds: vec![not_ours("444444444444")],
        unknown: [(id("333333333333"), denied("333333333333"))].into(),
        ..plan(vec![trusted_access()])
    };
    assert_snapshot!(text(&plan, Detail::Brief).rsplit_once("Plan:").unwrap().1, @r"
     1 to add, 0 to change, 0 to destroy.
    Besides, 1 thing is held back and 1 account could not be read.
    ");
}

#[test]
fn what_is_only_worth_knowing_is_no_obstacle() {
    let reason =
        HoldReason::ExclusionNotHonoured { accounts: ids(&["444444444444"]), units: ids(&["ou-ab12-workload1"]) };
    let plan = Plan { holds: vec![hold("prowler.instances", reason)], ..plan(Vec::new()) };
    assert!(text(&plan, Detail::Brief).contains("No changes. Your organization matches the configuration.\n"));
}
