//! A simulated AWS at the wire: Organizations, IAM, STS, CloudFormation stack sets, Systems Manager parameters and CloudTrail's event history.

mod access;
mod cfn;
mod faults;
mod file;
mod iam;
mod org;
#[cfg(test)]
mod readme_tests;
mod server;
mod ssm;
mod sts;
mod switches;
#[cfg(test)]
mod testing;
mod trail;
mod wire;
mod world;

pub use cfn::switches::{
    CreateOverCurrent, DepartedAccounts, EmptyLists, EmptyUnit, FilteredDelete, IdenticalTemplate, InoperableDelete,
    LongStackNames, MoveBetweenTargets, MovedInstances, OperationReplay, PendingActivation, RecordedUnit,
    SuspendedAccounts,
};
pub use faults::{
    FaultEffect, FaultError, FaultFileError, FaultRule, FaultSpecError, FaultWhen, OutOfBandCall, StackFault,
    SwitchChange,
};
pub use file::{
    AccountEntry, AutoDeploymentEntry, BuildError, GenerateError, GenerateOptions, InstanceEntry, InstanceStatusEntry,
    ManagedExecutionEntry, MemberRole, OrganizationFile, OrganizationFileError, Origin, PolicyEntry, RoleEntry,
    StackEntry, StackSetEntry, UnitEntry, generate,
};
pub use iam::{EmptyDescription, TrustForm};
pub use org::AccountState;
pub use server::{
    AuditEntry, CallAccess, CallSource, Clock, ClockError, Forgotten, Holder, Options, Running, Sandbox, StartError,
    StateFile, StateFileError, Stats, fingerprint, forget,
};
pub use switches::{ClosedState, Presence, RateAccount, ShortPages, Switches, TokenBuckets};
pub use wire::Service;
pub use world::{StateError, World};
