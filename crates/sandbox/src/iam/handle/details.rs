//! `GetAccountAuthorizationDetails`.

use super::own;
use super::page::page;
use super::shapes::{self, AnyPolicy};
use crate::iam::{Account, Role, aws_managed};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::World;

/// What the filter asks for.
#[derive(Clone, Copy)]
enum Row<'a> {
    Role(&'a Role),
    Policy(AnyPolicy<'a>),
}

/// Answers the call: roles without description and longest session, and managed policies with all their versions.
pub(super) fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let filter = call.params.list("Filter").unwrap_or_default();
    for kind in &filter {
        if !matches!(*kind, "User" | "Role" | "Group" | "LocalManagedPolicy" | "AWSManagedPolicy") {
            let must = "satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]";
            return Err(WireError::constraint(Some(kind), "Filter", must));
        }
    }
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let mut rows: Vec<(String, Row<'_>)> = Vec::new();
    if wanted("LocalManagedPolicy") {
        rows.extend(iam.policies.iter().map(|(key, policy)| (format!("1{key}"), Row::Policy(AnyPolicy::Own(policy)))));
    }
    let aws: Vec<&String> = if wanted("AWSManagedPolicy") { aws_policies(iam) } else { Vec::new() };
    rows.extend(aws.iter().map(|arn| (format!("2{arn}"), Row::Policy(AnyPolicy::Aws(arn)))));
    if wanted("Role") {
        rows.extend(iam.roles.iter().map(|(key, role)| (format!("3{key}"), Row::Role(role))));
    }
    let page = page(call, |position| {
        rows.into_iter().filter(move |(key, _)| position.as_ref().is_none_or(|position| key > position))
    })?;
    let roles = page.rows.iter().filter_map(|row| match row {
        Row::Role(role) => Some(*role),
        Row::Policy(_) => None,
    });
    let policies = page.rows.iter().filter_map(|row| match row {
        Row::Policy(policy) => Some(*policy),
        Row::Role(_) => None,
    });
    Ok(Reply::result(|xml| {
        xml.texts("UserDetailList", std::iter::empty::<&str>());
        xml.texts("GroupDetailList", std::iter::empty::<&str>());
        xml.list("RoleDetailList", roles, |xml, role| role_detail(xml, world, role));
        xml.list("Policies", policies, |xml, policy| policy_detail(xml, world, call, policy));
        page.end(xml);
    }))
}

/// The AWS managed policies in use, sorted.
fn aws_policies(iam: &Account) -> Vec<&String> {
    let mut arns: Vec<&String> =
        iam.roles.values().flat_map(|role| &role.attached).filter(|arn| aws_managed::exists(arn)).collect();
    arns.sort_unstable();
    arns.dedup();
    arns
}

fn role_detail(xml: &mut Xml, world: &World, role: &Role) {
    shapes::identity(xml, world, role);
    xml.texts("InstanceProfileList", std::iter::empty::<&str>());
    xml.list("RolePolicyList", &role.inline, |xml, (name, document)| {
        xml.text("PolicyName", name);
        xml.text("PolicyDocument", shapes::encoded(document));
    });
    shapes::attached(xml, "AttachedManagedPolicies", &role.attached);
    shapes::boundary(xml, role);
    shapes::tags(xml, &role.tags);
    shapes::last_used(xml, role);
}

fn policy_detail(xml: &mut Xml, world: &World, call: &Call, policy: AnyPolicy<'_>) {
    shapes::policy(xml, world, &call.caller.account, policy);
    match policy {
        AnyPolicy::Own(policy) => {
            xml.maybe("Description", policy.description.as_ref());
            xml.list("PolicyVersionList", &policy.versions, |xml, (number, version)| {
                xml.text("Document", shapes::encoded(&version.document));
                shapes::version(xml, policy, *number, version);
            });
        }
        AnyPolicy::Aws(arn) => {
            xml.list("PolicyVersionList", aws_managed::document(arn), |xml, document| {
                shapes::aws_version(xml, document);
            });
        }
    }
}
