//! The organization file: what a simulated organization starts from.

mod build;
mod copied;
mod generate;
mod model;
mod stack_sets;
#[cfg(test)]
mod tests;

pub use build::BuildError;
pub use generate::{GenerateError, GenerateOptions, generate};
pub use model::{
    AccountEntry, MemberRole, OrganizationFile, OrganizationFileError, Origin, PolicyEntry, RoleEntry, UnitEntry,
};
pub use stack_sets::{
    AutoDeploymentEntry, InstanceEntry, InstanceStatusEntry, ManagedExecutionEntry, StackEntry, StackSetEntry,
};
