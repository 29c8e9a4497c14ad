//! Drift: what is there against what was last applied, apart from what the file would change.
//!
//! Nothing here remembers what was applied. The template of a stack set says it for the roles of its stacks, and the
//! digest tag of a role that IAM calls made tells whether the role is still what was written. From both, the desired state
//! of back then is put together, and planned for: what that plan would change has drifted.

mod applied;
mod differences;
mod finding;
mod ignore;
mod report;

pub use finding::{Blind, DefinitionPart, Difference, Finding, Place, Purity, Standing, What};
pub use ignore::Ignore;
pub use report::Report;

use crate::day::Day;
use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::Plan;

/// Tells drift, pending changes and the unknown apart. `today` decides which ignores have expired.
pub fn report(desired: &Desired, observed: &Observed, ignores: &[Ignore], today: Day) -> Report {
    report::Judgement::new(desired, observed, ignores, today).report()
}

/// The plan that undoes drift and makes no pending change. What is ignored is left as it is, and so is a role of which it
/// cannot be told what drifted and what is pending: that is held.
pub fn healing(desired: &Desired, observed: &Observed, ignores: &[Ignore], today: Day) -> Plan {
    report::Judgement::new(desired, observed, ignores, today).healing()
}
