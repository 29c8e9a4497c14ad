//! The results of `apply`.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use rolecall_aws::{AccountEnd, AccountResult, EndedOperation, OperationEnd, Submission};
use rolecall_core::ids::StackSetName;
use rolecall_core::plan::{Change, Edit, InstanceAction, Plan, Tally, Why};

use super::world::*;
use crate::render::report::{End, Entry, FailedCall};
use crate::render::text::results;
use crate::render::{Basis, Detail, View};
use crate::survey::Aim;

/// Five changes of which each kind of end takes one.
pub(super) fn changes() -> Plan {
    let members = ["222222222222", "333333333333"].map(|account| member(account, Why::Missing, Edit::Create(role())));
    let mut changes: Vec<Change> = vec![trusted_access()];
    changes.extend(members);
    changes.push(stack_set(Why::Missing, Edit::Create(definition(&role(), &[])), &[]));
    changes.push(instances(
        InstanceAction::Create,
        Why::Missing,
        &["222222222222", "333333333333", "444444444444"],
        &[],
    ));
    plan(changes)
}

pub(super) fn denied_call() -> FailedCall<'static> {
    FailedCall {
        account: None,
        call: "iam:PutRolePolicy",
        code: "LimitExceeded",
        message: "Maximum policy size of 10240 bytes exceeded for role ProwlerScan",
        request_id: Some("6f1d0c1e-0000"),
        advice: Some("shorten the inline policies"),
    }
}

pub(super) fn operation() -> EndedOperation {
    let result = |end, reason: Option<&str>| AccountResult { end, reason: reason.map(str::to_owned) };
    let clash = "Resource handler returned message: Role with name ProwlerScan already exists";
    EndedOperation {
        id: id("rolecall-0123456789abcdef"),
        end: OperationEnd::Failed,
        reason: None,
        accounts: BTreeMap::from([
            (id("222222222222"), result(AccountEnd::Succeeded, None)),
            (id("333333333333"), result(AccountEnd::Failed, Some(clash))),
            (id("444444444444"), result(AccountEnd::Cancelled, Some("Cancelled since failure tolerance has exceeded"))),
        ]),
    }
}

/// The entries of a plan with these ends, in order.
pub(super) fn ended<'a>(plan: &'a Plan, ends: Vec<End<'a>>) -> Vec<Entry<'a>> {
    assert_eq!(plan.changes.len(), ends.len());
    plan.changes
        .iter()
        .zip(ends)
        .map(|(change, end)| {
            let done = match &end {
                End::Done => change.tally(),
                End::OperationsFailed(_) => Tally { add: 1, change: 0, destroy: 0 },
                _ => Tally::default(),
            };
            Entry { change, end, done }
        })
        .collect()
}

fn show(plan: &Plan, ends: Vec<End<'_>>) -> String {
    let names = names();
    let view = View { names: &names, detail: Detail::Brief, aim: Aim::Configuration, checked: None, basis: Basis::AWS };
    plain(&results(plan, &ended(plan, ends), &view))
}

