//! Which changes are skipped after which failures.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::address::Address;
use rolecall_core::ids::{IntegrationName, StackSetName};
use rolecall_core::plan::{Change, InstanceAction, Phase, Subject};

use crate::applied::{Failure, OperationEnd, Outcome, Submission};

/// What failed so far, for the phases that come later.
///
/// A management role or a stack set that failed stops the rest of its integration, and so do instances that were to be
/// taken out, for a delete of their unit would take what is someone else's; trusted access that failed stops
/// all stack sets; instances that were not all deleted stop the delete of their stack set. A member's role stops
/// nothing, and neither do accounts that failed within an operation that succeeded.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    stack_sets: Option<Address>,
    integrations: BTreeMap<IntegrationName, Address>,
    deletes: BTreeMap<IntegrationName, Address>,
    /// Stack sets whose operations were begun and not waited for; they can be deleted only after them.
    submitted: BTreeSet<StackSetName>,
    /// Stack sets on which something was left for the next run, and so is everything that comes after it; by each the one
    /// whose operation is in the way, which is another where the quota on instances at once is used up.
    left: BTreeMap<StackSetName, StackSetName>,
}

impl Blocked {
    /// What failed that the change builds on.
    pub(crate) fn because(&self, change: &Change) -> Option<&Address> {
        let needs_access = matches!(change.subject, Subject::StackSet { .. } | Subject::Instances { .. });
        let of_all = self.stack_sets.as_ref().filter(|_| needs_access);
        let integration = change.address.integration();
        let of_integration = integration.and_then(|name| self.integrations.get(name));
        let of_deletes =
            integration.filter(|_| change.phase == Phase::StackSetDeletes).and_then(|name| self.deletes.get(name));
        of_all.or(of_integration).or(of_deletes)
    }

    /// The stack set whose operation the change must come after, where nobody waits for it.
    pub(crate) fn waits_for(&self, change: &Change) -> Option<&StackSetName> {
        if change.phase == Phase::Successors {
            // It takes the place of something, and what leaves it is a delete that nobody waits for.
            return self.left.values().chain(&self.submitted).next();
        }
        let name = stack_set(change)?;
        let ends_it = change.phase == Phase::StackSetDeletes;
        self.left.get(name).or_else(|| self.submitted.get(name).filter(|_| ends_it))
    }

    /// Takes in how a change ended.
    pub(crate) fn learn(&mut self, change: &Change, outcome: &Outcome) {
        let failed = match outcome {
            Outcome::Done => return,
            Outcome::Submitted(Submission { stack_set, operations: _, steps }) => {
                if *steps < change.steps.len() {
                    self.left.insert(stack_set.clone(), stack_set.clone());
                } else {
                    self.submitted.insert(stack_set.clone());
                }
                return;
            }
            Outcome::Left { stack_set: other } => {
                self.left.extend(stack_set(change).map(|own| (own.clone(), other.clone())));
                return;
            }
            Outcome::Skipped { because } => because,
            Outcome::Failed(_) | Outcome::StillRunning { .. } | Outcome::Interrupted { .. } | Outcome::NotStarted => {
                &change.address
            }
        };
        match (&change.address, change.phase, change.address.integration()) {
            (Address::TrustedAccess, _, _) => self.stack_sets = Some(failed.clone()),
            (_, Phase::InstanceDeletes, Some(name)) => {
                self.deletes.insert(name.clone(), failed.clone());
            }
            (Address::ManagementRole(_) | Address::StackSet(_), _, Some(name)) if !is_tolerated(outcome) => {
                self.integrations.insert(name.clone(), failed.clone());
            }
            (_, _, Some(name)) if is_abandonment(change) => {
                self.integrations.insert(name.clone(), failed.clone());
            }
            _ => {}
        }
    }
}

fn stack_set(change: &Change) -> Option<&StackSetName> {
    match &change.subject {
        Subject::StackSet { name, .. } | Subject::Instances { stack_set: name, .. } => Some(name),
        Subject::TrustedAccess | Subject::Role { .. } => None,
    }
}

