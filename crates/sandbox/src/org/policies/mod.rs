//! Service control policies.

mod attachments;
mod effect;
mod manage;
mod model;

pub(super) use attachments::{attach, detach, disable_type, enable_type, for_target, targets};
pub(crate) use effect::{Verdict, is_restricted, verdict};
pub(super) use manage::{create, delete, describe, list, update};
pub(crate) use model::{Policies, PolicyTypeState};

/// The only type of policies that is simulated.
pub(super) const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";
/// The policy that AWS attaches to everything, and that allows everything.
pub(super) const FULL_ACCESS: &str = "p-FullAWSAccess";
