//! One operation at work.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::work::{self, Verdict};
use super::{later, pace, queue};
use crate::cfn::drift;
use crate::cfn::model::{
    Action, Definition, Detail, InstanceKey, InstanceStatus, Instances, Operation, OperationStatus, Origin, Outcome,
    Override, RegionConcurrency, ResultStatus, SetDrift, StackSet,
};
use crate::cfn::switches::{CreateOverCurrent, SuspendedAccounts};
use crate::world::{World, hex};

/// An operation, and the parts of its stack set that it works on.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) set: SetName<'a>,
    pub(super) definition: &'a Definition,
    pub(super) targets: &'a mut BTreeMap<String, BTreeSet<String>>,
    pub(super) instances: &'a mut Instances,
    pub(super) operation: &'a mut Operation,
    pub(super) drift: &'a mut Option<SetDrift>,
}

/// What a stack set is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetName<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Run<'a> {
    /// The operation at this place of a stack set's list.
    pub(super) fn of(set: &'a mut StackSet, index: usize) -> Option<Self> {
        let StackSet { id, name, definition, targets, instances, operations, drift, .. } = set;
        let operation = operations.get_mut(index)?;
        Some(Self { set: SetName { id, name }, definition, targets, instances, operation, drift })
    }

    /// Leaves the queue.
    pub(super) fn begin(&mut self, world: &mut World, at: Timestamp) {
        self.operation.status = OperationStatus::Running;
        self.operation.begun = Some(at);
        let reason = match self.operation.origin {
            Origin::Request { .. } => Some("User initiated operation"),
            Origin::AutoDeployment => None,
        };
        for (key, result) in &self.operation.results {
            if self.operation.action == Action::Create {
                // An operation before this one may have taken it away since.
                self.instances.add(key, at, || queue::new_instance(&result.unit, &self.operation.id));
            }
            let is_idle = is_idle(world, self.operation, self.instances, key);
            let Some(instance) = self.instances.edit(key, at) else { continue };
            let deploys = matches!(self.operation.action, Action::Create | Action::Update | Action::Override);
            if deploys && !is_idle && instance.status == InstanceStatus::Current {
                instance.status = InstanceStatus::Outdated;
            }
            instance.detail = Detail::Pending;
            if instance.status != InstanceStatus::Inoperable {
                instance.reason = reason.map(str::to_owned);
            }
            instance.last_operation.clone_from(&self.operation.id);
        }
        self.settle(world, at);
    }

    /// A task is done: writes down what came of it, and goes on.
    pub(super) fn finish(&mut self, world: &mut World, region: usize, place: usize, at: Timestamp) {
        let Some(run) = self.operation.regions.get_mut(region).filter(|run| place < run.running.len()) else { return };
        let (_, account) = run.running.swap_remove(place);
        let key = (account, run.region.clone());
        let verdict = if is_idle(world, self.operation, self.instances, &key) {
            Verdict::Done(None)
        } else {
            work::perform(world, self, &key, at)
        };
        if matches!(verdict, Verdict::Failed(_))
            && let Some(run) = self.operation.regions.get_mut(region)
        {
            run.failed += 1;
        }
        self.note(world, &key, &verdict, at);
        self.settle(world, at);
    }

    /// Cancels what is not to be begun any more, begins what may be, and ends when nothing is left.
    pub(super) fn settle(&mut self, world: &World, at: Timestamp) {
        self.cancel(at);
        let ceiling = world.switches.concurrent_instances;
        for index in self.active_regions() {
            let Some(run) = self.operation.regions.get_mut(index) else { continue };
            let allowed = pace::concurrency(&self.operation.preferences, run, ceiling);
            let free = allowed.saturating_sub(run.running.len()).min(run.waiting.len());
            let region = run.region.clone();
            for account in run.waiting.drain(..free).collect::<Vec<_>>() {
                let key = (account, region.clone());
                self.begin_task(world, &key, at);
                let until = later(at, duration(self.set.id, &key.0));
                if let Some(run) = self.operation.regions.get_mut(index) {
                    run.running.push((until, key.0));
                }
            }
        }
        let is_done = self.operation.regions.iter().all(|run| run.waiting.is_empty() && run.running.is_empty());
        let is_empty = self.operation.results.is_empty() && self.operation.status == OperationStatus::Running;
        if is_done && !is_empty {
            self.end(at);
        }
    }

    /// The Regions that may be worked on: all of them, or the first that is not done.
    fn active_regions(&self) -> Vec<usize> {
        let open = self.operation.regions.iter().enumerate();
        let open = open.filter(|(_, run)| !run.waiting.is_empty() || !run.running.is_empty()).map(|(index, _)| index);
        match self.operation.preferences.regions {
            RegionConcurrency::Parallel => open.collect(),
            RegionConcurrency::Sequential => open.take(1).collect(),
        }
    }

    fn cancel(&mut self, at: Timestamp) {
        let is_stopping = self.operation.status == OperationStatus::Stopping;
        let is_sequential = self.operation.preferences.regions == RegionConcurrency::Sequential;
        let (mut earlier_exceeded, mut cancelled) = (false, Vec::new());
        for run in &mut self.operation.regions {
            let exceeded = pace::is_exceeded(&self.operation.preferences, run);
            if is_stopping || exceeded || (is_sequential && earlier_exceeded) {
                cancelled.extend(run.waiting.drain(..).map(|account| (account, run.region.clone())));
            }
            earlier_exceeded |= exceeded;
        }
        let reason = if is_stopping {
            "Cancelled since the operation was stopped"
        } else {
            "Cancelled since failure tolerance has exceeded"
        };
        for key in cancelled {
            self.conclude(&key, at, ResultStatus::Cancelled, Some(reason));
            if let Some(instance) = self.instances.edit(&key, at) {
                instance.detail = Detail::Cancelled;
                instance.reason = Some(reason.to_owned());
            }
        }
    }

    fn begin_task(&mut self, world: &World, key: &InstanceKey, at: Timestamp) {
        let is_idle = is_idle(world, self.operation, self.instances, key);
        if let Some(result) = self.operation.results.get_mut(key) {
            result.begun = Some(at);
        }
        if let Some(instance) = self.instances.edit(key, at) {
            instance.detail = Detail::Running;
            if let Origin::Request { overrides: Some(overrides), digest: _ } = &self.operation.origin
                && !is_idle
            {
                instance.overrides = overridden(&instance.overrides, overrides);
            }
        }
    }

    /// Writes down what came of a task, in the results and in the instance.
    fn note(&mut self, world: &World, key: &InstanceKey, verdict: &Verdict, at: Timestamp) {
        let action = self.operation.action;
        let (status, reason) = match verdict {
            Verdict::Done(reason) => (ResultStatus::Succeeded, reason.clone()),
            Verdict::Failed(reason) => (ResultStatus::Failed, Some(reason.clone())),
            Verdict::Skipped => (ResultStatus::Succeeded, Some("ACCOUNT_SUSPENDED".to_owned())),
        };
        self.conclude(key, at, status, reason.as_deref());
        let is_unmade = self.instances.get(key).is_some_and(|instance| instance.stack_id.is_none());
        let is_left_out = world.switches.suspended_accounts == SuspendedAccounts::LeftOut;
        if *verdict == Verdict::Skipped && action == Action::Create && is_unmade && is_left_out {
            self.instances.remove(key, at);
            return;
        }
        let Some(instance) = self.instances.edit(key, at) else { return };
        instance.reason = reason;
        (instance.status, instance.detail) = match (verdict, action) {
            (Verdict::Skipped, _) => (instance.status, Detail::SkippedSuspendedAccount),
            (Verdict::Done(_), Action::DetectDrift) => (instance.status, Detail::Succeeded),
            (Verdict::Done(_), _) => (InstanceStatus::Current, Detail::Succeeded),
            (Verdict::Failed(_), _) if instance.status == InstanceStatus::Inoperable => {
                (InstanceStatus::Inoperable, Detail::Inoperable)
            }
            (Verdict::Failed(_), Action::DetectDrift) => (instance.status, Detail::Failed),
            (Verdict::Failed(_), Action::Delete | Action::Retain) => (InstanceStatus::Inoperable, Detail::Inoperable),
            (Verdict::Failed(_), Action::Import) => (InstanceStatus::Inoperable, Detail::FailedImport),
            (Verdict::Failed(_), Action::Create | Action::Update | Action::Override) => {
                (InstanceStatus::Outdated, Detail::Failed)
            }
        };
    }

    fn conclude(&mut self, key: &InstanceKey, at: Timestamp, status: ResultStatus, reason: Option<&str>) {
        if let Some(result) = self.operation.results.get_mut(key) {
            result.outcome = Some(Outcome { at, status, reason: reason.map(str::to_owned) });
        }
    }

    /// Ends the operation. Units that it was to take away are no targets any more in Regions where nothing is left.
    pub(super) fn end(&mut self, at: Timestamp) {
        let preferences = &self.operation.preferences;
        let exceeded = self.operation.regions.iter().any(|run| pace::is_exceeded(preferences, run));
        self.operation.status = match self.operation.status {
            OperationStatus::Stopping => OperationStatus::Stopped,
            _ if exceeded => OperationStatus::Failed,
            _ => OperationStatus::Succeeded,
        };
        self.operation.ended = Some(at);
        if self.operation.action == Action::DetectDrift {
            *self.drift = Some(drift::summarize(self.operation, self.instances, at));
        }
        if self.operation.drops.is_empty() {
            return;
        }
        let left: BTreeSet<(&str, &str)> =
            self.instances.iter().map(|((_, region), instance)| (instance.unit.as_str(), region.as_str())).collect();
        for (unit, region) in &self.operation.drops {
            if !left.contains(&(unit, region))
                && let Some(targeted) = self.targets.get_mut(unit)
            {
                targeted.remove(region);
            }
        }
        self.targets.retain(|_, targeted| !targeted.is_empty());
    }
}

/// Whether an operation has nothing to do with one of its instances.
fn is_idle(world: &World, operation: &Operation, instances: &Instances, key: &InstanceKey) -> bool {
    operation.action == Action::Create
        && world.switches.create_over_current == CreateOverCurrent::Ignored
        && instances.get(key).is_some_and(|instance| instance.status == InstanceStatus::Current)
}

/// The overrides that an instance has after a request that lists some: those, and no others.
fn overridden(before: &BTreeMap<String, String>, listed: &BTreeMap<String, Override>) -> BTreeMap<String, String> {
    let value = |key: &String, given: &Override| match given {
        Override::Value(value) => Some(value.clone()),
        Override::Previous => before.get(key).cloned(),
    };
    listed.iter().filter_map(|(key, given)| Some((key.clone(), value(key, given)?))).collect()
}

/// Five to fourteen simulated seconds, always the same for an account and a stack set.
fn duration(set: &str, account: &str) -> SignedDuration {
    let digit = hex(&[set, account]).bytes().next().unwrap_or(b'0');
    SignedDuration::from_secs(5 + i64::from(digit % 10))
}
