//! The exceptions of the Parameter Store.

use crate::wire::WireError;

fn exception(code: &'static str, message: impl Into<String>) -> WireError {
    WireError::new(400, code, message)
}

pub(super) fn already_exists() -> WireError {
    exception(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    )
}

/// AWS gives no text with this one.
pub(super) fn not_found() -> WireError {
    exception("ParameterNotFound", "")
}

pub(super) fn unsupported_type(kind: &str) -> WireError {
    exception(
        "UnsupportedParameterType",
        format!("The parameter type {kind} is not simulated by the Rolecall sandbox, which has no KMS."),
    )
}

pub(super) fn too_deep() -> WireError {
    exception(
        "HierarchyLevelLimitExceededException",
        "A hierarchy can have a maximum of 15 levels. For more information, see Requirements and constraints for \
         parameter names in the AWS Systems Manager User Guide.",
    )
}

pub(super) fn invalid_token() -> WireError {
    exception("InvalidNextToken", "The specified token is not valid.")
}

pub(super) fn invalid_filter_key(key: &str) -> WireError {
    exception("InvalidFilterKey", format!("The filter key {key} is not simulated by the Rolecall sandbox."))
}

pub(super) fn invalid_filter_option(option: &str) -> WireError {
    exception("InvalidFilterOption", format!("The filter option {option} is not valid here."))
}

pub(super) fn invalid_resource_type(kind: &str) -> WireError {
    exception("InvalidResourceType", format!("The resource type {kind} is not valid here."))
}

pub(super) fn invalid_resource_id(id: &str) -> WireError {
    exception("InvalidResourceId", format!("The resource id {id} is not valid."))
}

pub(super) fn too_many_tags() -> WireError {
    exception("TooManyTagsError", "The Targets parameter includes too many tags.")
}

pub(super) fn validation(message: impl Into<String>) -> WireError {
    exception("ValidationException", message)
}
