//! What the clients of one identity have in common.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::config::retry::{RetryConfig, RetryPartition, TokenBucket};

use crate::attempts::{Attempts, Limits};
use crate::counts::Counter;
use crate::credentials::{AssumedRole, CallerCredentials};
use crate::keeper::Keeper;
use crate::paces::Paces;

/// Credentials of the caller that end sooner than this are not used any more; the SDK's own cache does the same.
const CALLER_MARGIN: Duration = Duration::from_secs(10);

/// The same of sessions of roles, which are an hour long.
pub(crate) const SESSION_MARGIN: Duration = Duration::from_mins(5);

/// What every client of one identity is made from.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// With the credentials.
    pub(crate) base: SdkConfig,
    pub(crate) attempts: Attempts,
    pub(crate) counter: Counter,
}

/// A client of a service: `client!(aws_sdk_iam, line)`. The crates of the services have no builder in common.
macro_rules! client {
    ($sdk:ident, $line:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::from(&$line.base)
                .retry_partition($crate::line::unlimited())
                .retry_classifier($crate::attempts::Codes)
                .interceptor($line.counter.clone())
                .interceptor($line.attempts.clone())
                .build(),
        )
    };
}
pub(crate) use client;

impl Line {
    /// The caller's.
    pub(crate) fn of_caller(base: &SdkConfig, limits: Limits, paces: &Arc<Paces>) -> Self {
        let keeper = Keeper::new(CALLER_MARGIN);
        let mut builder = base.clone().into_builder().retry_config(RetryConfig::standard());
        if let Some(source) = base.credentials_provider() {
            let kept = CallerCredentials { keeper: Arc::clone(&keeper), source };
            builder.set_credentials_provider(Some(SharedCredentialsProvider::new(kept)));
            // They are kept already; the SDK's cache would not let go of those that AWS takes back.
            builder.set_identity_cache(Some(IdentityCache::no_cache()));
        }
        let attempts = Attempts { limits, paces: Arc::clone(paces), account: None, credentials: keeper };
        Self { base: builder.build(), attempts, counter: Counter::default() }
    }

    /// The same with sessions of a role.
    pub(crate) fn acting_as(&self, role: Arc<AssumedRole>) -> Self {
        let attempts = Attempts { credentials: Arc::clone(&role.keeper), ..self.attempts.clone() };
        let role: Arc<dyn ProvideCredentials> = role;
        let base = self.base.clone().into_builder().credentials_provider(SharedCredentialsProvider::new(role));
        Self { base: base.build(), attempts, counter: self.counter.clone() }
    }
}

/// No bucket of retries that calls of different accounts would empty for each other: the limits on attempts bound them.
pub(crate) fn unlimited() -> RetryPartition {
    RetryPartition::custom("rolecall").token_bucket(TokenBucket::unlimited()).build()
}
