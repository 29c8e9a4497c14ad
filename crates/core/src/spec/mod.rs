//! The YAML file: what was written, the table of checks, and what it means.

mod model;

pub use model::*;
