//! Tags of everything that can have some.

use super::page::{after, page};
use super::{Operation, changeable, own, own_mut, read, write};
use crate::iam::Tagged;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

const TAGS: &str = "Tags";
const KEYS: &str = "TagKeys";

pub(super) const OPERATIONS: &[Operation] = &[
    write("TagRole", &["RoleName", TAGS], tag),
    write("TagUser", &["UserName", TAGS], tag),
    write("TagPolicy", &["PolicyArn", TAGS], tag),
    write("TagInstanceProfile", &["InstanceProfileName", TAGS], tag),
    write("TagOpenIDConnectProvider", &["OpenIDConnectProviderArn", TAGS], tag),
    write("TagSAMLProvider", &["SAMLProviderArn", TAGS], tag),
    write("TagMFADevice", &["SerialNumber", TAGS], tag),
    write("UntagRole", &["RoleName", KEYS], untag),
    write("UntagUser", &["UserName", KEYS], untag),
    write("UntagPolicy", &["PolicyArn", KEYS], untag),
    write("UntagInstanceProfile", &["InstanceProfileName", KEYS], untag),
    write("UntagOpenIDConnectProvider", &["OpenIDConnectProviderArn", KEYS], untag),
    write("UntagSAMLProvider", &["SAMLProviderArn", KEYS], untag),
    write("UntagMFADevice", &["SerialNumber", KEYS], untag),
    read("ListRoleTags", &["RoleName"], list),
    read("ListUserTags", &["UserName"], list),
    read("ListPolicyTags", &["PolicyArn"], list),
    read("ListInstanceProfileTags", &["InstanceProfileName"], list),
    read("ListOpenIDConnectProviderTags", &["OpenIDConnectProviderArn"], list),
    read("ListSAMLProviderTags", &["SAMLProviderArn"], list),
    read("ListMFADeviceTags", &["SerialNumber"], list),
];

/// What a call names.
fn named(call: &Call) -> Result<Tagged<'_>, WireError> {
    let params = &call.params;
    let entity = params
        .get("RoleName")
        .map(Tagged::Role)
        .or_else(|| params.get("UserName").map(Tagged::User))
        .or_else(|| params.get("PolicyArn").map(Tagged::Policy))
        .or_else(|| params.get("InstanceProfileName").map(Tagged::InstanceProfile))
        .or_else(|| params.get("OpenIDConnectProviderArn").map(Tagged::OidcProvider))
        .or_else(|| params.get("SAMLProviderArn").map(Tagged::SamlProvider));
    match entity {
        Some(entity) => Ok(entity),
        None => params.required("SerialNumber").map(Tagged::MfaDevice),
    }
}

fn named_to_change<'c>(world: &World, call: &'c Call) -> Result<Tagged<'c>, WireError> {
    let entity = named(call)?;
    match entity {
        Tagged::Role(_) => drop(changeable(world, call)?),
        Tagged::Policy(arn) => super::policies::refuse_aws(arn)?,
        _ => {}
    }
    Ok(entity)
}

fn tag(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let entity = named_to_change(world, call)?;
    let tags = call.params.tags(TAGS)?.unwrap_or_default();
    own_mut(world, call)?.tag(entity, &tags)?;
    Ok(Reply::Nothing)
}

fn untag(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let entity = named_to_change(world, call)?;
    let keys = call.params.list(KEYS).unwrap_or_default();
    own_mut(world, call)?.untag(entity, &keys)?;
    Ok(Reply::Nothing)
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let tags = own(world, call)?.tags_of(named(call)?)?;
    let page = page(world, call, |position| after(tags, position).map(|(key, value)| (key, (key, value))))?;
    Ok(Reply::result(|xml| {
        xml.list(TAGS, &page.rows, |xml, (key, value)| {
            xml.text("Key", key);
            xml.text("Value", value);
        });
        page.end(xml);
    }))
}
