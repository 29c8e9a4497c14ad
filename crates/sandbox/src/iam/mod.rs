//! IAM: the roles and policies of every account.

mod account;
mod aws_managed;
mod checks;
mod error;
mod handle;
mod policy;
mod role;
#[cfg(test)]
mod tests;
mod trust;

pub(crate) use account::{Account, InForce};
pub(crate) use error::IamError;
pub(crate) use handle::handle;
pub(crate) use policy::{ManagedPolicy, NewPolicy, Version};
pub(crate) use role::{NewRole, Role, TagMap};
pub(crate) use trust::{Trust, is_account_id};
