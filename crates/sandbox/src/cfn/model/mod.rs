//! What CloudFormation remembers.

mod change_set;
mod drift;
mod instances;
mod names;
mod operation;
mod pairs;
mod preferences;
mod stack;
mod stack_set;
mod templates;

pub(crate) use self::change_set::{
    ChangeAction, ChangeDetail, ChangeScope, ChangeSet, ChangeSetStatus, ChangeSetType, ChangeSource, ExecutionStatus,
    PolicyAction, Recreation, Replacement, ResourceChange,
};
pub(crate) use self::drift::{
    Detection, DetectionStatus, DifferenceType, DriftStatus, InstanceDrift, PropertyDifference, ResourceDrift,
    ResourceDriftStatus, SetDetection, SetDrift, StackDrift,
};
pub(crate) use self::instances::{InstanceKey, Instances, earlier};
pub(crate) use self::names::WireName;
pub(crate) use self::operation::{
    Action, Operation, OperationRef, OperationStatus, Origin, Outcome, Override, RegionRun, ResultStatus, TaskResult,
};
pub(crate) use self::preferences::{
    Amount, ConcurrencyMode, Filter, FilterType, Preferences, RegionConcurrency, Targets,
};
pub(crate) use self::stack::{
    DeletionMode, FailedUpdate, Happening, OnFailure, Pending, ResourceStatus, Stack, StackDefinition, StackEvent,
    StackOptions, StackResource, StackStatus, StackTask, TerminationProtection, Undo,
};
pub(crate) use self::stack_set::{
    AutoDeployment, Creation, Definition, Detail, Instance, InstanceStatus, Leaving, ManagedExecution, StackSet,
    StackSetStatus,
};
pub(crate) use self::templates::{TemplateId, Templates};
