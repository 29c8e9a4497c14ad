//! What is written for what is found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Import, Reason, Thing, import};
use crate::desired::resolve;
use crate::ids::{AccountId, Partition};
use crate::observed::{InstanceStatus, LiveStackSet, ManagedExecution, PermissionModel, Reading, StackInstance};
use crate::org::AccountState;
use crate::planner::testing::{MANAGEMENT, account, denied, document, foreign, fresh, id, live, org, ou, spec};
use crate::policy::{PolicyDoc, PolicyKind};
use crate::role::{OWNER_TAG, Role};
use crate::snapshot::Snapshot;
use crate::spec::{AutoDeployment, Parsed, SourceFile, parse};

/// Accounts 2 to 4 in `prod`, 5 in `dev`, 6 in `sec`.
fn world() -> Snapshot {
    let places = [(2, "prod"), (3, "prod"), (4, "prod"), (5, "dev"), (6, "sec")];
    let members: Vec<_> = places.iter().map(|(number, unit)| (*number, *unit, AccountState::Active)).collect();
    Snapshot {
        taken_at: "2026-03-01T10:00:00Z".to_owned(),
        access: spec(&[]).access,
        observed: fresh(org(&members)),
        other_roles: BTreeMap::new(),
    }
}

fn trust(statement: &Value) -> PolicyDoc {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    PolicyDoc::from_live(&document.to_string(), PolicyKind::Trust, Partition::Aws)
}

fn statement(external_id: &str) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::464622532012:root" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": external_id, "aws:PrincipalTag/team": ["a", "b"] } },
    })
}

fn vendor(external_id: &str) -> Role {
    Role {
        description: "Datadog: reads".to_owned(),
        trust: trust(&statement(external_id)),
        max_session: 5400.try_into().unwrap(),
        attached: [id("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")].into(),
        managed: BTreeMap::new(),
        inline: [(id("datadog"), document("s3:ListBucket"))].into(),
        tags: [(id("cost"), id("0042"))].into(),
        ..foreign("DatadogIntegrationRole")
    }
}

fn put(snapshot: &mut Snapshot, account: &AccountId, role: Role) {
    let Some(Reading::Known(roles)) = snapshot.observed.roles.get_mut(account) else { panic!("{account} is not read") };
    roles.insert(role.name.clone(), live(role, "AROAEXAMPLE"));
}

struct Nothing;

impl crate::spec::Lookup for Nothing {
    fn file(&self, _: &str, path: &str) -> Result<String, String> {
        Err(path.to_owned())
    }
    fn environment(&self, name: &str) -> Result<String, String> {
        Err(name.to_owned())
    }
}

fn read(made: &Import) -> Parsed {
    let source = SourceFile { name: "rolecall.yaml".to_owned(), text: made.text.clone() };
    parse(&[source], &Nothing).unwrap_or_else(|problems| {
        let messages = problems.list.iter().fold(String::new(), |mut all, problem| {
            let _ = writeln!(all, "{}", problem.message);
            all
        });
        panic!("{messages}\n{}", made.text)
    })
}

/// The file is accepted, and says of every account that it covers what is there, but for our own tags.
fn assert_faithful(snapshot: &Snapshot, made: &Import) {
    let parsed = read(made);
    let desired = resolve(&parsed.only().unwrap(), &snapshot.observed.org).unwrap();
    for wanted in desired.integrations.values() {
        for (account, role) in wanted.members.iter().chain(wanted.management.iter().map(|(id, role)| (id, role))) {
            let Some(Reading::Known(roles)) = snapshot.observed.roles.get(account) else { continue };
            let Some(live) = roles.get(&role.name) else { continue };
            let mut role = (**role).clone();
            role.tags.retain(|key, _| !key.as_str().starts_with("rolecall:"));
            let is_left_out =
                made.left_out.iter().any(|left| left.thing == Thing::Role(role.name.clone(), account.clone()));
            assert!(is_left_out || role == *live.role, "{account}\n{}", made.text);
        }
    }
}

fn reasons(made: &Import) -> Vec<String> {
    made.left_out.iter().map(|left| format!("{}: {}", left.thing, left.reason)).collect()
}

#[test]
fn equal_roles_are_one_integration_and_the_rest_is_told() {
    let mut world = world();
    for number in [2, 3, 4] {
        put(&mut world, &account(number), vendor("dd-1"));
    }
    put(&mut world, &account(5), vendor("dd-legacy"));
    let mut odd = vendor("dd-1");
    odd.attached.insert(id("arn:aws:iam::aws:policy/AdministratorAccess"));
    put(&mut world, &account(6), odd);
    let mut management = vendor("dd-1");
    management.inline.insert(id("organization"), document("organizations:ListAccounts"));
    put(&mut world, &id(MANAGEMENT), management);
    let made = import(&world);
    assert_faithful(&world, &made);
    insta::assert_snapshot!(made.text);
}

