//! Errors as they go over the wire.

use std::borrow::Cow;

use super::Violations;

/// Who is to blame, as the Query protocol's `Type` element says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request is wrong.
    Sender,
    /// The service failed.
    Receiver,
}

/// An error answer: the code and the message are what a client sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct WireError {
    /// HTTP status.
    pub(crate) status: u16,
    /// The error code, for example `NoSuchEntity`.
    pub(crate) code: Cow<'static, str>,
    /// The text for people.
    pub(crate) message: String,
    /// `Reason` of the Organizations exceptions that have one.
    pub(crate) reason: Option<&'static str>,
    /// Who is to blame.
    pub(crate) fault: Fault,
}

impl WireError {
    /// An error with the sender to blame.
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let fault = if status < 500 { Fault::Sender } else { Fault::Receiver };
        Self { status, code: code.into(), message: message.into(), reason: None, fault }
    }

    /// `ValidationError`, status 400.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// `ValidationError` in the words of AWS's schema checks, for one member that breaks one constraint.
    pub(crate) fn constraint(value: Option<&str>, member: &str, must: &str) -> Self {
        let mut violations = Violations::default();
        violations.add(value, member, must);
        Self::validation(violations.message().unwrap_or_default())
    }

    /// `AccessDenied`, status 403. `why` is what follows the resource, for example
    /// `because no identity-based policy allows the iam:GetRole action`.
    pub(crate) fn access_denied(caller_arn: &str, action: &str, resource: &str, why: &str) -> Self {
        let why = if why.is_empty() { String::new() } else { format!(" {why}") };
        let message = format!("User: {caller_arn} is not authorized to perform: {action} on resource: {resource}{why}");
        Self::new(403, "AccessDenied", message)
    }

    /// `InvalidAction`, status 400: the operation exists in AWS (or not at all) but not here, and the text names it.
    pub(crate) fn not_simulated(operation: &str) -> Self {
        Self::new(
            400,
            "InvalidAction",
            format!(
                "The action {operation} is not simulated by the Rolecall sandbox; its README lists the ones that are."
            ),
        )
    }

    /// An Organizations exception that carries a `Reason`, status 400.
    pub(crate) fn with_reason(code: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason: Some(reason), ..Self::new(400, code, message) }
    }
}
