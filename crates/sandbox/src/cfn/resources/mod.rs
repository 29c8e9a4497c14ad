//! The resource types that a role template needs, on the account's IAM.

mod group;
mod identity;
mod live;
mod message;
mod policy;
mod properties;
mod provider;
mod role;
mod schema;
#[cfg(test)]
mod tests;
mod touched;
mod user;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::template::Resource;
use crate::world::World;

pub(super) use self::live::{Live, all_tags, read, read_action};
pub(super) use self::message::{ResourceError, handler};
pub(super) use self::schema::{Drift, drift, identifiers, is_taggable, must_replace, name_property, recreation};
pub(super) use self::touched::touched;

use self::properties::{Versions, text};

type Tags = BTreeMap<String, String>;

/// The attributes of a resource that only its existence tells.
pub(super) type Attributes = BTreeMap<String, String>;

/// The name that a resource was given or made up for it; `None` for types without names.
pub(super) fn custom_name(resource: &Resource) -> Option<&str> {
    text(resource, name_property(&resource.kind)?)
}

/// Makes a resource; gives the attributes that only its existence tells.
pub(super) fn create(
    world: &mut World,
    account: &str,
    resource: &Resource,
    stack_tags: &Tags,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    schema::check(resource)?;
    match resource.kind.as_str() {
        "AWS::IAM::Role" => role::create(world, account, resource, stack_tags, at),
        "AWS::IAM::User" => user::create(world, account, resource, stack_tags, at),
        "AWS::IAM::Group" => group::create(world, account, resource, at),
        "AWS::IAM::UserToGroupAddition" => {
            user::add_to_group(world, account, None, resource).map(|()| Attributes::new())
        }
        "AWS::IAM::ManagedPolicy" => policy::create_managed(world, account, resource, at),
        "AWS::IAM::OIDCProvider" => provider::create_oidc(world, account, resource, stack_tags, at),
        "AWS::IAM::InstanceProfile" => provider::create_profile(world, account, resource, at),
        _ => policy::put_inline(world, account, resource).map(|()| Attributes::new()),
    }
}

/// Changes what differs between two versions of a resource, and nothing else: what someone did to the rest stays.
pub(super) fn update(
    world: &mut World,
    account: &str,
    before: (&Resource, &Tags),
    after: (&Resource, &Tags),
) -> Result<(), ResourceError> {
    schema::check(after.0)?;
    let versions = Versions { before, after };
    match after.0.kind.as_str() {
        "AWS::IAM::Role" => role::update(world, account, versions),
        "AWS::IAM::User" => user::update(world, account, versions),
        "AWS::IAM::Group" => group::update(world, account, versions),
        "AWS::IAM::UserToGroupAddition" => user::add_to_group(world, account, Some(before.0), after.0),
        "AWS::IAM::ManagedPolicy" => policy::update_managed(world, account, versions),
        "AWS::IAM::OIDCProvider" => provider::update_oidc(world, account, versions),
        "AWS::IAM::InstanceProfile" => provider::update_profile(world, account, versions),
        _ => policy::update_inline(world, account, versions),
    }
}

/// Deletes a resource; one that is gone already is deleted.
pub(super) fn delete(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    match resource.kind.as_str() {
        "AWS::IAM::Role" => role::delete(world, account, resource),
        "AWS::IAM::User" => user::delete(world, account, resource),
        "AWS::IAM::Group" => group::delete(world, account, resource),
        "AWS::IAM::UserToGroupAddition" => user::remove_from_group(world, account, resource),
        "AWS::IAM::ManagedPolicy" => policy::delete_managed(world, account, resource),
        "AWS::IAM::OIDCProvider" => provider::delete_oidc(world, account, resource),
        "AWS::IAM::InstanceProfile" => provider::delete_profile(world, account, resource),
        _ => policy::delete_inline(world, account, resource),
    }
}
