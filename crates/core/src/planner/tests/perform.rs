//! What AWS makes of a plan's steps, as far as the laws need it: no failures, no time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::edits::edits;
use crate::ids::{AccountId, OperationId, OuId, PolicyName, RoleName, StackId, StackSetName};
use crate::observed::{
    InstanceStatus, LiveRoles, LiveStackSet, Observed, PermissionModel, Reading, StackInstance, TrustedAccess,
};
use crate::org::AccountState;
use crate::own_policy::{Attachment, OwnPolicy};
use crate::plan::Plan;
use crate::role::Role;
use crate::step::{AccountFilter, DeploymentTargets, PolicyCall, RoleCall, StackSetCall, Stacks, Step};
use crate::template::Template;

/// The world after every step was performed.
pub(super) fn perform(mut world: Observed, plan: &Plan) -> Observed {
    for change in &plan.changes {
        for step in &change.steps {
            match step {
                Step::ActivateTrustedAccess => world.trusted_access = Reading::Known(TrustedAccess::Enabled),
                Step::Role { account, role, call } => {
                    if let RoleCall::Policy { name, call: PolicyCall::Create(_) } = call {
                        is_free(&world, account, name);
                    }
                    perform_role(roles(&mut world, account), role, call);
                }
                Step::StackSet { name, call } => perform_stack_set(&mut world, name, call),
                Step::DeleteStack { account, stack } => {
                    roles(&mut world, account).remove(&role_of(stack));
                }
            }
        }
    }
    world
}

/// The name of a policy is unique in its account, and those of someone else are never touched.
fn is_free(world: &Observed, account: &AccountId, name: &PolicyName) {
    let foreign = world.foreign_policies.get(account).into_iter().flatten();
    assert!(foreign.into_iter().all(|policy| policy.name() != name.as_str()), "{account} has a policy {name}");
}

fn roles<'a>(world: &'a mut Observed, account: &AccountId) -> &'a mut LiveRoles {
    match world.roles.get_mut(account) {
        Some(Reading::Known(roles)) => roles,
        _ => panic!("a step for the account {account}, which was not read"),
    }
}

fn perform_role(roles: &mut LiveRoles, name: &RoleName, call: &RoleCall) {
    if let RoleCall::Create { path, description, trust, max_session, boundary, tags } = call {
        let role = Role {
            name: name.clone(),
            path: path.clone(),
            description: description.clone(),
            trust: trust.clone(),
            max_session: *max_session,
            boundary: boundary.clone(),
            attached: BTreeSet::new(),
            managed: BTreeMap::new(),
            inline: BTreeMap::new(),
            tags: tags.clone(),
        };
        assert!(roles.insert(name.clone(), crate::planner::testing::live(role, "AROANEW")).is_none(), "{name} exists");
        return;
    }
    if matches!(call, RoleCall::Delete) {
        let gone = roles.remove(name).expect("the role exists");
        assert_eq!(*gone.role, gone.role.bare(), "IAM refuses to delete a role that has policies");
        return;
    }
    let role = Arc::make_mut(&mut roles.get_mut(name).expect("the role exists").role);
    match call.clone() {
        RoleCall::Create { .. } | RoleCall::Delete => {}
        RoleCall::SetTrust(document) => role.trust = document,
        RoleCall::Update { description, max_session } => {
            role.description = description;
            role.max_session = max_session;
        }
        RoleCall::PutBoundary(arn) => role.boundary = Some(arn),
        RoleCall::DeleteBoundary => role.boundary = None,
        RoleCall::Tag(tags) => role.tags.extend(tags),
        RoleCall::Untag(keys) => role.tags.retain(|key, _| !keys.contains(key)),
        RoleCall::PutInline { name, document } => {
            role.inline.insert(name, document);
        }
        RoleCall::DeleteInline(name) => assert!(role.inline.remove(&name).is_some()),
        RoleCall::Attach(arn) => assert!(role.attached.insert(arn)),
        RoleCall::Detach(arn) => assert!(role.attached.remove(&arn)),
        RoleCall::Policy { name, call } => perform_policy(role, name, call),
    }
}

fn perform_policy(role: &mut Role, name: PolicyName, call: PolicyCall) {
    if let PolicyCall::Create(document) = call {
        let policy = OwnPolicy { attachment: Attachment::Detached, ..OwnPolicy::from(document) };
        assert!(role.managed.insert(name, policy).is_none(), "EntityAlreadyExists");
        return;
    }
    if call == PolicyCall::Delete {
        let gone = role.managed.remove(&name).expect("the policy exists");
        assert_eq!(gone.attachment, Attachment::Detached, "DeleteConflict: somebody has it");
        assert!(gone.idle_versions.is_empty(), "DeleteConflict: it has other versions");
        return;
    }
    let policy = role.managed.get_mut(&name).expect("the policy exists");
    match call {
        PolicyCall::Create(_) | PolicyCall::Delete => {}
        PolicyCall::AddVersion(document) => {
            assert!(policy.idle_versions.len() < 4, "LimitExceeded");
            let number = policy.idle_versions.len() + 1;
            policy.idle_versions.insert(format!("v{number}").parse().expect("a version"));
            policy.document = document;
        }
        PolicyCall::DeleteIdleVersions => policy.idle_versions.clear(),
        PolicyCall::Attach => policy.attachment = Attachment::Attached,
        PolicyCall::Detach => policy.attachment = Attachment::Detached,
    }
}

