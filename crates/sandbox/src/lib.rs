//! A simulated AWS at the wire: Organizations, IAM, STS and CloudFormation stack sets.

mod access;
mod cfn;
mod file;
mod iam;
mod org;
mod sts;
mod wire;
mod world;

pub use file::{
    AccountEntry, BuildError, GenerateError, GenerateOptions, MemberRole, OrganizationFile, OrganizationFileError,
    RoleEntry, UnitEntry, generate,
};
pub use org::AccountState;
pub use world::{Presence, StateError, Switches, World};
