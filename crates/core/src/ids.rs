//! Identifiers: newtypes that are parsed once, at the edge, and cannot be mixed up.
//!
//! Patterns and lengths are those of the AWS service models (IAM 2010-05-08, Organizations 2016-11-28,
//! CloudFormation 2010-05-15) unless a type says otherwise.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the kind that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {expected}")]
pub struct InvalidId {
    /// The text as it was given.
    pub found: String,
    /// What would have been accepted, as a noun phrase.
    pub expected: &'static str,
}

macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What a text must be to become one of these.
            pub const EXPECTED: &'static str = $expected;

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { found: text.to_owned(), expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

fn length(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count())
}

fn lower_alphanumeric(text: &str, min: usize, max: usize) -> bool {
    length(text, min, max) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The characters of IAM names: `[\w+=,.@-]`.
fn iam_name(text: &str, max: usize) -> bool {
    length(text, 1, max) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

identifier!(
    /// An AWS account id: twelve digits, leading zeros kept.
    AccountId, "an account id of twelve digits",
    |t| t.len() == 12 && t.bytes().all(|b| b.is_ascii_digit())
);
identifier!(
    /// An organization id, `o-` and 10 to 32 characters.
    OrgId, "an organization id like o-abc123def4",
    |t| t.strip_prefix("o-").is_some_and(|rest| lower_alphanumeric(rest, 10, 32))
);
identifier!(
    /// The id of an organizational unit (`ou-xxxx-xxxxxxxx`) or of the root (`r-xxxx`), which StackSets accept in its place.
    OuId, "an organizational unit id like ou-ab12-cd34ef56, or a root id like r-ab12",
    |t| {
        if let Some(rest) = t.strip_prefix("r-") {
            return lower_alphanumeric(rest, 4, 32);
        }
        t.strip_prefix("ou-").and_then(|rest| rest.split_once('-')).is_some_and(|(root, unit)| {
            lower_alphanumeric(root, 4, 32) && lower_alphanumeric(unit, 8, 32)
        })
    }
);
identifier!(
    /// The name of an IAM role, unique in its account whatever the case of its letters.
    RoleName, "a role name of 1 to 64 letters, digits and _+=,.@-",
    |t| iam_name(t, 64)
);
identifier!(
    /// The path of an IAM role: `/`, or text between two slashes.
    RolePath, "a path that begins and ends with /, like /vendors/",
    |t| {
        length(t, 1, 512)
            && t.starts_with('/')
            && t.ends_with('/')
            && t.bytes().all(|b| (b'!'..=b'~').contains(&b))
    }
);
identifier!(
    /// The external ID that a vendor presents when it assumes the role. AWS does not call it a secret.
    ExternalId, "an external ID of 2 to 1,224 letters, digits and _+=,.@:/-",
    |t| length(t, 2, 1224) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b))
);
identifier!(
    /// The name of an inline policy of a role.
    InlineName, "a policy name of 1 to 128 letters, digits and _+=,.@-",
    |t| iam_name(t, 128)
);
identifier!(
    /// The ARN of a managed policy, AWS's or the account's own.
    PolicyArn, "a managed policy ARN like arn:aws:iam::aws:policy/SecurityAudit",
    |t| {
        let mut parts = t.splitn(6, ':');
        let (arn, partition, service) = (parts.next(), parts.next(), parts.next());
        let (region, owner, resource) = (parts.next(), parts.next(), parts.next());
        length(t, 20, 2048)
            && arn == Some("arn")
            && partition.is_some_and(|p| p.parse::<Partition>().is_ok())
            && service == Some("iam")
            && region == Some("")
            && owner.is_some_and(|o| o == "aws" || o.parse::<AccountId>().is_ok())
            && resource.and_then(|r| r.strip_prefix("policy/")).is_some_and(|name| {
                !name.is_empty() && !name.ends_with('/')
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b))
            })
    }
);
identifier!(
    /// The ARN of an IAM role, its path included.
    RoleArn, "a role ARN like arn:aws:iam::111111111111:role/Pipeline",
    |t| {
        let Some((before, resource)) = t.split_once(":role/") else { return false };
        let mut parts = before.split(':');
        let (arn, partition, service) = (parts.next(), parts.next(), parts.next());
        let (region, account, rest) = (parts.next(), parts.next(), parts.next());
        let (path, name) = resource.rsplit_once('/').unwrap_or(("", resource));
        length(t, 20, 2048)
            && arn == Some("arn")
            && partition.is_some_and(|p| p.parse::<Partition>().is_ok())
            && service == Some("iam")
            && region == Some("")
            && account.is_some_and(|a| a.parse::<AccountId>().is_ok())
            && rest.is_none()
            && path.bytes().all(|b| (b'!'..=b'~').contains(&b))
            && iam_name(name, 64)
    }
);
identifier!(
    /// The name of a profile in the AWS configuration files, as `[profile NAME]` has it.
    ProfileName, "the name of a profile of the AWS configuration, without spaces at its ends",
    |t| length(t, 1, 256) && t.trim() == t && !t.chars().any(|c| c.is_control() || c == ']')
);
identifier!(
    /// The name of a customer-managed policy, unique in its account whatever its path and the case of its letters.
    PolicyName, "a policy name of 1 to 128 letters, digits and _+=,.@-",
    |t| iam_name(t, 128)
);
identifier!(
    /// A version of a managed policy.
    PolicyVersion, "a policy version like v1",
    |t| t.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| ('1'..='9').contains(&c)))
        && t.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
);
identifier!(
    /// The key of a tag.
    TagKey, "a tag key of 1 to 128 letters, digits, spaces and _.:/=+-@",
    |t| length(t, 1, 128) && t.chars().all(tag_character)
);
identifier!(
    /// The value of a tag on a role; it may be empty.
    TagValue, "a tag value of at most 256 letters, digits, spaces and _.:/=+-@",
    |t| length(t, 0, 256) && t.chars().all(tag_character)
);
identifier!(
    /// The name of an integration: what the file calls a vendor's access. It is part of the stack set's name.
    IntegrationName, "an integration name of 1 to 64 letters, digits and hyphens that begins with a letter",
    |t| {
        length(t, 1, 64)
            && t.starts_with(|c: char| c.is_ascii_alphabetic())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }
);
identifier!(
    /// The name of a stack set.
    StackSetName, "a stack set name of 1 to 128 letters, digits and hyphens that begins with a letter",
    |t| {
        length(t, 1, 128)
            && t.starts_with(|c: char| c.is_ascii_alphabetic())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }
);
identifier!(
    /// The id of a stack set operation, ours or AWS's.
    OperationId, "an operation id of 1 to 128 letters, digits and hyphens",
    |t| length(t, 1, 128) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
);
identifier!(
    /// A run of `apply`, by 16 hexadecimal digits.
    RunId, "the id of a run, 16 digits and letters from a to f",
    |t| t.len() == 16 && t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
);
identifier!(
    /// A Region, by its code.
    Region, "a Region code like us-east-1",
    |t| {
        t.split('-').count() >= 3
            && t.split('-').all(|part| lower_alphanumeric(part, 1, 16))
            && t.ends_with(|c: char| c.is_ascii_digit())
    }
);
identifier!(
    /// The unique id that IAM gives a role when it is created; a role made again under the same name has another.
    RoleId, "a unique role id like AROAEXAMPLE",
    |t| length(t, 4, 128) && t.bytes().all(|b| b.is_ascii_alphanumeric())
);
identifier!(
    /// The id of a stack, which is its ARN.
    StackId, "a stack id, the ARN of a stack",
    |t| length(t, 1, 2048) && t.starts_with("arn:")
);

