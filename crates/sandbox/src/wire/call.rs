//! One request, understood.

use serde::{Deserialize, Serialize};

use super::{Params, WireError};

/// The services that are simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// IAM: Query, global.
    Iam,
    /// STS: Query.
    Sts,
    /// CloudFormation: Query, regional.
    CloudFormation,
    /// Organizations: JSON 1.1, global.
    Organizations,
    /// Systems Manager: JSON 1.1, regional.
    Ssm,
}

impl Service {
    /// The service of a signing name, as it stands in the credential scope.
    pub(crate) fn from_signing_name(name: &str) -> Option<Self> {
        match name {
            "iam" => Some(Self::Iam),
            "sts" => Some(Self::Sts),
            "cloudformation" => Some(Self::CloudFormation),
            "organizations" => Some(Self::Organizations),
            "ssm" => Some(Self::Ssm),
            _ => None,
        }
    }

    /// The signing name, which is also the prefix of the service's actions in policies.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::CloudFormation => "cloudformation",
            Self::Organizations => "organizations",
            Self::Ssm => "ssm",
        }
    }

    /// The namespace of the service's XML, as its service model gives it.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::CloudFormation => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
            Self::Organizations | Self::Ssm => "",
        }
    }
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account of the credentials: the one that IAM and CloudFormation act on.
    pub(crate) account: String,
    /// The caller's ARN, as `GetCallerIdentity` gives it.
    pub(crate) arn: String,
    /// The caller's unique id, as `GetCallerIdentity` gives it.
    pub(crate) user_id: String,
    /// What decides the caller's permissions.
    pub(crate) identity: Identity,
}

/// What decides a caller's permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The simulated administrator of an account, an IAM user with every permission.
    Administrator,
    /// An IAM user by one of its access keys, with the permissions that the user has now.
    User {
        /// The user's name as written in IAM.
        name: String,
        /// The access key id.
        access_key: String,
    },
    /// A session of a role, with the permissions that the role has now.
    Session {
        /// The role's name as written in IAM.
        role_name: String,
        /// The role's ARN, with its path.
        role_arn: String,
    },
}

impl Caller {
    /// The ARN that `aws:PrincipalArn` has for this caller: the role's ARN for a session.
    pub(crate) fn principal_arn(&self) -> &str {
        match &self.identity {
            Identity::Administrator | Identity::User { .. } => &self.arn,
            Identity::Session { role_name: _, role_arn } => role_arn,
        }
    }
}

/// One request: `P` is the form of its input, [`Params`] for Query and JSON for Organizations and Systems Manager.
#[derive(Debug, Clone)]
pub(crate) struct Call<P = Params> {
    /// The operation, for example `GetRole`.
    pub(crate) operation: String,
    /// The operation's input.
    pub(crate) params: P,
    /// Who calls.
    pub(crate) caller: Caller,
    /// The Region of the credential scope.
    pub(crate) region: String,
}

impl<P> Call<P> {
    /// The answer to an operation that is not simulated.
    pub(crate) fn not_simulated(&self) -> WireError {
        WireError::not_simulated(&self.operation)
    }
}
