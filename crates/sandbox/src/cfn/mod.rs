//! CloudFormation: stack sets over the organization and the stacks they put into its accounts.

use serde::{Deserialize, Serialize};

use crate::org::AccountEvent;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// Everything CloudFormation remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {}

/// Answers one CloudFormation call.
pub(crate) fn handle(_world: &mut World, call: &Call) -> Result<Reply, WireError> {
    Err(call.not_simulated())
}

/// Lets running operations progress to the world's present time. Called on every request after the clock advanced.
pub(crate) fn tick(_world: &mut World) {}

/// Tells CloudFormation that an account was created, moved, closed or left; called after the organization changed.
pub(crate) fn on_account_event(_world: &mut World, _event: &AccountEvent, _account: &str) {}
