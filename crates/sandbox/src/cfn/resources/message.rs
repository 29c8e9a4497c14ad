//! What resource handlers say.

use crate::cfn::template::Resource;
use crate::iam::IamError;
use crate::world::{hex, uuid};

/// Why a resource could not be made, updated or deleted, as a stack event says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cfn) struct ResourceError(pub(in crate::cfn) String);

/// What IAM said, as CloudFormation's resource handlers pass it on.
pub(in crate::cfn) fn handler(resource: &Resource, error: &IamError) -> ResourceError {
    let request = uuid(&hex(&["request", &resource.logical_id, &error.message]));
    let said = format!(
        "{} (Service: Iam, Status Code: {}, Request ID: {request}) (SDK Attempt Count: 1)",
        error.message, error.status
    );
    let code = match error.code {
        "AccessDenied" => "AccessDenied",
        "EntityAlreadyExists" => "AlreadyExists",
        "NoSuchEntity" => "NotFound",
        "LimitExceeded" => "ServiceLimitExceeded",
        "MalformedPolicyDocument" | "InvalidInput" | "ValidationError" => "InvalidRequest",
        _ => "GeneralServiceException",
    };
    message(&said, code)
}

/// A resource of this name is there already, made by someone else.
pub(super) fn already_exists(kind: &str, identifier: &str) -> ResourceError {
    message(&format!("Resource of type '{kind}' with identifier '{identifier}' already exists."), "AlreadyExists")
}

/// The resource is gone.
pub(super) fn not_found(kind: &str, identifier: &str) -> ResourceError {
    message(&format!("Resource of type '{kind}' with identifier '{identifier}' was not found."), "NotFound")
}

pub(super) fn message(said: &str, code: &str) -> ResourceError {
    let token = uuid(&hex(&["token", said, code]));
    ResourceError(format!(
        "Resource handler returned message: \"{said}\" (RequestToken: {token}, HandlerErrorCode: {code})"
    ))
}
