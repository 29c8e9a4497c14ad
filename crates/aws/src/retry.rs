//! What is tried again, how long, and what is not.

use std::time::Duration;

use aws_sdk_cloudformation::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::operation::create_stack_instances::CreateStackInstancesError;
use aws_sdk_cloudformation::operation::create_stack_set::CreateStackSetError;
use aws_sdk_cloudformation::operation::delete_stack_instances::DeleteStackInstancesError;
use aws_sdk_cloudformation::operation::update_stack_instances::UpdateStackInstancesError;
use aws_sdk_cloudformation::operation::update_stack_set::UpdateStackSetError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::retries::classifiers::RetryClassifierPriority;
use tokio::time::{Instant, sleep};

use crate::error::{CallError, CallErrorKind};

/// Keeps the SDK from trying again when a CloudFormation quota is used up: the code, `LimitExceededException`, is in
/// the SDK's list of throttling codes.
#[derive(Debug)]
pub(crate) struct QuotaIsFinal;

impl ClassifyRetry for QuotaIsFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let is_quota = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|error| error.as_operation_error())
            .is_some_and(is_quota_error);
        if is_quota { RetryAction::RetryForbidden } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "CloudFormation quota"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_before(RetryClassifierPriority::modeled_as_retryable_classifier())
    }
}

/// The operations that work on instances or make a stack set; the model names the error for two of them.
fn is_quota_error(error: &Error) -> bool {
    [
        code_of::<CreateStackSetError>(error),
        code_of::<UpdateStackSetError>(error),
        code_of::<CreateStackInstancesError>(error),
        code_of::<UpdateStackInstancesError>(error),
        code_of::<DeleteStackInstancesError>(error),
    ]
    .contains(&Some("LimitExceededException"))
}

fn code_of<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(error: &Error) -> Option<&str> {
    error.downcast_ref::<E>().and_then(ProvideErrorMetadata::code)
}

/// How long what AWS has not caught up with is tried again, and how quickly things are looked at again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The first pause; each is twice the one before.
    pub(crate) first: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
    /// After how much time a retry is given up.
    pub(crate) total: Duration,
}

impl Patience {
    /// For AWS: IAM settles within seconds, at times within a minute or two.
    pub(crate) const AWS: Self =
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(10), total: Duration::from_mins(1) };

    /// For an endpoint on this machine, which is a simulation.
    pub(crate) const LOCAL: Self =
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(1), total: Duration::from_secs(10) };

    /// The SDK's own retries, for throttling, 5xx and broken connections: half a minute for AWS.
    pub(crate) fn retries(self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(8)
            .with_initial_backoff(self.first / 2)
            .with_max_backoff(self.longest * 2)
    }

    /// The SDK's retries of the first call, which should soon tell that nobody is there.
    pub(crate) fn first_retries(self) -> RetryConfig {
        self.retries().with_max_attempts(3)
    }

    /// The pauses, without end.
    pub(crate) fn pauses(self) -> impl Iterator<Item = Duration> {
        std::iter::successors(Some(self.first), move |pause| Some((*pause * 2).min(self.longest)))
    }
}

/// Repeats a call while it fails in a way that time heals, for a bounded time. `told` hears of each pause.
pub(crate) async fn patiently<T>(
    patience: Patience,
    heals: impl Fn(&CallError) -> bool,
    told: impl Fn(&CallError, Duration),
    mut call: impl AsyncFnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let end = Instant::now() + patience.total;
    for pause in patience.pauses() {
        match call().await {
            Err(error) if heals(&error) && Instant::now() + pause <= end => {
                told(&error, pause);
                sleep(pause).await;
            }
            done => return done,
        }
    }
    call().await
}

/// Whether IAM refused a change because something else is being changed at the same moment.
pub(crate) fn is_iam_busy(error: &CallError) -> bool {
    matches!(error.code(), "ConcurrentModification" | "EntityTemporarilyUnmodifiable")
}

/// Whether IAM does not know a principal yet that may have been made seconds ago. The same message means a principal
/// that does not exist at all.
pub(crate) fn is_unknown_principal(error: &CallError) -> bool {
    error.code() == "MalformedPolicyDocument" && error.message().contains("Invalid principal")
}

/// Whether the role that was just created is not seen everywhere yet.
pub(crate) fn is_role_too_fresh(error: &CallError) -> bool {
    match error.kind() {
        CallErrorKind::Denied => true,
        // Not "Policy arn:... does not exist or is not attachable", which no time heals.
        CallErrorKind::NotFound => error.message().to_lowercase().contains("role with name"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::canned::Canned;
    use crate::error::{Identity, Site};

    const QUICK: Patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        total: Duration::from_millis(40),
    };

    fn error(message: &str) -> CallError {
        let site = Site { account: None, identity: Identity::Caller, endpoint: None };
        CallError::of_answer(&site, "iam:CreateRole", CallErrorKind::NotFound, "test", message.to_owned())
    }

    #[tokio::test]
    async fn what_heals_is_tried_until_it_does() {
        let calls = Cell::new(0);
        let result = patiently(
            QUICK,
            |_| true,
            |_, _| {},
            async || {
                calls.set(calls.get() + 1);
                if calls.get() < 4 { Err(error("not yet")) } else { Ok(calls.get()) }
            },
        )
        .await;
        assert_eq!(result.unwrap(), 4);
    }

    #[tokio::test]
    async fn what_does_not_heal_in_time_fails() {
        let pauses = Cell::new(0);
        let told = |_: &CallError, _| pauses.set(pauses.get() + 1);
        let result: Result<(), _> = patiently(QUICK, |_| true, told, async || Err(error("never"))).await;
        assert!(result.is_err());
        // 1 + 2 + 4 + 4 ... milliseconds fit 11 times into 40; a slow machine fits fewer.
        assert!((1..=11).contains(&pauses.get()), "{}", pauses.get());
    }

    #[tokio::test]
    async fn what_time_does_not_heal_fails_at_once() {
        let calls = Cell::new(0);
        let result: Result<(), _> = patiently(
            QUICK,
            |_| false,
            |_, _| {},
            async || {
                calls.set(calls.get() + 1);
                Err(error("no"))
            },
        )
        .await;
        assert!(result.is_err());
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn a_missing_policy_is_not_a_fresh_role() {
        assert!(is_role_too_fresh(&error("The role with name Scan cannot be found.")));
        assert!(!is_role_too_fresh(&error("Policy arn:aws:iam::aws:policy/X does not exist or is not attachable.")));
    }

    async fn requests_for(error: &'static str) -> usize {
        let endpoint = Canned::start(400, error);
        let config = aws_sdk_cloudformation::config::Builder::from(&endpoint.config().await)
            .retry_classifier(QuotaIsFinal)
            .build();
        let client = aws_sdk_cloudformation::Client::from_conf(config);
        let result = client.create_stack_instances().stack_set_name("rolecall-test").regions("us-east-1").send().await;
        assert!(result.is_err());
        endpoint.requests()
    }

    #[tokio::test]
    async fn a_quota_of_cloudformation_is_asked_for_once_and_a_throttle_again() {
        let quota =
            "<ErrorResponse><Error><Code>LimitExceededException</Code><Message>quota</Message></Error></ErrorResponse>";
        let throttle =
            "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
        assert_eq!(requests_for(quota).await, 1);
        assert_eq!(requests_for(throttle).await, 8);
    }
}
