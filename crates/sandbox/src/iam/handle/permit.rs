//! Whether the caller may do what it asks for.

use crate::access::{Context, authorize_with};
use crate::iam::{Account, IamError, TagMap, Tagged};
use crate::sts::{SessionPrincipal, invalid};
use crate::wire::{Call, Identity, Service, WireError};
use crate::world::World;

/// Refuses what the caller's policies do not allow, and credentials that IAM does not take at all.
pub(super) fn permit(world: &World, call: &Call) -> Result<(), WireError> {
    if let Some(session) = call.caller.session(world) {
        match session.principal {
            SessionPrincipal::Role { .. } => {}
            SessionPrincipal::Administrator | SessionPrincipal::User { .. } if session.with_mfa => {}
            // Credentials of GetSessionToken without a code of an MFA device, and federated users.
            _ => return Err(invalid()),
        }
    }
    let action = format!("{}:{}", Service::Iam.name(), call.operation);
    let resource = resource(world, call);
    let allowed = |action: &str| {
        authorize_with(world, &call.caller, action, &resource, || request_keys(world, call))
            .map_err(|denial| denial.wire_error(&call.caller, action, &resource))
    };
    allowed(&action)?;
    // Tags at the creation take the permission to tag, too.
    if call.operation == "CreateRole" && call.params.structs("Tags").is_some_and(|tags| !tags.is_empty()) {
        allowed("iam:TagRole")?;
    }
    Ok(())
}

/// The user that a call names, or, when it names none, the user that calls.
pub(super) fn user_name(call: &Call) -> Result<&str, WireError> {
    match (call.params.get("UserName"), &call.caller.identity) {
        (Some(name), _) => Ok(name),
        (None, Identity::User { name }) => Ok(name),
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

/// The condition keys of a request to IAM.
fn request_keys(world: &World, call: &Call) -> Context {
    let params = &call.params;
    let mut context = Context::new();
    let mut set = |key: String, value: &str| drop(context.insert(key, vec![value.to_owned()]));
    set("aws:requestedregion".to_owned(), &call.region);
    for (member, key) in [("PolicyArn", "iam:policyarn"), ("AWSServiceName", "iam:awsservicename")] {
        if let Some(value) = params.get(member) {
            set(key.to_owned(), value);
        }
    }
    let target = target(world, call);
    let boundary = target.and_then(|target| target.boundary.map(String::as_str));
    if let Some(boundary) = params.get("PermissionsBoundary").or(boundary) {
        set("iam:permissionsboundary".to_owned(), boundary);
    }
    for (key, value) in target.into_iter().flat_map(|target| target.tags) {
        let key = key.to_ascii_lowercase();
        set(format!("aws:resourcetag/{key}"), value);
        set(format!("iam:resourcetag/{key}"), value);
    }
    let tags = params.tags("Tags").ok().flatten().unwrap_or_default();
    for (key, value) in &tags {
        set(format!("aws:requesttag/{}", key.to_ascii_lowercase()), value);
    }
    let keys: Vec<String> = tags
        .into_iter()
        .map(|(key, _)| key)
        .chain(params.list("TagKeys").unwrap_or_default().into_iter().map(str::to_owned))
        .collect();
    if !keys.is_empty() {
        context.insert("aws:tagkeys".to_owned(), keys);
    }
    context
}

/// What the keys of a request tell of the role or user that it acts on.
#[derive(Clone, Copy)]
struct Target<'a> {
    tags: &'a TagMap,
    boundary: Option<&'a String>,
}

fn target<'a>(world: &'a World, call: &Call) -> Option<Target<'a>> {
    let iam = world.iam(&call.caller.account).ok()?;
    if let Some(name) = call.params.get("RoleName") {
        let role = iam.role(name).ok()?;
        return Some(Target { tags: &role.tags, boundary: role.boundary.as_ref() });
    }
    if let Some(name) = call.params.get("UserName") {
        let user = iam.user(name).ok()?;
        return Some(Target { tags: &user.tags, boundary: user.boundary.as_ref() });
    }
    let tags = iam.tags_of(Tagged::Policy(call.params.get("PolicyArn")?)).ok()?;
    Some(Target { tags, boundary: None })
}
