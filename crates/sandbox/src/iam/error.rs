//! IAM's errors: codes, statuses and texts as its API reference gives them.

use crate::access::DocumentError;
use crate::wire::WireError;

/// Why IAM refused a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct IamError {
    /// The wire code, without an `Exception` suffix, for example `NoSuchEntity`.
    pub(crate) code: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// The text for people.
    pub(crate) message: String,
}

impl IamError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into() }
    }

    /// 404.
    pub(crate) fn no_such_entity(message: impl Into<String>) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    /// 409.
    pub(crate) fn already_exists(message: impl Into<String>) -> Self {
        Self::new(409, "EntityAlreadyExists", message)
    }

    /// 409.
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(409, "LimitExceeded", message)
    }

    /// 409.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "DeleteConflict", message)
    }

    /// 400.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "MalformedPolicyDocument", message)
    }

    /// 400.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidInput", message)
    }

    /// 400, for a constraint of the API's schema.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// 404: the role does not exist.
    pub(crate) fn no_role(name: &str) -> Self {
        Self::no_such_entity(format!("The role with name {name} cannot be found."))
    }

    /// 404: the account is not part of the simulated organization.
    pub(crate) fn no_account(account: &str) -> Self {
        Self::no_such_entity(format!("The account {account} is not part of the simulated organization."))
    }
}

impl From<IamError> for WireError {
    fn from(error: IamError) -> Self {
        Self::new(error.status, error.code, error.message)
    }
}

impl From<DocumentError> for IamError {
    fn from(error: DocumentError) -> Self {
        Self::malformed(error.to_string())
    }
}
