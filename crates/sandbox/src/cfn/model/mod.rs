//! What CloudFormation remembers.

mod names;
mod operation;
mod pairs;
mod stack;
mod stack_set;
mod templates;

pub(crate) use self::names::WireName;
pub(crate) use self::operation::{
    Action, Amount, ConcurrencyMode, Operation, OperationStatus, Preferences, Task, TaskResult,
};
pub(crate) use self::stack::{Happening, ResourceStatus, Stack, StackEvent, StackStatus};
pub(crate) use self::stack_set::{
    AutoDeployment, Definition, Detail, Instance, InstanceStatus, ManagedExecution, StackSet, StackSetStatus,
};
pub(crate) use self::templates::{TemplateId, Templates};
