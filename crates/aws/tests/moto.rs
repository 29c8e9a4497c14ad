//! Our Organizations, IAM and STS calls against a moto server, which nobody here wrote.
//!
//! `ROLECALL_MOTO_URL` names the server, filled by `tests/conformance/moto_seed.py`; `cargo xtask test` does both.
//! moto's stack sets are too unlike AWS's to show anything, so roles are delivered directly. It evaluates no trust
//! policy, so this says nothing about who may assume a role.

#![allow(clippy::unwrap_used, reason = "this whole file is a test")]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use rolecall_aws::{
    ApplyEvent, ApplyOptions, CALL_TIMEOUT, CallCounts, ConnectOptions, Connection, Endpoint, Outcome, Stop, UnitNames,
    apply, observe, read_org,
};
use rolecall_core::desired::resolve;
use rolecall_core::guard::{Allowed, clear};
use rolecall_core::ids::AccountId;
use rolecall_core::observed::{Observed, Reading};
use rolecall_core::org::{AccountState, Org};
use rolecall_core::plan::{HoldReason, Plan};
use rolecall_core::planner::plan;
use rolecall_core::portion::Portion;
use rolecall_core::spec::{Access, CallAs, LockUse, Lookup, SourceFile, Spec, parse};

struct NoFiles;

impl Lookup for NoFiles {
    fn file(&self, _base: &str, path: &str) -> Result<String, String> {
        Err(format!("{path} is not wanted here"))
    }

    fn environment(&self, name: &str) -> Result<String, String> {
        Err(format!("{name} is not wanted here"))
    }
}

