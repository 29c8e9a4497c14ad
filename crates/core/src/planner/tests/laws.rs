//! The laws of the planner, on any world that a few mishaps can make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::perform::{perform, stack_id};
use crate::ids::{AccountId, Partition};
use crate::observed::{InstanceStatus, LiveStackSet, Observed, Reading, StackInstance};
use crate::org::AccountState;
use crate::own_policy::{Attachment, OwnPolicy};
use crate::plan::{HoldReason, Plan, Subject};
use crate::planner::plan;
use crate::planner::testing::{
    account, denied, desired, document, foreign, fresh, id, integration, live, org, ou, spec,
};
use crate::policy::{PolicyDoc, PolicyKind};
use crate::spec::{AdoptAccounts, AutoDeployment, Delivery, Integration, ManagementAccount, OuRef, Pattern, Spec};
use crate::step::{AccountFilter, DeploymentTargets, StackSetCall, Step};

const ROLES: [&str; 2] = ["ProwlerScan", "ProsperOps"];
const NAMES: [&str; 2] = ["prowler", "prosperops"];

/// A file, as a few choices.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent choices, drawn one by one")]
pub(super) struct File {
    pub(super) units: BTreeSet<usize>,
    pub(super) excluded: BTreeSet<usize>,
    pub(super) overridden: BTreeSet<usize>,
    pub(super) is_direct: [bool; 2],
    pub(super) is_automatic: bool,
    pub(super) has_management: bool,
    pub(super) has_second: bool,
    pub(super) action: usize,
    /// How many statements there are in a policy of which four fit into a role.
    pub(super) statements: [usize; 2],
    pub(super) role_name: bool,
    pub(super) path: bool,
    pub(super) adopts: bool,
    pub(super) is_renamed: bool,
    pub(super) releases: bool,
}

/// Something that happens to the world between two runs.
#[derive(Debug, Clone)]
pub(super) enum Mishap {
    AddInline(usize, usize),
    ChangeTrust(usize, usize),
    DeleteRole(usize, usize),
    Detach(usize, usize),
    Describe(usize, usize),
    ChangeVersion(usize, usize),
    AddVersion(usize, usize),
    DetachOwn(usize, usize),
    DeleteOwn(usize, usize),
    PlantPolicy(usize, usize),
    Outdate(usize, usize),
    Jam(usize, usize),
    FailImport(usize, usize),
    LoseInstance(usize, usize),
    Suspend(usize),
    Leave(usize),
    Move(usize, usize),
    Join(usize),
    PlantForeign(usize, usize),
    Deny(usize),
}

const UNITS: [&str; 4] = ["work", "prod", "dev", "sec"];

pub(super) fn files() -> impl Strategy<Value = File> {
    let set = |max: usize| prop::collection::btree_set(0..max, 0..3);
    let statements = || prop_oneof![3 => Just(0), 1 => 3..9usize];
    let numbers = (set(5), set(12), set(12), 0..3usize, [statements(), statements()]);
    let switches = (any::<[bool; 2]>(), any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.8));
    let rare = || prop::bool::weighted(0.15);
    (numbers, switches, (rare(), rare(), rare(), rare())).prop_map(|(numbers, switches, rare)| {
        let (units, excluded, overridden, action, statements) = numbers;
        let (is_direct, is_automatic, has_management, has_second, role_name) = switches;
        let (path, adopts, is_renamed, releases) = rare;
        File {
            units,
            excluded,
            overridden,
            is_direct,
            is_automatic,
            has_management,
            has_second,
            action,
            statements,
            role_name,
            path,
            adopts,
            is_renamed,
            releases,
        }
    })
}

