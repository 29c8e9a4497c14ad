//! What a fault does.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::switches::Switches;
use crate::wire::{Caller, Service, WireError};

/// What happens to a call, or just before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultEffect {
    /// The service's own throttling error; nothing is done.
    Throttle,
    /// The service's own access error, as by a service control policy; nothing is done.
    Deny,
    /// This error; nothing is done.
    Error(FaultError),
    /// This error, after the call took effect.
    ErrorAfter(FaultError),
    /// An internal error; nothing is done.
    ServerErrorBefore,
    /// An internal error after the call took effect.
    ServerErrorAfter,
    /// The connection is reset; nothing is done.
    ResetBefore,
    /// The connection is reset after the call took effect.
    ResetAfter,
    /// The call waits this many milliseconds before anything is done; a client that gives up meanwhile undoes it.
    HangMs(u64),
    /// The call takes effect, and its answer comes this many milliseconds later.
    HangAfterMs(u64),
    /// Every session handed out so far is expired from now on. Then the call is answered.
    ExpireSessions,
    /// Someone else makes these calls. Then the call is answered.
    Calls(Vec<OutOfBandCall>),
    /// These switches are set, until they are set again. Then the call is answered.
    Switches(SwitchChange),
    /// A stack that is made, updated or deleted fails with this reason. It happens to stacks, not to calls.
    FailStack(StackFault),
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultError {
    /// The error code.
    pub code: String,
    /// HTTP status; that which AWS uses for the code when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The text; a general one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An ordinary call that someone else makes, as the administrator of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutOfBandCall {
    /// The service.
    pub service: Service,
    /// The operation, for example `DeleteRole`.
    pub operation: String,
    /// Whose administrator calls; the management account's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The input, as the API reference has it. Documents may be written out as objects.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub params: Value,
}

/// A failure of the first resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackFault {
    /// The resource's status reason.
    pub reason: String,
    /// The names of the stacks it happens to, with wildcards: `StackSet-NAME-*` are those of a stack set. All when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
}

/// Some of the [`Switches`], with their new values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct SwitchChange(Map<String, Value>);

impl TryFrom<Map<String, Value>> for SwitchChange {
    type Error = String;

    fn try_from(members: Map<String, Value>) -> Result<Self, String> {
        let change = Self(members);
        change.merged(&Switches::default()).map_err(|error| error.to_string())?;
        Ok(change)
    }
}

impl From<SwitchChange> for Map<String, Value> {
    fn from(change: SwitchChange) -> Self {
        change.0
    }
}

impl SwitchChange {
    /// The switches after the change.
    pub(crate) fn apply(&self, switches: &Switches) -> Switches {
        // What was merged into the default can be merged into any.
        self.merged(switches).unwrap_or_else(|_| switches.clone())
    }

    fn merged(&self, switches: &Switches) -> Result<Switches, serde_json::Error> {
        let mut value = serde_json::to_value(switches)?;
        if let Value::Object(members) = &mut value {
            members.extend(self.0.clone());
        }
        serde_json::from_value(value)
    }
}

impl FaultError {
    fn wire_error(&self) -> WireError {
        let Self { code, status, message } = self;
        let status = status.unwrap_or(match code.as_str() {
            "AccessDenied" | "ExpiredToken" | "InvalidClientTokenId" | "SignatureDoesNotMatch" | "OptInRequired" => 403,
            "NoSuchEntity" | "StackSetNotFoundException" | "OperationNotFoundException" => 404,
            "EntityAlreadyExists"
            | "DeleteConflict"
            | "LimitExceeded"
            | "ConcurrentModification"
            | "OperationInProgressException"
            | "StackSetNotEmptyException"
            | "NameAlreadyExistsException" => 409,
            "InternalFailure" | "ServiceFailure" | "ServiceException" => 500,
            "ServiceUnavailable" => 503,
            _ => 400,
        });
        // Anything else could not be sent as the status of an error.
        let status = if (400..=599).contains(&status) { status } else { 500 };
        let message = message.clone().unwrap_or_else(|| "A fault of the sandbox.".to_owned());
        WireError::new(status, code.clone(), message)
    }
}

impl FaultEffect {
    /// Its name, as rules spell it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Deny => "deny",
            Self::Error(_) => "error",
            Self::ErrorAfter(_) => "error_after",
            Self::ServerErrorBefore => "server_error_before",
            Self::ServerErrorAfter => "server_error_after",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::HangMs(_) => "hang_ms",
            Self::HangAfterMs(_) => "hang_after_ms",
            Self::ExpireSessions => "expire_sessions",
            Self::Calls(_) => "calls",
            Self::Switches(_) => "switches",
            Self::FailStack(_) => "fail_stack",
        }
    }

    /// Whether it changes the world before the call is answered, rather than the answer.
    pub(super) fn is_change(&self) -> bool {
        matches!(self, Self::ExpireSessions | Self::Calls(_) | Self::Switches(_))
    }

    /// The error that a service answers with for this effect, when it answers with one.
    pub(crate) fn error(&self, service: Service, operation: &str, caller: Option<&Caller>) -> Option<WireError> {
        match self {
            Self::Throttle => Some(service.throttled()),
            Self::Deny => {
                let caller = caller.map_or("anonymous", |caller| caller.arn.as_str());
                let action = format!("{}:{operation}", service.name());
                let why = "with an explicit deny in a service control policy";
                Some(service.denied(WireError::access_denied(caller, &action, "*", why)))
            }
            Self::Error(error) | Self::ErrorAfter(error) => Some(error.wire_error()),
            Self::ServerErrorBefore | Self::ServerErrorAfter => Some(service.failed()),
            Self::ResetBefore
            | Self::ResetAfter
            | Self::HangMs(_)
            | Self::HangAfterMs(_)
            | Self::ExpireSessions
            | Self::Calls(_)
            | Self::Switches(_)
            | Self::FailStack(_) => None,
        }
    }
}
