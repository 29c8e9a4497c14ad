//! One request, understood.

use serde::{Deserialize, Serialize};

use super::{Params, WireError};
use crate::sts::Session;
use crate::world::World;

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
    /// CloudTrail: JSON 1.1, regional.
    CloudTrail,
}

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Parameters of a form, answers in XML.
    Query,
    /// JSON 1.1, both ways.
    Json,
}

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Iam, Self::Sts, Self::CloudFormation, Self::Organizations, Self::Ssm, Self::CloudTrail];

    /// How it is spoken to.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Iam | Self::Sts | Self::CloudFormation => Protocol::Query,
            Self::Organizations | Self::Ssm | Self::CloudTrail => Protocol::Json,
        }
    }

    /// What the `Version` parameter of its requests says, or stands before an operation in `X-Amz-Target`.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
            Self::CloudFormation => "2010-05-15",
            Self::Organizations => "AWSOrganizationsV20161128",
            Self::Ssm => "AmazonSSM",
            Self::CloudTrail => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
        }
    }

    /// What stands before an operation in `X-Amz-Target`. The SDKs do not agree on CloudTrail's, and AWS takes either.
    pub(crate) fn targets(self) -> impl Iterator<Item = &'static str> {
        let short = (self == Self::CloudTrail).then_some("CloudTrail_20131101");
        [self.version()].into_iter().chain(short)
    }

    /// The error for more calls than the service takes.
    pub(crate) fn throttled(self) -> WireError {
        let code = match self {
            Self::Iam | Self::Sts | Self::CloudFormation => "Throttling",
            Self::Organizations => "TooManyRequestsException",
            Self::Ssm | Self::CloudTrail => "ThrottlingException",
        };
        WireError::new(400, code, "Rate exceeded")
    }

    /// The error for a failure of the service itself.
    pub(crate) fn failed(self) -> WireError {
        match self {
            Self::Iam | Self::Sts | Self::CloudFormation => {
                WireError::new(500, "InternalFailure", "The request processing has failed.")
            }
            Self::Organizations => {
                WireError::new(500, "ServiceException", "AWS Organizations can't complete your request.")
            }
            Self::Ssm => WireError::new(500, "InternalServerError", "An error occurred on the server side."),
            Self::CloudTrail => WireError::new(500, "InternalFailure", "The request processing has failed."),
        }
    }

    /// A refusal of the Query protocol in the form of the service's own.
    pub(crate) fn denied(self, error: WireError) -> WireError {
        let code = match (self.protocol(), error.code.as_ref()) {
            (Protocol::Query, _) => return error,
            (Protocol::Json, "ExpiredToken") => "ExpiredTokenException",
            (Protocol::Json, "InvalidClientTokenId") => "UnrecognizedClientException",
            (Protocol::Json, _) => "AccessDeniedException",
        };
        WireError::new(400, code, error.message)
    }

    /// The error for an operation that AWS does not have; `None` for one that it has.
    pub(crate) fn unknown_operation(self, operation: &str) -> Option<WireError> {
        if self.operations().any(|known| known == operation) {
            return None;
        }
        let message = format!("Could not find operation {operation} for version {}", self.version());
        Some(WireError::new(400, self.no_such_operation(), message))
    }

    /// The error for an operation that AWS has and the sandbox does not.
    pub(crate) fn not_simulated(self, operation: &str) -> WireError {
        let message = format!(
            "The action {operation} is not simulated by the Rolecall sandbox; its README lists the ones that are."
        );
        WireError::new(400, self.no_such_operation(), message)
    }

    fn no_such_operation(self) -> &'static str {
        match self.protocol() {
            Protocol::Query => "InvalidAction",
            Protocol::Json => "UnknownOperationException",
        }
    }

    /// The service of a signing name, as it stands in the credential scope.
    pub(crate) fn from_signing_name(name: &str) -> Option<Self> {
        match name {
            "iam" => Some(Self::Iam),
            "sts" => Some(Self::Sts),
            "cloudformation" => Some(Self::CloudFormation),
            "organizations" => Some(Self::Organizations),
            "ssm" => Some(Self::Ssm),
            "cloudtrail" => Some(Self::CloudTrail),
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
            Self::CloudTrail => "cloudtrail",
        }
    }

    /// The namespace of the service's XML, as its service model gives it.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::CloudFormation => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
            Self::Organizations | Self::Ssm | Self::CloudTrail => "",
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
    /// The access key id of the request, when IAM or STS made it.
    pub(crate) access_key: Option<String>,
}

/// What decides a caller's permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The simulated administrator of an account, an IAM user with every permission.
    Administrator,
    /// An IAM user, with the permissions that the user has now.
    User {
        /// The user's name as written in IAM.
        name: String,
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
    /// The session that the caller's temporary credentials belong to.
    pub(crate) fn session<'a>(&self, world: &'a World) -> Option<&'a Session> {
        world.sts.get(self.access_key.as_deref()?)
    }

    /// The ARN that `aws:PrincipalArn` has for this caller: the role's ARN for a session.
    pub(crate) fn principal_arn(&self) -> &str {
        match &self.identity {
            Identity::Administrator | Identity::User { .. } => &self.arn,
            Identity::Session { role_name: _, role_arn } => role_arn,
        }
    }
}

/// One request: `P` is the form of its input, [`Params`] for Query and JSON for the others.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_code_that_the_service_has_for_it() {
        for (code, of_query, of_json) in [
            ("ExpiredToken", (403, "ExpiredToken"), (400, "ExpiredTokenException")),
            ("InvalidClientTokenId", (403, "InvalidClientTokenId"), (400, "UnrecognizedClientException")),
            ("AccessDenied", (403, "AccessDenied"), (400, "AccessDeniedException")),
        ] {
            let refusal = |service: Service| {
                let refused = service.denied(WireError::new(403, code, "no"));
                (refused.status, refused.code)
            };
            for (service, (status, name)) in
                [(Service::Iam, of_query), (Service::Organizations, of_json), (Service::Ssm, of_json)]
            {
                assert_eq!(refusal(service), (status, name.into()));
            }
        }
    }
}