#[test]
fn a_stack_set_that_made_the_roles_is_taken_over_with_what_drifted_in_it() {
    let mut world = world();
    let instance = |unit: &str| StackInstance {
        unit: Some(ou(unit)),
        stack: None,
        status: InstanceStatus::Current,
        detail: None,
        reason: None,
    };
    let set = LiveStackSet {
        id: "DatadogForwarder:1".to_owned(),
        tags: BTreeMap::new(),
        template: r#"{"Resources":{"R":{"Properties":{"RoleName":"DatadogIntegrationRole"}}}}"#.to_owned(),
        description: String::new(),
        capabilities: ["CAPABILITY_NAMED_IAM".to_owned()].into(),
        permission_model: PermissionModel::ServiceManaged,
        auto_deployment: AutoDeployment::OnRetaining,
        managed_execution: ManagedExecution::Inactive,
        units: [ou("prod")].into(),
        instances: [2, 3, 4].map(|number| (account(number), instance("prod"))).into(),
        elsewhere: [].into(),
        running: None,
        last_operation: None,
        last_update: None,
        last_create: None,
    };
    let unrelated = LiveStackSet { template: "ExternalId".to_owned(), ..set.clone() };
    let ours = LiveStackSet { tags: [(id(OWNER_TAG), id("prowler"))].into(), ..set.clone() };
    world.observed.stack_sets = Reading::Known(BTreeMap::from([
        (id("DatadogForwarder"), Reading::Known(set)),
        (id("Unrelated"), Reading::Known(unrelated)),
        (id("rolecall-prowler"), Reading::Known(ours)),
    ]));
    for number in [2, 5, 6] {
        put(&mut world, &account(number), vendor("dd-1"));
    }
    put(&mut world, &account(3), Role { description: "drifted".to_owned(), ..vendor("dd-1") });
    let made = import(&world);
    assert_faithful(&world, &made);
    insta::assert_snapshot!(made.text);
}

#[test]
fn what_a_file_cannot_say_is_left_out_with_its_reason() {
    let change = |pointer: &str, value: Value| {
        let mut statement = statement("dd-1");
        *statement.pointer_mut(pointer).unwrap() = value;
        json!([statement])
    };
    let two = json!([statement("dd-1"), statement("dd-2")]);
    for (statement, reason) in [
        (two, Reason::Statements(2)),
        (change("/Principal", json!("*")), Reason::Wildcard),
        (change("/Principal", json!({ "AWS": "AROAEXAMPLEEXAMPLE12" })), Reason::Orphan("AROAEXAMPLEEXAMPLE12".into())),
        (
            change("/Principal", json!({ "Service": "ec2.amazonaws.com", "AWS": "464622532012" })),
            Reason::Principals(crate::policy::PrincipalType::Service),
        ),
        (
            change("/Action", json!(["sts:AssumeRole", "sts:TagSession"])),
            Reason::Actions("sts:AssumeRole, sts:TagSession".into()),
        ),
        (
            change("/Condition", json!({ "StringLike": { "sts:ExternalId": "dd-*" } })),
            Reason::Operator("StringLike".into()),
        ),
        (
            change("/Condition", json!({ "StringEqualsIfExists": { "sts:ExternalId": "dd-1" } })),
            Reason::Operator("StringEqualsIfExists".into()),
        ),
        (change("/Condition", json!({ "StringEquals": { "sts:ExternalId": ["a1", "b2"] } })), Reason::ExternalIds(2)),
        (
            change("/Condition", json!({ "StringEquals": { "sts:ExternalId": "a b" } })),
            Reason::ExternalId("a b".into()),
        ),
        (change("/Effect", json!("Deny")), Reason::Denies),
    ] {
        let mut world = world();
        put(&mut world, &account(2), Role { trust: trust(&statement), ..vendor("dd-1") });
        let made = import(&world);
        assert_eq!(made.left_out.iter().map(|left| &left.reason).collect::<Vec<_>>(), [&reason]);
        assert!(made.integrations.is_empty() && made.text.contains(&reason.to_string()), "{}", made.text);
        read(&made);
    }
}

#[test]
fn unread_accounts_and_made_up_names_are_told_and_what_is_ours_is_not() {
    let mut world = world();
    world.observed.roles.insert(account(6), Reading::Unreadable(denied()));
    put(&mut world, &account(2), Role { name: id("StackSet-dd-1-Role-ABC"), ..vendor("dd-1") });
    let mut ours = vendor("dd-1");
    ours.tags.insert(id(OWNER_TAG), id("datadog"));
    put(&mut world, &account(3), ours);
    let made = import(&world);
    assert_eq!(
        reasons(&made),
        [
            "role StackSet-dd-1-Role-ABC of account 000000000002: its name was made up by CloudFormation, so it is another \
             in each account",
            "account 000000000006: it could not be read: sts:AssumeRole failed with AccessDenied: no",
        ]
    );
    assert_eq!(made.ours, [id("datadog")].into());
    assert!(made.text.contains("# Rolecall's already, and not in this file: datadog."), "{}", made.text);
    read(&made);
}

#[test]
fn a_policy_that_the_file_would_not_take_leaves_the_role_out() {
    let mut world = world();
    let odd = PolicyDoc::from_live("{\"Statement\":7}", PolicyKind::Permission, Partition::Aws);
    let mut role = vendor("dd-1");
    role.inline.insert(id("odd"), odd);
    put(&mut world, &account(2), role);
    let made = import(&world);
    assert!(matches!(made.left_out[0].reason, Reason::Policy { .. }), "{:?}", made.left_out);
    read(&made);
}