fn perform_stack_set(world: &mut Observed, name: &StackSetName, call: &StackSetCall) {
    assert_eq!(world.trusted_access, Reading::Known(TrustedAccess::Enabled), "stack sets need trusted access");
    let Reading::Known(sets) = &mut world.stack_sets else { panic!("the stack sets were not read") };
    if let StackSetCall::Create(definition) = call {
        let set = LiveStackSet {
            id: format!("{name}:1"),
            tags: definition.tags.clone(),
            template: definition.template.body().to_owned(),
            description: definition.description.clone(),
            capabilities: definition.capabilities.clone(),
            permission_model: PermissionModel::ServiceManaged,
            auto_deployment: definition.auto_deployment,
            managed_execution: definition.managed_execution,
            units: BTreeSet::new(),
            instances: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            running: None,
            last_operation: None,
            last_update: None,
            last_create: None,
        };
        assert!(sets.insert(name.clone(), Reading::Known(set)).is_none(), "{name} exists");
        return;
    }
    let Some(Reading::Known(mut set)) = sets.remove(name) else { panic!("{name} does not exist") };
    if matches!(call, StackSetCall::Delete) {
        assert!(set.instances.is_empty(), "StackSetNotEmptyException");
        return;
    }
    let before = Template::from(set.template.clone());
    let operation: OperationId = "rolecall-0".parse().expect("an operation id");
    match call {
        StackSetCall::CreateInstances { .. } => set.last_create = Some(operation),
        StackSetCall::Update { .. } | StackSetCall::UpdateInstances { .. } => set.last_update = Some(operation),
        _ => {}
    }
    match call {
        StackSetCall::Create(_) | StackSetCall::Delete => {}
        StackSetCall::ActivateManagedExecution => {
            set.managed_execution = crate::observed::ManagedExecution::Active;
        }
        StackSetCall::SetAutoDeployment(wanted) => set.auto_deployment = *wanted,
        StackSetCall::Update { definition, targets, preferences: _ } => {
            set.template = definition.template.body().to_owned();
            set.description.clone_from(&definition.description);
            set.tags.clone_from(&definition.tags);
            set.capabilities.clone_from(&definition.capabilities);
            let reached = targets.as_ref().map(|targets| with_instance(world, &set, targets));
            // An update leaves inoperable instances as they are.
            let operable =
                |(_, instance): &(&AccountId, &mut StackInstance)| instance.status != InstanceStatus::Inoperable;
            for (account, instance) in set.instances.iter_mut().filter(operable) {
                instance.status = InstanceStatus::Outdated;
                if reached.as_ref().is_none_or(|reached| reached.contains(account)) {
                    let made = definition.template.roles().expect("a template of ours").in_account(account);
                    made.managed.keys().for_each(|name| is_free(world, account, name));
                    update_stack(roles(world, account), account, &before, &definition.template);
                    instance.status = InstanceStatus::Current;
                    instance.stack = Some(stack_id(account, &made.name));
                }
            }
        }
        StackSetCall::CreateInstances { targets, preferences: _ } => create_instances(world, &mut set, targets),
        StackSetCall::UpdateInstances { targets, preferences: _ } => {
            for account in with_instance(world, &set, targets) {
                let instance = set.instances.get_mut(&account).expect("StackInstanceNotFoundException");
                instance.status = InstanceStatus::Current;
            }
        }
        StackSetCall::DeleteInstances { targets, stacks: Stacks::Deleted, preferences: _ } => {
            delete_instances(world, &mut set, targets);
        }
        StackSetCall::DeleteInstances { targets, stacks: Stacks::Retained, preferences: _ } => {
            let AccountFilter::Only(accounts) = &targets.filter else { panic!("only named instances are let go") };
            set.instances.retain(|account, _| !accounts.contains(account));
        }
    }
    let Reading::Known(sets) = &mut world.stack_sets else { panic!("the stack sets were not read") };
    sets.insert(name.clone(), Reading::Known(set));
}

/// Applies what the templates differ in, and leaves the rest of the role as it is.
fn update_stack(roles: &mut LiveRoles, account: &AccountId, before: &Template, after: &Template) {
    let (Some(before), Some(after)) = (before.roles(), after.roles()) else { panic!("templates of ours") };
    let (before, after) = (before.in_account(account), after.in_account(account));
    assert!(before.name != after.name || before.path == after.path, "a stack cannot replace a role under its own name");
    if before.name != after.name {
        assert!(roles.remove(&before.name).is_some());
        roles.insert(after.name.clone(), crate::planner::testing::live((**after).clone(), "AROASTACK"));
        return;
    }
    // CloudFormation makes room for a new version, and deletes a policy with all its versions.
    let role = Arc::make_mut(&mut roles.get_mut(&after.name).expect("the role exists").role);
    role.managed.values_mut().for_each(|policy| policy.idle_versions.clear());
    for call in edits(before, after) {
        perform_role(roles, &after.name, &call);
    }
}