pub(super) fn mishaps() -> impl Strategy<Value = Vec<Mishap>> {
    let pair = || (0..12usize, 0..2usize);
    prop::collection::vec(
        prop_oneof![
            pair().prop_map(|(a, r)| Mishap::AddInline(a, r)),
            pair().prop_map(|(a, r)| Mishap::ChangeTrust(a, r)),
            pair().prop_map(|(a, r)| Mishap::DeleteRole(a, r)),
            pair().prop_map(|(a, r)| Mishap::Detach(a, r)),
            pair().prop_map(|(a, r)| Mishap::Describe(a, r)),
            pair().prop_map(|(a, r)| Mishap::ChangeVersion(a, r)),
            pair().prop_map(|(a, r)| Mishap::AddVersion(a, r)),
            pair().prop_map(|(a, r)| Mishap::DetachOwn(a, r)),
            pair().prop_map(|(a, r)| Mishap::DeleteOwn(a, r)),
            pair().prop_map(|(a, r)| Mishap::PlantPolicy(a, r)),
            pair().prop_map(|(a, r)| Mishap::Outdate(a, r)),
            pair().prop_map(|(a, r)| Mishap::Jam(a, r)),
            pair().prop_map(|(a, r)| Mishap::FailImport(a, r)),
            pair().prop_map(|(a, r)| Mishap::LoseInstance(a, r)),
            (0..12usize).prop_map(Mishap::Leave),
            (0..12usize).prop_map(Mishap::Suspend),
            (0..12usize, 0..4usize).prop_map(|(a, u)| Mishap::Move(a, u)),
            (12..14usize).prop_map(Mishap::Join),
            pair().prop_map(|(a, r)| Mishap::PlantForeign(a, r)),
            (0..12usize).prop_map(Mishap::Deny),
        ],
        0..6,
    )
}

fn written(file: &File, index: usize) -> Integration {
    let units: Vec<OuRef> = file
        .units
        .iter()
        .map(|unit| UNITS.get(*unit).map_or(OuRef::Root, |name| OuRef::Path(vec![(*name).to_owned()])))
        .collect();
    let role = if file.role_name { ROLES[index].to_owned() } else { format!("{}Renamed", ROLES[index]) };
    let mut wanted = integration(&role, &units);
    wanted.targets.exclude_accounts = file.excluded.iter().map(|number| account(*number)).collect();
    wanted.external_id_overrides =
        file.overridden.iter().map(|number| (account(*number), id(&format!("legacy-{}", number % 3)))).collect();
    wanted.rollout.delivery = if file.is_direct[index] { Delivery::Direct } else { Delivery::StackSet };
    wanted.rollout.auto_deployment = if file.is_automatic { AutoDeployment::On } else { AutoDeployment::Off };
    if !file.has_management {
        wanted.management_account = ManagementAccount::Excluded;
    }
    let action = ["s3:ListBucket", "s3:GetObject", "ec2:Describe*"][file.action];
    wanted.role.inline_policies.insert(id("vendor"), document(action));
    if file.statements[index] > 0 {
        wanted.role.inline_policies.insert(id("large"), large(file.statements[index]));
    }
    wanted.tolerate.inline_policies = vec![Pattern("tolerated-*".to_owned())];
    if file.path {
        wanted.role.path = id("/vendors/");
    }
    if file.adopts {
        wanted.adopt.accounts = AdoptAccounts::All;
    }
    if file.is_renamed {
        wanted.renamed_from = Some(id(NAMES[index]));
    }
    wanted
}

/// A policy with statements of 2,500 characters.
fn large(statements: usize) -> PolicyDoc {
    let statement = |number: usize| {
        let resource = format!("arn:aws:s3:::{number}{}", "x".repeat(2_400));
        json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource })
    };
    let statements: Vec<Value> = (0..statements).map(statement).collect();
    let value = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDoc::from_value(&value, PolicyKind::Permission, Partition::Aws).unwrap()
}

pub(super) fn whole(file: &File) -> Spec {
    let count = if file.has_second { 2 } else { 1 };
    let names = if file.is_renamed { ["prowler-cloud", "prosperops-cloud"] } else { NAMES };
    let integrations: Vec<(&str, Integration)> = (0..count).map(|index| (names[index], written(file, index))).collect();
    let mut spec = spec(&integrations);
    if file.releases {
        spec.integrations.remove(&id(names[0]));
        spec.released.insert(id(names[0]));
    }
    spec
}

fn start() -> Observed {
    let members: Vec<(usize, &str, AccountState)> = (0..12)
        .map(|number| {
            let unit = ["root", "work", "prod", "dev", "sec"][number % 5];
            (number, unit, if number == 7 { AccountState::Suspended } else { AccountState::Active })
        })
        .collect();
    fresh(org(&members))
}

fn stack_set(world: &mut Observed, index: usize) -> Option<&mut LiveStackSet> {
    let Reading::Known(sets) = &mut world.stack_sets else { return None };
    let prefix = format!("rolecall-{}", NAMES[index]);
    match sets.iter_mut().find(|(name, _)| name.as_str().starts_with(&prefix))?.1 {
        Reading::Known(set) => Some(set),
        Reading::Unreadable(_) => None,
    }
}

