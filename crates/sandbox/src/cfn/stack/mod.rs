//! Stacks in accounts: made, updated and deleted as a whole, or rolled back.

mod create;
mod delete;
mod exports;
mod failure;
mod rollback;
mod service_managed;
mod task;
mod update;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::model::{
    DeletionMode, Happening, Stack, StackDefinition, StackEvent, StackOptions, StackStatus, StackTask, TemplateId,
    TerminationProtection, WireName,
};
use crate::cfn::switches::LongStackNames;
use crate::world::World;

pub(super) use super::model::OnFailure;

pub(super) use self::exports::{Export, exports, importers};
pub(super) use self::failure::Failure;
pub(super) use self::service_managed::{check_service_managed, ensure_stack_set_roles};
pub(super) use self::task::{start, tick};
pub(super) use self::update::is_changed;
pub(super) use self::work::{context, deployed};

use self::work::Work;

/// How long the name of a stack may be.
pub(super) const LONGEST_NAME: usize = 128;

/// What a stack should be.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) template: &'a TemplateId,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) tags: &'a BTreeMap<String, String>,
    pub(super) capabilities: &'a [String],
}

impl Wanted<'_> {
    fn definition(&self) -> StackDefinition {
        StackDefinition {
            template: self.template.clone(),
            parameters: self.parameters.clone(),
            capabilities: self.capabilities.to_vec(),
            tags: self.tags.clone(),
        }
    }
}

/// A stack that has nothing yet.
pub(super) fn fresh(
    world: &mut World,
    (account, region, name): (&str, &str, &str),
    definition: StackDefinition,
    options: StackOptions,
    at: Timestamp,
) -> Stack {
    Stack {
        name: name.to_owned(),
        id: format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{}", world.next_uuid()),
        status: StackStatus::CreateInProgress,
        reason: None,
        definition,
        options,
        created: at,
        updated: None,
        deleted: None,
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
        imports: BTreeSet::new(),
        generation: 0,
        failed_update: None,
        pending: None,
        drift: None,
        events: Vec::new(),
    }
}

/// A stack that a change set is to create.
pub(super) fn in_review(
    world: &mut World,
    place: (&str, &str, &str),
    definition: StackDefinition,
    options: StackOptions,
    at: Timestamp,
) -> Stack {
    let mut stack = fresh(world, place, definition, options, at);
    stack.status = StackStatus::ReviewInProgress;
    stack.reason = Some("User Initiated".to_owned());
    let what = Happening::Stack(stack.status);
    stack.events.push(StackEvent { time: at, what, reason: stack.reason.clone(), token: None });
    stack
}

/// Makes a stack of a stack set; gives its ARN.
pub(super) fn create(
    world: &mut World,
    account: &str,
    region: &str,
    name: &str,
    wanted: &Wanted<'_>,
    on_failure: OnFailure,
    at: Timestamp,
) -> Result<String, Failure> {
    if name.len() > LONGEST_NAME && world.switches.long_stack_names == LongStackNames::Refused {
        return Err(Failure(format!(
            "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must have \
             length less than or equal to {LONGEST_NAME}"
        )));
    }
    let options = StackOptions { on_failure, ..StackOptions::default() };
    let stack = fresh(world, (account, region, name), wanted.definition(), options, at);
    let template = world.cfn.templates.template(&stack.definition.template)?;
    template.evaluate(&context(world, &stack, &stack.definition))?;
    let id = stack.id.clone();
    let mut work = Work::on(world, stack, at, None);
    work.begin(&StackTask::Create);
    let outcome = create::perform(&mut work);
    work.put_back();
    outcome.map(|()| id)
}

/// Updates a stack; says whether there was anything to do.
pub(super) fn update(
    world: &mut World,
    account: &str,
    _region: &str,
    id: &str,
    wanted: &Wanted<'_>,
    at: Timestamp,
) -> Result<bool, Failure> {
    let Some(stack) = world.cfn.stack(account, id).filter(|stack| stack.deleted.is_none()).cloned() else {
        return Err(Failure(format!("Stack [{id}] does not exist")));
    };
    if !stack.status.is_updatable() {
        return Err(Failure(not_updatable(&stack)));
    }
    let definition = wanted.definition();
    if !is_changed(world, &stack, &definition)? {
        return Ok(false);
    }
    let mut work = Work::on(world, stack, at, None);
    let task = StackTask::Update(Box::new(definition));
    work.begin(&task);
    let StackTask::Update(definition) = task else { return Ok(false) };
    let outcome = update::perform(&mut work, *definition);
    work.put_back();
    outcome.map(|()| true)
}

/// Deletes a stack and what it made; one that is not there is deleted already.
pub(super) fn delete(world: &mut World, account: &str, _region: &str, id: &str, at: Timestamp) -> Result<(), Failure> {
    let Some(stack) = world.cfn.stack(account, id).filter(|stack| stack.deleted.is_none()).cloned() else {
        return Ok(());
    };
    check_protection(&stack)?;
    let mut work = Work::on(world, stack, at, None);
    let (retain, mode) = (BTreeSet::new(), DeletionMode::Standard);
    work.begin(&StackTask::Delete { retain: retain.clone(), mode });
    let outcome = delete::perform(&mut work, &retain, mode);
    work.put_back();
    outcome
}

/// Refuses to delete what is protected.
pub(super) fn check_protection(stack: &Stack) -> Result<(), Failure> {
    match stack.options.protection {
        TerminationProtection::Off => Ok(()),
        TerminationProtection::On => {
            Err(Failure(format!("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.id)))
        }
    }
}

/// What is said of a stack that cannot be updated now.
pub(super) fn not_updatable(stack: &Stack) -> String {
    format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status.name())
}
