//! What every error of the SDK becomes, in one place.

use std::error::Error;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;

use crate::advice;
use crate::error::{CallError, CallErrorKind, Details, Site};

/// What makes a [`CallError`] of the SDK's error, for `map_err`.
pub(crate) fn failed<E>(site: &Site, call: &'static str) -> impl FnOnce(SdkError<E>) -> CallError
where
    E: ProvideErrorMetadata + RequestId + Error + Send + Sync + 'static,
{
    move |error| {
        // The call was not made, as another one that fetches its credentials failed.
        if let Some(first) = find::<CallError>(&error) {
            return first.clone();
        }
        let failure = Failure::of(&error, site);
        let request_id =
            error.request_id().or_else(|| error.as_service_error().and_then(RequestId::request_id)).map(str::to_owned);
        // Most failures are told whole by code and message; only these have causes worth telling.
        let source = match failure.kind {
            CallErrorKind::Unreachable | CallErrorKind::BadAnswer => error.into_source().ok().map(Arc::from),
            _ => None,
        };
        CallError::new(Details {
            advice: advice::of(call, failure.kind, &failure.message, site),
            site: site.clone(),
            call,
            code: failure.code,
            message: failure.message,
            request_id,
            kind: failure.kind,
            source,
        })
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
            return Self::of_credentials(credentials, site);
        }
        let endpoint = site.endpoint.as_deref().unwrap_or("AWS");
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                if (200..300).contains(&status) {
                    return Self::unreadable(endpoint);
                }
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
            SdkError::ResponseError(_) => Self::unreadable(endpoint),
            other => Self::new(CallErrorKind::Other, "(not sent)", last(other)),
        }
    }

    fn of_credentials(error: &CredentialsError, site: &Site) -> Self {
        let Some(ended) = site.credentials.ended() else {
            return Self::new(CallErrorKind::NoCredentials, "(no credentials)", of_chain(error));
        };
        let message = format!("they ended{}, and there are no others: {}", ended.when(), last(error));
        Self::new(CallErrorKind::ExpiredCredentials, "(credentials ended)", message)
    }

    fn unreadable(endpoint: &str) -> Self {
        let message = format!("the answer of {endpoint} cannot be read");
        Self::new(CallErrorKind::BadAnswer, "(unreadable answer)", message)
    }

    fn of_connection(error: &(dyn Error + 'static), endpoint: &str) -> Self {
        let is_refused = find::<std::io::Error>(error)
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
            || last(error).contains("Connection refused");
        let text = chain(error);
        if is_refused {
            Self::new(CallErrorKind::Refused, "(connection refused)", format!("{endpoint} refused the connection"))
        } else if text.contains("failed to apply endpoint") {
            Self::new(CallErrorKind::Other, "(bad endpoint)", BAD_ENDPOINT.to_owned())
        } else if text.contains("dns error") || text.contains("failed to lookup address") {
            Self::new(
                CallErrorKind::Unresolved,
                "(unknown host)",
                format!("the host name of {endpoint} has no address"),
            )
        } else {
            Self::new(CallErrorKind::Unreachable, "(connection failed)", format!("the connection to {endpoint} failed"))
        }
    }

    fn new(kind: CallErrorKind, code: &str, message: String) -> Self {
        Self { kind, code: code.to_owned(), message }
    }
}

const BAD_ENDPOINT: &str = "the endpoint is no URL like https://host: it comes from AWS_ENDPOINT_URL or from endpoint_url in \
     the AWS configuration";

/// The chain of providers stops at the first that fails in another way than by having nothing.
fn of_chain(error: &CredentialsError) -> String {
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
        | "OrganizationalUnitNotFound"
        | "ParameterNotFound"
        | "AWSOrganizationsNotInUse" => CallErrorKind::NotFound,
        "EntityAlreadyExists" | "NameAlreadyExists" | "OperationIdAlreadyExists" | "ParameterAlreadyExists" => {
            CallErrorKind::AlreadyExists
        }
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
    use crate::attempts::Attempts;
    use crate::canned::{self, Canned};
    use crate::error::Identity;
    use crate::line::{Line, client};

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

    async fn ask(line: &Line, site: &Site) -> CallError {
        let attempts = Attempts { limits: line.attempts.limits.of_first_call(), ..line.attempts.clone() };
        let line = Line { attempts, ..line.clone() };
        let answer = client!(aws_sdk_iam, line).get_role().role_name("Scan").send().await;
        answer.map_err(failed(site, "iam:GetRole")).unwrap_err()
    }

    #[tokio::test]
    async fn an_answer_of_aws_keeps_its_code_message_and_request_id() {
        let denied =
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not allowed</Message></Error></ErrorResponse>";
        let endpoint = Canned::start(403, denied);
        let error = ask(&endpoint.line().await, &endpoint.site()).await;
        assert_eq!(error.to_string(), "iam:GetRole in account 111111111111 failed with AccessDenied: not allowed");
        assert_eq!((error.kind(), error.request_id()), (CallErrorKind::Denied, Some("canned-1")));
        assert!(!error.stops_everything());
    }

    #[tokio::test]
    async fn expired_credentials_of_the_caller_stop_everything_and_a_members_do_not() {
        let expired =
            "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>";
        let endpoint = Canned::start(403, expired);
        let line = endpoint.line().await;
        assert!(ask(&line, &endpoint.site()).await.stops_everything());
        let member = Site { identity: Identity::Member, ..endpoint.site() };
        assert!(!ask(&line, &member).await.stops_everything());
    }

    #[tokio::test]
    async fn a_page_that_is_no_answer_of_aws_is_told_by_its_status() {
        let endpoint = Canned::start(503, "<html>busy</html>");
        let error = ask(&endpoint.line().await, &endpoint.site()).await;
        assert_eq!((error.kind(), error.code()), (CallErrorKind::Service, "(status 503)"));
        assert_eq!(endpoint.requests(), 3);
    }

    #[tokio::test]
    async fn an_answer_that_is_nonsense_is_told_as_such() {
        let endpoint = Canned::start(200, "<html>welcome</html>");
        let error = ask(&endpoint.line().await, &endpoint.site()).await;
        assert_eq!(error.kind(), CallErrorKind::BadAnswer);
        assert!(error.source().is_some());
    }

    #[tokio::test]
    async fn a_refused_connection_names_the_endpoint() {
        // Nothing listens on port 1, which only the system could open.
        let url = "http://127.0.0.1:1";
        let error = ask(&canned::line(url).await, &canned::site(url)).await;
        assert_eq!(error.kind(), CallErrorKind::Refused);
        assert!(error.message().contains(url), "{error}");
        assert!(error.advice().unwrap().contains("AWS_ENDPOINT_URL"));
    }
}
