//! Failed calls: what every error of the SDK becomes, in one place.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use rolecall_core::ids::AccountId;
use rolecall_core::observed::ReadFailure;

use crate::advice;

/// A call that AWS refused, or that did not reach it.
#[derive(Debug, Clone)]
pub struct CallError(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    site: Site,
    call: &'static str,
    code: String,
    message: String,
    request_id: Option<String>,
    kind: CallErrorKind,
    advice: Option<String>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// A policy of the account, or none, lets the caller do this.
    Denied,
    /// A policy of the organization (service or resource control policy) forbids it.
    DeniedByOrganization,
    /// No credentials were found, or their provider failed.
    NoCredentials,
    /// The credentials expired.
    ExpiredCredentials,
    /// AWS does not know the credentials, or the signature is wrong.
    InvalidCredentials,
    /// AWS asked to go slower, to the last attempt.
    Throttled,
    /// A quota is used up. Trying again does not help.
    Quota,
    /// What the call is about does not exist.
    NotFound,
    /// Something of that name is there already.
    AlreadyExists,
    /// Something else is changing the same thing.
    Conflict,
    /// AWS does not accept the request.
    Invalid,
    /// The Region is switched off in the account.
    RegionDisabled,
    /// AWS failed (a 5xx status).
    Service,
    /// The endpoint refused the connection.
    Refused,
    /// The endpoint's name has no address.
    Unresolved,
    /// No answer came in time.
    Timeout,
    /// The connection could not be made, or broke.
    Unreachable,
    /// The answer could not be understood, or lacks what AWS documents.
    BadAnswer,
    /// The call was answered, and what is there is not what the plan was made for.
    Unexpected,
    /// Anything else; the code tells.
    Other,
}

/// Where a call is made, and with whose credentials.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Unknown before the caller is known.
    pub(crate) account: Option<AccountId>,
    pub(crate) identity: Identity,
    /// The endpoint, when it is not AWS's own.
    pub(crate) endpoint: Option<Arc<str>>,
}

/// Whose credentials sign a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The user's.
    Caller,
    /// A session of the member role.
    Member,
}

impl CallError {
    /// An answer that is not what the plan was made for, or lacks what AWS documents. The code goes in parentheses,
    /// as it is ours and not AWS's.
    pub(crate) fn of_answer(site: &Site, call: &'static str, kind: CallErrorKind, code: &str, message: String) -> Self {
        Self(Box::new(Details {
            site: site.clone(),
            call,
            code: format!("({code})"),
            message,
            request_id: None,
            kind,
            advice: None,
            source: None,
        }))
    }

    #[must_use]
    pub(crate) fn advise(mut self, advice: String) -> Self {
        self.0.advice = Some(advice);
        self
    }

    /// The account in which the call was made; `None` for the call that asks who the caller is.
    pub fn account(&self) -> Option<&AccountId> {
        self.0.site.account.as_ref()
    }

    /// The call, like `iam:PutRolePolicy`.
    pub fn call(&self) -> &'static str {
        self.0.call
    }

    /// AWS's error code, or a short name of our own in parentheses, like `(timeout)`.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// AWS's message, or ours.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// AWS's request id.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> CallErrorKind {
        self.0.kind
    }

    /// What the user can do.
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// Whether nothing else can succeed either: the user's own credentials are missing, expired or unknown.
    pub fn stops_everything(&self) -> bool {
        let is_about_credentials = matches!(
            self.0.kind,
            CallErrorKind::NoCredentials | CallErrorKind::ExpiredCredentials | CallErrorKind::InvalidCredentials
        );
        is_about_credentials && self.0.site.identity == Identity::Caller
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { site, call, code, message, .. } = &*self.0;
        f.write_str(call)?;
        if let Some(account) = &site.account {
            write!(f, " in account {account}")?;
        }
        write!(f, " failed with {code}")?;
        if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl From<CallError> for ReadFailure {
    fn from(error: CallError) -> Self {
        let Details { site: _, call, code, message, request_id, kind: _, advice, source: _ } = *error.0;
        Self { call: call.to_owned(), code, message, request_id, advice }
    }
}

/// What makes a [`CallError`] of the SDK's error, for `map_err`.
pub(crate) fn failed<E>(site: &Site, call: &'static str) -> impl FnOnce(SdkError<E>) -> CallError
where
    E: ProvideErrorMetadata + RequestId + Error + Send + Sync + 'static,
{
    move |error| {
        let failure = Failure::of(&error, site);
        let request_id =
            error.request_id().or_else(|| error.as_service_error().and_then(RequestId::request_id)).map(str::to_owned);
        // Most failures are told whole by code and message; only these have causes worth telling.
        let source = match failure.kind {
            CallErrorKind::Unreachable | CallErrorKind::BadAnswer => error.into_source().ok().map(Arc::from),
            _ => None,
        };
        CallError(Box::new(Details {
            advice: advice::of(call, failure.kind, &failure.message, site),
            site: site.clone(),
            call,
            code: failure.code,
            message: failure.message,
            request_id,
            kind: failure.kind,
            source,
        }))
    }
}

struct Failure {
    kind: CallErrorKind,
    code: String,
    message: String,
}

impl Failure {
    fn of<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>, site: &Site) -> Self {
        if let Some(credentials) = find::<CredentialsError>(error) {
            return Self::new(CallErrorKind::NoCredentials, "(no credentials)", of_credentials(credentials));
        }
        let endpoint = site.endpoint.as_deref().unwrap_or("AWS");
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let message = service.err().message().unwrap_or_default();
                let kind = classify(service.err().code(), message, status);
                let code = service.err().code().map_or_else(|| format!("(status {status})"), str::to_owned);
                Self { kind, code, message: message.to_owned() }
            }
            SdkError::TimeoutError(_) => {
                Self::new(CallErrorKind::Timeout, "(timeout)", format!("no answer from {endpoint} in time"))
            }
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::new(CallErrorKind::Timeout, "(timeout)", format!("no connection to {endpoint} in time"))
            }
            SdkError::DispatchFailure(_) => Self::of_connection(error, endpoint),
            SdkError::ResponseError(_) => Self::new(
                CallErrorKind::BadAnswer,
                "(unreadable answer)",
                format!("the answer of {endpoint} cannot be read"),
            ),
            other => Self::new(CallErrorKind::Other, "(not sent)", last(other)),
        }
    }

    fn of_connection(error: &(dyn Error + 'static), endpoint: &str) -> Self {
        let is_refused = find::<std::io::Error>(error)
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
            || last(error).contains("Connection refused");
        let text = chain(error);
        if is_refused {
            Self::new(CallErrorKind::Refused, "(connection refused)", format!("{endpoint} refused the connection"))
        } else if text.contains("dns error") || text.contains("failed to lookup address") {
            Self::new(CallErrorKind::Unresolved, "(unknown host)", format!("the name of {endpoint} has no address"))
        } else {
            Self::new(CallErrorKind::Unreachable, "(connection failed)", format!("the connection to {endpoint} failed"))
        }
    }

    fn new(kind: CallErrorKind, code: &str, message: String) -> Self {
        Self { kind, code: code.to_owned(), message }
    }
}

