//! Managed policies and their versions.

use super::page::{after, page};
use super::shapes::{self, AnyPolicy};
use super::{own, own_mut};
use crate::iam::{IamError, InForce, NewPolicy, aws_managed};
use crate::wire::{Call, Reply, WireError};
use crate::world::{World, iso_time};

/// `CreatePolicy`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let params = &call.params;
    let new = NewPolicy {
        name: params.required("PolicyName")?.to_owned(),
        path: params.get("Path").unwrap_or("/").to_owned(),
        document: params.required("PolicyDocument")?.to_owned(),
        description: params.get("Description").map(str::to_owned),
        tags: params.tags("Tags")?.unwrap_or_default(),
    };
    let now = world.now;
    let arn = own_mut(world, call)?.create_policy(new, now)?.arn.clone();
    let created = own(world, call)?.policy(&arn)?;
    Ok(Reply::result(|xml| {
        xml.element("Policy", |xml| {
            shapes::policy(xml, world, &call.caller.account, AnyPolicy::Own(created));
            xml.maybe("Description", created.description.as_ref());
            shapes::tags(xml, &created.tags);
        });
    }))
}

/// `GetPolicy`.
pub(super) fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
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

/// `ListPolicies`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let (with_aws, with_own) = match call.params.get("Scope") {
        None | Some("All") => (true, true),
        Some("AWS") => (true, false),
        Some("Local") => (false, true),
        Some(other) => {
            let must = "satisfy enum value set: [AWS, Local, All]";
            return Err(WireError::constraint(Some(other), "Scope", must));
        }
    };
    let only_attached = call.params.boolean("OnlyAttached")?.unwrap_or(false);
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let shown = |arn: &str| {
        arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix))
            && (!only_attached || iam.attached_to(arn).next().is_some())
    };
    let aws: Vec<String> = if with_aws { aws_managed::arns().filter(|arn| shown(arn)).collect() } else { Vec::new() };
    let mut rows: Vec<(&str, AnyPolicy<'_>)> = aws.iter().map(|arn| (arn.as_str(), AnyPolicy::Aws(arn))).collect();
    if with_own {
        let own = iam.policies.values().filter(|policy| shown(&policy.arn));
        rows.extend(own.map(|policy| (policy.arn.as_str(), AnyPolicy::Own(policy))));
    }
    rows.sort_by_key(|(arn, _)| *arn);
    let page = page(call, |position| {
        rows.into_iter().filter(move |(arn, _)| position.as_ref().is_none_or(|position| *arn > position.as_str()))
    })?;
    Ok(Reply::result(|xml| {
        xml.list("Policies", &page.rows, |xml, policy| shapes::policy(xml, world, &call.caller.account, *policy));
        page.end(xml);
    }))
}

/// `DeletePolicy`.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    own_mut(world, call)?.delete_policy(arn)?;
    Ok(Reply::Nothing)
}

/// `ListEntitiesForPolicy`.
pub(super) fn list_entities(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    let iam = own(world, call)?;
    if !aws_managed::exists(arn) {
        iam.policy(arn)?;
    }
    let as_boundary = match call.params.get("PolicyUsageFilter") {
        None | Some("PermissionsPolicy") => false,
        Some("PermissionsBoundary") => true,
        Some(other) => {
            let must = "satisfy enum value set: [PermissionsPolicy, PermissionsBoundary]";
            return Err(WireError::constraint(Some(other), "PolicyUsageFilter", must));
        }
    };
    let roles_wanted = matches!(call.params.get("EntityFilter"), None | Some("Role"));
    let uses = |role: &crate::iam::Role| {
        if as_boundary { role.boundary.as_deref() == Some(arn) } else { role.attached.contains(arn) }
    };
    let page = page(call, |position| after(&iam.roles, position).filter(|(_, role)| roles_wanted && uses(role)))?;
    Ok(Reply::result(|xml| {
        xml.list("PolicyRoles", &page.rows, |xml, role| {
            xml.text("RoleName", &role.name);
            xml.text("RoleId", &role.id);
        });
        xml.texts("PolicyUsers", std::iter::empty::<&str>());
        xml.texts("PolicyGroups", std::iter::empty::<&str>());
        page.end(xml);
    }))
}

/// `CreatePolicyVersion`.
pub(super) fn create_version(world: &mut World, call: &Call) -> Result<Reply, WireError> {
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

/// `GetPolicyVersion`.
pub(super) fn get_version(world: &World, call: &Call) -> Result<Reply, WireError> {
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

/// `ListPolicyVersions`, the newest first.
pub(super) fn list_versions(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    if aws_managed::exists(arn) {
        return Err(unsimulated(arn));
    }
    let policy = own(world, call)?.policy(arn)?;
    Ok(Reply::result(|xml| {
        xml.list("Versions", policy.versions.iter().rev(), |xml, (number, version)| {
            shapes::version(xml, policy, *number, version);
        });
        xml.text("IsTruncated", false);
    }))
}

/// `DeletePolicyVersion`.
pub(super) fn delete_version(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    let version_id = call.params.required("VersionId")?;
    let now = world.now;
    own_mut(world, call)?.delete_policy_version(arn, version_id, now)?;
    Ok(Reply::Nothing)
}

/// `SetDefaultPolicyVersion`.
pub(super) fn set_default_version(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required("PolicyArn")?;
    refuse_aws(arn)?;
    let version_id = call.params.required("VersionId")?;
    let now = world.now;
    own_mut(world, call)?.set_default_policy_version(arn, version_id, now)?;
    Ok(Reply::Nothing)
}

fn refuse_aws(arn: &str) -> Result<(), WireError> {
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
