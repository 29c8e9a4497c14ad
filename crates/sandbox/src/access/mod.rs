//! Policies: their documents, and what they allow.

mod authorize;
mod condition;
mod context;
mod document;
mod evaluate;
mod pattern;
mod variables;

pub(crate) use authorize::{Denial, Layer, authorize, authorize_with};
pub(crate) use condition::holds;
pub(crate) use context::{Context, request_context};
pub(crate) use document::{Document, DocumentError, Effect, Listed, Principals};
pub(crate) use evaluate::{Decision, Evaluation, Policy, Source, decide, evaluate, listed, matches_action};
pub(crate) use pattern::matches;
pub(crate) use variables::expand;
