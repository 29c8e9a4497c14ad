//! CloudTrail: the history of events of the last 90 days, without trails.

mod actor;
mod error;
mod handle;
mod lookup;
mod model;
mod parameters;
mod record;
mod resources;
mod response;
mod stack;
#[cfg(test)]
mod tests;

pub(crate) use handle::handle;
pub(crate) use model::Trail;
pub(crate) use parameters::{lower_members, of_json, of_query};
pub(crate) use record::{Asked, Outcome, record};
pub(crate) use response::of_xml;
pub(crate) use stack::{Before, Behind, record_stack};
