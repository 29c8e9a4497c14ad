//! Managed policies and their versions.

use super::page::page;
use super::shapes::{self, AnyPolicy};
use super::{Operation, current, own, own_mut, path, prefix, read, write};
use crate::iam::{IamError, IdentityKind, InForce, NewPolicy, PolicyUse, aws_managed};
use crate::wire::{Call, Reply, WireError};
use crate::world::{World, iso_time};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreatePolicy", &["PolicyName", "PolicyDocument"], create),
    read("GetPolicy", &["PolicyArn"], get),
    read("ListPolicies", &[], list),
    write("DeletePolicy", &["PolicyArn"], delete),
    read("ListEntitiesForPolicy", &["PolicyArn"], list_entities),
    write("CreatePolicyVersion", &["PolicyArn", "PolicyDocument"], create_version),
    read("GetPolicyVersion", &["PolicyArn", "VersionId"], get_version),
    read("ListPolicyVersions", &["PolicyArn"], list_versions),
    write("DeletePolicyVersion", &["PolicyArn", "VersionId"], delete_version),
    write("SetDefaultPolicyVersion", &["PolicyArn", "VersionId"], set_default_version),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let params = &call.params;
    let new = NewPolicy {
        name: params.required("PolicyName")?.to_owned(),
        path: path(call).to_owned(),
        document: params.required("PolicyDocument")?.to_owned(),
        description: params.get("Description").map(str::to_owned),
        tags: params.tags("Tags")?.unwrap_or_default(),
    };
    let now = world.now;
    let arn = own_mut(world, call)?.create_policy(new, now)?.arn.clone();
    let created = current(world, call)?.policy(&arn)?;
    Ok(Reply::result(|xml| {
        xml.element("Policy", |xml| {
            shapes::policy(xml, world, &call.caller.account, AnyPolicy::Own(created));
            shapes::tags(xml, &created.tags);
        });
    }))
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    let account = &call.caller.account;
    if aws_managed::exists(arn) {
        return Ok(Reply::result(|xml| {
            xml.element("Policy", |xml| shapes::policy(xml, world, account, AnyPolicy::Aws(arn)));
        }));
    }
    let policy = own(world, call)?.policy(arn)?;
    Ok(Reply::result(|xml| {
        xml.element("Policy", |xml| {
            shapes::policy(xml, world, account, AnyPolicy::Own(policy));
            xml.maybe("Description", policy.description.as_ref());
            shapes::tags(xml, &policy.tags);
        });
    }))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let (with_aws, with_own) = match call.params.get("Scope") {
        Some("AWS") => (true, false),
        Some("Local") => (false, true),
        _ => (true, true),
    };
    let only_attached = call.params.boolean("OnlyAttached")?.unwrap_or(false);
    let policy_use = policy_use(call);
    let prefix = prefix(call);
    let shown = |arn: &str| {
        arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix))
            && (!only_attached || iam.uses_of(arn, policy_use).next().is_some())
    };
    let aws: Vec<String> = if with_aws { aws_managed::arns().filter(|arn| shown(arn)).collect() } else { Vec::new() };
    let mut rows: Vec<(&str, AnyPolicy<'_>)> = aws.iter().map(|arn| (arn.as_str(), AnyPolicy::Aws(arn))).collect();
    if with_own {
        let own = iam.policies.values().filter(|policy| shown(&policy.arn));
        rows.extend(own.map(|policy| (policy.arn.as_str(), AnyPolicy::Own(policy))));
    }
    rows.sort_by_key(|(arn, _)| *arn);
    let page = page(world, call, |position| {
        rows.into_iter().filter(move |(arn, _)| position.as_ref().is_none_or(|position| *arn > position.as_str()))
    })?;
    Ok(Reply::result(|xml| {
        xml.list("Policies", &page.rows, |xml, policy| shapes::policy(xml, world, &call.caller.account, *policy));
        page.end(xml);
    }))
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    own_mut(world, call)?.delete_policy(arn)?;
    Ok(Reply::Nothing)
}

