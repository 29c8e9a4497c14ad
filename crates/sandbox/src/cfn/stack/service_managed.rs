//! What is particular to the stacks of service-managed stack sets.

use jiff::Timestamp;

use super::Failure;
use crate::cfn::permission;
use crate::cfn::template::Template;
use crate::iam::NewRole;
use crate::world::World;

/// Refuses what service-managed stack sets cannot deploy (StackSets concepts, "service-managed permissions").
pub(in crate::cfn) fn check_service_managed(template: &Template) -> Result<(), Failure> {
    let what = match (template.has_transform(), template.has_nested_stack()) {
        (true, _) => "transforms",
        (_, true) => "nested stacks",
        (false, false) => return Ok(()),
    };
    Err(Failure(format!("Stack sets with service-managed permissions do not support templates with {what}")))
}

/// The roles that AWS makes in a member on its first deployment (StackSets, "Enable trusted access").
pub(in crate::cfn) fn ensure_stack_set_roles(world: &mut World, account: &str, at: Timestamp) {
    const LINKED: &str = "AWSServiceRoleForCloudFormationStackSetsOrgMember";
    let trust = |service: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
        )
    };
    let execution = permission::execution_role(world);
    let roles = [
        (
            LINKED,
            "/aws-service-role/member.org.stacksets.cloudformation.amazonaws.com/",
            "member.org.stacksets.cloudformation.amazonaws.com",
        ),
        (execution.as_str(), "/", "stacksets.cloudformation.amazonaws.com"),
    ];
    for (name, path, service) in roles {
        let Ok(trust) = world.trust(&trust(service)) else { continue };
        let Some(iam) = world.iam.get_mut(account).filter(|iam| iam.role(name).is_err()) else { continue };
        let new = NewRole {
            name: name.to_owned(),
            path: path.to_owned(),
            trust,
            description: None,
            max_session: 3600,
            boundary: None,
            tags: Vec::new(),
        };
        // An account that is full of roles cannot have them; then its stacks fail for the same reason.
        if iam.create_role(new, at).is_ok() && name == execution {
            let _ = iam.attach_role_policy(name, "arn:aws:iam::aws:policy/AdministratorAccess");
        }
    }
}
