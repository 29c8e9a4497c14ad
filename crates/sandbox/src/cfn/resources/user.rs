//! `AWS::IAM::User` and `AWS::IAM::UserToGroupAddition`.

use jiff::Timestamp;
use serde_json::Value;

use super::identity::{add_policies, change_policies, remove_policies};
use super::message::{ResourceError, already_exists, handler, not_found};
use super::properties::{Versions, each, iam, required, tags, text, texts};
use super::{Attributes, Tags};
use crate::cfn::template::Resource;
use crate::iam::{Account, Bounded, IamError, IdentityKind, NewUser, PasswordReset, Tagged};
use crate::world::World;

pub(super) fn create(
    world: &mut World,
    account: &str,
    resource: &Resource,
    stack_tags: &Tags,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    let fail = |error: IamError| handler(resource, &error);
    let name = required(resource, "UserName")?.to_owned();
    let new = NewUser {
        path: text(resource, "Path").unwrap_or("/").to_owned(),
        boundary: text(resource, "PermissionsBoundary").map(str::to_owned),
        tags: tags(resource, stack_tags).into_iter().collect(),
        name: name.clone(),
    };
    let iam = iam(world, account)?;
    if iam.user(&name).is_ok() {
        return Err(already_exists(&resource.kind, &name));
    }
    iam.create_user(new, at).map_err(fail)?;
    let added = each(texts(resource, "Groups"), |group| iam.add_user_to_group(group, &name))
        .and_then(|()| log_in(iam, &name, resource, at))
        .map_err(fail)
        .and_then(|()| add_policies(iam, IdentityKind::User, &name, resource));
    if let Err(error) = added {
        // The handler takes back what it made.
        take_back(iam, &name, resource, at);
        drop(iam.delete_user(&name));
        return Err(error);
    }
    Ok(Attributes::new())
}

/// Gives a user the password of `LoginProfile`, if there is one.
fn log_in(iam: &mut Account, name: &str, resource: &Resource, at: Timestamp) -> Result<(), IamError> {
    let Some(profile) = resource.properties.get("LoginProfile") else { return Ok(()) };
    let reset = match profile.get("PasswordResetRequired") {
        Some(Value::Bool(true)) => PasswordReset::Required,
        Some(Value::String(text)) if text == "true" => PasswordReset::Required,
        _ => PasswordReset::NotRequired,
    };
    iam.create_login_profile(name, profile.get("Password").and_then(Value::as_str), reset, at)
}

pub(super) fn update(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let after = versions.after.0;
    let fail = |error: IamError| handler(after, &error);
    let name = required(after, "UserName")?;
    let at = world.now;
    let iam = iam(world, account)?;
    if iam.user(name).is_err() {
        return Err(not_found(&after.kind, name));
    }
    if versions.differ("Path") {
        iam.update_user(name, None, Some(text(after, "Path").unwrap_or("/"))).map_err(fail)?;
    }
    if versions.differ("PermissionsBoundary") {
        match text(after, "PermissionsBoundary") {
            Some(arn) => iam.set_boundary(Bounded::User(name), arn).map_err(fail)?,
            None => drop(iam.remove_boundary(Bounded::User(name))),
        }
    }
    if versions.differ("LoginProfile") {
        // Gone already is as good.
        drop(iam.delete_login_profile(name, at));
        log_in(iam, name, after, at).map_err(fail)?;
    }
    let (left, joined) = versions.texts("Groups");
    for group in left {
        drop(iam.remove_user_from_group(group, name));
    }
    each(joined, |group| iam.add_user_to_group(group, name)).map_err(fail)?;
    change_policies(iam, IdentityKind::User, name, versions)?;
    let (gone, set) = versions.tags();
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    iam.untag(Tagged::User(name), &gone).and_then(|()| iam.tag(Tagged::User(name), &set)).map_err(fail)
}

pub(super) fn delete(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let name = required(resource, "UserName")?;
    let at = world.now;
    let iam = iam(world, account)?;
    if iam.user(name).is_err() {
        return Ok(());
    }
    take_back(iam, name, resource, at);
    iam.delete_user(name).map_err(|error| handler(resource, &error))
}

/// Takes away what a resource declares of its user: what someone else put there stays in the way.
fn take_back(iam: &mut Account, name: &str, resource: &Resource, at: Timestamp) {
    for group in texts(resource, "Groups") {
        drop(iam.remove_user_from_group(group, name));
    }
    if resource.properties.get("LoginProfile").is_some() {
        drop(iam.delete_login_profile(name, at));
    }
    remove_policies(iam, IdentityKind::User, name, resource);
}

/// Makes or changes a `UserToGroupAddition`.
pub(super) fn add_to_group(
    world: &mut World,
    account: &str,
    before: Option<&Resource>,
    after: &Resource,
) -> Result<(), ResourceError> {
    let group = required(after, "GroupName")?;
    let stays = before.filter(|before| text(before, "GroupName") == Some(group));
    let (old, new) = (stays.map(|before| texts(before, "Users")).unwrap_or_default(), texts(after, "Users"));
    let iam = iam(world, account)?;
    each(new.difference(&old), |user| iam.add_user_to_group(group, user)).map_err(|error| handler(after, &error))?;
    if let Some(before) = before {
        let gone = texts(before, "Users");
        let left = gone.iter().filter(|user| stays.is_none() || !new.contains(*user));
        for user in left {
            // Gone already is as good.
            drop(iam.remove_user_from_group(required(before, "GroupName")?, user));
        }
    }
    Ok(())
}

/// Deletes a `UserToGroupAddition`.
pub(super) fn remove_from_group(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let group = required(resource, "GroupName")?;
    let iam = iam(world, account)?;
    for user in texts(resource, "Users") {
        drop(iam.remove_user_from_group(group, user));
    }
    Ok(())
}
