//! Which changes are skipped after which failures.

use std::collections::BTreeMap;

use rolecall_core::address::Address;
use rolecall_core::ids::IntegrationName;
use rolecall_core::plan::{Change, Phase, Subject};

use crate::applied::{Failure, OperationEnd, Outcome};

/// What failed so far, for the phases that come later.
///
/// A management role or a stack set that failed stops the rest of its integration; trusted access that failed stops
/// all stack sets; instances that were not all deleted stop the delete of their stack set. A member's role stops
/// nothing, and neither do accounts that failed within an operation that succeeded.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    stack_sets: Option<Address>,
    integrations: BTreeMap<IntegrationName, Address>,
    deletes: BTreeMap<IntegrationName, Address>,
}

impl Blocked {
    /// What failed that the change builds on.
    pub(crate) fn because(&self, change: &Change) -> Option<&Address> {
        let needs_access = matches!(change.subject, Subject::StackSet { .. } | Subject::Instances { .. });
        let of_all = self.stack_sets.as_ref().filter(|_| needs_access);
        let integration = change.address.integration();
        let of_integration = integration.and_then(|name| self.integrations.get(name));
        let of_deletes =
            integration.filter(|_| change.phase() == Phase::StackSetDeletes).and_then(|name| self.deletes.get(name));
        of_all.or(of_integration).or(of_deletes)
    }

    /// Takes in how a change ended.
    pub(crate) fn learn(&mut self, change: &Change, outcome: &Outcome) {
        let failed = match outcome {
            Outcome::Done => return,
            Outcome::Skipped { because } => because,
            Outcome::Failed(_) | Outcome::StillRunning { .. } | Outcome::Interrupted { .. } | Outcome::NotStarted => {
                &change.address
            }
        };
        match (&change.address, change.phase(), change.address.integration()) {
            (Address::TrustedAccess, _, _) => self.stack_sets = Some(failed.clone()),
            (_, Phase::InstanceDeletes, Some(name)) => {
                self.deletes.insert(name.clone(), failed.clone());
            }
            (Address::ManagementRole(_) | Address::StackSet(_), _, Some(name)) if !is_tolerated(outcome) => {
                self.integrations.insert(name.clone(), failed.clone());
            }
            _ => {}
        }
    }
}

/// Whether accounts failed, but not more than the failure tolerance allows.
fn is_tolerated(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed(Failure::Operations(operations)) => {
            operations.iter().all(|operation| operation.end == OperationEnd::Succeeded)
        }
        _ => false,
    }
}
