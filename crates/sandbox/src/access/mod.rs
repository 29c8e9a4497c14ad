//! Policies: their documents, and what they allow.

mod condition;
mod document;
mod pattern;

pub(crate) use condition::{Context, holds};
pub(crate) use document::{Document, DocumentError, Effect, Listed, Principals};
pub(crate) use pattern::matches;
