//! Plans of tiny worlds, as text: what a reviewer should be able to say without running anything.

use std::collections::BTreeMap;

use super::perform::perform;
use crate::observed::{Observed, Reading};
use crate::org::AccountState;
use crate::plan::Plan;
use crate::planner::plan;
use crate::planner::testing::{
    account, denied, desired, document, foreign, fresh, id, integration, live, org, spec, tamper,
};
use crate::spec::{AutoDeployment, Delivery, Integration, OuRef, Spec};
use crate::step::{AccountFilter, RoleCall, StackSetCall, Stacks, Step};

fn small() -> Observed {
    fresh(org(&[
        (2, "prod", AccountState::Active),
        (3, "dev", AccountState::Active),
        (4, "sec", AccountState::Suspended),
    ]))
}

fn file(change: impl FnOnce(&mut Integration)) -> Spec {
    let mut wanted = integration("ProwlerScan", &[OuRef::Root]);
    change(&mut wanted);
    spec(&[("prowler", wanted)])
}

fn planned(file: &Spec, world: &Observed) -> Plan {
    plan(&desired(file, world), world)
}

fn applied(file: &Spec) -> Observed {
    let world = small();
    let todo = planned(file, &world);
    perform(world, &todo)
}

fn text(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for change in &plan.changes {
        lines.push(format!("{} {} ({})", change.action().symbol(), change.address, change.why));
        lines.extend(change.steps.iter().map(|step| format!("    {}", words(step))));
    }
    lines.extend(plan.holds.iter().map(|hold| format!("! {} {:?}", hold.address, hold.reason)));
    lines.extend(plan.unknown.keys().map(|account| format!("? {account}")));
    lines.join("\n")
}

fn words(step: &Step) -> String {
    let targets = |targets: &crate::step::DeploymentTargets| {
        let units: Vec<&str> = targets.units.iter().map(crate::ids::OuId::as_str).collect();
        let filter = match &targets.filter {
            AccountFilter::All => String::new(),
            AccountFilter::Only(accounts) => format!(" only {accounts:?}"),
            AccountFilter::Except(accounts) => format!(" except {accounts:?}"),
        };
        format!("{}{filter}", units.join(" "))
    };
    match step {
        Step::ActivateTrustedAccess => "activate".to_owned(),
        Step::Role { account, role: _, call } => {
            let call = serde_json::to_value(call).unwrap();
            let name = call.as_str().map(str::to_owned).or_else(|| call.as_object()?.keys().next().cloned());
            format!("{account} {}", name.unwrap())
        }
        Step::StackSet { name: _, call } => match call {
            StackSetCall::Create(_) => "create set".to_owned(),
            StackSetCall::ActivateManagedExecution => "activate managed execution".to_owned(),
            StackSetCall::SetAutoDeployment(_) => "set automatic deployment".to_owned(),
            StackSetCall::Update { targets: None, .. } => "update set".to_owned(),
            StackSetCall::Update { targets: Some(given), .. } => format!("update set in {}", targets(given)),
            StackSetCall::CreateInstances { targets: given, .. } => format!("create in {}", targets(given)),
            StackSetCall::UpdateInstances { targets: given, .. } => format!("update in {}", targets(given)),
            StackSetCall::DeleteInstances { targets: given, stacks, .. } => match stacks {
                Stacks::Deleted => format!("delete in {}", targets(given)),
                Stacks::Retained => format!("take out in {}", targets(given)),
            },
            StackSetCall::Delete => "delete set".to_owned(),
        },
        Step::DeleteStack { account, stack: _ } => format!("{account} delete stack"),
    }
}