fn edit_role(world: &mut Observed, number: usize, index: usize, change: impl FnOnce(&mut crate::role::Role)) {
    if let Some(Reading::Known(roles)) = world.roles.get_mut(&account(number))
        && let Some(live) = roles.get_mut(&id(ROLES[index]))
    {
        change(Arc::make_mut(&mut live.role));
    }
}

fn edit_own(world: &mut Observed, number: usize, index: usize, change: impl FnOnce(&mut OwnPolicy)) {
    edit_role(world, number, index, |role| {
        if let Some(policy) = role.managed.values_mut().next() {
            change(policy);
        }
    });
}

fn happen(world: &mut Observed, mishap: &Mishap) {
    match *mishap {
        Mishap::AddInline(number, role) => edit_role(world, number, role, |role| {
            role.inline.insert(id("backdoor"), document("iam:*"));
            role.inline.insert(id("tolerated-1"), document("ce:Get*"));
        }),
        Mishap::ChangeTrust(number, role) => edit_role(world, number, role, |role| role.trust = foreign("x").trust),
        Mishap::Detach(number, role) => edit_role(world, number, role, |role| role.attached.clear()),
        Mishap::Describe(number, role) => edit_role(world, number, role, |role| role.description.push('!')),
        Mishap::ChangeVersion(number, role) => edit_own(world, number, role, |policy| {
            policy.document = document("iam:*");
            policy.idle_versions.insert(id("v1"));
        }),
        Mishap::AddVersion(number, role) => edit_own(world, number, role, |policy| {
            policy.idle_versions.insert(id("v2"));
        }),
        Mishap::DetachOwn(number, role) => edit_own(world, number, role, |policy| {
            policy.attachment = Attachment::Detached;
        }),
        Mishap::DeleteOwn(number, role) => edit_role(world, number, role, |role| role.managed.clear()),
        Mishap::PlantPolicy(number, role) => {
            let (account, name) = (account(number), format!("{}.large.1", ROLES[role]));
            let readable = world.roles.get(&account).and_then(Reading::known);
            if readable.is_some_and(|roles| roles.values().all(|live| !live.role.managed.contains_key(&id(&name)))) {
                let arn = id(&format!("arn:aws:iam::{account}:policy/{name}"));
                world.foreign_policies.entry(account).or_default().insert(arn);
            }
        }
        Mishap::DeleteRole(number, role) => {
            if let Some(Reading::Known(roles)) = world.roles.get_mut(&account(number)) {
                roles.remove(&id(ROLES[role]));
            }
        }
        Mishap::Outdate(number, index) => {
            if let Some(instance) = stack_set(world, index).and_then(|set| set.instances.get_mut(&account(number)))
                && instance.status != InstanceStatus::Inoperable
            {
                instance.status = InstanceStatus::Outdated;
            }
        }
        Mishap::Jam(number, index) => {
            if let Some(instance) = stack_set(world, index).and_then(|set| set.instances.get_mut(&account(number))) {
                instance.status = InstanceStatus::Inoperable;
            }
        }
        Mishap::LoseInstance(number, index) => {
            let gone = stack_set(world, index).and_then(|set| set.instances.remove(&account(number)));
            if gone.is_some() {
                happen(world, &Mishap::DeleteRole(number, index));
            }
        }
        Mishap::FailImport(number, index) => fail_import(world, number, index),
        Mishap::Leave(number) => {
            world.org.accounts.remove(&account(number));
            world.roles.remove(&account(number));
        }
        Mishap::Suspend(number) => {
            if let Some(account) = world.org.accounts.get_mut(&account(number)) {
                account.state = AccountState::Suspended;
            }
            world.roles.remove(&account(number));
        }
        Mishap::Move(number, unit) => {
            if let Some(account) = world.org.accounts.get_mut(&account(number)) {
                account.parent = ou(UNITS[unit]);
            }
        }
        Mishap::Join(number) => {
            let joined = org(&[(number, "prod", AccountState::Active)]).accounts.remove(&account(number)).unwrap();
            world.org.accounts.insert(account(number), joined);
            world.roles.insert(account(number), Reading::Known(BTreeMap::new()));
        }
        Mishap::PlantForeign(number, index) => {
            let has_instance = stack_set(world, index).is_some_and(|set| set.instances.contains_key(&account(number)));
            if let Some(Reading::Known(roles)) = world.roles.get_mut(&account(number))
                && !has_instance
            {
                roles.insert(id(ROLES[index]), live(foreign(ROLES[index]), "AROAFOREIGN"));
            }
        }
        Mishap::Deny(number) => {
            if world.roles.contains_key(&account(number)) {
                world.roles.insert(account(number), Reading::Unreadable(denied()));
            }
        }
    }
}

