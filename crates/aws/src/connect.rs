//! The connection: credentials, endpoint, clients, and the bound on calls at a time.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use rolecall_core::ids::{AccountId, Partition};
use rolecall_core::spec::Access;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::advice;
use crate::attempts::{Attempts, Limits};
use crate::classify::failed;
use crate::counts::{CallCounts, Counter};
use crate::credentials::{self, ASSUME_ROLE, AssumedRole};
use crate::documents::Documents;
use crate::error::{CallError, CallErrorKind, Identity, Site};
use crate::keeper::Keeper;
use crate::line::{Line, SESSION_MARGIN, client};
use crate::paces::{Paces, Rates};
use crate::retry::Patience;
use crate::sessions::Sessions;

/// How to reach AWS.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Whose credentials are used, the member role, the caller's part and the Region, from the file.
    pub access: Access,
    /// How many calls run at a time.
    pub parallelism: NonZeroUsize,
    /// An endpoint that stands in for every service, such as a simulated organization, with credentials of its own; AWS's
    /// own when `None`, unless `AWS_ENDPOINT_URL` or the AWS configuration names another.
    pub endpoint: Option<Endpoint>,
    /// After how long without an answer a call is given up and made again, [`CALL_TIMEOUT`] if there is no reason for
    /// another. A call with all its repetitions takes at most about six times as long; one that AWS throttles is repeated
    /// until AWS has refused all of its kind for fifteen times as long.
    pub call_timeout: Duration,
}

/// How long a call may take. AWS answers within a second or two, a large page of IAM within ten.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// An endpoint and the key to it.
#[derive(Clone)]
pub struct Endpoint {
    /// The URL.
    pub url: String,
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.url)
    }
}

/// Who is calling (STS `GetCallerIdentity`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The ARN of the user or role session.
    pub arn: String,
    /// The partition that the ARN names.
    pub partition: Partition,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// `GetCallerIdentity` failed: no credentials, expired ones, or nobody answers.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The caller's identity cannot be understood.
    #[error("sts:GetCallerIdentity answered account `{account}` and ARN `{arn}`, which make no AWS identity")]
    Caller {
        /// The account as answered.
        account: String,
        /// The ARN as answered.
        arn: String,
    },
}

impl ConnectError {
    /// What the user can do.
    pub fn advice(&self) -> Option<&str> {
        match self {
            Self::Call(error) => error.advice(),
            Self::Caller { .. } => Some("is AWS_ENDPOINT_URL an endpoint of AWS, or of something that simulates it?"),
        }
    }
}

/// A way to AWS, in the caller's name and, in other accounts, in the member role's.
#[derive(Debug)]
pub struct Connection {
    pub(crate) access: Access,
    pub(crate) parallelism: NonZeroUsize,
    pub(crate) patience: Patience,
    pub(crate) site: Site,
    pub(crate) organizations: aws_sdk_organizations::Client,
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) paces: Arc<Paces>,
    pub(crate) documents: Documents,
    pub(crate) sessions: Sessions,
    caller: Caller,
    permits: Semaphore,
    counter: Counter,
}

impl Connection {
    /// Finds credentials, assumes the role that is assumed first if the file names one, learns who the caller is, and
    /// makes the clients.
    pub async fn open(options: ConnectOptions) -> Result<Self, ConnectError> {
        let base = load(&options).await;
        let endpoint: Option<Arc<str>> = base.endpoint_url().map(Arc::from);
        let is_local = endpoint.as_deref().is_some_and(is_on_this_machine);
        let (patience, rates) =
            if is_local { (Patience::LOCAL, Rates::Unknown) } else { (Patience::AWS, Rates::Published) };
        let paces = Arc::new(Paces::new(rates));
        let limits = Limits::new(patience, options.call_timeout);
        let line = Line::of_caller(&base, limits, &paces);
        let line = act_as_role(line, endpoint.as_ref(), &options).await;
        let line = line.map_err(|error| name_profile(error, &options))?;
        let credentials = Arc::clone(&line.attempts.credentials);
        let mut site = Site { account: None, identity: Identity::Caller, endpoint, credentials };
        let caller = identify(&line, &site).await.map_err(|error| name_profile(error, &options))?;
        site.account = Some(caller.account.clone());
        let ConnectOptions { access, parallelism, endpoint: _, call_timeout: _ } = options;
        Ok(Self {
            parallelism,
            patience,
            organizations: client!(aws_sdk_organizations, line),
            cloudformation: client!(aws_sdk_cloudformation, line),
            ssm: client!(aws_sdk_ssm, line),
            paces,
            documents: Documents::new(caller.partition),
            counter: line.counter.clone(),
            sessions: Sessions::new(line, site.clone(), &caller, access.member_role.clone()),
            site,
            access,
            caller,
            permits: Semaphore::new(parallelism.get()),
        })
    }

