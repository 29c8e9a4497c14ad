//! What requests about stacks ask for.

use std::collections::BTreeMap;

use super::named::all;
use crate::cfn::error;
use crate::cfn::input;
use crate::cfn::model::{Happening, OnFailure, Stack, StackDefinition, StackOptions, StackStatus};
use crate::cfn::stack::{self, LONGEST_NAME};
use crate::wire::{Call, WireError};
use crate::world::World;

/// How many stacks an account can have in a Region ("CloudFormation quotas").
const MAX_STACKS: usize = 2_000;

/// The name of a new stack.
pub(in crate::cfn) fn new_name(call: &Call) -> Result<&str, WireError> {
    let name = call.params.required("StackName")?;
    let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        let must = "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*";
        return Err(WireError::constraint(Some(name), "stackName", must));
    }
    if name.len() > LONGEST_NAME {
        let must = format!("have length less than or equal to {LONGEST_NAME}");
        return Err(WireError::constraint(Some(name), "stackName", &must));
    }
    Ok(name)
}

/// Refuses a stack too many.
pub(super) fn check_quota(world: &World, call: &Call) -> Result<(), WireError> {
    if all(world, call).filter(|stack| stack.deleted.is_none()).count() < MAX_STACKS {
        return Ok(());
    }
    Err(WireError::new(400, "LimitExceededException", format!("Limit for stack has been exceeded: {MAX_STACKS}")))
}

/// What a request makes of a stack, its template, parameters and capabilities checked.
pub(in crate::cfn) fn definition(
    world: &mut World,
    call: &Call,
    before: Option<&StackDefinition>,
) -> Result<StackDefinition, WireError> {
    let previous = call.params.boolean("UsePreviousTemplate")?.unwrap_or(false);
    let text = match (input::template_body(call)?, before.filter(|_| previous)) {
        (Some(_), Some(_)) => {
            return Err(WireError::validation("You cannot specify both usePreviousTemplate and Template Body."));
        }
        (Some(text), None) => text,
        (None, Some(before)) => world.cfn.templates.text(&before.template).to_owned(),
        (None, None) => return Err(WireError::validation("Either Template URL or Template Body must be specified.")),
    };
    let capabilities = input::capabilities(call);
    let parsed = input::parse_template(&text)?;
    input::check_capabilities(&parsed, &capabilities)?;
    if parsed.has_transform() && !capabilities.iter().any(|capability| capability == "CAPABILITY_AUTO_EXPAND") {
        return Err(error::missing_capability("CAPABILITY_AUTO_EXPAND"));
    }
    check_resource_types(call, &parsed.resource_types())?;
    let tags = input::tags(call)?.or_else(|| before.map(|before| before.tags.clone())).unwrap_or_default();
    let none = BTreeMap::new();
    let values = before.map_or(&none, |before| &before.parameters);
    let parameters = input::parameters(call, "Parameters", values)?.unwrap_or_default();
    parsed.check_values(&parameters).map_err(WireError::validation)?;
    Ok(StackDefinition { template: world.cfn.templates.keep(&text), parameters, capabilities, tags })
}

/// Refuses a definition whose parameters break its rules.
pub(in crate::cfn) fn check_rules(
    world: &mut World,
    stack: &Stack,
    definition: &StackDefinition,
) -> Result<(), WireError> {
    let template = world.cfn.templates.template(&definition.template).map_err(WireError::validation)?;
    let context = stack::context(world, stack, definition);
    template.evaluate(&context).map(drop).map_err(WireError::validation)
}

/// `ResourceTypes`: the types that a template may have, which may end in a star.
fn check_resource_types(call: &Call, types: &BTreeMap<&str, Vec<&str>>) -> Result<(), WireError> {
    let Some(allowed) = call.params.list("ResourceTypes").filter(|allowed| !allowed.is_empty()) else { return Ok(()) };
    let is_allowed = |kind: &str| {
        allowed
            .iter()
            .any(|allowed| allowed.strip_suffix('*').map_or(*allowed == kind, |start| kind.starts_with(start)))
    };
    match types.keys().find(|kind| !is_allowed(kind)) {
        None => Ok(()),
        Some(kind) => {
            Err(WireError::validation(format!("Resource type {kind} is not allowed by parameter ResourceTypes")))
        }
    }
}

/// What a request asks for beside the template, over what the stack had.
pub(in crate::cfn) fn options(call: &Call, before: Option<&StackOptions>) -> Result<StackOptions, WireError> {
    if call.params.get("StackPolicyBody").or_else(|| call.params.get("StackPolicyURL")).is_some() {
        return Err(WireError::validation("The sandbox does not simulate stack policies"));
    }
    let mut options = before.cloned().unwrap_or_default();
    let on_failure = input::one_of::<OnFailure>(&call.params, "OnFailure")?;
    options.on_failure = match (on_failure, call.params.boolean("DisableRollback")?) {
        (Some(_), Some(_)) => {
            let message = "Either DisableRollback or OnFailure can be specified, not both.";
            return Err(WireError::validation(message));
        }
        (Some(on_failure), None) => on_failure,
        (None, Some(true)) => OnFailure::DoNothing,
        (None, Some(false) | None) => OnFailure::Rollback,
    };
    options.retain_except_on_create = call.params.boolean("RetainExceptOnCreate")?;
    if let Some(topics) = call.params.list("NotificationARNs") {
        options.notifications = topics.into_iter().map(str::to_owned).collect();
    }
    if let Some(role) = call.params.get("RoleARN") {
        options.role = Some(role.to_owned());
    }
    if let Some(minutes) = call.params.integer("TimeoutInMinutes", 1..=u32::MAX)? {
        options.timeout = Some(minutes);
    }
    Ok(options)
}

/// What a token of the request was used for before.
pub(super) enum TokenUse {
    /// Nothing.
    New,
    /// The same as now: the request is repeated.
    Repeated,
}

/// `ClientRequestToken`, which names one operation.
pub(super) fn check_token(world: &World, call: &Call, stack: Option<&Stack>) -> Result<TokenUse, WireError> {
    let Some(token) = call.params.get("ClientRequestToken") else { return Ok(TokenUse::New) };
    let begun = match call.operation.as_str() {
        "CreateStack" => StackStatus::CreateInProgress,
        "DeleteStack" => StackStatus::DeleteInProgress,
        "ContinueUpdateRollback" | "RollbackStack" | "CancelUpdateStack" => StackStatus::UpdateRollbackInProgress,
        _ => StackStatus::UpdateInProgress,
    };
    for other in all(world, call) {
        let Some(event) = other.events.iter().find(|event| event.token.as_deref() == Some(token)) else { continue };
        if event.what == Happening::Stack(begun) && stack.is_some_and(|stack| stack.id == other.id) {
            return Ok(TokenUse::Repeated);
        }
        let message = format!("Token {token} was used for another operation on stack {}", other.id);
        return Err(WireError::new(400, "TokenAlreadyExistsException", message));
    }
    Ok(TokenUse::New)
}

/// The token of the request.
pub(in crate::cfn) fn token(call: &Call) -> Option<String> {
    call.params.get("ClientRequestToken").map(str::to_owned)
}
