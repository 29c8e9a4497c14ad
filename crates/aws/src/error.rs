//! Failed calls.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rolecall_core::ids::AccountId;
use rolecall_core::observed::ReadFailure;

use crate::keeper::Keeper;

/// A call that AWS refused, or that did not reach it.
#[derive(Debug, Clone)]
pub struct CallError(Box<Details>);

/// What is known of a failed call.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    pub(crate) site: Site,
    pub(crate) call: &'static str,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) kind: CallErrorKind,
    pub(crate) advice: Option<String>,
    pub(crate) source: Option<Arc<dyn Error + Send + Sync>>,
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
    /// What signs the call.
    pub(crate) credentials: Arc<Keeper>,
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
    pub(crate) fn new(details: Details) -> Self {
        Self(Box::new(details))
    }

    /// An answer that is not what the plan was made for, or lacks what AWS documents. The code goes in parentheses,
    /// as it is ours and not AWS's.
    pub(crate) fn of_answer(site: &Site, call: &'static str, kind: CallErrorKind, code: &str, message: String) -> Self {
        Self::new(Details {
            site: site.clone(),
            call,
            code: format!("({code})"),
            message,
            request_id: None,
            kind,
            advice: None,
            source: None,
        })
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
