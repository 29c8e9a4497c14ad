//! Systems Manager: the Parameter Store, as far as plain parameters go.

mod error;
mod handle;
mod input;
mod list;
mod model;
mod parameters;
mod tags;
#[cfg(test)]
mod tests;

pub(crate) use handle::handle;
pub(crate) use model::Store;