fn create_instances(world: &mut Observed, set: &mut LiveStackSet, targets: &DeploymentTargets) {
    let template = Template::from(set.template.clone());
    let template = template.roles().expect("a template of ours");
    if !matches!(targets.filter, AccountFilter::Only(_)) {
        set.units.extend(targets.units.iter().cloned());
    }
    for account in reached(world, targets) {
        let with_stack = set.instances.get_mut(&account).filter(|instance| instance.stack.is_some());
        if let Some(instance) = with_stack {
            instance.status = InstanceStatus::Current;
        } else {
            let role = template.in_account(&account);
            role.managed.keys().for_each(|name| is_free(world, &account, name));
            let taken = roles(world, &account)
                .insert(role.name.clone(), crate::planner::testing::live((**role).clone(), "AROASTACK"));
            assert!(taken.is_none(), "{account} has a role in the way");
            let parent = &world.org.accounts[&account].parent;
            let unit = world.org.lineage(parent).find(|unit| targets.units.contains(*unit)).cloned();
            let stack = Some(stack_id(&account, &role.name));
            let status = InstanceStatus::Current;
            set.instances.insert(account, StackInstance { unit, status, detail: None, reason: None, stack });
        }
    }
}

/// The id of the stack that holds a role; its last part is the role's name.
pub(super) fn stack_id(account: &AccountId, role: &RoleName) -> StackId {
    format!("arn:aws:cloudformation:us-east-1:{account}:stack/{role}").parse().expect("a stack id")
}

fn role_of(stack: &StackId) -> RoleName {
    let name = stack.as_str().rsplit('/').next().expect("the last part of the test's stack ids");
    name.parse().expect("is the role's name")
}

fn delete_instances(world: &mut Observed, set: &mut LiveStackSet, targets: &DeploymentTargets) {
    let template = Template::from(set.template.clone());
    for account in with_instance(world, set, targets) {
        let Some(gone) = set.instances.remove(&account) else { continue };
        assert_ne!(gone.status, InstanceStatus::Inoperable, "the delete of an inoperable instance fails again");
        let Some(stack) = gone.stack else { continue };
        let is_current = gone.status == InstanceStatus::Current;
        let Some(gone) = roles(world, &account).remove(&role_of(&stack)) else { continue };
        // A stack that an update spared has the template of before; what that one knows is not looked at.
        let made = template.roles().filter(|_| is_current).map(|made| made.in_account(&account));
        assert!(
            made.is_none_or(|made| {
                gone.role.inline.keys().all(|name| made.inline.contains_key(name))
                    && gone.role.attached.is_subset(&made.attached)
                    && gone.role.managed.keys().all(|name| made.managed.contains_key(name))
            }),
            "CloudFormation cannot delete a role that has more policies than its template knows"
        );
    }
    if matches!(targets.filter, AccountFilter::All) {
        set.units.retain(|unit| !targets.units.contains(unit));
    }
}

/// The accounts in use that the targets mean; the management account is never one.
fn reached(world: &Observed, targets: &DeploymentTargets) -> BTreeSet<AccountId> {
    meant(world, targets, &|_, parent| targets.units.iter().any(|unit| world.org.is_within(parent, unit)))
}

/// The accounts in use with an instance that the targets mean: by the unit it was made for, or the one they are in.
fn with_instance(world: &Observed, set: &LiveStackSet, targets: &DeploymentTargets) -> BTreeSet<AccountId> {
    meant(world, targets, &|account, parent| {
        set.instances.get(account).is_some_and(|instance| {
            let is_recorded = instance.unit.as_ref().is_some_and(|unit| targets.units.contains(unit));
            is_recorded || targets.units.iter().any(|unit| world.org.is_within(parent, unit))
        })
    })
}

fn meant(
    world: &Observed,
    targets: &DeploymentTargets,
    is_in: &dyn Fn(&AccountId, &OuId) -> bool,
) -> BTreeSet<AccountId> {
    assert!(!targets.units.is_empty() && targets.units.len() <= 50);
    let accounts = world.org.accounts.iter().filter(|(id, _)| **id != world.org.management_account);
    accounts
        .filter(|(id, account)| account.state == AccountState::Active && is_in(id, &account.parent))
        .filter(|(id, _)| match &targets.filter {
            AccountFilter::All => true,
            AccountFilter::Only(accounts) => accounts.contains(*id),
            AccountFilter::Except(accounts) => !accounts.contains(*id),
        })
        .map(|(id, _)| id.clone())
        .collect()
}
