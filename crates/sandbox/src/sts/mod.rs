//! STS: who a request comes from, and temporary credentials.

mod assume;
mod credentials;
mod handle;
mod mfa;
mod policies;
mod schema;
mod session;
#[cfg(test)]
mod tests;
mod tokens;
mod trust;

pub(crate) use credentials::{administrator, caller, expire_sessions, invalid, note_use};
pub(crate) use handle::handle;
pub(crate) use session::{Session, SessionPrincipal, Sessions};

use crate::wire::{Call, WireError};
use crate::world::World;

/// Refuses a Region in which STS is not active for an account: the switch `sts_disabled` names them.
fn check_region(world: &World, call: &Call, account: &str) -> Result<(), WireError> {
    let disabled = world.switches.sts_disabled.get(&call.region).is_some_and(|accounts| accounts.contains(account));
    if !disabled {
        return Ok(());
    }
    let message = format!(
        "STS is not activated in this region for account:{account}. Your account administrator can activate STS in \
         this region using the IAM Console."
    );
    Err(WireError::new(403, "RegionDisabledException", message))
}
