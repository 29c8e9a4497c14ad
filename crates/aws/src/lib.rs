//! The thin edge to AWS: reading an organization, performing one step, waiting for an operation.
//!
//! Every choice is made by `rolecall-core`; this crate says in AWS's words what the plan says in ours. It is the only
//! one that names the AWS SDK.

mod advice;
mod applied;
mod apply;
mod attempts;
mod blocked;
#[cfg(test)]
mod canned;
mod classify;
mod connect;
mod counts;
mod credentials;
mod doctor;
mod documents;
mod error;
mod events;
mod http;
mod keeper;
mod line;
mod lock;
mod observe;
mod operations;
mod org;
mod pace;
mod paces;
mod perform;
mod policies;
mod retry;
mod roles;
mod room;
mod sessions;
mod stack_sets;
mod stop;
mod wait;
mod who;
mod whole;

pub use applied::{
    AccountEnd, AccountResult, Applied, ChangeResult, EndedOperation, Failure, OperationEnd, Outcome, Submission,
};
pub use apply::{ApplyOptions, Operations, apply};
pub use connect::{CALL_TIMEOUT, Caller, ConnectError, ConnectOptions, Connection, Endpoint};
pub use counts::CallCounts;
pub use doctor::{Check, Diagnosis, Subject, Verdict, diagnose};
pub use error::{CallError, CallErrorKind};
pub use events::{ApplyEvent, Counts, ObserveEvent};
pub use lock::{Freed, LockWait, Locking, free_lock, read_lock, take_away_lock, take_lock, wait_for_lock};
pub use observe::{ObserveError, confirm_organization, observe};
pub use org::{UnitNames, read_org};
pub use stop::Stop;
pub use wait::{Waited, wait_for_running};
pub use who::{WhoLimits, who};
pub use whole::{Whole, observe_whole};
