//! Plans made by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use rolecall_core::address::Address;
use rolecall_core::edits::{creation, deletion, edits};
use rolecall_core::ids::{AccountId, ExternalId, Partition, StackSetName};
use rolecall_core::observed::{ManagedExecution, ReadFailure};
use rolecall_core::plan::{Action, Change, Custody, Edit, Hold, HoldReason, InstanceAction, Plan, Subject, Why};
use rolecall_core::policy::{PolicyDoc, PolicyKind};
use rolecall_core::role::{OWNER_TAG, Role, SessionLimit};
use rolecall_core::spec::{Amount, AutoDeployment};
use rolecall_core::step::{AccountFilter, DeploymentTargets, Preferences, RoleCall, StackSetCall, Stacks, Step};
use rolecall_core::template::{CAPABILITY, Definition, Template};
use serde_json::{Value, json};

use crate::render::{Basis, Detail, Names, View, plan_text};
use crate::survey::Aim;

pub(super) const PREFERENCES: Preferences =
    Preferences { max_concurrent: Amount::Percent(100), failure_tolerance: Amount::Percent(10) };

pub(in crate::render) fn id<T: FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub(super) fn ids<T: FromStr + Ord>(texts: &[&str]) -> BTreeSet<T>
where
    T::Err: std::fmt::Debug,
{
    texts.iter().map(|text| id(text)).collect()
}

pub(super) fn policy(kind: PolicyKind, value: &Value) -> PolicyDoc {
    PolicyDoc::from_value(value, kind, Partition::Aws).unwrap()
}

pub(super) fn trust(external_id: &str) -> PolicyDoc {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::232136659152:root" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
        }],
    });
    policy(PolicyKind::Trust, &document)
}

/// A permission policy of statements with these Sids and actions.
pub(super) fn allows(statements: &[(&str, &[&str])]) -> PolicyDoc {
    let statements: Vec<Value> = statements
        .iter()
        .map(|(sid, actions)| json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" }))
        .collect();
    policy(PolicyKind::Permission, &json!({ "Version": "2012-10-17", "Statement": statements }))
}

pub(super) fn role() -> Role {
    Role {
        name: id("ProwlerScan"),
        path: id("/"),
        description: "Prowler Cloud scan role".to_owned(),
        trust: trust("5f3e0f3c-9d7b"),
        max_session: SessionLimit::default(),
        boundary: None,
        attached: ids(&["arn:aws:iam::aws:policy/SecurityAudit"]),
        managed: BTreeMap::new(),
        inline: BTreeMap::from([(id("additions"), allows(&[("Scan", &["ec2:GetEbsEncryptionByDefault"])]))]),
        tags: BTreeMap::from([(id(OWNER_TAG), id("prowler")), (id("service"), id("prowler"))]),
    }
}

/// The role of [`role`], changed.
pub(super) fn role_with(change: impl FnOnce(&mut Role)) -> Role {
    let mut role = role();
    change(&mut role);
    role
}

pub(super) fn role_change(address: &str, account: &str, why: Why, edit: Edit<Role>) -> Change {
    let account: AccountId = id(account);
    let calls: Vec<(&Role, Vec<RoleCall>)> = match &edit {
        Edit::Create(after) => vec![(after, creation(after))],
        Edit::Update { before, after } => vec![(after, edits(before, after))],
        Edit::Replace { before, after } => vec![(before, deletion(before)), (after, creation(after))],
        Edit::Delete(before) => vec![(before, deletion(before))],
    };
    let steps = calls
        .into_iter()
        .flat_map(|(role, calls)| calls.into_iter().map(move |call| (role, call)))
        .map(|(role, call)| Step::Role { account: account.clone(), role: role.name.clone(), call })
        .collect();
    let subject = Subject::Role { account, edit: shared(edit), custody: Custody::Ours };
    Change::new(id(address), why, subject, steps)
}

fn shared(edit: Edit<Role>) -> Edit<Arc<Role>> {
    match edit {
        Edit::Create(after) => Edit::Create(Arc::new(after)),
        Edit::Update { before, after } => Edit::Update { before: Arc::new(before), after: Arc::new(after) },
        Edit::Replace { before, after } => Edit::Replace { before: Arc::new(before), after: Arc::new(after) },
        Edit::Delete(before) => Edit::Delete(Arc::new(before)),
    }
}

/// A member's role, from something to something.
pub(super) fn member(account: &str, why: Why, edit: Edit<Role>) -> Change {
    role_change(&format!("prowler.role[\"{account}\"]"), account, why, edit)
}

/// The definition of the stack set that delivers a role, with other external IDs in some accounts.
pub(super) fn definition(role: &Role, overrides: &[(&str, &[&str])]) -> Definition {
    let overrides: BTreeMap<ExternalId, BTreeSet<AccountId>> =
        overrides.iter().map(|(external_id, accounts)| (id(external_id), ids(accounts))).collect();
    Definition {
        description: "ProwlerScan for prowler, kept by Rolecall".to_owned(),
        template: Template::render(role, &overrides),
        capabilities: BTreeSet::from([CAPABILITY.to_owned()]),
        tags: BTreeMap::from([(id(OWNER_TAG), id("prowler"))]),
        auto_deployment: AutoDeployment::On,
        managed_execution: ManagedExecution::Active,
    }
}

pub(super) fn stack_set(why: Why, edit: Edit<Definition>, reaches: &[&str]) -> Change {
    let name: StackSetName = id("rolecall-prowler");
    let call = match (edit.action(), edit.after()) {
        (Action::Create, Some(after)) => StackSetCall::Create(after.clone()),
        (_, Some(after)) => StackSetCall::Update { definition: after.clone(), targets: None, preferences: PREFERENCES },
        (_, None) => StackSetCall::Delete,
    };
    let edit = match edit {
        Edit::Create(after) => Edit::Create(Box::new(after)),
        Edit::Update { before, after } => Edit::Update { before: Box::new(before), after: Box::new(after) },
        Edit::Replace { before, after } => Edit::Replace { before: Box::new(before), after: Box::new(after) },
        Edit::Delete(before) => Edit::Delete(Box::new(before)),
    };
    let steps = vec![Step::StackSet { name: name.clone(), call }];
    let subject = Subject::StackSet { name, edit, custody: Custody::Ours, reaches: ids(reaches) };
    Change::new(id("prowler.stack_set"), why, subject, steps)
}

pub(super) fn instances(action: InstanceAction, why: Why, accounts: &[&str], units: &[&str]) -> Change {
    let name: StackSetName = id("rolecall-prowler");
    let targets = DeploymentTargets { units: ids(units), filter: AccountFilter::All };
    let call = match action {
        InstanceAction::Create | InstanceAction::Retry => {
            StackSetCall::CreateInstances { targets, preferences: PREFERENCES }
        }
        InstanceAction::Delete => {
            StackSetCall::DeleteInstances { targets, stacks: Stacks::Deleted, preferences: PREFERENCES }
        }
        InstanceAction::Recreate | InstanceAction::Abandon => {
            StackSetCall::DeleteInstances { targets, stacks: Stacks::Retained, preferences: PREFERENCES }
        }
    };
    let steps = vec![Step::StackSet { name: name.clone(), call }];
    let subject = Subject::Instances { stack_set: name, action, accounts: ids(accounts), units: ids(units) };
    Change::new(id("prowler.instances"), why, subject, steps)
}

pub(super) fn trusted_access() -> Change {
    let steps = vec![Step::ActivateTrustedAccess];
    Change::new(Address::TrustedAccess, Why::Missing, Subject::TrustedAccess, steps)
}

pub(super) fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        organization: id("o-acme123456"),
        changes,
        holds: Vec::new(),
        unknown: BTreeMap::new(),
        inactive: BTreeMap::new(),
        existing_roles: BTreeMap::from([(id("prowler"), 40)]),
        last_operations: BTreeMap::new(),
    }
}

