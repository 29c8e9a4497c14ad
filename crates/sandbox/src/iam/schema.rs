//! The constraints of IAM's service model, by member.

use super::IamError;
use crate::wire::{Constraint, Params, Pattern, Violations, WireError};

const NAME: Pattern = Pattern { text: r"[\w+=,.@-]+", fits: |text| text.chars().all(is_name) };
const WORD: Pattern = Pattern { text: r"[\w]+", fits: |text| text.chars().all(is_word) };
const DIGITS: Pattern = Pattern { text: r"[\d]+", fits: |text| text.bytes().all(|byte| byte.is_ascii_digit()) };
const DOCUMENT: Pattern = Pattern { text: r"[\u0009\u000A\u000D\u0020-\u00FF]+", fits: is_document };
const DESCRIPTION: Pattern = Pattern {
    text: r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*",
    fits: |text| is_document(text) && !text.chars().any(|c| ('\u{7f}'..='\u{a0}').contains(&c)),
};
const PREFIX: Pattern = Pattern {
    text: r"\u002F[\u0021-\u007F]*",
    fits: |text| text.starts_with('/') && text.bytes().all(|byte| (0x21..=0x7f).contains(&byte)),
};
const SERIAL: Pattern =
    Pattern { text: r"[\w+=/:,.@-]+", fits: |text| text.chars().all(|c| is_name(c) || "/:".contains(c)) };
const VERSION: Pattern = Pattern { text: r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?", fits: is_version };
const ALIAS: Pattern = Pattern { text: r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", fits: is_alias };
const PROVIDER: Pattern =
    Pattern { text: r"[\w._-]+", fits: |text| text.chars().all(|c| is_word(c) || ".-".contains(c)) };

const STATUSES: &[&str] = &["Active", "Inactive", "Expired"];

const fn text(least: usize, most: usize) -> Constraint {
    Constraint::Text { least, most, pattern: None }
}

const fn of(least: usize, most: usize, pattern: Pattern) -> Constraint {
    Constraint::Text { least, most, pattern: Some(pattern) }
}

/// The constraint on a member of an operation's input, for the members that have one.
///
/// `Path` and `NewPath` are left out: IAM has a text of its own for them.
fn constraint(operation: &str, member: &str) -> Option<Constraint> {
    Some(match member {
        "RoleName" | "NewUserName" | "CustomSuffix" => of(1, 64, NAME),
        "UserName" if operation == "CreateUser" => of(1, 64, NAME),
        "UserName" | "GroupName" | "NewGroupName" | "PolicyName" | "InstanceProfileName" | "AWSServiceName" => {
            of(1, 128, NAME)
        }
        "VirtualMFADeviceName" => of(1, 226, NAME),
        "Name" => of(1, 128, PROVIDER),
        "PolicyDocument" | "AssumeRolePolicyDocument" | "ResourcePolicy" => of(1, 131_072, DOCUMENT),
        "Description" if operation == "CreatePolicy" => text(0, 1000),
        "Description" => of(0, 1000, DESCRIPTION),
        "MaxSessionDuration" => Constraint::Number(3600, 43200),
        "Marker" => of(1, 320, DOCUMENT),
        "MaxItems" => Constraint::Number(1, 1000),
        "PathPrefix" => of(1, 512, PREFIX),
        "PolicyArn" | "PermissionsBoundary" | "PolicySourceArn" | "OpenIDConnectProviderArn" | "SAMLProviderArn" => {
            text(20, 2048)
        }
        "VersionId" => Constraint::Text { least: 0, most: usize::MAX, pattern: Some(VERSION) },
        "AccessKeyId" => of(16, 128, WORD),
        "CertificateId" => of(24, 128, WORD),
        "SSHPublicKeyId" | "ServiceSpecificCredentialId" => of(20, 128, WORD),
        "CertificateBody" | "SSHPublicKeyBody" => of(1, 16_384, DOCUMENT),
        "SerialNumber" => of(9, 256, SERIAL),
        "AuthenticationCode1" | "AuthenticationCode2" => of(6, 6, DIGITS),
        "Password" | "OldPassword" | "NewPassword" => of(1, 128, DOCUMENT),
        "AccountAlias" => of(3, 63, ALIAS),
        "Status" => Constraint::OneOf(STATUSES),
        "Encoding" => Constraint::OneOf(&["SSH", "PEM"]),
        "AssignmentStatus" => Constraint::OneOf(&["Assigned", "Unassigned", "Any"]),
        "Scope" => Constraint::OneOf(&["All", "AWS", "Local"]),
        "EntityFilter" => Constraint::OneOf(FILTERS),
        "PolicyUsageFilter" => Constraint::OneOf(&["PermissionsPolicy", "PermissionsBoundary"]),
        "Url" | "ClientID" => text(1, 255),
        "SAMLMetadataDocument" => text(1000, 10_000_000),
        "DeletionTaskId" => text(1, 1000),
        "MinimumPasswordLength" => Constraint::Number(6, 128),
        "MaxPasswordAge" => Constraint::Number(1, 1095),
        "PasswordReusePrevention" => Constraint::Number(1, 24),
        _ => return None,
    })
}

/// What `Filter` of `GetAccountAuthorizationDetails` and `EntityFilter` can be.
pub(super) const FILTERS: &[&str] = &["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/// Checks the input of an operation: that the required members are there, and that every scalar keeps to its constraint.
pub(super) fn request(operation: &str, required: &[&str], params: &Params) -> Result<(), WireError> {
    // An empty marker is none.
    let marker = params.get("Marker").is_some_and(|marker| !marker.is_empty());
    let constraint = |member: &str| constraint(operation, member).filter(|_| marker || member != "Marker");
    Violations::of_request(params, required, constraint).result()
}

/// Checks one member, for what is written without a request.
pub(super) fn member(member: &str, value: &str) -> Result<(), IamError> {
    members([(member, value)])
}

/// Checks members, for what is written without a request.
pub(super) fn members<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), IamError> {
    let mut violations = Violations::default();
    for (member, value) in members {
        if let Some(constraint) = constraint("", member) {
            violations.check(member, value, constraint);
        }
    }
    violations.message().map_or(Ok(()), |message| Err(IamError::validation(message)))
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_name(character: char) -> bool {
    is_word(character) || "+=,.@-".contains(character)
}

fn is_document(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
}

fn is_version(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v') else { return false };
    let (number, suffix) = rest.split_once('.').unwrap_or((rest, ""));
    !number.starts_with('0')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_alias(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}