/// The characters of IAM tags: `[\p{L}\p{Z}\p{N}_.:/=+\-@]`.
fn tag_character(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() && !c.is_control() || "_.:/=+-@".contains(c)
}

impl RolePath {
    /// The path of a role that was given none.
    pub fn root() -> Self {
        Self("/".to_owned())
    }
}

impl RoleArn {
    /// The account that the role is in.
    pub fn account(&self) -> Option<AccountId> {
        self.0.split(':').nth(4)?.parse().ok()
    }
}

impl PolicyArn {
    /// The path and the name of the policy: `/team/boundary`.
    pub fn resource(&self) -> &str {
        self.0.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("policy")).unwrap_or_default()
    }

    /// The policy's name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl StackSetName {
    /// What the names of Rolecall's stack sets begin with; the ownership tag, not the name, decides whose they are.
    pub const PREFIX: &'static str = "rolecall-";

    /// The stack set that delivers an integration's role.
    pub fn of(integration: &IntegrationName) -> Self {
        Self(format!("{}{integration}", Self::PREFIX))
    }
}

impl OperationId {
    /// An operation id made of `rolecall-` and the first 32 hexadecimal digits of a digest.
    pub(crate) fn from_digest(digest: &str) -> Self {
        Self(format!("rolecall-{}", &digest[..32.min(digest.len())]))
    }

    /// Whether a run of Rolecall chose this id.
    pub fn is_ours(&self) -> bool {
        self.0.starts_with("rolecall-")
    }
}

impl From<u64> for RunId {
    fn from(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }
}

impl OuId {
    /// Whether this is the root of the organization.
    pub fn is_root(&self) -> bool {
        self.0.starts_with("r-")
    }
}

impl TagKey {
    /// Whether AWS keeps this tag for itself; such tags are never compared and cannot be written.
    pub fn is_reserved(&self) -> bool {
        self.0.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
    }
}

