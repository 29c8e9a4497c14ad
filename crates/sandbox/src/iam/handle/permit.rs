//! Whether the caller may do what it asks for.

use crate::access::authorize;
use crate::iam::{Account, IamError};
use crate::wire::{Call, Identity, Service, WireError};
use crate::world::World;

/// Refuses what the caller's policies do not allow.
pub(super) fn permit(world: &World, call: &Call) -> Result<(), WireError> {
    let action = format!("{}:{}", Service::Iam.name(), call.operation);
    let resource = resource(world, call);
    authorize(world, &call.caller, &action, &resource)
        .map_err(|denial| denial.wire_error(&call.caller, &action, &resource))
}

/// The user that a call names, or, when it names none, the user that calls.
pub(super) fn user_name(call: &Call) -> Result<&str, WireError> {
    match (call.params.get("UserName"), &call.caller.identity) {
        (Some(name), _) => Ok(name),
        (None, Identity::User { name, access_key: _ }) => Ok(name),
        (None, Identity::Administrator) => Ok(crate::iam::ADMINISTRATOR),
        (None, Identity::Session { .. }) => {
            Err(WireError::validation("Must specify userName when calling with non-User credentials"))
        }
    }
}

/// What a call acts on. An entity that does not exist is checked without a path.
fn resource(world: &World, call: &Call) -> String {
    let account = &call.caller.account;
    let params = &call.params;
    let Ok(iam) = world.iam(account) else { return "*".to_owned() };
    let arn = |kind: &str, rest: &str| format!("arn:aws:iam::{account}:{kind}{rest}");
    let named = |kind: &str, name: &str| arn(kind, &format!("{}{name}", params.get("Path").unwrap_or("/")));
    let prefix = params.get("PathPrefix").unwrap_or("/");
    match call.operation.as_str() {
        "ListRoles" => return arn("role", prefix),
        "ListUsers" => return arn("user", prefix),
        "ListGroups" => return arn("group", prefix),
        "ListInstanceProfiles" => return arn("instance-profile", prefix),
        "ListPolicies" => return format!("policy path {prefix}"),
        "CreatePolicy" => return named("policy", params.get("PolicyName").unwrap_or_default()),
        "CreateVirtualMFADevice" => return named("mfa", params.get("VirtualMFADeviceName").unwrap_or_default()),
        "CreateSAMLProvider" => return arn("saml-provider/", params.get("Name").unwrap_or_default()),
        "CreateOpenIDConnectProvider" => {
            let url = params.get("Url").unwrap_or_default();
            return arn("oidc-provider/", url.strip_prefix("https://").unwrap_or(url));
        }
        "CreateServiceLinkedRole" => {
            let service = params.get("AWSServiceName").unwrap_or_default();
            return arn("role/aws-service-role/", &format!("{service}/*"));
        }
        _ => {}
    }
    if let Some(name) = params.get("InstanceProfileName") {
        return iam.instance_profile(name).map_or_else(|_| named("instance-profile", name), |found| found.arn.clone());
    }
    if let Some(name) = params.get("GroupName") {
        return iam.group(name).map_or_else(|_| named("group", name), |group| group.arn.clone());
    }
    if let Some(name) = params.get("RoleName") {
        return iam.role(name).map_or_else(|_| named("role", name), |role| role.arn.clone());
    }
    for member in ["OpenIDConnectProviderArn", "SAMLProviderArn", "PolicySourceArn"] {
        if let Some(arn) = params.get(member) {
            return arn.to_owned();
        }
    }
    resource_of_user(call, iam).unwrap_or_else(|| params.get("PolicyArn").unwrap_or("*").to_owned())
}

/// The user or the device that a call acts on, when it acts on one.
fn resource_of_user(call: &Call, iam: &Account) -> Option<String> {
    const OF_CALLER: [&str; 8] = [
        "GetUser",
        "ChangePassword",
        "CreateAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "DeleteAccessKey",
        "ListMFADevices",
        "GetLoginProfile",
    ];
    let name = call.params.get("UserName");
    let serial = call.params.get("SerialNumber").filter(|serial| serial.starts_with("arn:"));
    if name.is_none()
        && let Some(serial) = serial
    {
        return Some(serial.to_owned());
    }
    let name = match name {
        None if OF_CALLER.contains(&call.operation.as_str()) => user_name(call).ok()?,
        name => name?,
    };
    let path = call.params.get("Path").unwrap_or("/");
    let missing = |_: IamError| format!("arn:aws:iam::{}:user{path}{name}", call.caller.account);
    Some(iam.user(name).map_or_else(missing, |user| user.arn.clone()))
}
