//! The simulated AWS as an HTTP server.

mod admin;
mod audit;
mod clock;
mod dispatch;
mod faults;
mod listener;
mod record;
mod request;
mod respond;
mod run;
mod state_file;

pub use audit::{AuditEntry, CallAccess, Stats};
pub use clock::Clock;
pub use faults::{FaultEffect, FaultRule, FaultWhen};
pub use run::{Options, Running, Sandbox, StartError};
pub use state_file::{StateFile, StateFileError, fingerprint};
