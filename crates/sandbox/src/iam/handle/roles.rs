//! Roles themselves: created, read, changed, deleted.

use serde_json::json;

use super::page::{after, page};
use super::shapes::{self, View};
use super::{Operation, changeable, current, own, own_mut, path, prefix, read, role, write};
use crate::iam::{IamError, NewRole};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateRole", &["RoleName", "AssumeRolePolicyDocument"], create),
    read("GetRole", &["RoleName"], get),
    read("ListRoles", &[], list),
    write("UpdateRole", &["RoleName"], update),
    write("UpdateRoleDescription", &["RoleName", "Description"], update_description),
    write("UpdateAssumeRolePolicy", &["RoleName", "PolicyDocument"], update_trust),
    write("DeleteRole", &["RoleName"], delete),
    write("PutRolePermissionsBoundary", &["RoleName", "PermissionsBoundary"], put_boundary),
    write("DeleteRolePermissionsBoundary", &["RoleName"], delete_boundary),
    write("CreateServiceLinkedRole", &["AWSServiceName"], create_service_linked),
    write("DeleteServiceLinkedRole", &["RoleName"], delete_service_linked),
    read("GetServiceLinkedRoleDeletionStatus", &["DeletionTaskId"], deletion_status),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let params = &call.params;
    let path = path(call).to_owned();
    if path.starts_with("/aws-service-role/") {
        return Err(WireError::new(
            400,
            "InvalidInput",
            "The path prefix /aws-service-role/ is reserved for AWS services.",
        ));
    }
    let name = params.required("RoleName")?.to_owned();
    let trust = world.trust(params.required("AssumeRolePolicyDocument")?)?;
    let new = NewRole {
        name: name.clone(),
        path,
        trust,
        description: params.get("Description").filter(|text| !text.is_empty()).map(str::to_owned),
        max_session: params.integer("MaxSessionDuration", 3600..=43200)?.unwrap_or(3600),
        boundary: params.get("PermissionsBoundary").map(str::to_owned),
        tags: params.tags("Tags")?.unwrap_or_default(),
    };
    let now = world.now;
    own_mut(world, call)?.create_role(new, now)?;
    let created = current(world, call)?.role(&name)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, created, View::Whole))))
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, role, View::Whole))))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let prefix = prefix(call);
    let roles = &own(world, call)?.roles;
    let page = page(world, call, |position| after(roles, position).filter(|(_, role)| role.path.starts_with(prefix)))?;
    Ok(Reply::result(|xml| {
        xml.list("Roles", &page.rows, |xml, role| shapes::role(xml, world, role, View::Listed));
        page.end(xml);
    }))
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let description = call.params.get("Description").map(str::to_owned);
    let max_session = call.params.integer("MaxSessionDuration", 3600..=43200)?;
    own_mut(world, call)?.update_role(name, description, max_session)?;
    Ok(Reply::Result(String::new()))
}

fn update_description(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let description = call.params.required("Description")?.to_owned();
    own_mut(world, call)?.update_role(name, Some(description), None)?;
    let role = current(world, call)?.role(name)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, role, View::Whole))))
}

fn update_trust(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let trust = world.trust(call.params.required("PolicyDocument")?)?;
    own_mut(world, call)?.set_trust(name, trust)?;
    Ok(Reply::Nothing)
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    own_mut(world, call)?.delete_role(name)?;
    Ok(Reply::Nothing)
}

fn put_boundary(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let arn = call.params.required("PermissionsBoundary")?;
    own_mut(world, call)?.put_boundary(name, arn)?;
    Ok(Reply::Nothing)
}

fn delete_boundary(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    own_mut(world, call)?.delete_boundary(name)?;
    Ok(Reply::Nothing)
}

/// The services that have a role of their own whose name is not made of theirs.
const SERVICE_ROLES: [(&str, &str); 12] = [
    ("autoscaling.amazonaws.com", "AutoScaling"),
    ("cloudtrail.amazonaws.com", "CloudTrail"),
    ("config.amazonaws.com", "Config"),
    ("ecs.amazonaws.com", "ECS"),
    ("elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"),
    ("guardduty.amazonaws.com", "AmazonGuardDuty"),
    ("member.org.stacksets.cloudformation.amazonaws.com", "CloudFormationStackSetsOrgMember"),
    ("organizations.amazonaws.com", "Organizations"),
    ("rds.amazonaws.com", "RDS"),
    ("spot.amazonaws.com", "EC2Spot"),
    ("stacksets.cloudformation.amazonaws.com", "CloudFormationStackSetsOrgAdmin"),
    ("support.amazonaws.com", "Support"),
];

/// The name of a service's own role.
fn service_role_name(service: &str, suffix: Option<&str>) -> String {
    let known = SERVICE_ROLES.iter().find(|(known, _)| *known == service).map(|(_, name)| (*name).to_owned());
    let name = known.unwrap_or_else(|| {
        let words = service.trim_end_matches(".amazonaws.com").split(['.', '-']);
        words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
    });
    let suffix = suffix.map_or_else(String::new, |suffix| format!("_{suffix}"));
    format!("AWSServiceRoleFor{name}{suffix}")
}

fn create_service_linked(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let service = call.params.required("AWSServiceName")?;
    let words = || service.trim_end_matches(".amazonaws.com").split(['.', '-']);
    let is_word = |word: &str| word.starts_with(|character: char| character.is_ascii_alphanumeric());
    let valid = service.ends_with(".amazonaws.com") && words().all(is_word);
    if !valid {
        let message = format!("{service} is not a valid service principal that uses service-linked roles.");
        return Err(IamError::invalid(message).into());
    }
    let name = service_role_name(service, call.params.get("CustomSuffix"));
    if current(world, call)?.role(&name).is_ok() {
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(IamError::invalid(message).into());
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "sts:AssumeRole",
    }]});
    let new = NewRole {
        name: name.clone(),
        path: format!("/aws-service-role/{service}/"),
        trust: world.trust(&trust.to_string())?,
        description: call.params.get("Description").map(str::to_owned),
        max_session: 3600,
        boundary: None,
        tags: Vec::new(),
    };
    let now = world.now;
    own_mut(world, call)?.create_role(new, now)?;
    let created = current(world, call)?.role(&name)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, created, View::Whole))))
}

/// The service's own resources are not simulated, so nothing is in the way and the task is done at once.
fn delete_service_linked(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("RoleName")?;
    let role = current(world, call)?.role(name)?;
    let Some(service) = role.path.strip_prefix("/aws-service-role/") else {
        let message = format!("The role {name} is not a service-linked role.");
        return Err(IamError::invalid(message).into());
    };
    let task = format!("task/aws-service-role/{service}{}/", role.name);
    let task = task + &world.next_uuid();
    let iam = own_mut(world, call)?;
    iam.delete_service_linked_role(name, &task)?;
    Ok(Reply::result(|xml| xml.text("DeletionTaskId", &task)))
}

fn deletion_status(world: &World, call: &Call) -> Result<Reply, WireError> {
    let task = call.params.required("DeletionTaskId")?;
    if current(world, call)?.deletion_tasks.iter().any(|present| present == task) {
        return Ok(Reply::result(|xml| xml.text("Status", "SUCCEEDED")));
    }
    Err(IamError::no_such_entity(format!("Deletion task {task} was not found.")).into())
}
