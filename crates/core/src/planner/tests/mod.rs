//! The planner on tiny worlds, and the laws it keeps on any.

mod drift;
mod laws;
mod perform;
mod snapshots;
