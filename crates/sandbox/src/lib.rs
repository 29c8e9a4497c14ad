//! A simulated AWS at the wire: Organizations, IAM, STS and CloudFormation stack sets.

mod access;
mod cfn;
mod iam;
mod org;
mod sts;
mod wire;
mod world;

pub use org::AccountState;
pub use world::{Presence, StateError, Switches, World};