#[test]
fn the_first_run_makes_everything_in_order() {
    insta::assert_snapshot!(text(&planned(&file(|_| {}), &small())), @r#"
    + organization.trusted_access (it does not exist yet)
        activate
    + prowler.management_role (it does not exist yet)
        111111111111 create
        111111111111 put_inline
        111111111111 put_inline
        111111111111 attach
    + prowler.stack_set (it does not exist yet)
        create set
    + prowler.instances (it does not exist yet)
        create in r-root
    "#);
}

#[test]
fn a_drifted_role_is_repaired_by_iam_calls_narrowing_first() {
    let file = file(|_| {});
    let mut world = applied(&file);
    tamper(&mut world, &account(2), "ProwlerScan", |role| {
        role.inline.insert(id("backdoor"), document("iam:*"));
        role.attached.clear();
        role.trust = foreign("x").trust;
    });
    insta::assert_snapshot!(text(&planned(&file, &world)), @r#"
    ~ prowler.role["000000000002"] (it was changed outside of Rolecall)
        000000000002 delete_inline
        000000000002 set_trust
        000000000002 attach
    "#);
}

#[test]
fn a_deleted_role_is_made_again_before_the_stack_set_changes_it() {
    let mut world = applied(&file(|_| {}));
    world.roles.insert(account(3), Reading::Known(BTreeMap::new()));
    let changed = file(|wanted| wanted.role.description = "changed".to_owned());
    insta::assert_snapshot!(text(&planned(&changed, &world)), @r#"
    ~ prowler.management_role (the configuration changed)
        111111111111 update
        111111111111 tag
    + prowler.role["000000000003"] (it was deleted outside of Rolecall)
        000000000003 create
        000000000003 put_inline
        000000000003 attach
    ~ prowler.stack_set (the configuration changed)
        update set
    "#);
}

#[test]
fn an_unknown_account_is_left_out_of_an_update() {
    let mut world = applied(&file(|_| {}));
    world.roles.insert(account(3), Reading::Unreadable(denied()));
    let changed = file(|wanted| wanted.role.description = "changed".to_owned());
    insta::assert_snapshot!(text(&planned(&changed, &world)), @r#"
    ~ prowler.management_role (the configuration changed)
        111111111111 update
        111111111111 tag
    ~ prowler.stack_set (the configuration changed)
        update set in r-root except {"000000000003"}
    ? 000000000003
    "#);
}

#[test]
fn a_foreign_role_of_the_name_keeps_its_account_out() {
    let mut world = small();
    let roles = BTreeMap::from([(id("ProwlerScan"), live(foreign("ProwlerScan"), "AROAHAND"))]);
    world.roles.insert(account(3), Reading::Known(roles));
    insta::assert_snapshot!(text(&planned(&file(|_| {}), &world)), @r#"
    + organization.trusted_access (it does not exist yet)
        activate
    + prowler.management_role (it does not exist yet)
        111111111111 create
        111111111111 put_inline
        111111111111 put_inline
        111111111111 attach
    + prowler.stack_set (it does not exist yet)
        create set
    + prowler.instances (it does not exist yet)
        create in r-root except {"000000000003"}
    ! prowler.role["000000000003"] RoleNotOurs { account: "000000000003", role: "ProwlerScan", owner: None }
    "#);
}

#[test]
fn an_excluded_account_loses_its_instance_and_aws_may_bring_it_back() {
    let world = applied(&file(|_| {}));
    let excluding = file(|wanted| wanted.targets.exclude_accounts.extend([account(3)]));
    insta::assert_snapshot!(text(&planned(&excluding, &world)), @r#"
    - prowler.instances (the account is not a target)
        delete in r-root only {"000000000003"}
    ! prowler.instances ExclusionNotHonoured { accounts: {"000000000003"}, units: {"r-root"} }
    "#);
}

#[test]
fn the_management_account_may_keep_an_older_external_id() {
    let older = file(|wanted| {
        wanted.external_id_overrides.insert(id("111111111111"), id("legacy-2019"));
    });
    let todo = planned(&older, &small());
    let created = todo.changes.iter().flat_map(|change| &change.steps).find_map(|step| match step {
        Step::Role { call: RoleCall::Create { trust, .. }, .. } => Some(trust.to_json()),
        _ => None,
    });
    assert!(created.unwrap().contains("legacy-2019"));
    let body = todo.changes.iter().flat_map(|change| &change.steps).find_map(|step| match step {
        Step::StackSet { call: StackSetCall::Create(definition), .. } => Some(definition.template.body().to_owned()),
        _ => None,
    });
    assert!(!body.unwrap().contains("legacy-2019"));
}

#[test]
fn what_no_file_declares_is_deleted_last() {
    let world = applied(&file(|_| {}));
    insta::assert_snapshot!(text(&planned(&spec(&[]), &world)), @r#"
    - prowler.instances (it is not in the configuration)
        delete in r-root
    - prowler.stack_set (it is not in the configuration)
        delete set
    - prowler.management_role (it is not in the configuration)
        111111111111 detach
        111111111111 delete_inline
        111111111111 delete_inline
        111111111111 delete
    "#);
}

#[test]
fn direct_delivery_needs_no_stack_set() {
    let direct = file(|wanted| {
        wanted.rollout.delivery = Delivery::Direct;
        wanted.rollout.auto_deployment = AutoDeployment::Off;
    });
    insta::assert_snapshot!(text(&planned(&direct, &small())), @r#"
    + prowler.management_role (it does not exist yet)
        111111111111 create
        111111111111 put_inline
        111111111111 put_inline
        111111111111 attach
    + prowler.role["000000000002"] (it does not exist yet)
        000000000002 create
        000000000002 put_inline
        000000000002 attach
    + prowler.role["000000000003"] (it does not exist yet)
        000000000003 create
        000000000003 put_inline
        000000000003 attach
    "#);
}
