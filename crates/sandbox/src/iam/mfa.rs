//! MFA devices.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::check_path;
use super::{Account, IamError, TagMap, User, schema, tags};

const MAX_DEVICES: usize = 8;

/// A virtual MFA device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VirtualMfaDevice {
    /// The secret in base 32, shown once.
    pub(crate) seed: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: TagMap,
}

impl Account {
    /// The virtual device of this serial number.
    pub(crate) fn virtual_mfa_device(&self, serial: &str) -> Result<&VirtualMfaDevice, IamError> {
        self.virtual_mfa_devices.get(serial).ok_or_else(|| no_virtual(serial))
    }

    pub(super) fn virtual_mfa_device_mut(&mut self, serial: &str) -> Result<&mut VirtualMfaDevice, IamError> {
        self.virtual_mfa_devices.get_mut(serial).ok_or_else(|| no_virtual(serial))
    }

    /// Makes a virtual device that belongs to nobody yet, and returns its serial number, which is its ARN.
    pub(crate) fn create_virtual_mfa_device(
        &mut self,
        name: &str,
        path: &str,
        tags: &[(String, String)],
    ) -> Result<String, IamError> {
        schema::member("VirtualMFADeviceName", name)?;
        check_path(path)?;
        let serial = format!("arn:aws:iam::{}:mfa{path}{name}", self.id);
        if self.virtual_mfa_devices.contains_key(&serial) {
            return Err(IamError::already_exists("MFADevice entity at the same path and name already exists."));
        }
        let tags = tags::new(tags)?;
        let seed = [self.next_id("", "mfa"), self.next_id("", "mfa"), self.next_id("", "mfa")].concat();
        self.virtual_mfa_devices.insert(serial.clone(), VirtualMfaDevice { seed, tags });
        Ok(serial)
    }

    /// Deletes a virtual device that belongs to nobody.
    pub(crate) fn delete_virtual_mfa_device(&mut self, serial: &str) -> Result<(), IamError> {
        self.virtual_mfa_device(serial)?;
        if self.owner_of_mfa_device(serial).is_some() {
            return Err(IamError::conflict("MFA VirtualDevice in use. Must deactivate first."));
        }
        self.virtual_mfa_devices.remove(serial);
        Ok(())
    }

    /// The user that a device belongs to, and since when.
    pub(crate) fn owner_of_mfa_device(&self, serial: &str) -> Option<(&User, Timestamp)> {
        self.users.values().find_map(|user| user.mfa_devices.get(serial).map(|enabled| (user, *enabled)))
    }

    /// Gives a device to a user. The two codes must differ; what they are is not checked.
    pub(crate) fn enable_mfa_device(
        &mut self,
        user: &str,
        serial: &str,
        codes: (&str, &str),
        now: Timestamp,
    ) -> Result<(), IamError> {
        let devices = self.user(user)?.mfa_devices.len();
        if serial.starts_with("arn:") {
            self.virtual_mfa_device(serial)?;
        }
        if self.owner_of_mfa_device(serial).is_some() {
            return Err(IamError::already_exists("MFA Device is already in use."));
        }
        check_codes(codes)?;
        if devices >= MAX_DEVICES {
            return Err(IamError::limit(format!("Cannot exceed quota for MFADevicesPerUser: {MAX_DEVICES}")));
        }
        self.user_mut(user)?.mfa_devices.insert(serial.to_owned(), now);
        Ok(())
    }

    /// Brings a device back into step.
    pub(crate) fn resync_mfa_device(&self, user: &str, serial: &str, codes: (&str, &str)) -> Result<(), IamError> {
        if !self.user(user)?.mfa_devices.contains_key(serial) {
            return Err(no_device(serial));
        }
        check_codes(codes)
    }

    /// Takes a device from a user. A virtual one stays, without a user.
    pub(crate) fn deactivate_mfa_device(&mut self, user: &str, serial: &str) -> Result<(), IamError> {
        match self.user_mut(user)?.mfa_devices.remove(serial) {
            Some(_) => Ok(()),
            None => Err(no_device(serial)),
        }
    }
}

fn check_codes((first, second): (&str, &str)) -> Result<(), IamError> {
    if first != second {
        return Ok(());
    }
    Err(IamError::new(403, "InvalidAuthenticationCode", "Authentication code for device is not valid."))
}

fn no_device(serial: &str) -> IamError {
    IamError::no_such_entity(format!("MFA Device with serial number {serial} does not exist."))
}

fn no_virtual(serial: &str) -> IamError {
    IamError::no_such_entity(format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}
