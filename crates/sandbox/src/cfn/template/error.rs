//! Why a template is refused, in `CloudFormation`'s words.

use std::collections::BTreeSet;

/// A refusal. Its text is the message of a `ValidationError`; where the simulation stops short of `CloudFormation`, the
/// text says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    /// The text or its sections are wrong.
    #[error("Template format error: {0}")]
    Format(String),
    /// An intrinsic function is wrong.
    #[error("Template error: {0}")]
    Function(String),
    /// Anything that `CloudFormation` reports without a prefix: a parameter's value, an unknown key.
    #[error("{0}")]
    Other(String),
    /// `CloudFormation` would go on, the simulation does not.
    #[error("The simulated CloudFormation does not know {0}")]
    NotSimulated(String),
}

pub(super) fn format_error(message: impl Into<String>) -> TemplateError {
    TemplateError::Format(message.into())
}

pub(super) fn function_error(message: impl Into<String>) -> TemplateError {
    TemplateError::Function(message.into())
}

pub(super) fn other_error(message: impl Into<String>) -> TemplateError {
    TemplateError::Other(message.into())
}

pub(super) fn not_simulated(what: impl Into<String>) -> TemplateError {
    TemplateError::NotSimulated(what.into())
}

/// Names that a block uses and nobody declares.
pub(super) fn unresolved<'a>(names: impl IntoIterator<Item = &'a str>, block: &str) -> TemplateError {
    let names = names.into_iter().collect::<BTreeSet<_>>();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    format_error(format!("Unresolved resource dependencies [{names}] in the {block} block of the template"))
}
