//! `AWS::IAM::OIDCProvider` and `AWS::IAM::InstanceProfile`.

use jiff::Timestamp;

use super::message::{ResourceError, already_exists, handler, not_found};
use super::properties::{Versions, each, iam, required, tags, text, texts};
use super::{Attributes, Tags};
use crate::cfn::template::Resource;
use crate::iam::{IamError, NewOidcProvider, Tagged};
use crate::world::World;

pub(super) fn create_oidc(
    world: &mut World,
    account: &str,
    resource: &Resource,
    stack_tags: &Tags,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    let owned = |key: &str| texts(resource, key).into_iter().map(str::to_owned).collect();
    let new = NewOidcProvider {
        url: required(resource, "Url")?.to_owned(),
        client_ids: owned("ClientIdList"),
        thumbprints: owned("ThumbprintList"),
        tags: tags(resource, stack_tags).into_iter().collect(),
    };
    let iam = iam(world, account)?;
    if iam.oidc_provider(&resource.physical_id).is_ok() {
        return Err(already_exists(&resource.kind, &resource.physical_id));
    }
    iam.create_oidc_provider(new, at).map_err(|error| handler(resource, &error))?;
    Ok(Attributes::new())
}

pub(super) fn update_oidc(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let after = versions.after.0;
    let fail = |error: IamError| handler(after, &error);
    let arn = after.physical_id.as_str();
    let iam = iam(world, account)?;
    if iam.oidc_provider(arn).is_err() {
        return Err(not_found(&after.kind, arn));
    }
    if versions.differ("ThumbprintList") {
        let thumbprints = texts(after, "ThumbprintList").into_iter().map(str::to_owned).collect();
        iam.set_thumbprints(arn, thumbprints).map_err(fail)?;
    }
    let (gone, added) = versions.texts("ClientIdList");
    each(added, |client| iam.add_client_id(arn, client)).map_err(fail)?;
    each(gone, |client| iam.remove_client_id(arn, client)).map_err(fail)?;
    let (gone, set) = versions.tags();
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    let tagged = Tagged::OidcProvider(arn);
    iam.untag(tagged, &gone).and_then(|()| iam.tag(tagged, &set)).map_err(fail)
}

pub(super) fn delete_oidc(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let iam = iam(world, account)?;
    if iam.oidc_provider(&resource.physical_id).is_err() {
        return Ok(());
    }
    iam.delete_oidc_provider(&resource.physical_id).map_err(|error| handler(resource, &error))
}

pub(super) fn create_profile(
    world: &mut World,
    account: &str,
    resource: &Resource,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    let fail = |error: IamError| handler(resource, &error);
    let name = required(resource, "InstanceProfileName")?;
    let iam = iam(world, account)?;
    if iam.instance_profile(name).is_ok() {
        return Err(already_exists(&resource.kind, name));
    }
    iam.create_instance_profile(name, text(resource, "Path").unwrap_or("/"), &[], at).map_err(fail)?;
    if let Err(error) = each(texts(resource, "Roles"), |role| iam.add_role_to_instance_profile(name, role)) {
        // The handler takes back what it made.
        drop(iam.delete_instance_profile(name));
        return Err(fail(error));
    }
    Ok(Attributes::new())
}

pub(super) fn update_profile(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let after = versions.after.0;
    let name = required(after, "InstanceProfileName")?;
    let (gone, added) = versions.texts("Roles");
    let iam = iam(world, account)?;
    for role in gone {
        // Gone already is as good.
        drop(iam.remove_role_from_instance_profile(name, role));
    }
    each(added, |role| iam.add_role_to_instance_profile(name, role)).map_err(|error| handler(after, &error))
}

pub(super) fn delete_profile(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let name = required(resource, "InstanceProfileName")?;
    let iam = iam(world, account)?;
    if iam.instance_profile(name).is_err() {
        return Ok(());
    }
    for role in texts(resource, "Roles") {
        drop(iam.remove_role_from_instance_profile(name, role));
    }
    iam.delete_instance_profile(name).map_err(|error| handler(resource, &error))
}
