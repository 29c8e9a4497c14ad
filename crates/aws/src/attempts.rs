//! What follows an attempt of a call: whether there is another, after which pause, and with which credentials.
//!
//! The SDK's retry strategy looks at its configuration after each attempt, so that is written then: it allows the next
//! attempt or none. The pause goes with the answer, to [`Codes`], or where there is none, with the configuration.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sts::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
    InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::classifiers::{RetryClassifierPriority, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::ErrorKind;
use rolecall_core::ids::AccountId;
use tokio::time::Instant;

use crate::counts::name;
use crate::keeper::Keeper;
use crate::pace::Slowing;
use crate::paces::Paces;
use crate::retry::Patience;

/// How often and how long a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// While AWS refuses it because there are too many.
    pub(crate) slowing: Slowing,
    /// How many attempts may fail otherwise: by a 5xx, a timeout, a broken connection.
    pub(crate) faults: u32,
    /// No attempt begins later than this after the first that failed so.
    pub(crate) fault_time: Duration,
    /// The pause after the first that failed so; each is at most twice the one before.
    pub(crate) first: Duration,
    /// The longest of these pauses.
    pub(crate) longest: Duration,
}

impl Limits {
    /// How long throttling is stood, as a multiple of the time in which a call must be answered: five minutes of the
    /// usual twenty seconds.
    const THROTTLED: u32 = 15;

    /// A call with all its faults takes at most six times the time in which it must be answered.
    pub(crate) fn new(patience: Patience, call_timeout: Duration) -> Self {
        let slowing = Slowing {
            first: patience.first / 2,
            longest: patience.longest * 2,
            limit: call_timeout.saturating_mul(Self::THROTTLED),
        };
        let Patience { first_fault: first, longest_fault: longest, .. } = patience;
        Self { slowing, faults: 8, fault_time: call_timeout.saturating_mul(4), first, longest }
    }

    /// Of the first call, which should soon tell that nobody is there.
    #[must_use]
    pub(crate) fn of_first_call(self) -> Self {
        Self { faults: 3, ..self }
    }

    /// Of calls that nobody needs so much.
    #[must_use]
    pub(crate) fn of_single_attempt(self) -> Self {
        Self { faults: 1, slowing: Slowing { limit: Duration::ZERO, ..self.slowing }, ..self }
    }
}

/// Decides after each attempt of a client's calls.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    pub(crate) limits: Limits,
    pub(crate) paces: Arc<Paces>,
    /// The account whose member role calls; none when the caller does.
    pub(crate) account: Option<AccountId>,
    /// What signs the calls.
    pub(crate) credentials: Arc<Keeper>,
}

/// What went wrong with one call so far.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    /// When the last attempt began.
    began: Instant,
    faults: u32,
    first_fault: Option<Instant>,
    /// Whether its credentials were renewed.
    is_renewed: bool,
}

impl Storable for Trouble {
    type Storer = StoreReplace<Self>;
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Answered, well or with an error that another attempt would not change.
    Answered,
    /// AWS refused it because there were too many.
    Throttled,
    /// The credentials were taken for ended or unknown.
    Expired,
    /// AWS failed, or there was no answer.
    Fault,
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let trouble = Trouble { began: Instant::now(), faults: 0, first_fault: None, is_renewed: false };
        config.interceptor_state().store_put(trouble);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(trouble) = config.load::<Trouble>().copied() {
            config.interceptor_state().store_put(Trouble { began: Instant::now(), ..trouble });
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = config.load::<Metadata>().map(name).unwrap_or_default();
        let Some(mut trouble) = config.load::<Trouble>().copied() else { return Ok(()) };
        let ending = ending(context.inner(), components);
        let retries = match self.pause(ending, &call, &mut trouble) {
            Some(pause) => {
                if let Some(answer) = context.inner_mut().response_mut().filter(|_| ending == Ending::Throttled) {
                    answer.add_extension(Pause(pause));
                }
                RetryConfig::standard().with_max_attempts(u32::MAX).with_initial_backoff(pause).with_max_backoff(pause)
            }
            None => RetryConfig::standard().with_max_attempts(1),
        };
        config.interceptor_state().store_put(trouble).store_put(retries);
        Ok(())
    }
}