/// A group of Regions with its own accounts and ARNs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// The commercial Regions.
    #[default]
    Aws,
    /// The Regions in China.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
    /// The European Sovereign Cloud.
    AwsEusc,
    /// AWS Secret, `us-iso-*`.
    AwsIso,
    /// AWS Secret, `us-isob-*`.
    AwsIsoB,
}

impl Partition {
    /// The partition as it stands in an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsEusc => "aws-eusc",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
        }
    }

    /// The partition that a Region belongs to.
    pub fn of(region: &Region) -> Self {
        match region.as_str() {
            r if r.starts_with("cn-") => Self::AwsCn,
            r if r.starts_with("us-gov-") => Self::AwsUsGov,
            r if r.starts_with("eusc-") => Self::AwsEusc,
            r if r.starts_with("us-iso-") => Self::AwsIso,
            r if r.starts_with("us-isob-") => Self::AwsIsoB,
            _ => Self::Aws,
        }
    }
}

impl FromStr for Partition {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        [Self::Aws, Self::AwsCn, Self::AwsUsGov, Self::AwsEusc, Self::AwsIso, Self::AwsIsoB]
            .into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| InvalidId { found: text.to_owned(), expected: "an AWS partition like aws or aws-us-gov" })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<T: FromStr>(texts: &[&str]) {
        for text in texts {
            assert!(text.parse::<T>().is_ok(), "{text} should be accepted");
        }
    }

    fn refuses<T: FromStr>(texts: &[&str]) {
        for text in texts {
            assert!(text.parse::<T>().is_err(), "{text} should be refused");
        }
    }

    #[test]
    fn an_account_id_keeps_its_leading_zeros_and_has_twelve_digits() {
        assert_eq!("012345678901".parse::<AccountId>().unwrap().as_str(), "012345678901");
        refuses::<AccountId>(&["12345678901", "1234567890123", "12345678901a", ""]);
    }

    #[test]
    fn units_and_roots_are_one_kind_of_id() {
        accepts::<OuId>(&["ou-ab12-cd34ef56", "r-ab12"]);
        refuses::<OuId>(&["ou-ab12", "ou-AB12-cd34ef56", "r-a", "Workloads"]);
    }

    #[test]
    fn a_path_begins_and_ends_with_a_slash() {
        accepts::<RolePath>(&["/", "/vendors/", "/a/b/"]);
        refuses::<RolePath>(&["", "vendors", "/vendors", "/ven dors/"]);
    }

    #[test]
    fn a_policy_arn_names_a_partition_an_owner_and_a_policy() {
        accepts::<PolicyArn>(&[
            "arn:aws:iam::aws:policy/SecurityAudit",
            "arn:aws-us-gov:iam::123456789012:policy/team/boundary",
        ]);
        refuses::<PolicyArn>(&[
            "SecurityAudit",
            "arn:aws:iam::aws:role/SecurityAudit",
            "arn:aws:s3::aws:policy/SecurityAudit",
            "arn:aws:iam::12:policy/SecurityAudit",
            "arn:aws:iam::aws:policy/",
        ]);
    }

    #[test]
    fn a_role_arn_names_a_partition_an_account_and_a_role() {
        accepts::<RoleArn>(&[
            "arn:aws:iam::111111111111:role/Pipeline",
            "arn:aws-cn:iam::111111111111:role/teams/platform/Pipeline",
        ]);
        refuses::<RoleArn>(&[
            "Pipeline",
            "arn:aws:iam::111111111111:user/Pipeline",
            "arn:aws:sts::111111111111:assumed-role/Pipeline/session",
            "arn:aws:iam::1111:role/Pipeline",
            "arn:aws:iam::111111111111:role/",
            "arn:aws:iam::111111111111:more:role/Pipeline",
        ]);
    }

    #[test]
    fn a_profile_name_is_what_stands_between_brackets() {
        accepts::<ProfileName>(&["default", "org-b", "Müller prod"]);
        refuses::<ProfileName>(&["", " prod", "prod]", "two\nlines"]);
    }

    #[test]
    fn an_external_id_has_no_space_and_at_least_two_characters() {
        accepts::<ExternalId>(&["ab", "5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a11", "spot:aws:extid:1f"]);
        refuses::<ExternalId>(&["a", "with space", "semi;colon"]);
    }

    #[test]
    fn an_id_that_is_read_by_serde_is_checked_too() {
        assert!(serde_json::from_str::<AccountId>("\"12\"").is_err());
        assert!(serde_json::from_str::<RoleName>("\"Prowler Scan\"").is_err());
    }

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in
            [("us-east-1", Partition::Aws), ("us-gov-west-1", Partition::AwsUsGov), ("cn-north-1", Partition::AwsCn)]
        {
            assert_eq!(Partition::of(&region.parse().unwrap()), partition);
        }
    }
}
