//! The simulated AWS as an HTTP server.

mod admin;
mod audit;
mod clock;
mod dispatch;
mod limits;
mod listener;
mod lock;
mod record;
mod request;
mod respond;
mod run;
mod state_file;

pub use audit::{AuditEntry, CallAccess, CallSource, Stats};
pub use clock::{Clock, ClockError};
pub use lock::Holder;
pub use run::{Options, Running, Sandbox, StartError};
pub use state_file::{Forgotten, StateFile, StateFileError, fingerprint, forget};
