//! What people and programs get to see, on plans small enough to read.

mod applied;
mod comments;
mod doctor;
mod drift;
mod drift_formats;
mod hold;
mod html;
mod json;
mod laws;
mod markdown;
mod organizations;
mod plan;
mod sarif;
mod schema;
mod snapshot;
mod stack_set;
mod status;
mod world;

pub(super) use self::status::{every_cell, org};
pub(super) use self::world::id;
