//! Why something with a stack did not work.

use crate::cfn::resources::ResourceError;
use crate::cfn::template::Resource;

/// Why a stack could not be made, updated or deleted, in the words of an instance's status reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cfn) struct Failure(pub(in crate::cfn) String);

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

/// What stopped work on a stack.
#[derive(Debug)]
pub(super) enum Stopped {
    /// A resource.
    At {
        /// Its name in the template.
        logical_id: String,
        /// Its type.
        kind: String,
        /// Why.
        reason: String,
    },
    /// The stack as a whole: an output, an export.
    Whole(String),
}

impl Stopped {
    pub(super) fn at(resource: &Resource, error: &ResourceError) -> Self {
        Self::At { logical_id: resource.logical_id.clone(), kind: resource.kind.clone(), reason: error.0.clone() }
    }

    /// The status reason of the stack: what failed to be created, updated or deleted.
    pub(super) fn stack_reason(&self, verb: &str) -> String {
        match self {
            Self::At { logical_id, kind: _, reason: _ } => failed_resources(verb, [logical_id.as_str()]),
            Self::Whole(reason) => reason.clone(),
        }
    }

    /// The status reason of a stack instance.
    pub(super) fn failure(self) -> Failure {
        Failure(match self {
            Self::At { logical_id, kind, reason } => {
                format!("ResourceLogicalId:{logical_id}, ResourceType:{kind}, ResourceStatusReason:{reason}.")
            }
            Self::Whole(reason) => reason,
        })
    }
}

/// CloudFormation's sentence about the resources that failed, with the space that it ends in.
pub(super) fn failed_resources<'a>(verb: &str, logical_ids: impl IntoIterator<Item = &'a str>) -> String {
    let logical_ids: Vec<&str> = logical_ids.into_iter().collect();
    format!("The following resource(s) failed to {verb}: [{}]. ", logical_ids.join(", "))
}
