//! CloudFormation's errors. The modelled ones keep the `Exception` suffix on the wire.

use crate::wire::WireError;

pub(super) fn stack_set_not_found(name: &str) -> WireError {
    WireError::new(404, "StackSetNotFoundException", format!("StackSet {name} not found"))
}

pub(super) fn operation_not_found(id: &str) -> WireError {
    WireError::new(404, "OperationNotFoundException", format!("Operation {id} not found"))
}

pub(super) fn instance_not_found(set: &str, account: &str, region: &str) -> WireError {
    let message = format!("Stack instance for stack set {set}, account {account} and region {region} not found");
    WireError::new(404, "StackInstanceNotFoundException", message)
}

pub(super) fn in_progress(arn: &str, operation: &str) -> WireError {
    let message = format!("Another Operation on StackSet {arn} is in progress: {operation}");
    WireError::new(409, "OperationInProgressException", message)
}

pub(super) fn operation_id_exists(id: &str) -> WireError {
    WireError::new(409, "OperationIdAlreadyExistsException", format!("Operation ID {id} already exists"))
}

pub(super) fn stale_request() -> WireError {
    let message = "Another operation has been performed on this stack set since the specified operation was performed.";
    WireError::new(409, "StaleRequestException", message)
}

pub(super) fn limit_exceeded(message: impl Into<String>) -> WireError {
    WireError::new(400, "LimitExceededException", message)
}

pub(super) fn created_but_modified(name: &str) -> WireError {
    let message = format!("StackSet {name} exists, but was changed since this request made it");
    WireError::new(409, "CreatedButModifiedException", message)
}

pub(super) fn name_exists(name: &str) -> WireError {
    WireError::new(409, "NameAlreadyExistsException", format!("StackSet {name} already exists"))
}

pub(super) fn not_empty() -> WireError {
    WireError::new(409, "StackSetNotEmptyException", "StackSet is not empty")
}

pub(super) fn invalid_operation(message: impl Into<String>) -> WireError {
    WireError::new(400, "InvalidOperationException", message)
}

pub(super) fn missing_capability(capability: &str) -> WireError {
    let message = format!("Requires capabilities : [{capability}]");
    WireError::new(400, "InsufficientCapabilitiesException", message)
}

pub(super) fn no_stack(name: &str) -> WireError {
    WireError::validation(format!("Stack with id {name} does not exist"))
}

pub(super) fn stack_not_found(id: &str) -> WireError {
    WireError::new(404, "StackNotFoundException", format!("Stack with id {id} does not exist"))
}

pub(super) fn no_resource(logical_id: &str, stack: &str) -> WireError {
    WireError::validation(format!("Resource {logical_id} does not exist for stack {stack}"))
}

pub(super) fn change_set_not_found(name: &str) -> WireError {
    WireError::new(404, "ChangeSetNotFound", format!("ChangeSet [{name}] does not exist"))
}

pub(super) fn no_access() -> WireError {
    WireError::validation("You must enable organizations access to operate a service managed stack set")
}

pub(super) fn wrong_caller() -> WireError {
    WireError::validation(
        "You must be the management account or delegated admin account of an organization before operating a \
         SERVICE_MANAGED stack set",
    )
}