    /// Who is calling.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How often each operation was called so far.
    pub fn calls(&self) -> CallCounts {
        self.counter.counts()
    }

    /// Waits for the turn of a call of the caller's, like `iam:ListRoles`, and then for a permit.
    pub(crate) async fn turn(&self, call: &str) -> Option<SemaphorePermit<'_>> {
        self.paces.of(None, call).turn().await;
        self.permit().await
    }

    /// Waits until fewer calls run than the parallelism allows. Never wait for one while holding one.
    pub(crate) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        // It fails only when the semaphore is closed, which nothing does.
        self.permits.acquire().await.ok()
    }
}

pub(crate) async fn load(options: &ConnectOptions) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(3100))
        .operation_attempt_timeout(options.call_timeout)
        .build();
    // No proxy can reach the simulation inside this very process.
    let is_embedded = options.endpoint.as_ref().is_some_and(|endpoint| is_on_this_machine(&endpoint.url));
    let proxies = if is_embedded { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
    let client = crate::http::shared_client(options.parallelism, proxies);
    let Access { region, profile, .. } = &options.access;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(aws_config::Region::new(region.as_str().to_owned()))
        .http_client(client.clone())
        .timeout_config(timeouts);
    if let Ok(name) = aws_config::AppName::new("rolecall") {
        loader = loader.app_name(name);
    }
    if let Some(endpoint) = &options.endpoint {
        let credentials = aws_credential_types::Credentials::new(
            endpoint.access_key_id.clone(),
            endpoint.secret_access_key.clone(),
            None,
            None,
            "endpoint",
        );
        loader = loader.endpoint_url(&endpoint.url).credentials_provider(credentials);
    } else if let Some(profile) = profile {
        // The name tells where else to look: an endpoint may stand in the profile too.
        loader = loader
            .profile_name(profile.as_str())
            .credentials_provider(credentials::of_profile(profile, region, client));
    }
    loader.load().await
}

/// Who calls. Nobody knows the account yet; an error of this call does not speak of it.
async fn identify(line: &Line, site: &Site) -> Result<Caller, ConnectError> {
    let attempts = Attempts { limits: line.attempts.limits.of_first_call(), ..line.attempts.clone() };
    let line = Line { attempts, ..line.clone() };
    let answer =
        client!(aws_sdk_sts, line).get_caller_identity().send().await.map_err(failed(site, "sts:GetCallerIdentity"))?;
    let (account, arn) = (answer.account().unwrap_or_default(), answer.arn().unwrap_or_default());
    let partition = arn.split(':').nth(1).and_then(|name| Partition::from_str(name).ok());
    match (account.parse(), partition) {
        (Ok(account), Some(partition)) => {
            site.credentials.belongs_to(arn);
            Ok(Caller { account, arn: arn.to_owned(), partition })
        }
        _ => Err(ConnectError::Caller { account: account.to_owned(), arn: arn.to_owned() }),
    }
}

/// Acts as the role that the file names, if it names one and something else does not stand in for AWS.
async fn act_as_role(line: Line, endpoint: Option<&Arc<str>>, options: &ConnectOptions) -> Result<Line, ConnectError> {
    let Some(role) = options.access.role_arn.as_ref().filter(|_| options.endpoint.is_none()) else { return Ok(line) };
    let assumed = Arc::new(AssumedRole {
        keeper: Keeper::new(SESSION_MARGIN),
        sts: client!(aws_sdk_sts, line),
        pace: line.attempts.paces.of(None, ASSUME_ROLE),
        arn: role.to_string(),
        site: Site {
            account: role.account(),
            identity: Identity::Caller,
            endpoint: endpoint.cloned(),
            credentials: Arc::clone(&line.attempts.credentials),
        },
        advice: advice::of_first_role(role),
    });
    assumed.credentials().await?;
    Ok(line.acting_as(assumed))
}

/// A profile that was asked for and gives nothing is passed over in silence by the credential chain.
fn name_profile(error: ConnectError, options: &ConnectOptions) -> ConnectError {
    let profile = options.access.profile.as_ref().map(ToString::to_string);
    let profile = profile.or_else(|| std::env::var("AWS_PROFILE").ok());
    match (error, profile) {
        (ConnectError::Call(error), Some(profile)) if error.kind() == CallErrorKind::NoCredentials => {
            let advice = format!(
                "profile `{profile}` gives no credentials: is it in the AWS configuration? If it is one of IAM Identity \
                 Center, sign in with `aws sso login --profile {profile}`"
            );
            ConnectError::Call(error.advise(advice))
        }
        (error, _) => error,
    }
}

/// Whether an endpoint is a loopback address: a simulation, for which AWS's rates and delays do not hold.
fn is_on_this_machine(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    host.starts_with("127.") || host == "localhost" || host.starts_with("localhost:") || host.starts_with("[::1]")
}
