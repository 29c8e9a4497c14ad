//! The pure core of Rolecall: policy semantics, the desired state, the planner and the guard.
//!
//! Nothing here reads a file, a clock, an environment variable or the network, and nothing prints: the same
//! values in give the same values out.

pub mod address;
pub mod day;
pub mod desired;
pub mod drift;
pub mod edits;
pub mod guard;
pub mod ids;
pub mod import;
pub mod lock;
pub mod observed;
pub mod org;
pub mod own_policy;
pub mod parts;
pub mod permissions;
pub mod placement;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod portion;
pub mod role;
pub mod scope;
pub mod snapshot;
pub mod spec;
pub mod status;
pub mod step;
pub mod template;
pub mod who;
