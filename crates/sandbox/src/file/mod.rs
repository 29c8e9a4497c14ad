//! The organization file: what a simulated organization starts from.

mod build;
mod generate;
mod model;
#[cfg(test)]
mod tests;

pub use build::BuildError;
pub use generate::{GenerateError, GenerateOptions, generate};
pub use model::{AccountEntry, MemberRole, OrganizationFile, OrganizationFileError, RoleEntry, UnitEntry};
