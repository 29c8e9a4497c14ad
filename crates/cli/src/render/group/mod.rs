//! What is the same in many accounts, told once: changes, holds, failures to read, and reasons.

mod change;
mod failure;
mod hold;
mod reason;

pub(super) use self::change::{Group, groups, sides};
pub(super) use self::failure::{FailureGroup, by_state, failures};
pub(super) use self::hold::{HoldGroup, holds};
pub(super) use self::reason::{Finding, reasons};