#[test]
fn all_done_says_so_in_the_words_that_scripts_look_for() {
    let ends = vec![End::Done, End::Done, End::Done, End::Done, End::Done];
    assert_snapshot!(show(&changes(), ends), @r"
      + organization.trusted_access: created
      + prowler.stack_set: created
      + prowler.instances: created in 3 accounts
      + prowler.role: created in 2 accounts

    Apply complete! Resources: 7 added, 0 changed, 0 destroyed.
    ");
}

#[test]
fn failures_say_where_why_and_what_to_do() {
    let operations = [operation()];
    let mut failure = denied_call();
    let account = id("222222222222");
    failure.account = Some(&account);
    let ends = vec![
        End::Done,
        End::CallFailed { steps: 1, failure },
        End::Done,
        End::Done,
        End::OperationsFailed(&operations),
    ];
    assert_snapshot!(show(&changes(), ends), @r"
      + organization.trusted_access: created
      + prowler.stack_set: created
      + prowler.role: created in 1 account

      ! prowler.role failed in 1 account
        in 222222222222 (payments-prod)
        iam:PutRolePolicy failed with LimitExceeded in 222222222222
        Maximum policy size of 10240 bytes exceeded for role ProwlerScan
        Request id: 6f1d0c1e-0000
        What to do: shorten the inline policies

      ! prowler.instances did not succeed everywhere
        operation rolecall-0123456789abcdef failed
          ! cancelled in 444444444444 (legacy-app)
            Cancelled since failure tolerance has exceeded
          ! failed in 333333333333 (payments-dev)
            Resource handler returned message: Role with name ProwlerScan already exists

    Apply incomplete: 4 added, 0 changed, 0 destroyed. Of 5 changes: 2 failed.
    Run `rolecall apply` again to do the rest; what is done already is not done twice.
    ");
}

#[test]
fn what_was_stopped_or_skipped_is_told_apart() {
    let address = id("prowler.stack_set");
    let (stack_set, operation): (StackSetName, _) = (id("rolecall-prowler"), id("rolecall-0123456789abcdef"));
    let ends = vec![
        End::StillRunning { stack_set: &stack_set, operation: &operation },
        End::Interrupted { steps: 1 },
        End::NotStarted,
        End::CallFailed { steps: 0, failure: denied_call() },
        End::Skipped { because: &address },
    ];
    assert_snapshot!(show(&changes(), ends), @r#"
      ! prowler.stack_set failed after 0 of 1 step
        iam:PutRolePolicy failed with LimitExceeded
        Maximum policy size of 10240 bytes exceeded for role ProwlerScan
        Request id: 6f1d0c1e-0000
        What to do: shorten the inline policies

      ! organization.trusted_access goes on in AWS: operation rolecall-0123456789abcdef of rolecall-prowler

      ! prowler.role["222222222222"] was stopped after 1 of 3 steps

      ! skipped, as prowler.stack_set failed: prowler.instances

      ! not started: prowler.role["333333333333"]

    Apply incomplete: 0 added, 0 changed, 0 destroyed. Of 5 changes: 1 failed, 1 skipped, 1 still running, 1 stopped halfway, 1 not started.
    Run `rolecall apply` again to do the rest; what is done already is not done twice.
    "#);
}

#[test]
fn what_goes_on_in_aws_and_what_waits_for_it_is_no_failure() {
    let plan = plan(vec![
        instances(InstanceAction::Create, Why::Missing, &["222222222222"], &[]),
        instances(InstanceAction::Delete, Why::AccountLeft, &["333333333333"], &[]),
        stack_set(Why::Undeclared, Edit::Delete(definition(&role(), &[])), &[]),
    ]);
    let stack_set: StackSetName = id("rolecall-prowler");
    let operations = vec![id("rolecall-0123456789abcdef")];
    let begun = |steps| Submission { stack_set: stack_set.clone(), operations: operations.clone(), steps };
    let (whole, part) = (begun(1), begun(0));
    let ends = vec![End::Submitted(&whole), End::Submitted(&part), End::Left { stack_set: &stack_set }];
    assert_snapshot!(show(&plan, ends), @r"
      + prowler.instances goes on in AWS: operation rolecall-0123456789abcdef of rolecall-prowler

      - prowler.instances goes on in AWS: operation rolecall-0123456789abcdef of rolecall-prowler
      ! left for the next run: 1 step of prowler.instances

      ! left for the next run, as an operation of rolecall-prowler goes on: prowler.stack_set

    Apply submitted: 0 added, 0 changed, 0 destroyed. Of 3 changes: 2 submitted, 1 left for the next run.
    `rolecall status` shows how far the accounts are. Run `rolecall apply` again to wait for the operations and do the rest.
    ");
}

#[test]
fn accounts_that_could_not_be_read_are_told_even_when_all_is_done() {
    let unknown = BTreeMap::from([(id("444444444444"), denied("444444444444"))]);
    let plan = Plan { unknown, ..plan(vec![trusted_access()]) };
    let text = show(&plan, vec![End::Done]);
    assert!(text.ends_with("0 destroyed.\n1 account could not be read, and nothing was done there.\n"), "{text}");
}
