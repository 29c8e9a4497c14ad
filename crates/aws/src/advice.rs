//! What the user can do about a failed call.

use rolecall_core::ids::RoleArn;

use crate::error::{CallErrorKind, Identity, Site};
use crate::keeper::{Ended, Keeper};

/// Advice by kind and call; `None` where the message says it all. It does not name the account, so that it is the same in all
/// accounts in which a call fails alike; what it is shown with does.
pub(crate) fn of(call: &str, kind: CallErrorKind, message: &str, site: &Site) -> Option<String> {
    let text = match kind {
        CallErrorKind::NoCredentials => NO_CREDENTIALS.to_owned(),
        CallErrorKind::ExpiredCredentials if site.identity == Identity::Caller => expired(&site.credentials),
        CallErrorKind::ExpiredCredentials => {
            "the session in the account ended; run the command again to begin another".to_owned()
        }
        CallErrorKind::InvalidCredentials => {
            "the access key was deleted, belongs to another partition, or its secret or \
             session token is wrong; a clock that is off by more than five minutes has the same effect"
                .to_owned()
        }
        CallErrorKind::DeniedByOrganization => {
            "a service or resource control policy of the organization forbids this in the account: exempt the role \
             that makes the call"
                .to_owned()
        }
        CallErrorKind::Denied if call.starts_with("ssm:") => {
            "allow ssm:GetParameter, ssm:PutParameter and ssm:DeleteParameter on parameter/rolecall/lock/* to whoever \
             applies, or do without the lock: `--no-lock`, or `access.lock: false` in the file"
                .to_owned()
        }
        CallErrorKind::Denied if call.starts_with("organizations:") => {
            "call from the management account, or from a delegated administrator, with the permissions of \
             AWSOrganizationsReadOnlyAccess"
                .to_owned()
        }
        CallErrorKind::Denied => {
            "allow the action to the role or user that the message names, in the account".to_owned()
        }
        CallErrorKind::RegionDisabled => {
            "AWS STS is switched off in this Region in the account: switch it on in the account's settings, or \
             choose another `access.region`"
                .to_owned()
        }
        CallErrorKind::Throttled => {
            "AWS asked to go slower to the end: something else in the account may use up its rate; run \
             again when that has ended"
                .to_owned()
        }
        CallErrorKind::Quota => "raise the quota in the account, or remove what is not needed".to_owned(),
        CallErrorKind::Refused if site.endpoint.is_some() => {
            "is anything listening there? The endpoint comes from AWS_ENDPOINT_URL or endpoint_url in the AWS \
             configuration"
                .to_owned()
        }
        CallErrorKind::Refused | CallErrorKind::Unresolved | CallErrorKind::Timeout | CallErrorKind::Unreachable => {
            "check the network, HTTPS_PROXY and NO_PROXY".to_owned()
        }
        CallErrorKind::Invalid if message.contains("enable organizations access") => {
            "StackSets may not act in the organization yet; a plan switches that on".to_owned()
        }
        CallErrorKind::Invalid if message.contains("delegated admin") => {
            "call from the management account with `access.call_as: self`, or from an account that is a delegated \
             administrator for StackSets with `access.call_as: delegated_admin`"
                .to_owned()
        }
        CallErrorKind::NotFound if call == "organizations:DescribeOrganization" => {
            "these credentials are for an account outside of any organization: are they the ones you mean?".to_owned()
        }
        CallErrorKind::NotFound
        | CallErrorKind::AlreadyExists
        | CallErrorKind::Conflict
        | CallErrorKind::Invalid
        | CallErrorKind::Service
        | CallErrorKind::BadAnswer
        | CallErrorKind::Unexpected
        | CallErrorKind::Other => return None,
    };
    Some(text)
}

const NO_CREDENTIALS: &str = "sign in with `aws sso login` or `aws configure`, name a profile with AWS_PROFILE, or set \
     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; in a pipeline, check the step that assumes the role";

/// Whose credentials ended, when, and what to do.
fn expired(credentials: &Keeper) -> String {
    let owner = credentials.owner().map(|arn| format!(" of {arn}")).unwrap_or_default();
    let when = credentials.ended().map(Ended::when).unwrap_or_default();
    format!(
        "the credentials{owner} ended{when}, and there were no newer ones: sign in again, for example with `aws sso \
         login`, and run the same command again; it reads everything anew and does what is left"
    )
}

/// AWS gives one answer for a role that is missing and for one that does not trust the caller (IAM User Guide,
/// "Troubleshooting IAM roles"), so the advice names both.
pub(crate) fn of_member_role(role: &str, caller: &str) -> String {
    format!(
        "the role {role} may be missing in the account or may not trust {caller}, or the caller may lack \
         sts:AssumeRole; `access.member_role` names the role, `rolecall doctor` checks all accounts"
    )
}

/// The same of the role that is assumed first.
pub(crate) fn of_first_role(role: &RoleArn) -> String {
    format!(
        "the role {role} may be missing or may not trust the caller, or the caller may lack sts:AssumeRole on it; \
         `access.role_arn` names the role"
    )
}
