//! What an operation does in one account and Region.

use jiff::Timestamp;

use super::run::Run;
use crate::cfn::model::{Action, InstanceKey, InstanceStatus};
use crate::cfn::permission::execution_role;
use crate::cfn::stack::{self, Failure};
use crate::cfn::switches::{DepartedAccounts, InoperableDelete};
use crate::cfn::targets::{self, Reach};
use crate::cfn::{drift, import};
use crate::world::World;

/// What a task came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It succeeded; a reason when there was nothing to do.
    Done(Option<String>),
    /// It failed, for this reason.
    Failed(String),
    /// The account's state kept it from being done, which counts as a success.
    Skipped,
}

impl From<Result<Option<String>, Failure>> for Verdict {
    fn from(result: Result<Option<String>, Failure>) -> Self {
        match result {
            Ok(reason) => Self::Done(reason),
            Err(Failure(reason)) => Self::Failed(reason),
        }
    }
}

/// Does the work of one account and Region.
pub(super) fn perform(world: &mut World, run: &mut Run<'_>, key: &InstanceKey, at: Timestamp) -> Verdict {
    let action = run.operation.action;
    if action == Action::Retain {
        run.instances.remove(key, at);
        return Verdict::Done(None);
    }
    match targets::reach(world, &key.0) {
        Reach::Suspended => return Verdict::Skipped,
        Reach::Outside => {
            let is_deletable = world.switches.departed_accounts == DepartedAccounts::Deleted;
            if action != Action::Delete || !is_deletable {
                return Verdict::Failed(unreachable_account(world, &key.0));
            }
        }
        Reach::Open => {}
    }
    if let Some(reason) = inoperable(world, run, key).filter(|_| action != Action::Import) {
        return Verdict::Failed(reason);
    }
    match action {
        Action::Create | Action::Update | Action::Override => deploy(world, run, key, at).into(),
        Action::Delete => withdraw(world, run, key, at).into(),
        Action::DetectDrift => drift::detect_instance(world, run.instances, &run.operation.id, key, at).into(),
        Action::Import => {
            let definition = (&run.definition.template, &run.definition.parameters);
            import::take_in(world, run.instances, definition, key, at).into()
        }
        Action::Retain => Verdict::Done(None),
    }
}

/// Why nothing can be done to an instance whose stack could not be deleted before.
fn inoperable(world: &World, run: &Run<'_>, key: &InstanceKey) -> Option<String> {
    let instance = run.instances.get(key).filter(|instance| instance.status == InstanceStatus::Inoperable)?;
    let is_tried = matches!(run.operation.action, Action::Delete | Action::Retain)
        && world.switches.inoperable_delete == InoperableDelete::TriedAgain;
    (!is_tried).then(|| instance.reason.clone().unwrap_or_else(|| "The stack instance is INOPERABLE.".to_owned()))
}

/// The words of StackSets about an account whose execution role it cannot assume.
fn unreachable_account(world: &World, account: &str) -> String {
    format!(
        "Account {account} should have '{}' role with trust relationship to Role \
         'aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin'.",
        execution_role(world)
    )
}

/// Makes or updates the stack of an instance; gives a reason when there was nothing to do.
fn deploy(world: &mut World, run: &mut Run<'_>, key: &InstanceKey, at: Timestamp) -> Result<Option<String>, Failure> {
    let (account, region) = key;
    let Some(instance) = run.instances.get(key) else { return Ok(None) };
    let template = world.cfn.templates.template(&run.definition.template)?;
    stack::check_service_managed(&template)?;
    let mut parameters = run.definition.parameters.clone();
    // What an instance overrides may have left the template since.
    let overrides = instance.overrides.iter().filter(|(name, _)| template.parameters().contains_key(*name));
    parameters.extend(overrides.map(|(name, value)| (name.clone(), value.clone())));
    let wanted = stack::Wanted {
        template: &run.definition.template,
        parameters,
        tags: &run.definition.tags,
        capabilities: &run.definition.capabilities,
    };
    stack::ensure_stack_set_roles(world, account, at);
    if let Some(id) = &instance.stack_id {
        let changed = stack::update(world, account, region, id, &wanted, at)?;
        return Ok((!changed).then(|| "No updates are to be performed.".to_owned()));
    }
    let unique = world.next_uuid();
    let name = format!("StackSet-{}-{unique}", run.set.name);
    let id = stack::create(world, account, region, &name, &wanted, stack::OnFailure::Delete, at)?;
    if let Some(instance) = run.instances.edit(key, at) {
        instance.stack_id = Some(id);
    }
    Ok(None)
}

/// Deletes the stack of an instance, and forgets the instance.
fn withdraw(world: &mut World, run: &mut Run<'_>, key: &InstanceKey, at: Timestamp) -> Result<Option<String>, Failure> {
    let (account, region) = key;
    let Some(instance) = run.instances.get(key) else { return Ok(None) };
    if let Some(id) = instance.stack_id.clone() {
        stack::delete(world, account, region, &id, at)?;
    }
    run.instances.remove(key, at);
    Ok(None)
}
