//! What CloudFormation remembers.

mod instances;
mod names;
mod operation;
mod pairs;
mod preferences;
mod stack;
mod stack_set;
mod templates;

pub(crate) use self::instances::{InstanceKey, Instances, earlier};
pub(crate) use self::names::WireName;
pub(crate) use self::operation::{
    Action, Operation, OperationRef, OperationStatus, Origin, Outcome, Override, RegionRun, ResultStatus, TaskResult,
};
pub(crate) use self::preferences::{
    Amount, ConcurrencyMode, Filter, FilterType, Preferences, RegionConcurrency, Targets,
};
pub(crate) use self::stack::{Happening, ResourceStatus, Stack, StackEvent, StackStatus};
pub(crate) use self::stack_set::{
    AutoDeployment, Creation, Definition, Detail, Instance, InstanceStatus, Leaving, ManagedExecution, StackSet,
    StackSetStatus,
};
pub(crate) use self::templates::{TemplateId, Templates};
