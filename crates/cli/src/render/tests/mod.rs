//! What people and programs get to see, on plans small enough to read.

mod json;
mod laws;
mod plan;
mod status;
mod world;