/// Someone's stack with a role of the wanted name, which AWS could not bring into the stack set.
fn fail_import(world: &mut Observed, number: usize, index: usize) {
    let parent = world.org.accounts.get(&account(number)).map(|account| account.parent.clone());
    let has_role = match world.roles.get(&account(number)) {
        Some(Reading::Known(roles)) => roles.contains_key(&id(ROLES[index])),
        Some(Reading::Unreadable(_)) | None => true,
    };
    let Some(set) = stack_set(world, index).filter(|set| !has_role && !set.instances.contains_key(&account(number)))
    else {
        return;
    };
    let instance = StackInstance {
        unit: parent,
        status: InstanceStatus::Inoperable,
        detail: Some("FAILED_IMPORT".to_owned()),
        reason: Some("the template does not match".to_owned()),
        stack: Some(stack_id(&account(number), &id(ROLES[index]))),
    };
    set.units.extend(instance.unit.clone());
    set.instances.insert(account(number), instance);
    if let Some(Reading::Known(roles)) = world.roles.get_mut(&account(number)) {
        roles.insert(id(ROLES[index]), live(foreign(ROLES[index]), "AROAFOREIGN"));
    }
}

/// A world in which the first file was applied and then things happened.
pub(super) fn after(first: &File, mishaps: &[Mishap]) -> Observed {
    let world = start();
    let wanted = desired(&whole(first), &world);
    let first_plan = plan(&wanted, &world);
    let mut world = perform(world, &first_plan);
    for mishap in mishaps {
        happen(&mut world, mishap);
    }
    world
}

/// The accounts in which a step acts on a role.
fn reached(world: &Observed, step: &Step) -> BTreeSet<AccountId> {
    let within = |targets: &DeploymentTargets, only: &dyn Fn(&AccountId) -> bool| -> BTreeSet<AccountId> {
        world
            .org
            .accounts
            .iter()
            .filter(|(_, account)| targets.units.iter().any(|unit| world.org.is_within(&account.parent, unit)))
            .filter(|(account, _)| only(account))
            .filter(|(account, _)| match &targets.filter {
                AccountFilter::All => true,
                AccountFilter::Only(accounts) => accounts.contains(*account),
                AccountFilter::Except(accounts) => !accounts.contains(*account),
            })
            .map(|(account, _)| account.clone())
            .collect()
    };
    match step {
        Step::ActivateTrustedAccess => BTreeSet::new(),
        Step::Role { account, .. } | Step::DeleteStack { account, .. } => BTreeSet::from([account.clone()]),
        Step::StackSet { name, call } => {
            let set = world.stack_sets.known().and_then(|sets| sets.get(name)).and_then(Reading::known);
            let instances: BTreeSet<AccountId> =
                set.map(|set| set.instances.keys().cloned().collect()).unwrap_or_default();
            match call {
                StackSetCall::Update { targets: None, .. } => instances,
                StackSetCall::Update { targets: Some(targets), .. }
                | StackSetCall::UpdateInstances { targets, .. }
                | StackSetCall::DeleteInstances { targets, .. } => {
                    // An account that is not in use is only taken off the list.
                    within(targets, &|account| {
                        instances.contains(account) && world.org.accounts[account].state == AccountState::Active
                    })
                }
                StackSetCall::CreateInstances { targets, .. } => {
                    within(targets, &|account| world.org.accounts[account].state == AccountState::Active)
                }
                StackSetCall::Create(_)
                | StackSetCall::ActivateManagedExecution
                | StackSetCall::SetAutoDeployment(_)
                | StackSetCall::Delete => BTreeSet::new(),
            }
        }
    }
}