pub(super) fn hold(address: &str, reason: HoldReason) -> Hold {
    Hold { address: id(address), reason }
}

pub(super) fn denied(account: &str) -> ReadFailure {
    ReadFailure {
        call: "sts:AssumeRole".to_owned(),
        code: "AccessDenied".to_owned(),
        message: format!("not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{account}:role/Reader"),
        request_id: Some(format!("req-{account}")),
        advice: Some("see that the role Reader is in the account and trusts the caller".to_owned()),
    }
}

pub(super) fn names() -> Names {
    let accounts = [
        ("111111111111", "acme-management"),
        ("222222222222", "payments-prod"),
        ("333333333333", "payments-dev"),
        ("444444444444", "legacy-app"),
    ];
    Names {
        accounts: accounts.iter().map(|(account, name)| (id(account), (*name).to_owned())).collect(),
        units: BTreeMap::from([
            (id("ou-ab12-workload1"), "Root/Workloads".to_owned()),
            (id("r-ab12"), "Root".to_owned()),
        ]),
    }
}

/// The text of a plan without its colours.
pub(super) fn text(plan: &Plan, detail: Detail) -> String {
    let names = names();
    plain(&plan_text(
        plan,
        &View { names: &names, detail, aim: Aim::Configuration, checked: Some(38), basis: Basis::AWS },
    ))
}

pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// What is shown of changes, without what stands above them.
pub(super) fn show(changes: Vec<Change>, detail: Detail) -> String {
    let text = text(&plan(changes), detail);
    text.split_once("Rolecall will perform the following actions:\n\n").unwrap().1.to_owned()
}

/// What is shown of changes unless more is asked for.
pub(super) fn brief(changes: Vec<Change>) -> String {
    show(changes, Detail::Brief)
}

/// So many account ids.
pub(super) fn accounts(number: u64) -> Vec<String> {
    (0..number).map(|index| format!("{:012}", 222_222_222_222 + index)).collect()
}
