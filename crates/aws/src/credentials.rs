//! Whose credentials are used: those of the ordinary chain or of a profile, or of a role that is assumed with them.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_iam::config::Credentials;
use aws_sdk_sts::types as sdk;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rolecall_core::ids::{ProfileName, Region, RoleArn};

use crate::advice;
use crate::classify::failed;
use crate::counts::Counter;
use crate::error::{CallError, CallErrorKind, Identity, Site};

/// The name of our sessions, as CloudTrail shows it.
pub(crate) const SESSION_NAME: &str = "rolecall";

/// The credentials of a profile that the file names. The ordinary chain would prefer those of the environment.
pub(crate) fn of_profile(
    profile: &ProfileName,
    region: &Region,
    client: SharedHttpClient,
) -> ProfileFileCredentialsProvider {
    let region = aws_config::Region::new(region.as_str().to_owned());
    let config = ProviderConfig::without_region().with_region(Some(region)).with_http_client(client);
    ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile.as_str()).build()
}

/// Assumes a role, and gives the configuration of clients that act as it from then on.
pub(crate) async fn assume(base: &SdkConfig, role: &RoleArn, counter: &Counter) -> Result<SdkConfig, CallError> {
    let sts = aws_sdk_sts::config::Builder::from(base).interceptor(counter.clone()).build();
    let site = Site {
        account: role.account(),
        identity: Identity::Caller,
        endpoint: base.endpoint_url().map(std::sync::Arc::from),
    };
    let assumed =
        AssumedRole { sts: aws_sdk_sts::Client::from_conf(sts), role: role.clone(), site, first: Mutex::default() };
    let first = assumed.assume().await?;
    *assumed.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
    Ok(base.clone().into_builder().credentials_provider(SharedCredentialsProvider::new(assumed)).build())
}

/// A role that is assumed again whenever its credentials are about to end.
#[derive(Debug)]
struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role: RoleArn,
    site: Site,
    /// Those that showed that the role can be assumed.
    first: Mutex<Option<Credentials>>,
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, CallError> {
        const CALL: &str = "sts:AssumeRole";
        let request = self.sts.assume_role().role_arn(self.role.as_str()).role_session_name(SESSION_NAME);
        let answer = request.send().await.map_err(failed(&self.site, CALL)).map_err(|error| match error.kind() {
            CallErrorKind::Denied => error.advise(advice::of_first_role(&self.role)),
            _ => error,
        })?;
        let Some(given) = answer.credentials() else { return Err(no_credentials(&self.site, CALL)) };
        Ok(credentials(given, "access.role_arn"))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
            match first {
                Some(first) => Ok(first),
                None => self.assume().await.map_err(CredentialsError::provider_error),
            }
        })
    }
}

/// The credentials of a session as clients take them.
pub(crate) fn credentials(given: &sdk::Credentials, provider: &'static str) -> Credentials {
    Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        SystemTime::try_from(*given.expiration()).ok(),
        provider,
    )
}

/// An answer of `AssumeRole` that has none.
pub(crate) fn no_credentials(site: &Site, call: &'static str) -> CallError {
    let message = "the answer has no credentials".to_owned();
    CallError::of_answer(site, call, CallErrorKind::BadAnswer, "no credentials", message)
}
