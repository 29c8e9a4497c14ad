//! Organizations: the tree of units and accounts.

mod accounts;
mod error;
mod events;
mod handle;
mod handshakes;
mod input;
mod list;
mod model;
mod policies;
mod read;
mod services;
mod shapes;
mod tags;
#[cfg(test)]
mod tests;
mod units;

pub(crate) use accounts::{create_member_role, tick};
pub(crate) use events::AccountEvent;
pub(crate) use handle::handle;
pub use model::AccountState;
pub(crate) use model::{Account, Creation, CreationState, Joined, Organization, Unit};
pub(crate) use policies::{Policies, Verdict, is_restricted, verdict};
pub(crate) use services::activate_stack_sets_access;

/// Units nest at most this deep below the root.
pub(crate) const MAX_UNIT_DEPTH: usize = 5;