fn list_entities(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    let iam = own(world, call)?;
    if !aws_managed::exists(arn) {
        iam.policy(arn)?;
    }
    let wanted = |kind: IdentityKind| call.params.get("EntityFilter").is_none_or(|wanted| wanted == kind.title());
    let uses: Vec<(IdentityKind, &str)> =
        iam.uses_of(arn, policy_use(call)).filter(|(kind, _)| wanted(*kind)).collect();
    let page = page(world, call, |position| {
        let rows = uses.into_iter().map(|(kind, key)| (format!("{} {key}", kind.word()), (kind, key)));
        rows.filter(move |(key, _)| position.as_ref().is_none_or(|position| key > position))
    })?;
    let keys = |wanted: IdentityKind| page.rows.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, key)| *key);
    Ok(Reply::result(|xml| {
        xml.list("PolicyGroups", keys(IdentityKind::Group).filter_map(|key| iam.groups.get(key)), |xml, group| {
            xml.text("GroupName", &group.name);
            xml.text("GroupId", &group.id);
        });
        xml.list("PolicyUsers", keys(IdentityKind::User).filter_map(|key| iam.users.get(key)), |xml, user| {
            xml.text("UserName", &user.name);
            xml.text("UserId", &user.id);
        });
        xml.list("PolicyRoles", keys(IdentityKind::Role).filter_map(|key| iam.roles.get(key)), |xml, role| {
            xml.text("RoleName", &role.name);
            xml.text("RoleId", &role.id);
        });
        page.end(xml);
    }))
}

/// What `PolicyUsageFilter` asks for.
fn policy_use(call: &Call) -> PolicyUse {
    match call.params.get("PolicyUsageFilter") {
        Some("PermissionsBoundary") => PolicyUse::Boundary,
        _ => PolicyUse::Permissions,
    }
}

fn create_version(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    let document = call.params.required("PolicyDocument")?;
    let in_force = match call.params.boolean("SetAsDefault")? {
        Some(true) => InForce::AtOnce,
        None | Some(false) => InForce::Later,
    };
    let now = world.now;
    let number = own_mut(world, call)?.create_policy_version(arn, document, in_force, now)?;
    Ok(Reply::result(|xml| {
        xml.element("PolicyVersion", |xml| {
            xml.text("VersionId", format_args!("v{number}"));
            xml.text("IsDefaultVersion", in_force == InForce::AtOnce);
            xml.text("CreateDate", iso_time(now));
        });
    }))
}

fn get_version(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    let version_id = call.params.required("VersionId")?;
    if aws_managed::exists(arn) {
        let document = aws_managed::document(arn).ok_or_else(|| unsimulated(arn))?;
        if version_id != "v1" {
            let message = format!("Policy {arn} version {version_id} does not exist or is not attachable.");
            return Err(IamError::no_such_entity(message).into());
        }
        return Ok(Reply::result(|xml| xml.element("PolicyVersion", |xml| shapes::aws_version(xml, document))));
    }
    let policy = own(world, call)?.policy(arn)?;
    let (number, version) = policy.version(version_id)?;
    Ok(Reply::result(|xml| {
        xml.element("PolicyVersion", |xml| {
            xml.text("Document", shapes::encoded(&version.document));
            shapes::version(xml, policy, number, version);
        });
    }))
}

/// The newest first.
fn list_versions(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    if aws_managed::exists(arn) {
        return Err(unsimulated(arn));
    }
    let policy = own(world, call)?.policy(arn)?;
    // Keys that ascend while the numbers descend.
    let key = |number: u32| format!("{:010}", u32::MAX - number);
    let page = page(world, call, |position| {
        let rows = policy.versions.iter().rev().map(move |row| (key(*row.0), row));
        rows.filter(move |(key, _)| position.as_ref().is_none_or(|position| key > position))
    })?;
    Ok(Reply::result(|xml| {
        xml.list("Versions", &page.rows, |xml, (number, version)| shapes::version(xml, policy, **number, version));
        page.end(xml);
    }))
}

fn delete_version(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    let version_id = call.params.required("VersionId")?;
    let now = world.now;
    own_mut(world, call)?.delete_policy_version(arn, version_id, now)?;
    Ok(Reply::Nothing)
}

fn set_default_version(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    let version_id = call.params.required("VersionId")?;
    let now = world.now;
    own_mut(world, call)?.set_default_policy_version(arn, version_id, now)?;
    Ok(Reply::Nothing)
}

/// Nobody but AWS changes the policies that AWS manages.
pub(super) fn refuse_aws(arn: &str) -> Result<(), WireError> {
    if aws_managed::exists(arn) {
        let message = format!("Policy {arn} is managed by AWS and cannot be changed.");
        return Err(WireError::new(403, "AccessDenied", message));
    }
    Ok(())
}

fn unsimulated(arn: &str) -> WireError {
    WireError::new(
        400,
        "InvalidInput",
        format!("The versions of {arn} are not simulated by the Rolecall sandbox; its README lists those that are."),
    )
}
