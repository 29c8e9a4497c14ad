//! IAM in any account: with the caller's credentials at home, through the member role elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_iam::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_iam::config::{Credentials, IdentityCache};
use rolecall_core::ids::{AccountId, Partition, RoleName};

use crate::advice;
use crate::classify::failed;
use crate::connect::{Caller, partition};
use crate::counts::Counter;
use crate::credentials::{SESSION_NAME, credentials, no_credentials};
use crate::error::{CallError, CallErrorKind, Identity, Site};

/// Credentials that end sooner than this are not used any more.
const MARGIN: Duration = Duration::from_mins(5);

/// Sessions of the member role, one for each account, kept in memory until they are about to end.
///
/// The role is assumed by an explicit call whose credentials are handed to a client of the account: the SDK's own
/// provider would assume it again for every call, or every 64th account.
#[derive(Debug)]
pub(crate) struct Sessions {
    base: SdkConfig,
    home: Site,
    caller: String,
    partition: Partition,
    role: RoleName,
    sts: aws_sdk_sts::Client,
    retries: RetryPartition,
    counter: Counter,
    kept: Mutex<BTreeMap<AccountId, Credentials>>,
}

/// IAM in one account.
pub(crate) struct Iam {
    pub(crate) client: aws_sdk_iam::Client,
    pub(crate) site: Site,
}

/// CloudFormation in one account.
pub(crate) struct Stacks {
    pub(crate) client: aws_sdk_cloudformation::Client,
    pub(crate) site: Site,
}

/// CloudTrail in one account.
pub(crate) struct History {
    pub(crate) client: aws_sdk_cloudtrail::Client,
    pub(crate) site: Site,
}

/// How an account is entered.
struct Access {
    /// None at home.
    credentials: Option<Credentials>,
    site: Site,
}

impl Sessions {
    pub(crate) fn new(base: SdkConfig, home: Site, caller: &Caller, role: RoleName, counter: Counter) -> Self {
        let sts = aws_sdk_sts::config::Builder::from(&base)
            .retry_partition(partition("sts"))
            .interceptor(counter.clone())
            .build();
        Self {
            base,
            home,
            caller: caller.arn.clone(),
            partition: caller.partition,
            role,
            sts: aws_sdk_sts::Client::from_conf(sts),
            retries: partition("iam"),
            counter,
            kept: Mutex::default(),
        }
    }

    /// IAM in an account.
    pub(crate) async fn iam(&self, account: &AccountId) -> Result<Iam, CallError> {
        let config = aws_sdk_iam::config::Builder::from(&self.base)
            .retry_partition(self.retries.clone())
            .interceptor(self.counter.clone());
        let Access { credentials, site } = self.access(account).await?;
        let config = match credentials {
            Some(credentials) => config.credentials_provider(credentials).identity_cache(IdentityCache::no_cache()),
            None => config,
        };
        Ok(Iam { client: aws_sdk_iam::Client::from_conf(config.build()), site })
    }

    /// CloudFormation in an account, in the one Region.
    pub(crate) async fn cloudformation(&self, account: &AccountId) -> Result<Stacks, CallError> {
        let config = aws_sdk_cloudformation::config::Builder::from(&self.base)
            .retry_partition(self.retries.clone())
            .interceptor(self.counter.clone());
        let Access { credentials, site } = self.access(account).await?;
        let config = match credentials {
            Some(credentials) => config.credentials_provider(credentials).identity_cache(IdentityCache::no_cache()),
            None => config,
        };
        Ok(Stacks { client: aws_sdk_cloudformation::Client::from_conf(config.build()), site })
    }

    /// CloudTrail in an account, in the Region in which IAM's events are kept. Nothing is tried twice.
    pub(crate) async fn history(&self, account: &AccountId) -> Result<History, CallError> {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.base)
            .region(aws_config::Region::new(global_region(self.partition)))
            .retry_config(RetryConfig::disabled())
            .interceptor(self.counter.clone());
        let Access { credentials, site } = self.access(account).await?;
        let config = match credentials {
            Some(credentials) => config.credentials_provider(credentials).identity_cache(IdentityCache::no_cache()),
            None => config,
        };
        Ok(History { client: aws_sdk_cloudtrail::Client::from_conf(config.build()), site })
    }

    /// How an account is entered: at home as the caller, elsewhere by the member role.
    async fn access(&self, account: &AccountId) -> Result<Access, CallError> {
        if self.home.account.as_ref() == Some(account) {
            return Ok(Access { credentials: None, site: self.home.clone() });
        }
        let credentials = match self.kept(account) {
            Some(credentials) => credentials,
            None => self.assume(account).await?,
        };
        let site =
            Site { account: Some(account.clone()), identity: Identity::Member, endpoint: self.home.endpoint.clone() };
        Ok(Access { credentials: Some(credentials), site })
    }

    fn kept(&self, account: &AccountId) -> Option<Credentials> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |credentials: &&Credentials| credentials.expiry().is_none_or(|expiry| SystemTime::now() + MARGIN < expiry);
        kept.get(account).filter(is_fresh).cloned()
    }

    async fn assume(&self, account: &AccountId) -> Result<Credentials, CallError> {
        const CALL: &str = "sts:AssumeRole";
        // The call is the caller's, about another account.
        let site = Site { account: Some(account.clone()), ..self.home.clone() };
        let answer = self
            .sts
            .assume_role()
            .role_arn(format!("arn:{}:iam::{account}:role/{}", self.partition, self.role))
            .role_session_name(SESSION_NAME)
            .send()
            .await
            .map_err(failed(&site, CALL))
            .map_err(|error| match error.kind() {
                CallErrorKind::Denied => error.advise(advice::of_member_role(self.role.as_str(), &site, &self.caller)),
                _ => error,
            })?;
        let Some(given) = answer.credentials() else {
            return Err(no_credentials(&site, CALL));
        };
        let credentials = credentials(given, "member role");
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), credentials.clone());
        Ok(credentials)
    }
}

/// The Region in which the events of IAM are kept (CloudTrail User Guide, "Global service events").
fn global_region(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws => "us-east-1",
        Partition::AwsCn => "cn-north-1",
        Partition::AwsUsGov => "us-gov-west-1",
        Partition::AwsEusc => "eusc-de-east-1",
        Partition::AwsIso => "us-iso-east-1",
        Partition::AwsIsoB => "us-isob-east-1",
    }
}
