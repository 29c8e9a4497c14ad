//! STS: who a request comes from, and sessions of roles.

mod assume;
mod credentials;
mod handle;
#[cfg(test)]
mod tests;
mod trust;

pub(crate) use credentials::{Sessions, administrator, caller, expire_sessions, note_use};
pub(crate) use handle::handle;
