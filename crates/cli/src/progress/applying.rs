//! Progress of applying a plan: one line for each stack set operation, and one for all roles.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar};
use rolecall_aws::{ApplyEvent, Counts, Outcome};
use rolecall_core::observed::RunningOperation;
use rolecall_core::plan::{Action, Change, InstanceAction, Plan, Subject};

use super::{PAUSE, TICK, Throttling, spinner};
use crate::output::{Output, ProgressStyle};

/// Shows how far the work is.
pub(crate) struct Applying<'a> {
    output: &'a Output,
    style: ProgressStyle,
    screen: MultiProgress,
    plan: &'a Plan,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By change: those that are not about a single role.
    lines: BTreeMap<usize, Line>,
    roles: Roles,
    roles_line: Option<Line>,
    throttling: Throttling,
}

/// A line, drawn over or written anew.
struct Line {
    bar: ProgressBar,
    began: Instant,
    /// When it was written last, where lines stay.
    told: Instant,
}

/// The roles that are changed by IAM calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Roles {
    total: usize,
    done: usize,
    failed: usize,
}

impl<'a> Applying<'a> {
    /// Begins.
    pub(crate) fn begin(output: &'a Output, plan: &'a Plan) -> Self {
        let total = plan.changes.iter().filter(|change| is_role(change)).count();
        let state = State { roles: Roles { total, ..Roles::default() }, ..State::default() };
        Self { output, style: output.progress(), screen: MultiProgress::new(), plan, state: Mutex::new(state) }
    }

    /// Tells something in between, without tearing the lines apart.
    pub(crate) fn say(&self, text: &str) {
        self.screen.suspend(|| self.output.message(text));
    }

    /// Takes in what happens.
    pub(crate) fn watch(&self, event: ApplyEvent<'_>) {
        match event {
            ApplyEvent::Started { change } => self.started(change),
            ApplyEvent::Step { change, step } => tracing::debug!(address = %self.name(change), step, "step"),
            ApplyEvent::Retry { change, error, pause } => {
                tracing::info!(address = %self.name(change), %error, ?pause, "trying again");
            }
            ApplyEvent::Operation { change, operation } => {
                tracing::info!(address = %self.name(change), %operation, "operation");
            }
            ApplyEvent::Progress { change, operation: _, counts } => self.progress(change, counts),
            ApplyEvent::Waiting { stack_set, operation } => {
                self.screen.suspend(|| self.output.note(&waiting(stack_set.as_str(), operation)));
            }
            ApplyEvent::WaitingForRoom { stack_set, other, operation } => {
                self.screen.suspend(|| {
                    self.output.note(&format!(
                        "{stack_set}: AWS works on as many stack instances at once as its quota allows; waiting for {} of \
                         {other}",
                        named(operation)
                    ));
                });
            }
            ApplyEvent::Throttled { call } => {
                if let Some(news) = self.state().throttling.news(call) {
                    self.screen.suspend(|| self.output.note(&news));
                }
            }
            ApplyEvent::Ended { change, outcome } => self.ended(change, outcome),
        }
    }

    fn started(&self, index: usize) {
        let Some(change) = self.plan.changes.get(index) else { return };
        let mut state = self.state();
        let (line, text) = if is_role(change) {
            if state.roles_line.is_some() {
                return;
            }
            let text = state.roles.text();
            (state.roles_line.insert(self.line()), text)
        } else {
            let line = self.line();
            state.lines.insert(index, line);
            let Some(line) = state.lines.get_mut(&index) else { return };
            (line, format!("{}: {} ...", change.address, activity(change)))
        };
        self.tell(line, &text);
    }

    fn progress(&self, index: usize, counts: Counts) {
        let Some(change) = self.plan.changes.get(index) else { return };
        let mut state = self.state();
        let Some(line) = state.lines.get_mut(&index) else { return };
        let text = format!("{}: {}", change.address, counted(counts, change.accounts().len()));
        line.bar.set_message(text.clone());
        if line.told.elapsed() >= PAUSE {
            self.tell(line, &text);
        }
    }

    fn ended(&self, index: usize, outcome: &Outcome) {
        let Some(change) = self.plan.changes.get(index) else { return };
        let mut state = self.state();
        if let Some(line) = state.lines.remove(&index) {
            let took = line.began.elapsed();
            self.end(&line, &format!("{}: {} after {}", change.address, ending(change, outcome), seconds(took)));
            return;
        }
        if !is_role(change) {
            return;
        }
        match outcome {
            Outcome::Done => state.roles.done += 1,
            _ => state.roles.failed += 1,
        }
        let roles = state.roles;
        let Some(line) = &mut state.roles_line else { return };
        let text = roles.text();
        line.bar.set_message(text.clone());
        if roles.done + roles.failed == roles.total {
            self.end(line, &text);
        } else if line.told.elapsed() >= PAUSE {
            self.tell(line, &text);
        }
    }

    fn line(&self) -> Line {
        let bar = match self.style {
            ProgressStyle::Animated => self.screen.add(spinner()),
            ProgressStyle::None | ProgressStyle::Lines => ProgressBar::hidden(),
        };
        bar.enable_steady_tick(TICK);
        let now = Instant::now();
        Line { bar, began: now, told: now }
    }

    fn tell(&self, line: &mut Line, text: &str) {
        line.told = Instant::now();
        match self.style {
            ProgressStyle::None => {}
            ProgressStyle::Animated => line.bar.set_message(text.to_owned()),
            ProgressStyle::Lines => self.output.note(text),
        }
    }