/// The pause before the next attempt, on the answer to the last one. Without it the SDK makes a random part of the
/// longest pause, and calls would not keep the turns that they were given.
#[derive(Debug, Clone, Copy)]
struct Pause(Duration);

impl Attempts {
    /// After which pause there is another attempt; `None` when this was the last.
    fn pause(&self, ending: Ending, call: &str, trouble: &mut Trouble) -> Option<Duration> {
        let pace = self.paces.of(self.account.as_ref(), call);
        let (limits, now) = (self.limits, Instant::now());
        match ending {
            Ending::Answered => {
                pace.passed();
                None
            }
            Ending::Throttled => {
                let pause = pace.refused(limits.slowing, now).filter(|_| !self.paces.is_over());
                if pause.is_some() {
                    self.paces.tell(call);
                }
                pause
            }
            Ending::Expired => {
                self.credentials.dismiss(trouble.began);
                let is_first = !trouble.is_renewed;
                trouble.is_renewed = true;
                is_first.then_some(Duration::ZERO)
            }
            Ending::Fault => {
                let since = *trouble.first_fault.get_or_insert(now);
                trouble.faults += 1;
                let is_last = trouble.faults >= limits.faults || now - since >= limits.fault_time;
                let doublings = trouble.faults.saturating_sub(1).min(16);
                (!is_last).then(|| (limits.first * 2_u32.pow(doublings)).min(limits.longest))
            }
        }
    }
}

/// How an attempt ended, by the SDK's classifiers and [`Codes`].
fn ending(context: &InterceptorContext, components: &RuntimeComponents) -> Ending {
    if !context.is_failed() {
        return Ending::Answered;
    }
    if context.response().and_then(error_code).is_some_and(|code| is_expired(&code)) {
        return Ending::Expired;
    }
    let mut action = RetryAction::NoActionIndicated;
    for classifier in components.retry_classifiers() {
        match classifier.classify_retry_v2(context, &action) {
            RetryAction::NoActionIndicated => {}
            RetryAction::RetryForbidden => return Ending::Answered,
            decided => action = decided,
        }
    }
    match action {
        RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. }) => {
            Ending::Throttled
        }
        RetryAction::RetryIndicated(_) => Ending::Fault,
        _ => Ending::Answered,
    }
}

/// Tells the SDK's strategy of the codes that it knows otherwise or not at all.
///
/// A quota of CloudFormation that is used up, `LimitExceededException`, is in the SDK's list of throttling codes. Ended
/// credentials are no reason to try again where nothing renews them.
#[derive(Debug)]
pub(crate) struct Codes;

