//! The structures of the answers, as the service model has them.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::iam::{Group, ManagedPolicy, PolicyUse, Role, User, Version, aws_managed};
use crate::wire::Xml;
use crate::world::{World, hex, iso_time, unique_id};

/// RFC 3986: everything but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How much of an entity an operation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// All: what gets or creates one.
    Whole,
    /// Without boundary, tags and last use: what lists many.
    Listed,
}

/// A policy document as IAM returns it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

/// The members of `Role`.
pub(super) fn role(xml: &mut Xml, world: &World, role: &Role, view: View) {
    identity(xml, world, role);
    xml.maybe("Description", role.description.as_ref());
    xml.text("MaxSessionDuration", role.max_session);
    if view == View::Whole {
        boundary(xml, role.boundary.as_ref());
        if !role.tags.is_empty() {
            tags(xml, &role.tags);
        }
        last_used(xml, role);
    }
}

/// Path, name, id, ARN, creation and trust policy.
pub(super) fn identity(xml: &mut Xml, world: &World, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &role.arn);
    xml.text("CreateDate", iso_time(role.created));
    xml.text("AssumeRolePolicyDocument", encoded(&role.trust.shown(world)));
}

/// `PermissionsBoundary`, when there is one.
pub(super) fn boundary(xml: &mut Xml, arn: Option<&String>) {
    if let Some(arn) = arn {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy");
            xml.text("PermissionsBoundaryArn", arn);
        });
    }
}

/// The members of `User`.
pub(super) fn user(xml: &mut Xml, user: &User, view: View) {
    xml.text("Path", &user.path);
    xml.text("UserName", &user.name);
    xml.text("UserId", &user.id);
    xml.text("Arn", &user.arn);
    xml.text("CreateDate", iso_time(user.created));
    if view == View::Whole {
        boundary(xml, user.boundary.as_ref());
        if !user.tags.is_empty() {
            tags(xml, &user.tags);
        }
    }
}

/// The members of `Group`.
pub(super) fn group(xml: &mut Xml, group: &Group) {
    xml.text("Path", &group.path);
    xml.text("GroupName", &group.name);
    xml.text("GroupId", &group.id);
    xml.text("Arn", &group.arn);
    xml.text("CreateDate", iso_time(group.created));
}

/// Inline policies with their documents, as the account-wide read lists them.
pub(super) fn inline(xml: &mut Xml, name: &str, policies: &BTreeMap<String, String>) {
    xml.list(name, policies, |xml, (name, document)| {
        xml.text("PolicyName", name);
        xml.text("PolicyDocument", encoded(document));
    });
}

/// A blob as the Query protocol sends it.
pub(super) fn base_64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let number =
            chunk.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in (0..4).rev() {
            let present = 3 - place <= chunk.len();
            out.push(if present { char::from(ALPHABET[(number >> (6 * place)) & 63]) } else { '=' });
        }
    }
    out
}

/// `RoleLastUsed`, empty for a role that never was.
pub(super) fn last_used(xml: &mut Xml, role: &Role) {
    xml.element("RoleLastUsed", |xml| {
        if let Some((at, region)) = &role.last_used {
            xml.text("LastUsedDate", iso_time(*at));
            xml.text("Region", region);
        }
    });
}

/// `Tags`.
pub(super) fn tags(xml: &mut Xml, tags: &BTreeMap<String, String>) {
    xml.list("Tags", tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

/// `AttachedPolicy` members.
pub(super) fn attached<'a>(xml: &mut Xml, name: &str, arns: impl IntoIterator<Item = &'a String>) {
    xml.list(name, arns, |xml, arn| {
        xml.text("PolicyName", policy_name(arn));
        xml.text("PolicyArn", arn);
    });
}

/// The name at the end of a policy's ARN.
pub(super) fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// A managed policy of either kind.
#[derive(Clone, Copy)]
pub(super) enum AnyPolicy<'a> {
    /// One that AWS manages, by its ARN.
    Aws(&'a str),
    /// One that the customer manages.
    Own(&'a ManagedPolicy),
}

/// When AWS's own policies are said to be made; their true dates are not simulated.
const AWS_POLICY_DATE: &str = "2015-02-06T18:39:46Z";

/// The members of `Policy`, without description and tags.
pub(super) fn policy(xml: &mut Xml, world: &World, account: &str, policy: AnyPolicy<'_>) {
    let (arn, id, path, version, created, updated) = match policy {
        AnyPolicy::Aws(arn) => (
            arn,
            unique_id("ANPA", &hex(&[arn])),
            aws_managed::path(arn),
            1,
            AWS_POLICY_DATE.to_owned(),
            AWS_POLICY_DATE.to_owned(),
        ),
        AnyPolicy::Own(policy) => (
            policy.arn.as_str(),
            policy.id.clone(),
            policy.path.clone(),
            policy.default_version,
            iso_time(policy.created),
            iso_time(policy.updated),
        ),
    };
    let uses = |policy_use| world.iam(account).map_or(0, |iam| iam.uses_of(arn, policy_use).count());
    xml.text("PolicyName", policy_name(arn));
    xml.text("PolicyId", id);
    xml.text("Arn", arn);
    xml.text("Path", path);
    xml.text("DefaultVersionId", format_args!("v{version}"));
    xml.text("AttachmentCount", uses(PolicyUse::Permissions));
    xml.text("PermissionsBoundaryUsageCount", uses(PolicyUse::Boundary));
    xml.text("IsAttachable", true);
    xml.text("CreateDate", created);
    xml.text("UpdateDate", updated);
}

/// The members of `PolicyVersion`, without the document.
pub(super) fn version(xml: &mut Xml, policy: &ManagedPolicy, number: u32, version: &Version) {
    xml.text("VersionId", format_args!("v{number}"));
    xml.text("IsDefaultVersion", number == policy.default_version);
    xml.text("CreateDate", iso_time(version.created));
}

/// The members of the only version of a policy that AWS manages, with the document.
pub(super) fn aws_version(xml: &mut Xml, document: &str) {
    xml.text("Document", encoded(document));
    xml.text("VersionId", "v1");
    xml.text("IsDefaultVersion", true);
    xml.text("CreateDate", AWS_POLICY_DATE);
}

#[cfg(test)]
mod tests {
    use super::base_64;

    #[test]
    fn blobs_are_padded() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base_64(text.as_bytes()), encoded);
        }
    }
}
