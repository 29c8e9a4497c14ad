//! Counting, and telling with `-vv`, the calls that really go out, retries included.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::operation::RequestId as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// How often each operation was called, by `service:Operation`, like `iam:ListRoles`. Retries count.
pub type CallCounts = BTreeMap<String, u64>;

/// Counts every request at the moment it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter(Arc<Mutex<CallCounts>>);

impl Counter {
    pub(crate) fn counts(&self) -> CallCounts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "call counter"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name(metadata)).or_default() += 1;
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            // Status and request id only: requests and answers hold credentials.
            if let Some(answer) = context.response() {
                let status = answer.status().as_u16();
                tracing::debug!(status, request_id = answer.request_id(), "{}", name(metadata));
            } else {
                tracing::debug!("{}: no answer", name(metadata));
            }
        }
        Ok(())
    }
}

/// The operation of a call, like `iam:ListRoles`.
pub(crate) fn name(metadata: &Metadata) -> String {
    format!("{}:{}", metadata.service().to_lowercase(), metadata.name())
}