const FIRST: &str = r#"
  vendor:
    external_id: 5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a11
    role:
      name: VendorScan
      path: /vendors/
      description: Reads everything
      max_session_duration: 2h
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [SecurityAudit]
      inline_policies:
        more: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:Get*", Resource: "arn:aws:s3:::a+b/*" }] }
      tags: { service: "https://vendor.example" }
    targets: { organizational_units: [Workloads/Prod, Dev] }
    rollout: { delivery: direct }
"#;

/// Every attribute that IAM changes in place is another.
const SECOND: &str = r#"
  vendor:
    external_id: 5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a12
    role:
      name: VendorScan
      path: /vendors/
      description: Reads much
      max_session_duration: 1h
      permissions_boundary: arn:aws:iam::aws:policy/ReadOnlyAccess
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [job-function/ViewOnlyAccess]
      inline_policies:
        other: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:List*", Resource: "*" }] }
      tags: { team: security }
    targets: { organizational_units: [Workloads/Prod, Dev] }
    rollout: { delivery: direct }
"#;

/// Another vendor keeps direct delivery in use, so that all accounts are searched for what the first left behind.
const THIRD: &str = r#"
  other:
    external_id: 5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a13
    role:
      name: OtherScan
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [SecurityAudit]
    targets: { organizational_units: [Dev] }
    rollout: { delivery: direct }
"#;

fn spec(org: &Org, integrations: &str) -> Spec {
    let text = format!(
        "version: 1\norganization: {{ id: {} }}\nlimits: {{ max_deletes: 100, max_change_percent: 100 }}\nintegrations:{integrations}",
        org.id
    );
    let parsed = parse(&[SourceFile { name: "test.yaml".into(), text }], &NoFiles);
    parsed.unwrap_or_else(|problems| panic!("{problems:?}")).only().unwrap()
}

async fn connect() -> Connection {
    let url = std::env::var("ROLECALL_MOTO_URL").expect("ROLECALL_MOTO_URL names a moto server");
    let key = || "test".to_owned();
    let options = ConnectOptions {
        access: Access {
            lock: LockUse::Off,
            member_role: "OrganizationAccountAccessRole".parse().unwrap(),
            call_as: CallAs::Management,
            region: "us-east-1".parse().unwrap(),
            profile: None,
            role_arn: None,
        },
        parallelism: NonZeroUsize::new(8).unwrap(),
        endpoint: Some(Endpoint { url, access_key_id: key(), secret_access_key: key() }),
        call_timeout: CALL_TIMEOUT,
    };
    Connection::open(options).await.unwrap()
}

async fn look(connection: &Connection, spec: &Spec) -> (Observed, Plan) {
    let observed = observe(connection, spec, &Portion::WHOLE, UnitNames::NotNeeded, &|_| {}).await.unwrap();
    let desired = resolve(spec, &observed.org).unwrap();
    let plan = plan(&desired, &observed);
    (observed, plan)
}

async fn converge(connection: &Connection, spec: &Spec) -> (Plan, Observed) {
    let (_, planned) = look(connection, spec).await;
    let cleared = clear(&planned, spec, &Allowed::default()).unwrap();
    let watch = |event: ApplyEvent<'_>| {
        if let ApplyEvent::Ended { change, outcome } = event
            && !matches!(outcome, Outcome::Done)
        {
            panic!("{}: {outcome:?}", planned.changes[change].address);
        }
    };
    let applied = apply(connection, &cleared, ApplyOptions::default(), &watch, &Stop::new()).await;
    assert!(applied.is_complete());
    assert_eq!(applied.tally(), planned.tally());
    let (observed, again) = look(connection, spec).await;
    assert!(again.changes.is_empty(), "planned again: {:#?}", again.changes);
    (planned, observed)
}

fn account(org: &Org, name: &str) -> AccountId {
    let found = org.accounts.iter().find(|(_, account)| account.name == name);
    found.map_or_else(|| panic!("no account {name}"), |(id, _)| id.clone())
}

fn writes(calls: &CallCounts) -> CallCounts {
    let is_read = |call: &str| {
        let operation = call.split(':').nth(1).unwrap_or_default();
        ["Get", "List", "Describe", "AssumeRole"].iter().any(|verb| operation.starts_with(verb))
    };
    calls.iter().filter(|(call, _)| !is_read(call)).map(|(call, count)| (call.clone(), *count)).collect()
}

#[tokio::test]
#[ignore = "needs a moto server; `cargo xtask test` starts one"]
async fn the_client_and_moto_understand_each_other() {
    let connection = connect().await;
    let org = read_org(&connection, UnitNames::Needed, &BTreeSet::new()).await.unwrap();
    the_organization_is_read(&connection, &org);

    let first = spec(&org, FIRST);
    let (planned, observed) = converge(&connection, &first).await;
    a_foreign_role_is_left_alone(&org, &planned, &observed);

    let before = writes(&connection.calls());
    let (_, again) = look(&connection, &first).await;
    assert!(again.changes.is_empty());
    assert_eq!(writes(&connection.calls()), before, "looking wrote something");

    let second = spec(&org, SECOND);
    let (planned, _) = converge(&connection, &second).await;
    assert!(planned.changes.iter().all(|change| change.steps.len() > 5), "few steps: {:#?}", planned.changes);

    let third = spec(&org, THIRD);
    let (planned, observed) = converge(&connection, &third).await;
    // 22 accounts of Prod, as one has a role that is not ours, two of Dev and the management account.
    assert_eq!(planned.tally().destroy, 25);
    let roles = observed.roles.values().filter_map(Reading::known);
    assert_eq!(roles.flat_map(|roles| roles.keys()).filter(|name| name.as_str() == "OtherScan").count(), 3);
}

fn the_organization_is_read(connection: &Connection, org: &Org) {
    assert_eq!(connection.caller().account, org.management_account);
    assert_eq!(org.accounts.len(), 27);
    let dev = &org.accounts[&account(org, "dev-00")];
    assert_eq!(org.unit_path(&dev.parent), "Root/Workloads/Dev");
    assert_eq!(org.units.len(), 4, "the unit without accounts is there too");
    assert_eq!(org.accounts[&account(org, "dev-02")].state, AccountState::Suspended);
}

fn a_foreign_role_is_left_alone(org: &Org, planned: &Plan, observed: &Observed) {
    // 23 of Prod without the one that is held, two of Dev, and the management account.
    assert_eq!(planned.tally().add, 25);
    let held = account(org, "prod-01");
    let holds: Vec<_> = planned.holds.iter().map(|hold| &hold.reason).collect();
    assert!(
        matches!(holds.as_slice(), [HoldReason::RoleNotOurs { account, owner: None, .. }] if *account == held),
        "{holds:?}"
    );
    let role = observed.roles[&held].known().unwrap().values().next().unwrap();
    assert_eq!(role.role.description, "made by hand");
}
