//! MFA devices.

use super::page::{after, page};
use super::permit::user_name;
use super::shapes::{self, View};
use super::{Operation, current, own, own_mut, path, read, write};
use crate::iam::IamError;
use crate::wire::{Call, Reply, WireError};
use crate::world::{World, iso_time};

const CODES: &[&str] = &["UserName", "SerialNumber", "AuthenticationCode1", "AuthenticationCode2"];

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateVirtualMFADevice", &["VirtualMFADeviceName"], create),
    read("ListVirtualMFADevices", &[], list_virtual),
    write("DeleteVirtualMFADevice", &["SerialNumber"], delete),
    write("EnableMFADevice", CODES, enable),
    write("ResyncMFADevice", CODES, resync),
    write("DeactivateMFADevice", &["SerialNumber"], deactivate),
    read("ListMFADevices", &[], list),
    read("GetMFADevice", &["SerialNumber"], get),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("VirtualMFADeviceName")?;
    let tags = call.params.tags("Tags")?.unwrap_or_default();
    let serial = own_mut(world, call)?.create_virtual_mfa_device(name, path(call), &tags)?;
    let device = current(world, call)?.virtual_mfa_device(&serial)?;
    Ok(Reply::result(|xml| {
        xml.element("VirtualMFADevice", |xml| {
            xml.text("SerialNumber", &serial);
            // A blob, so the base 32 text goes over the wire in base 64. There is no picture of it.
            xml.text("Base32StringSeed", shapes::base_64(device.seed.as_bytes()));
            if !device.tags.is_empty() {
                shapes::tags(xml, &device.tags);
            }
        });
    }))
}

fn list_virtual(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let wanted = call.params.get("AssignmentStatus").unwrap_or("Any");
    let page = page(world, call, |position| {
        after(&iam.virtual_mfa_devices, position)
            .map(|(serial, _)| (serial, (serial, iam.owner_of_mfa_device(serial))))
            .filter(|(_, (_, owner))| match wanted {
                "Assigned" => owner.is_some(),
                "Unassigned" => owner.is_none(),
                _ => true,
            })
    })?;
    Ok(Reply::result(|xml| {
        xml.list("VirtualMFADevices", &page.rows, |xml, (serial, owner)| {
            xml.text("SerialNumber", serial);
            if let Some((user, enabled)) = owner {
                xml.element("User", |xml| shapes::user(xml, user, View::Listed));
                xml.text("EnableDate", iso_time(*enabled));
            }
        });
        page.end(xml);
    }))
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let serial = call.params.required("SerialNumber")?;
    own_mut(world, call)?.delete_virtual_mfa_device(serial)?;
    Ok(Reply::Nothing)
}

fn codes(call: &Call) -> Result<(&str, &str), WireError> {
    Ok((call.params.required("AuthenticationCode1")?, call.params.required("AuthenticationCode2")?))
}

fn enable(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (user, serial) = (call.params.required("UserName")?, call.params.required("SerialNumber")?);
    let now = world.now;
    own_mut(world, call)?.enable_mfa_device(user, serial, codes(call)?, now)?;
    Ok(Reply::Nothing)
}

fn resync(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (user, serial) = (call.params.required("UserName")?, call.params.required("SerialNumber")?);
    current(world, call)?.resync_mfa_device(user, serial, codes(call)?)?;
    Ok(Reply::Nothing)
}

fn deactivate(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let serial = call.params.required("SerialNumber")?;
    own_mut(world, call)?.deactivate_mfa_device(user_name(call)?, serial)?;
    Ok(Reply::Nothing)
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let user = own(world, call)?.user(user_name(call)?)?;
    let page = page(world, call, |position| after(&user.mfa_devices, position).map(|row| (row.0, row)))?;
    Ok(Reply::result(|xml| {
        xml.list("MFADevices", &page.rows, |xml, (serial, enabled)| {
            xml.text("UserName", &user.name);
            xml.text("SerialNumber", serial);
            xml.text("EnableDate", iso_time(**enabled));
        });
        page.end(xml);
    }))
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let serial = call.params.required("SerialNumber")?;
    let owner = own(world, call)?.owner_of_mfa_device(serial);
    let Some((user, enabled)) =
        owner.filter(|(user, _)| call.params.get("UserName").is_none_or(|name| user.name.eq_ignore_ascii_case(name)))
    else {
        let message = format!("MFA Device with serial number {serial} does not exist.");
        return Err(IamError::no_such_entity(message).into());
    };
    Ok(Reply::result(|xml| {
        xml.text("UserName", &user.name);
        xml.text("SerialNumber", serial);
        xml.text("EnableDate", iso_time(enabled));
    }))
}