impl ClassifyRetry for Codes {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(answer) = context.response() else { return RetryAction::NoActionIndicated };
        if let Some(Pause(pause)) = answer.extension() {
            return RetryAction::retryable_error_with_explicit_delay(ErrorKind::ThrottlingError, *pause);
        }
        match error_code(answer) {
            Some(code) if code == "LimitExceededException" => RetryAction::RetryForbidden,
            Some(code) if is_expired(&code) => RetryAction::client_error(),
            Some(_) | None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "codes of quotas and credentials"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// Whether a code speaks of credentials that ended. A session of a role that was deleted and made anew is unknown.
fn is_expired(code: &str) -> bool {
    matches!(
        code.strip_suffix("Exception").unwrap_or(code),
        "ExpiredToken" | "RequestExpired" | "InvalidClientTokenId" | "UnrecognizedClient"
    )
}

/// The error code in an answer, in the forms of the Query protocol (`<Code>`) and of AWS JSON (`__type`).
fn error_code(answer: &HttpResponse) -> Option<String> {
    if answer.status().is_success() {
        return None;
    }
    let text = std::str::from_utf8(answer.body().bytes()?).ok()?;
    if let Some((_, rest)) = text.split_once("<Code>") {
        return rest.split_once("</Code>").map(|(code, _)| code.trim().to_owned());
    }
    let document: serde_json::Value = serde_json::from_str(text).ok()?;
    let kind = document.get("__type")?.as_str()?;
    Some(kind.rsplit('#').next().unwrap_or(kind).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canned::Canned;
    use crate::keeper::Ended;
    use crate::line::{Line, client};

    const THROTTLE: &str =
        "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
    const QUOTA: &str =
        "<ErrorResponse><Error><Code>LimitExceededException</Code><Message>quota</Message></Error></ErrorResponse>";
    const EXPIRED: &str =
        "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>";

    /// Pauses of milliseconds, and throttling stood for a tenth of a second.
    async fn quick(endpoint: &Canned) -> Line {
        let line = endpoint.line().await;
        let (first, longest) = (Duration::from_millis(1), Duration::from_millis(10));
        let slowing = Slowing { first, longest, limit: Duration::from_millis(100) };
        let limits = Limits { slowing, first, longest, ..line.attempts.limits };
        Line { attempts: Attempts { limits, ..line.attempts }, ..line }
    }

    async fn requests_for(status: u16, answer: &'static str) -> usize {
        let endpoint = Canned::start(status, answer);
        let line = quick(&endpoint).await;
        let request = client!(aws_sdk_cloudformation, line).create_stack_instances().stack_set_name("rolecall-test");
        assert!(request.regions("us-east-1").send().await.is_err());
        endpoint.requests()
    }

    #[tokio::test]
    async fn a_fault_is_tried_eight_times_a_throttle_longer_and_a_quota_once() {
        assert_eq!(requests_for(500, "").await, 8);
        assert_eq!(requests_for(400, QUOTA).await, 1);
        let throttled = requests_for(400, THROTTLE).await;
        assert!(throttled > 8, "{throttled} requests");
    }

    #[tokio::test]
    async fn throttling_without_end_ends_in_its_time() {
        let endpoint = Canned::start(400, THROTTLE);
        let line = quick(&endpoint).await;
        let began = Instant::now();
        assert!(client!(aws_sdk_iam, line).list_roles().send().await.is_err());
        let took = began.elapsed();
        assert!((Duration::from_millis(90)..Duration::from_secs(5)).contains(&took), "{took:?}");
    }

    #[tokio::test]
    async fn credentials_that_ended_are_fetched_again_once() {
        let endpoint = Canned::start(403, EXPIRED);
        let line = quick(&endpoint).await;
        assert!(client!(aws_sdk_iam, line).list_roles().send().await.is_err());
        assert_eq!(endpoint.requests(), 2);
        assert_eq!(line.attempts.credentials.ended(), Some(Ended { at: None }));
    }

    #[test]
    fn the_longest_timeout_that_can_be_typed_has_limits() {
        let limits = Limits::new(Patience::AWS, Duration::MAX);
        assert_eq!((limits.fault_time, limits.slowing.limit), (Duration::MAX, Duration::MAX));
    }

    #[test]
    fn the_code_is_read_from_both_forms_of_an_error() {
        let code =
            |status: u16, body: &'static str| error_code(&HttpResponse::new(status.try_into().unwrap(), body.into()));
        assert_eq!(code(403, EXPIRED).as_deref(), Some("ExpiredToken"));
        let json = r#"{"__type":"com.amazonaws.organizations#TooManyRequestsException","Message":"slow"}"#;
        assert_eq!(code(400, json).as_deref(), Some("TooManyRequestsException"));
        assert_eq!(code(400, r#"{"__type":"ExpiredTokenException"}"#).as_deref(), Some("ExpiredTokenException"));
        for (status, body) in [(200, EXPIRED), (503, "<html>busy</html>"), (400, "<Code>"), (400, "[1]"), (400, "")] {
            assert_eq!(code(status, body), None, "{body}");
        }
    }
}
