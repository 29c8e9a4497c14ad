//! Policies: their documents, and what they allow.

mod authorize;
mod condition;
mod document;
mod pattern;

pub(crate) use authorize::{Denial, authorize, context, listed, matches_action};
pub(crate) use condition::{Context, holds};
pub(crate) use document::{Document, DocumentError, Effect, Listed, Principals};
pub(crate) use pattern::matches;
