//! The planner on tiny worlds, and the laws it keeps on any.

mod laws;
mod perform;
mod snapshots;
