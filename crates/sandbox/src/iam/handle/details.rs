//! `GetAccountAuthorizationDetails`.

use super::page::page;
use super::shapes::{self, AnyPolicy};
use super::{Operation, instance_profiles, own, read};
use crate::iam::{Account, Group, Role, User, aws_managed};
use crate::wire::{Call, Reply, Violations, WireError, Xml};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[read("GetAccountAuthorizationDetails", &[], get)];

/// What the filter asks for.
#[derive(Clone, Copy)]
enum Row<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Policy(AnyPolicy<'a>),
}

/// Answers the call: roles without description and longest session, and managed policies with all their versions.
fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let filter = call.params.list("Filter").unwrap_or_default();
    let mut violations = Violations::default();
    for (number, kind) in filter.iter().enumerate().filter(|(_, kind)| !crate::iam::FILTERS.contains(kind)) {
        let must = format!("satisfy enum value set: [{}]", crate::iam::FILTERS.join(", "));
        violations.add(Some(kind), &format!("filter.{}.member", number + 1), &must);
    }
    violations.result()?;
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let aws: Vec<&String> = if wanted("AWSManagedPolicy") { aws_policies(iam) } else { Vec::new() };
    let mut rows: Vec<(String, Row<'_>)> = Vec::new();
    if wanted("User") {
        rows.extend(iam.users.iter().map(|(key, user)| (format!("1{key}"), Row::User(user))));
    }
    if wanted("Group") {
        rows.extend(iam.groups.iter().map(|(key, group)| (format!("2{key}"), Row::Group(group))));
    }
    if wanted("Role") {
        rows.extend(iam.roles.iter().map(|(key, role)| (format!("3{key}"), Row::Role(role))));
    }
    if wanted("LocalManagedPolicy") {
        rows.extend(iam.policies.iter().map(|(key, policy)| (format!("4{key}"), Row::Policy(AnyPolicy::Own(policy)))));
    }
    rows.extend(aws.iter().map(|arn| (format!("5{arn}"), Row::Policy(AnyPolicy::Aws(arn)))));
    let page = page(world, call, |position| {
        rows.into_iter().filter(move |(key, _)| position.as_ref().is_none_or(|position| key > position))
    })?;
    let rows = || page.rows.iter().copied();
    let users = rows().filter_map(|row| if let Row::User(user) = row { Some(user) } else { None });
    let groups = rows().filter_map(|row| if let Row::Group(group) = row { Some(group) } else { None });
    let roles = rows().filter_map(|row| if let Row::Role(role) = row { Some(role) } else { None });
    let policies = rows().filter_map(|row| if let Row::Policy(policy) = row { Some(policy) } else { None });
    Ok(Reply::result(|xml| {
        xml.list("UserDetailList", users, |xml, user| user_detail(xml, iam, user));
        xml.list("GroupDetailList", groups, group_detail);
        xml.list("RoleDetailList", roles, |xml, role| role_detail(xml, world, iam, role));
        xml.list("Policies", policies, |xml, policy| policy_detail(xml, world, call, policy));
        page.end(xml);
    }))
}

/// The AWS managed policies in use, sorted.
fn aws_policies(iam: &Account) -> Vec<&String> {
    let roles = iam.roles.values().flat_map(|role| role.attached.iter().chain(&role.boundary));
    let users = iam.users.values().flat_map(|user| user.attached.iter().chain(&user.boundary));
    let groups = iam.groups.values().flat_map(|group| &group.attached);
    let mut arns: Vec<&String> = roles.chain(users).chain(groups).filter(|arn| aws_managed::exists(arn)).collect();
    arns.sort_unstable();
    arns.dedup();
    arns
}

fn user_detail(xml: &mut Xml, iam: &Account, user: &User) {
    shapes::user(xml, user, shapes::View::Listed);
    shapes::inline(xml, "UserPolicyList", &user.inline);
    let groups = user.groups.iter().filter_map(|key| iam.groups.get(key));
    xml.texts("GroupList", groups.map(|group| &group.name));
    shapes::attached(xml, "AttachedManagedPolicies", &user.attached);
    shapes::boundary(xml, user.boundary.as_ref());
    shapes::tags(xml, &user.tags);
}

fn group_detail(xml: &mut Xml, group: &Group) {
    shapes::group(xml, group);
    shapes::inline(xml, "GroupPolicyList", &group.inline);
    shapes::attached(xml, "AttachedManagedPolicies", &group.attached);
}

fn role_detail(xml: &mut Xml, world: &World, iam: &Account, role: &Role) {
    shapes::identity(xml, world, role);
    let key = role.name.to_lowercase();
    let profiles = iam.instance_profiles.values().filter(|profile| profile.role.as_ref() == Some(&key));
    xml.list("InstanceProfileList", profiles, |xml, profile| {
        instance_profiles::show(xml, world, iam, profile, shapes::View::Listed);
    });
    shapes::inline(xml, "RolePolicyList", &role.inline);
    shapes::attached(xml, "AttachedManagedPolicies", &role.attached);
    shapes::boundary(xml, role.boundary.as_ref());
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
