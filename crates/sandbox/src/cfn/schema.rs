//! The constraints of CloudFormation's service model on what names stack sets and operations, by member.

use crate::wire::{Call, Constraint, Pattern, Violations, WireError};

const NAME_OR_ID: Pattern = Pattern {
    text: "[a-zA-Z][-a-zA-Z0-9]*(?::[a-zA-Z0-9]{8}-[a-zA-Z0-9]{4}-[a-zA-Z0-9]{4}-[a-zA-Z0-9]{4}-[a-zA-Z0-9]{12})?",
    fits: is_name_or_id,
};
const TOKEN: Pattern = Pattern {
    text: "[a-zA-Z0-9][-a-zA-Z0-9]*",
    fits: |text| text.starts_with(|first: char| first.is_ascii_alphanumeric()) && is_word(text),
};
/// How long the parts are of what makes a stack set's id unique.
const UNIQUE_PART: [usize; 5] = [8, 4, 4, 4, 12];

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_name_or_id(text: &str) -> bool {
    let (name, unique) = text.split_once(':').map_or((text, None), |(name, unique)| (name, Some(unique)));
    let is_unique = |part: &str| part.split('-').map(str::len).eq(UNIQUE_PART) && is_word(part);
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && is_word(name) && unique.is_none_or(is_unique)
}

/// Whether an operation's `StackSetName` is a `StackSetNameOrId`, which has a pattern; that of the others has none.
fn takes_name_or_id(operation: &str) -> bool {
    matches!(
        operation,
        "DetectStackSetDrift"
            | "GetTemplateSummary"
            | "ImportStacksToStackSet"
            | "ListStackInstanceResourceDrifts"
            | "ListStackSetAutoDeploymentTargets"
            | "UpdateStackInstances"
    )
}

/// Checks what a call names, before anything else is looked at.
pub(super) fn request(call: &Call) -> Result<(), WireError> {
    let constraint = |member: &str| match member {
        "StackSetName" if takes_name_or_id(&call.operation) => {
            Some(Constraint::Text { least: 0, most: usize::MAX, pattern: Some(NAME_OR_ID) })
        }
        "OperationId" => Some(Constraint::Text { least: 1, most: 128, pattern: Some(TOKEN) }),
        _ => None,
    };
    Violations::of_request(&call.params, &[], constraint).result()
}
