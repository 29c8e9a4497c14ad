//! How long planning takes: `cargo bench --package rolecall-core --bench plan`.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::desired::{Desired, DesiredDelivery, DesiredIntegration, DesiredStackSet, resolve};
use rolecall_core::ids::AccountId;
use rolecall_core::observed::{
    InstanceStatus, LiveRole, LiveRoles, LiveStackSet, Observed, PermissionModel, Reading, StackInstance, TrustedAccess,
};
use rolecall_core::org::{Account, AccountState, Org, Unit};
use rolecall_core::planner::plan;
use rolecall_core::spec::{self, Lookup, SourceFile};

const ACCOUNTS: usize = 10_000;
const INTEGRATIONS: usize = 5;

fn main() {
    divan::main();
}

/// Nothing to change: what a periodic run does.
#[divan::bench(sample_count = 20)]
fn ten_thousand_accounts_five_integrations(bencher: divan::Bencher<'_, '_>) {
    let desired = desired();
    let observed = settled(&desired);
    assert!(plan(&desired, &observed).changes.is_empty(), "the benchmark is of a plan without changes");
    bencher.bench(|| plan(divan::black_box(&desired), divan::black_box(&observed)));
}

/// Every role drifted: the largest plan there is.
#[divan::bench(sample_count = 20)]
fn everything_drifted(bencher: divan::Bencher<'_, '_>) {
    let desired = desired();
    let mut observed = settled(&desired);
    for roles in observed.roles.values_mut() {
        let Reading::Known(roles) = roles else { continue };
        for live in roles.values_mut() {
            let mut role = (*live.role).clone();
            "changed by hand".clone_into(&mut role.description);
            live.role = role.into();
        }
    }
    assert_eq!(plan(&desired, &observed).changes.len(), ACCOUNTS * INTEGRATIONS);
    bencher.bench(|| plan(divan::black_box(&desired), divan::black_box(&observed)));
}

/// Nothing is read from files or the environment here.
struct Nothing;

impl Lookup for Nothing {
    fn file(&self, _: &str, path: &str) -> Result<String, String> {
        Err(format!("{path} is not needed"))
    }

    fn environment(&self, name: &str) -> Result<String, String> {
        Err(format!("{name} is not needed"))
    }
}

fn desired() -> Desired {
    let mut text = "version: 1\norganization: { id: o-bench12345 }\nintegrations:\n".to_owned();
    for n in 1..=INTEGRATIONS {
        text += &INTEGRATION.replace("NUMBER", &n.to_string());
    }
    let parsed = spec::parse(&[SourceFile { name: "rolecall.yaml".to_owned(), text }], &Nothing);
    let spec = parsed.expect("the benchmark's configuration is valid").only().expect("it is of one organization");
    resolve(&spec, &org()).expect("the benchmark's configuration fits its organization")
}

const INTEGRATION: &str = r#"
  vendorNUMBER:
    external_id: 5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0aNUMBER
    role:
      name: VendorNUMBERAccess
      description: Access of vendor NUMBER
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [SecurityAudit, job-function/ViewOnlyAccess]
      inline_policies:
        additions:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Action: ["account:Get*", "backup:List*", "glue:GetConnections"], Resource: "*" }
      tags: { vendor: "NUMBER" }
    management_account:
      inline_policies:
        organization:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Action: "organizations:List*", Resource: "*" }]
    targets: { organizational_units: [Root] }
"#;

fn account_id(n: usize) -> AccountId {
    format!("{:012}", 100_000_000_000 + n).parse().expect("twelve digits are an account id")
}

/// A hundred units in two levels, and the accounts spread over them.
fn org() -> Org {
    let root: rolecall_core::ids::OuId = "r-b3nc".parse().expect("a root id");
    let unit_id = |n: usize| format!("ou-b3nc-{n:08}").parse::<rolecall_core::ids::OuId>().expect("a unit id");
    let units = (0..100).map(|n| {
        let parent = if n < 10 { root.clone() } else { unit_id(n % 10) };
        (unit_id(n), Unit { name: Some(format!("Unit {n}")), parent })
    });
    let accounts = (0..ACCOUNTS).map(|n| {
        let parent = if n == 0 { root.clone() } else { unit_id(n % 100) };
        let (name, email) = (format!("account {n}"), format!("account-{n}@example.com"));
        (account_id(n), Account { name, email, state: AccountState::Active, parent })
    });
    Org {
        id: "o-bench12345".parse().expect("an organization id"),
        management_account: account_id(0),
        units: units.collect(),
        accounts: accounts.collect(),
        root,
    }
}

/// An organization in which everything is as desired.
fn settled(desired: &Desired) -> Observed {
    let mut roles: BTreeMap<AccountId, LiveRoles> = BTreeMap::new();
    let mut stack_sets = BTreeMap::new();
    for (n, integration) in desired.integrations.values().enumerate() {
        for (account, role) in integration.members.iter().chain(integration.management.as_ref().map(|(a, r)| (a, r))) {
            let id = format!("AROA{n:04}{account}").parse().expect("a role id");
            let live = LiveRole { id, role: role.clone() };
            roles.entry(account.clone()).or_default().insert(integration.role_name.clone(), live);
        }
        if let DesiredDelivery::StackSet(wanted) = &integration.delivery {
            stack_sets.insert(wanted.name.clone(), Reading::Known(live_stack_set(wanted, integration)));
        }
    }
    Observed {
        org: org(),
        trusted_access: Reading::Known(TrustedAccess::Enabled),
        stack_sets: Reading::Known(stack_sets),
        roles: roles.into_iter().map(|(account, roles)| (account, Reading::Known(roles))).collect(),
        foreign_policies: BTreeMap::new(),
    }
}

fn live_stack_set(wanted: &DesiredStackSet, integration: &DesiredIntegration) -> LiveStackSet {
    let instance = StackInstance {
        unit: wanted.units.first().cloned(),
        status: InstanceStatus::Current,
        detail: Some("SUCCEEDED".to_owned()),
        reason: None,
        stack: None,
    };
    let definition = &wanted.definition;
    LiveStackSet {
        id: format!("{}:00000000-0000-0000-0000-000000000000", wanted.name),
        tags: definition.tags.clone(),
        template: definition.template.body().to_owned(),
        description: definition.description.clone(),
        capabilities: definition.capabilities.clone(),
        permission_model: PermissionModel::ServiceManaged,
        auto_deployment: definition.auto_deployment,
        managed_execution: definition.managed_execution,
        units: wanted.units.clone(),
        instances: integration.members.keys().map(|account| (account.clone(), instance.clone())).collect(),
        elsewhere: BTreeSet::new(),
        running: None,
        last_operation: None,
        last_update: None,
        last_create: None,
    }
}
