//! What the simulated resource types are made of ("AWS resource and property types reference").

use crate::cfn::model::Recreation;
use crate::cfn::template::Resource;

use super::message::{ResourceError, message};

/// A resource type that the simulation makes.
struct Type {
    kind: &'static str,
    properties: &'static [&'static str],
    required: &'static [&'static str],
    /// The properties that cannot be changed: another resource takes the place of this one.
    fixed: &'static [&'static str],
    /// The property that is its name.
    name: Option<&'static str>,
    /// The properties that identify one that exists.
    identifiers: &'static [&'static str],
    drift: Drift,
}

/// Whether drift detection looks at a type ("Resource type support").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cfn) enum Drift {
    Supported,
    NotSupported,
}

const TYPES: [Type; 11] = [
    Type {
        kind: "AWS::IAM::Role",
        properties: &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ],
        required: &["AssumeRolePolicyDocument"],
        fixed: &["Path", "RoleName"],
        name: Some("RoleName"),
        identifiers: &["RoleName"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::ManagedPolicy",
        properties: &["Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"],
        required: &["PolicyDocument"],
        fixed: &["Description", "ManagedPolicyName", "Path"],
        name: Some("ManagedPolicyName"),
        identifiers: &["PolicyArn"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::Policy",
        properties: &["Groups", "PolicyDocument", "PolicyName", "Roles", "Users"],
        required: &["PolicyDocument", "PolicyName"],
        fixed: &[],
        name: None,
        identifiers: &["Id"],
        drift: Drift::NotSupported,
    },
    Type {
        kind: "AWS::IAM::RolePolicy",
        properties: &["PolicyDocument", "PolicyName", "RoleName"],
        required: &["PolicyName", "RoleName"],
        fixed: &["PolicyName", "RoleName"],
        name: None,
        identifiers: &["PolicyName", "RoleName"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::UserPolicy",
        properties: &["PolicyDocument", "PolicyName", "UserName"],
        required: &["PolicyName", "UserName"],
        fixed: &["PolicyName", "UserName"],
        name: None,
        identifiers: &["PolicyName", "UserName"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::GroupPolicy",
        properties: &["GroupName", "PolicyDocument", "PolicyName"],
        required: &["GroupName", "PolicyName"],
        fixed: &["GroupName", "PolicyName"],
        name: None,
        identifiers: &["PolicyName", "GroupName"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::User",
        properties: &[
            "Groups",
            "LoginProfile",
            "ManagedPolicyArns",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "Tags",
            "UserName",
        ],
        required: &[],
        fixed: &["UserName"],
        name: Some("UserName"),
        identifiers: &["UserName"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::Group",
        properties: &["GroupName", "ManagedPolicyArns", "Path", "Policies"],
        required: &[],
        fixed: &["GroupName"],
        name: Some("GroupName"),
        identifiers: &["GroupName"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::UserToGroupAddition",
        properties: &["GroupName", "Users"],
        required: &["GroupName", "Users"],
        fixed: &[],
        name: None,
        identifiers: &["Id"],
        drift: Drift::NotSupported,
    },
    Type {
        kind: "AWS::IAM::OIDCProvider",
        properties: &["ClientIdList", "Tags", "ThumbprintList", "Url"],
        required: &["Url"],
        fixed: &["Url"],
        name: None,
        identifiers: &["Arn"],
        drift: Drift::Supported,
    },
    Type {
        kind: "AWS::IAM::InstanceProfile",
        properties: &["InstanceProfileName", "Path", "Roles"],
        required: &["Roles"],
        fixed: &["InstanceProfileName", "Path"],
        name: Some("InstanceProfileName"),
        identifiers: &["InstanceProfileName"],
        drift: Drift::Supported,
    },
];

fn of(kind: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.kind == kind)
}

/// Refuses a type that is not simulated, properties that it does not have, and one without those it must have.
pub(super) fn check(resource: &Resource) -> Result<(), ResourceError> {
    let Some(known) = of(&resource.kind) else {
        return Err(ResourceError(format!("Template format error: Unrecognized resource types: [{}]", resource.kind)));
    };
    let given = resource.properties.as_object();
    let unknown =
        given.into_iter().flat_map(|given| given.keys()).find(|name| !known.properties.contains(&name.as_str()));
    let missing = known.required.iter().find(|name| given.is_none_or(|given| !given.contains_key(**name)));
    let what = match (unknown, missing) {
        (Some(name), _) => format!("#: extraneous key [{name}] is not permitted"),
        (None, Some(name)) => format!("#: required key [{name}] not found"),
        (None, None) => return Ok(()),
    };
    Err(message(
        &format!("Properties validation failed for resource {} with message:\n{what}", resource.logical_id),
        "InvalidRequest",
    ))
}

/// Whether a change of a property needs another resource.
pub(in crate::cfn) fn recreation(kind: &str, property: &str) -> Recreation {
    match of(kind) {
        Some(known) if known.fixed.contains(&property) => Recreation::Always,
        Some(_) | None => Recreation::Never,
    }
}

/// Whether a change of properties needs another resource.
pub(in crate::cfn) fn must_replace(before: &Resource, after: &Resource) -> bool {
    let fixed = of(&before.kind).map_or(&[][..], |known| known.fixed);
    fixed.iter().any(|name| before.properties.get(*name) != after.properties.get(*name))
}

/// The property that is a type's name.
pub(in crate::cfn) fn name_property(kind: &str) -> Option<&'static str> {
    of(kind)?.name
}

/// The properties that identify a resource of a type.
pub(in crate::cfn) fn identifiers(kind: &str) -> &'static [&'static str] {
    of(kind).map_or(&[], |known| known.identifiers)
}

/// Whether a stack's tags are handed down to a type.
pub(in crate::cfn) fn is_taggable(kind: &str) -> bool {
    of(kind).is_some_and(|known| known.properties.contains(&"Tags"))
}

/// Whether drift detection looks at a type.
pub(in crate::cfn) fn drift(kind: &str) -> Drift {
    of(kind).map_or(Drift::NotSupported, |known| known.drift)
}