    fn end(&self, line: &Line, text: &str) {
        match self.style {
            ProgressStyle::None => {}
            ProgressStyle::Animated => {
                line.bar.finish_and_clear();
                self.screen.suspend(|| self.output.note(text));
            }
            ProgressStyle::Lines => self.output.note(text),
        }
    }

    fn name(&self, index: usize) -> String {
        self.plan.changes.get(index).map(|change| change.address.to_string()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Applying<'_> {
    fn drop(&mut self) {
        let state = self.state();
        for line in state.lines.values().chain(&state.roles_line) {
            line.bar.finish_and_clear();
        }
    }
}

impl Roles {
    fn text(self) -> String {
        let Self { total, done, failed } = self;
        let failures = if failed > 0 { format!(", {failed} not") } else { String::new() };
        format!("roles by IAM: {done} of {total} done{failures}")
    }
}

fn is_role(change: &Change) -> bool {
    matches!(change.subject, Subject::Role { .. })
}

/// Whether instances leave their stack set, and their stacks and roles stay.
fn is_taken_out(change: &Change) -> bool {
    matches!(&change.subject, Subject::Instances { action: InstanceAction::Abandon, .. })
}

fn activity(change: &Change) -> String {
    let verb = match change.action() {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Replace => "replacing",
        Action::Delete if is_taken_out(change) => "taking out",
        Action::Delete => "destroying",
    };
    match change.accounts().len() {
        0 => verb.to_owned(),
        1 => format!("{verb} in 1 account"),
        many => format!("{verb} in {many} accounts"),
    }
}

fn counted(counts: Counts, planned: usize) -> String {
    let Counts { succeeded, failed, running, pending, cancelled, more } = counts;
    let seen = succeeded + failed + running + pending + cancelled;
    let total = if more { "many".to_owned() } else { seen.max(planned).to_string() };
    let mut text = format!("{succeeded} of {total} accounts done");
    for (number, word) in [(failed, "failed"), (cancelled, "cancelled"), (running, "in progress")] {
        if number > 0 {
            let _ = write!(text, ", {number} {word}");
        }
    }
    text
}

fn ending(change: &Change, outcome: &Outcome) -> &'static str {
    match (outcome, change.action()) {
        (Outcome::Done, Action::Create) => "created",
        (Outcome::Done, Action::Update) => "changed",
        (Outcome::Done, Action::Replace) => "replaced",
        (Outcome::Done, Action::Delete) if is_taken_out(change) => "taken out",
        (Outcome::Done, Action::Delete) => "destroyed",
        (Outcome::Failed(_), _) => "failed",
        (Outcome::Skipped { .. }, _) => "skipped",
        (Outcome::StillRunning { .. }, _) => "still running",
        (Outcome::Submitted(_), _) => "submitted",
        (Outcome::Left { .. }, _) => "left for the next run",
        (Outcome::Interrupted { .. }, _) => "interrupted",
        (Outcome::NotStarted, _) => "not started",
    }
}

/// What is said while another operation of a stack set runs.
pub(crate) fn waiting(stack_set: &str, operation: &RunningOperation) -> String {
    let RunningOperation { id, action: _, started } = operation;
    let whose = if id.is_ours() { "of an earlier run of Rolecall" } else { "that somebody else started" };
    let since = started.as_ref().map(|started| format!(" at {started}")).unwrap_or_default();
    format!("{stack_set}: waiting for {} {whose}{since}", named(operation))
}

/// `the operation abc-1 (UPDATE)`
fn named(RunningOperation { id, action, started: _ }: &RunningOperation) -> String {
    let action = action.as_ref().map(|action| format!(" ({action})")).unwrap_or_default();
    format!("the operation {id}{action}")
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds < 60 => format!("{seconds}s"),
        seconds => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_told_in_accounts() {
        let counts = Counts { succeeded: 12, failed: 1, running: 2, pending: 23, cancelled: 0, more: false };
        assert_eq!(counted(counts, 38), "12 of 38 accounts done, 1 failed, 2 in progress");
        assert_eq!(counted(Counts { more: true, ..counts }, 9000), "12 of many accounts done, 1 failed, 2 in progress");
        assert_eq!(counted(Counts::default(), 3), "0 of 3 accounts done");
    }

    #[test]
    fn roles_are_counted_in_one_line() {
        assert_eq!(Roles { total: 40, done: 12, failed: 0 }.text(), "roles by IAM: 12 of 40 done");
        assert_eq!(Roles { total: 40, done: 12, failed: 2 }.text(), "roles by IAM: 12 of 40 done, 2 not");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(seconds(Duration::from_millis(900)), "0s");
        assert_eq!(seconds(Duration::from_secs(61)), "1m01s");
    }

    #[test]
    fn the_other_operation_is_named_with_who_started_it() {
        let mut operation =
            RunningOperation { id: "abc-1".parse().unwrap(), action: Some("UPDATE".into()), started: None };
        let text = waiting("rolecall-prowler", &operation);
        assert_eq!(text, "rolecall-prowler: waiting for the operation abc-1 (UPDATE) that somebody else started");
        operation.id = "rolecall-1".parse().unwrap();
        assert!(waiting("rolecall-prowler", &operation).contains("an earlier run of Rolecall"));
    }
}
