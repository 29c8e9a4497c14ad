//! Whose credentials are used: those of the ordinary chain or of a profile, or of a role that is assumed with them.

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rolecall_core::ids::{ProfileName, Region};

use crate::classify::failed;
use crate::error::{CallError, CallErrorKind, Site};
use crate::keeper::Keeper;
use crate::pace::Pace;

/// The name of our sessions, as CloudTrail shows it.
const SESSION_NAME: &str = "rolecall";

/// The operation by which roles are assumed.
pub(crate) const ASSUME_ROLE: &str = "sts:AssumeRole";

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

/// The caller's credentials: of the ordinary chain or of a profile, whose sources are a program, a token, SSO, the machine.
///
/// The SDK's own cache keeps them until the time that their source named, also when AWS took them back before.
#[derive(Debug)]
pub(crate) struct CallerCredentials {
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) source: SharedCredentialsProvider,
}

impl ProvideCredentials for CallerCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.keeper.give(self.source.provide_credentials()))
    }
}

/// A role that is assumed again whenever its session is about to end, or AWS says that it has.
#[derive(Debug)]
pub(crate) struct AssumedRole {
    pub(crate) keeper: Arc<Keeper>,
    /// With the credentials that assume it.
    pub(crate) sts: aws_sdk_sts::Client,
    /// That of all calls of `AssumeRole` with those.
    pub(crate) pace: Arc<Pace>,
    pub(crate) arn: String,
    pub(crate) site: Site,
    /// What to do when AWS does not let the caller.
    pub(crate) advice: String,
}

impl AssumedRole {
    /// The credentials of a session.
    pub(crate) async fn credentials(&self) -> Result<Credentials, CallError> {
        self.keeper.give(self.assume()).await
    }

    async fn assume(&self) -> Result<Credentials, CallError> {
        let Self { keeper: _, sts, pace, arn, site, advice } = self;
        pace.turn().await;
        let request = sts.assume_role().role_arn(arn).role_session_name(SESSION_NAME);
        let answer = request.send().await.map_err(failed(site, ASSUME_ROLE)).map_err(|error| match error.kind() {
            CallErrorKind::Denied => error.advise(advice.clone()),
            _ => error,
        })?;
        let Some(given) = answer.credentials() else {
            let message = "the answer has no credentials".to_owned();
            return Err(CallError::of_answer(site, ASSUME_ROLE, CallErrorKind::BadAnswer, "no credentials", message));
        };
        Ok(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            SystemTime::try_from(*given.expiration()).ok(),
            "assumed role",
        ))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.credentials().await.map_err(CredentialsError::provider_error) })
    }
}
