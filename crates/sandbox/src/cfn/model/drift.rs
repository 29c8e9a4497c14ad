//! What drift detection found.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::wire_enum;

/// What a drift detection found in a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackDrift {
    /// When.
    pub(crate) checked: Timestamp,
    /// What it comes to for the stack as a whole.
    pub(crate) status: DriftStatus,
    /// The resources that were looked at, in the order of their logical ids.
    pub(crate) resources: Vec<ResourceDrift>,
}

impl StackDrift {
    /// How many resources differ.
    pub(crate) fn drifted(&self) -> usize {
        self.resources.iter().filter(|resource| resource.status.is_drift()).count()
    }
}

/// What a drift detection found of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceDrift {
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// What users know it by.
    pub(crate) physical_id: String,
    /// Its type.
    pub(crate) kind: String,
    /// What it comes to.
    pub(crate) status: ResourceDriftStatus,
    /// When it was looked at.
    pub(crate) checked: Timestamp,
    /// The declared properties as JSON; empty where the type is not supported.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) expected: String,
    /// The same properties as they are, as JSON; empty when it is gone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) actual: String,
    /// The differences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) differences: Vec<PropertyDifference>,
}

/// One difference between a declared property and the live one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PropertyDifference {
    /// Where, as a JSON pointer into the properties: `/ManagedPolicyArns/0`.
    pub(crate) path: String,
    /// The declared value: a text as it is, anything else as JSON; empty for an addition.
    pub(crate) expected: String,
    /// The live value; empty for a removal.
    pub(crate) actual: String,
    /// What kind of difference it is.
    pub(crate) difference: DifferenceType,
}

/// A detection of a stack's drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detection {
    /// The ARN of the stack.
    pub(crate) stack_id: String,
    /// When it was asked for.
    pub(crate) begun: Timestamp,
    /// When it ends: until then it tells nothing.
    pub(crate) done: Timestamp,
    /// How it ends.
    pub(crate) status: DetectionStatus,
    /// Why it failed.
    pub(crate) reason: Option<String>,
    /// What it comes to, and how many resources differ.
    pub(crate) drift: Option<(DriftStatus, usize)>,
}

/// What the last drift detection of a stack set found in an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstanceDrift {
    /// The operation.
    pub(crate) operation: String,
    /// When it looked.
    pub(crate) checked: Timestamp,
    /// What it comes to.
    pub(crate) status: DriftStatus,
    /// The resources, without their properties.
    pub(crate) resources: Vec<ResourceDrift>,
}

/// What the last drift detection of a stack set that ended came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetDrift {
    /// When it ended.
    pub(crate) checked: Timestamp,
    /// What it comes to.
    pub(crate) status: DriftStatus,
    /// How it ended.
    pub(crate) detection: SetDetection,
    /// How many instances it was about.
    pub(crate) total: usize,
    /// How many of them differ.
    pub(crate) drifted: usize,
    /// How many do not.
    pub(crate) in_sync: usize,
    /// How many could not be looked at.
    pub(crate) failed: usize,
}

wire_enum! {
    /// How a drift detection of a stack set ended (`StackSetDriftDetectionStatus` of the service model).
    pub(crate) enum SetDetection {
        Completed => "COMPLETED",
        Failed => "FAILED",
        PartialSuccess => "PARTIAL_SUCCESS",
        Stopped => "STOPPED",
    }
}

wire_enum! {
    /// How far a detection is.
    pub(crate) enum DetectionStatus {
        InProgress => "DETECTION_IN_PROGRESS",
        Failed => "DETECTION_FAILED",
        Complete => "DETECTION_COMPLETE",
    }
}

wire_enum! {
    /// Whether a stack or a stack set differs from its template (`StackDriftStatus` of the service model).
    pub(crate) enum DriftStatus {
        Drifted => "DRIFTED",
        InSync => "IN_SYNC",
        Unknown => "UNKNOWN",
        NotChecked => "NOT_CHECKED",
    }
}

wire_enum! {
    /// Whether a resource differs from its template (`StackResourceDriftStatus` of the service model).
    pub(crate) enum ResourceDriftStatus {
        InSync => "IN_SYNC",
        Modified => "MODIFIED",
        Deleted => "DELETED",
        NotChecked => "NOT_CHECKED",
        Unknown => "UNKNOWN",
        Unsupported => "UNSUPPORTED",
    }
}

impl ResourceDriftStatus {
    /// Whether it makes the stack a drifted one.
    pub(crate) fn is_drift(self) -> bool {
        matches!(self, Self::Modified | Self::Deleted)
    }
}

wire_enum! {
    /// What kind of difference there is.
    pub(crate) enum DifferenceType {
        /// The live list has a value that the template does not.
        Add => "ADD",
        /// A declared value is gone.
        Remove => "REMOVE",
        /// It is another one.
        NotEqual => "NOT_EQUAL",
    }
}
