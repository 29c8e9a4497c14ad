//! Codes of MFA devices.

use crate::wire::{Call, Identity, WireError};
use crate::world::World;

/// Whether the request holds a code of a device of the calling user. Which code it is is not checked.
pub(super) fn check(world: &World, call: &Call) -> Result<bool, WireError> {
    let (serial, code) = (call.params.get("SerialNumber"), call.params.get("TokenCode"));
    let (Some(serial), Some(_)) = (serial, code) else {
        if code.is_some() {
            return Err(failed());
        }
        return Ok(false);
    };
    let Identity::User { name } = &call.caller.identity else { return Err(failed()) };
    let user = world.iam(&call.caller.account).ok().and_then(|iam| iam.user(name).ok());
    if user.is_some_and(|user| user.mfa_devices.contains_key(serial)) { Ok(true) } else { Err(failed()) }
}

fn failed() -> WireError {
    let message = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number \
                   is valid and associated with this user.";
    WireError::new(403, "AccessDenied", message)
}
