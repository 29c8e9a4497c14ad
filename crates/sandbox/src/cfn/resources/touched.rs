//! What of an account's IAM a resource is about, for CloudTrail.

use super::policy::owners;
use super::properties::required;
use crate::cfn::template::Resource;
use crate::iam::IdentityKind;
use crate::trail::Before;
use crate::world::World;

/// The roles and policies that a resource is about, as they are.
pub(in crate::cfn) fn touched(world: &World, account: &str, resource: &Resource) -> Vec<Before> {
    let roles = owners(resource).into_iter().filter(|(kind, _)| *kind == IdentityKind::Role);
    let roles = roles.map(|(_, name)| Before::role(world, account, name));
    match resource.kind.as_str() {
        "AWS::IAM::Role" => {
            required(resource, "RoleName").into_iter().map(|name| Before::role(world, account, name)).collect()
        }
        "AWS::IAM::ManagedPolicy" => {
            [Before::policy(world, account, &resource.physical_id)].into_iter().chain(roles).collect()
        }
        "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => roles.collect(),
        _ => Vec::new(),
    }
}