/// The chain of providers stops at the first that fails in another way than by having nothing.
fn of_credentials(error: &CredentialsError) -> String {
    const PLACES: &str = "the environment, the AWS configuration, a web identity token, the container and the instance \
                          metadata service";
    match error {
        CredentialsError::CredentialsNotLoaded(_) => format!("there are none in {PLACES}"),
        _ => format!("of {PLACES}, one said: {}", last(error)),
    }
}

/// The kind of a failure that AWS reported, by the codes of the service models and the common errors of the services.
fn classify(code: Option<&str>, message: &str, status: u16) -> CallErrorKind {
    // Services write the same code with and without the ending.
    let name = code.map(|code| code.strip_suffix("Exception").unwrap_or(code));
    match name.unwrap_or_default() {
        "AccessDenied" | "AccessDeniedForDependency" | "UnauthorizedOperation" | "NotAuthorized" => {
            if message.contains("control policy") { CallErrorKind::DeniedByOrganization } else { CallErrorKind::Denied }
        }
        "ExpiredToken" | "RequestExpired" => CallErrorKind::ExpiredCredentials,
        "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "SignatureDoesNotMatch"
        | "InvalidSignature"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "AuthFailure"
        | "InvalidToken" => CallErrorKind::InvalidCredentials,
        "Throttling"
        | "Throttled"
        | "ThrottledException"
        | "RequestThrottled"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "SlowDown" => CallErrorKind::Throttled,
        "LimitExceeded" | "ConstraintViolation" => CallErrorKind::Quota,
        "NoSuchEntity"
        | "StackSetNotFound"
        | "StackInstanceNotFound"
        | "OperationNotFound"
        | "AccountNotFound"
        | "ParentNotFound"
        | "OrganizationalUnitNotFound" => CallErrorKind::NotFound,
        "EntityAlreadyExists" | "NameAlreadyExists" | "OperationIdAlreadyExists" => CallErrorKind::AlreadyExists,
        "ConcurrentModification"
        | "EntityTemporarilyUnmodifiable"
        | "OperationInProgress"
        | "StaleRequest"
        | "DeleteConflict"
        | "StackSetNotEmpty" => CallErrorKind::Conflict,
        "RegionDisabled" => CallErrorKind::RegionDisabled,
        "ValidationError"
        | "Validation"
        | "InvalidInput"
        | "MalformedPolicyDocument"
        | "InvalidOperation"
        | "InsufficientCapabilities"
        | "PolicyNotAttachable"
        | "UnmodifiableEntity" => CallErrorKind::Invalid,
        _ if status >= 500 => CallErrorKind::Service,
        _ if status == 429 => CallErrorKind::Throttled,
        _ => CallErrorKind::Other,
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// The innermost cause, which says most.
fn last(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_with_and_without_their_ending() {
        for (code, status, kind) in [
            ("AccessDenied", 403, CallErrorKind::Denied),
            ("AccessDeniedException", 400, CallErrorKind::Denied),
            ("Throttling", 400, CallErrorKind::Throttled),
            ("ThrottlingException", 400, CallErrorKind::Throttled),
            ("TooManyRequestsException", 400, CallErrorKind::Throttled),
            ("LimitExceededException", 400, CallErrorKind::Quota),
            ("LimitExceeded", 409, CallErrorKind::Quota),
            ("NoSuchEntity", 404, CallErrorKind::NotFound),
            ("EntityAlreadyExists", 409, CallErrorKind::AlreadyExists),
            ("ExpiredToken", 403, CallErrorKind::ExpiredCredentials),
            ("ExpiredTokenException", 400, CallErrorKind::ExpiredCredentials),
            ("InternalFailure", 500, CallErrorKind::Service),
            ("SomethingNew", 400, CallErrorKind::Other),
        ] {
            assert_eq!(classify(Some(code), "", status), kind, "{code}");
        }
        assert_eq!(classify(None, "", 503), CallErrorKind::Service);
    }

    #[test]
    fn a_denial_by_the_organization_is_told_by_the_message() {
        let message = "User: arn:aws:iam::111111111111:user/a is not authorized to perform: iam:GetRole on resource: \
                       role x with an explicit deny in a service control policy";
        assert_eq!(classify(Some("AccessDenied"), message, 403), CallErrorKind::DeniedByOrganization);
    }
}
