//! The structures of the answers, as the service model has them.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::iam::{ManagedPolicy, Role, Version, aws_managed};
use crate::wire::Xml;
use crate::world::{World, hex, iso_time, unique_id};

/// RFC 3986: everything but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Which of a role's attributes an operation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoleView {
    /// All: `GetRole`, `CreateRole`.
    Whole,
    /// Without boundary, tags and last use: `ListRoles`.
    Listed,
}

/// A policy document as IAM returns it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

/// The members of `Role`.
pub(super) fn role(xml: &mut Xml, world: &World, role: &Role, view: RoleView) {
    identity(xml, world, role);
    xml.maybe("Description", role.description.as_ref());
    xml.text("MaxSessionDuration", role.max_session);
    if view == RoleView::Whole {
        boundary(xml, role);
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
pub(super) fn boundary(xml: &mut Xml, role: &Role) {
    if let Some(arn) = &role.boundary {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy");
            xml.text("PermissionsBoundaryArn", arn);
        });
    }
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
    let roles = || world.iam.get(account).into_iter().flat_map(|iam| iam.roles.values());
    xml.text("PolicyName", policy_name(arn));
    xml.text("PolicyId", id);
    xml.text("Arn", arn);
    xml.text("Path", path);
    xml.text("DefaultVersionId", format_args!("v{version}"));
    xml.text("AttachmentCount", roles().filter(|role| role.attached.contains(arn)).count());
    let bounded = roles().filter(|role| role.boundary.as_deref() == Some(arn)).count();
    xml.text("PermissionsBoundaryUsageCount", bounded);
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