fn is_abandonment(change: &Change) -> bool {
    matches!(&change.subject, Subject::Instances { action: InstanceAction::Abandon, .. })
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use rolecall_core::observed::ManagedExecution;
    use rolecall_core::plan::{Custody, Edit, Why};
    use rolecall_core::spec::AutoDeployment;
    use rolecall_core::step::Step;
    use rolecall_core::template::{Definition, Template};

    use super::*;
    use crate::applied::EndedOperation;

    fn change(address: &str, subject: Subject) -> Change {
        let steps = vec![Step::ActivateTrustedAccess];
        Change::new(address.parse().unwrap(), Why::Missing, subject, steps)
    }

    fn trusted_access() -> Change {
        change("organization.trusted_access", Subject::TrustedAccess)
    }

    fn instances(name: &str, action: InstanceAction) -> Change {
        let stack_set = format!("rolecall-{name}").parse().unwrap();
        let subject = Subject::Instances { stack_set, action, accounts: BTreeSet::new(), units: BTreeSet::new() };
        change(&format!("{name}.instances"), subject)
    }

    fn failed(end: OperationEnd) -> Outcome {
        let id = "rolecall-1".parse().unwrap();
        let operation = EndedOperation { id, end, reason: None, accounts: BTreeMap::new() };
        Outcome::Failed(Failure::Operations(vec![operation]))
    }

    /// A change of the address of a stack set; what it is about does not matter here.
    fn stack_set(name: &str) -> Change {
        Change { address: Address::StackSet(name.parse().unwrap()), ..instances(name, InstanceAction::Retry) }
    }

    #[test]
    fn trusted_access_that_failed_stops_all_stack_sets() {
        let mut blocked = Blocked::default();
        blocked.learn(&trusted_access(), &Outcome::Interrupted { steps: 0 });
        for name in ["prowler", "spot"] {
            assert_eq!(blocked.because(&instances(name, InstanceAction::Create)), Some(&Address::TrustedAccess));
        }
    }

    #[test]
    fn a_stack_set_that_failed_stops_its_own_integration_only() {
        let mut blocked = Blocked::default();
        blocked.learn(&stack_set("prowler"), &failed(OperationEnd::Failed));
        let address = "prowler.stack_set".parse().unwrap();
        assert_eq!(blocked.because(&instances("prowler", InstanceAction::Create)), Some(&address));
        assert_eq!(blocked.because(&instances("spot", InstanceAction::Create)), None);
    }

    #[test]
    fn failures_within_the_tolerance_stop_nothing() {
        let mut blocked = Blocked::default();
        blocked.learn(&stack_set("prowler"), &failed(OperationEnd::Succeeded));
        assert_eq!(blocked.because(&instances("prowler", InstanceAction::Create)), None);
    }

    #[test]
    fn instances_that_were_not_taken_out_keep_their_unit_from_being_deleted() {
        let mut blocked = Blocked::default();
        let abandon = Change { phase: Phase::Instances, ..instances("prowler", InstanceAction::Abandon) };
        blocked.learn(&abandon, &failed(OperationEnd::Succeeded));
        assert!(blocked.because(&instances("prowler", InstanceAction::Delete)).is_some());
        assert_eq!(blocked.because(&instances("spot", InstanceAction::Delete)), None);
    }

    #[test]
    fn what_was_skipped_passes_on_the_reason() {
        let mut blocked = Blocked::default();
        blocked.learn(&stack_set("prowler"), &Outcome::Skipped { because: Address::TrustedAccess });
        assert_eq!(blocked.because(&instances("prowler", InstanceAction::Create)), Some(&Address::TrustedAccess));
    }

    fn submitted(change: &Change, steps: usize) -> Outcome {
        let mut begun = Submission::on(super::stack_set(change).unwrap().clone());
        begun.steps = steps;
        Outcome::Submitted(begun)
    }

    #[test]
    fn what_nobody_waits_for_holds_up_the_delete_of_its_stack_set_only() {
        let mut blocked = Blocked::default();
        let deletes = instances("prowler", InstanceAction::Delete);
        blocked.learn(&deletes, &submitted(&deletes, 1));
        assert_eq!(blocked.waits_for(&instances("prowler", InstanceAction::Create)), None);
        let name: StackSetName = "rolecall-prowler".parse().unwrap();
        let definition = Definition {
            description: String::new(),
            template: Template::from(String::new()),
            capabilities: BTreeSet::new(),
            tags: BTreeMap::new(),
            auto_deployment: AutoDeployment::Off,
            managed_execution: ManagedExecution::Active,
        };
        let edit = Edit::Delete(Box::new(definition));
        let subject = Subject::StackSet { name: name.clone(), edit, custody: Custody::Ours, reaches: BTreeSet::new() };
        assert_eq!(blocked.waits_for(&change("prowler.stack_set", subject)), Some(&name));
    }

    #[test]
    fn what_was_left_leaves_all_that_comes_after_it() {
        for outcome in [
            |_: &Change| Outcome::Left { stack_set: "rolecall-prowler".parse().unwrap() },
            |change: &Change| submitted(change, 0),
        ] {
            let mut blocked = Blocked::default();
            let update = instances("prowler", InstanceAction::Retry);
            blocked.learn(&update, &outcome(&update));
            assert!(blocked.waits_for(&instances("prowler", InstanceAction::Create)).is_some());
            assert_eq!(blocked.waits_for(&instances("spot", InstanceAction::Create)), None);
        }
    }

    #[test]
    fn what_was_left_for_want_of_room_leaves_nothing_of_the_stack_set_that_takes_it() {
        let mut blocked = Blocked::default();
        let taker: StackSetName = "rolecall-spot".parse().unwrap();
        blocked.learn(&instances("prowler", InstanceAction::Delete), &Outcome::Left { stack_set: taker.clone() });
        assert_eq!(blocked.waits_for(&instances("prowler", InstanceAction::Create)), Some(&taker));
        assert_eq!(blocked.waits_for(&instances("spot", InstanceAction::Create)), None);
    }

    #[test]
    fn instances_that_failed_to_come_stop_nothing() {
        let mut blocked = Blocked::default();
        blocked.learn(&instances("prowler", InstanceAction::Create), &failed(OperationEnd::Failed));
        assert_eq!(blocked.because(&instances("prowler", InstanceAction::Delete)), None);
    }
}