pub(super) fn explain(plan: &Plan) -> String {
    let lines = plan.changes.iter().map(|change| {
        format!("{} {} {:?}\n  {:?}", change.action().symbol(), change.address, change.why, change.steps)
    });
    lines.collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn after_every_step_was_performed_nothing_is_left_to_do(
        first in files(), second in files(), mishaps in mishaps(),
    ) {
        let world = after(&first, &mishaps);
        let wanted = desired(&whole(&second), &world);
        let todo = plan(&wanted, &world);
        let world = perform(world, &todo);
        let rest = plan(&desired(&whole(&second), &world), &world);
        prop_assert!(rest.changes.is_empty(), "planned:\n{}\nleft:\n{}", explain(&todo), explain(&rest));
    }

    #[test]
    fn a_world_that_is_as_it_should_be_plans_nothing(file in files()) {
        let world = after(&file, &[]);
        let rest = plan(&desired(&whole(&file), &world), &world);
        prop_assert!(rest.changes.is_empty(), "{}", explain(&rest));
    }

    #[test]
    fn an_unknown_account_is_never_acted_on(first in files(), second in files(), mishaps in mishaps()) {
        let world = after(&first, &mishaps);
        let todo = plan(&desired(&whole(&second), &world), &world);
        let unreadable = |account: &AccountId| matches!(world.roles.get(account), Some(Reading::Unreadable(_)));
        let mut seen = world.clone();
        for change in &todo.changes {
            for step in &change.steps {
                let touched: Vec<AccountId> = reached(&seen, step).into_iter().filter(unreadable).collect();
                prop_assert!(touched.is_empty(), "{touched:?} by {step:?}");
            }
            let one = Plan { changes: vec![change.clone()], ..todo.clone() };
            seen = perform(seen, &one);
        }
    }

    #[test]
    fn a_role_of_someone_else_is_left_as_it_is(first in files(), second in files(), mishaps in mishaps()) {
        let world = after(&first, &mishaps);
        let todo = plan(&desired(&whole(&second), &world), &world);
        let foreign = |world: &Observed| -> BTreeMap<_, _> {
            let known = world.roles.iter().filter_map(|(account, roles)| Some((account, roles.known()?)));
            known
                .flat_map(|(account, roles)| roles.iter().map(move |(name, live)| ((account.clone(), name.clone()), live.clone())))
                .filter(|(_, live)| live.role.owner().is_none())
                .collect()
        };
        let after = foreign(&perform(world.clone(), &todo));
        for (place, role) in foreign(&world) {
            prop_assert!(second.adopts || after.get(&place) == Some(&role), "{place:?} of\n{}", explain(&todo));
        }
    }

    #[test]
    fn the_order_of_the_file_does_not_matter(file in files(), mishaps in mishaps()) {
        let world = after(&file, &mishaps);
        let forth = whole(&file);
        let mut back = forth.clone();
        for wanted in back.integrations.values_mut() {
            wanted.targets.organizational_units.reverse();
        }
        prop_assert_eq!(plan(&desired(&forth, &world), &world), plan(&desired(&back, &world), &world));
    }

    #[test]
    fn a_plan_that_was_saved_reads_back_as_it_was(first in files(), second in files(), mishaps in mishaps()) {
        let world = after(&first, &mishaps);
        let todo = plan(&desired(&whole(&second), &world), &world);
        let text = serde_json::to_string(&todo).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), todo);
    }
}

#[test]
fn every_change_has_a_step_and_every_foreign_role_of_a_target_is_held() {
    let mut world = start();
    happen(&mut world, &Mishap::PlantForeign(2, 0));
    let wanted = desired(&spec(&[("prowler", integration("ProwlerScan", &[OuRef::Root]))]), &world);
    let todo = plan(&wanted, &world);
    assert!(todo.changes.iter().all(|change| !change.steps.is_empty()));
    assert!(
        matches!(&todo.holds[..], [hold] if matches!(&hold.reason, HoldReason::RoleNotOurs { account: held, .. } if *held == account(2)))
    );
    let created = todo.changes.iter().find_map(|change| match &change.subject {
        Subject::Instances { accounts, .. } => Some(accounts),
        _ => None,
    });
    assert!(!created.unwrap().contains(&account(2)));
}

#[test]
fn an_instance_of_an_account_that_is_not_in_use_is_left_alone() {
    let file = File {
        units: BTreeSet::from([4]),
        excluded: BTreeSet::new(),
        overridden: BTreeSet::new(),
        is_direct: [false; 2],
        is_automatic: true,
        has_management: true,
        has_second: false,
        action: 0,
        statements: [0; 2],
        role_name: true,
        path: false,
        adopts: false,
        is_renamed: false,
        releases: false,
    };
    let world = after(&file, &[Mishap::Suspend(3)]);
    assert!(world.stack_sets.known().unwrap().values().any(|set| {
        set.known()
            .unwrap()
            .instances
            .get(&account(3))
            .is_some_and(|instance: &StackInstance| instance.status == InstanceStatus::Current)
    }));
    let todo = plan(&desired(&whole(&file), &world), &world);
    assert!(todo.changes.is_empty(), "{}", explain(&todo));
    assert_eq!(todo.inactive.get(&account(3)), Some(&AccountState::Suspended));
}
