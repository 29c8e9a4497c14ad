//! Access keys.

use super::page::{after, page};
use super::permit::user_name;
use super::{Operation, current, own, own_mut, read, write};
use crate::iam::{CredentialKind, IamError, Status};
use crate::wire::{Call, Reply, WireError};
use crate::world::{World, iso_time};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateAccessKey", &[], create),
    read("ListAccessKeys", &[], list),
    write("UpdateAccessKey", &["AccessKeyId", "Status"], update),
    write("DeleteAccessKey", &["AccessKeyId"], delete),
    read("GetAccessKeyLastUsed", &["AccessKeyId"], last_used),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let now = world.now;
    let id = own_mut(world, call)?.create_access_key(user_name(call)?, now)?;
    let Some((user, key)) = current(world, call)?.access_key(&id) else { return Ok(Reply::Nothing) };
    Ok(Reply::result(|xml| {
        xml.element("AccessKey", |xml| {
            xml.text("UserName", &user.name);
            xml.text("AccessKeyId", &id);
            xml.text("Status", key.status.name());
            xml.text("SecretAccessKey", &key.secret);
            xml.text("CreateDate", iso_time(key.created));
        });
    }))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let user = own(world, call)?.user(user_name(call)?)?;
    let page = page(world, call, |position| after(&user.access_keys, position).map(|(id, key)| (id, (id, key))))?;
    Ok(Reply::result(|xml| {
        xml.list("AccessKeyMetadata", &page.rows, |xml, (id, key)| {
            xml.text("UserName", &user.name);
            xml.text("AccessKeyId", id);
            xml.text("Status", key.status.name());
            xml.text("CreateDate", iso_time(key.created));
        });
        page.end(xml);
    }))
}

/// The status that a call asks for. Only IAM itself lets credentials expire.
pub(super) fn status(call: &Call) -> Result<Status, WireError> {
    match call.params.required("Status")? {
        "Active" => Ok(Status::Active),
        "Inactive" => Ok(Status::Inactive),
        other => Err(IamError::invalid(format!("The status {other} cannot be set.")).into()),
    }
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (id, status) = (call.params.required("AccessKeyId")?, status(call)?);
    own_mut(world, call)?.set_credential_status(user_name(call)?, CredentialKind::AccessKey, id, status)?;
    Ok(Reply::Nothing)
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = call.params.required("AccessKeyId")?;
    own_mut(world, call)?.delete_credential(user_name(call)?, CredentialKind::AccessKey, id)?;
    Ok(Reply::Nothing)
}

/// A key that does not exist is refused as one of another account would be.
fn last_used(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = call.params.required("AccessKeyId")?;
    let Some((user, key)) = own(world, call)?.access_key(id) else {
        let action = "iam:GetAccessKeyLastUsed";
        return Err(WireError::access_denied(&call.caller.arn, action, &format!("access key {id}"), ""));
    };
    Ok(Reply::result(|xml| {
        xml.text("UserName", &user.name);
        xml.element("AccessKeyLastUsed", |xml| {
            let (service, region) =
                key.last_used.as_ref().map_or(("N/A", "N/A"), |(_, service, region)| (service, region));
            xml.maybe("LastUsedDate", key.last_used.as_ref().map(|(at, _, _)| iso_time(*at)));
            xml.text("ServiceName", service);
            xml.text("Region", region);
        });
    }))
}
