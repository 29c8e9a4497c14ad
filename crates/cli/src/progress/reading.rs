//! Progress of reading an organization.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::ProgressBar;
use rolecall_aws::ObserveEvent;

use super::{PAUSE, TICK, Throttling, spinner};
use crate::output::{Output, ProgressStyle};

/// What accounts are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Their roles.
    Roles,
    /// What may be done in them.
    Checking,
}

impl Errand {
    fn beginning(self) -> &'static str {
        match self {
            Self::Roles => "Reading the organization and the stack sets",
            Self::Checking => "Checking the caller and the organization",
        }
    }

    fn announcement(self, accounts: usize) -> String {
        let noun = if accounts == 1 { "account" } else { "accounts" };
        match self {
            Self::Roles => format!("Reading the roles of {accounts} {noun} ..."),
            Self::Checking => format!("Checking {accounts} {noun} ..."),
        }
    }
}

/// Shows how far the reading is.
pub(crate) struct Reading<'a> {
    output: &'a Output,
    errand: Errand,
    style: ProgressStyle,
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    counts: Counts,
    /// When a line was written last.
    told: Instant,
    throttling: Throttling,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    total: usize,
    read: usize,
    failed: usize,
}

impl<'a> Reading<'a> {
    /// Begins.
    pub(crate) fn begin(output: &'a Output, errand: Errand) -> Self {
        let style = output.progress();
        let bar = match style {
            ProgressStyle::Animated => spinner(),
            ProgressStyle::None | ProgressStyle::Lines => ProgressBar::hidden(),
        };
        bar.set_message(errand.beginning());
        bar.enable_steady_tick(TICK);
        Self {
            output,
            errand,
            style,
            bar,
            state: Mutex::new(State {
                counts: Counts::default(),
                told: Instant::now(),
                throttling: Throttling::default(),
            }),
        }
    }

    /// Takes in what happens.
    pub(crate) fn watch(&self, event: ObserveEvent<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            ObserveEvent::Organization { accounts } => tracing::info!(accounts, "read the organization"),
            ObserveEvent::Roles { accounts } => {
                state.counts.total = accounts;
                self.line(&self.errand.announcement(accounts));
                state.told = Instant::now();
            }
            ObserveEvent::Throttled { call } => {
                if let Some(news) = state.throttling.news(call) {
                    self.bar.suspend(|| self.output.note(&news));
                }
            }
            ObserveEvent::Account { account, failure } => {
                state.counts.read += 1;
                state.counts.failed += usize::from(failure.is_some());
                if let Some(failure) = failure {
                    tracing::info!(%account, %failure, "could not read");
                }
                if state.told.elapsed() >= PAUSE && state.counts.read < state.counts.total {
                    self.line(&format!("{} ...", state.counts.text(self.errand)));
                    state.told = Instant::now();
                }
            }
        }
        if state.counts.total > 0 {
            self.bar.set_message(state.counts.text(self.errand));
        }
    }

    fn line(&self, text: &str) {
        if self.style == ProgressStyle::Lines {
            self.output.note(text);
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Counts {
    fn text(self, errand: Errand) -> String {
        let Self { total, read, failed } = self;
        let failures = if failed > 0 { format!("; {failed} could not be read") } else { String::new() };
        match errand {
            Errand::Roles => format!("Read the roles of {read} of {total} accounts{failures}"),
            Errand::Checking => format!("Checked {read} of {total} accounts{failures}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_apart() {
        let counts = Counts { total: 38, read: 12, failed: 1 };
        assert_eq!(counts.text(Errand::Roles), "Read the roles of 12 of 38 accounts; 1 could not be read");
        assert_eq!(Counts { failed: 0, ..counts }.text(Errand::Roles), "Read the roles of 12 of 38 accounts");
    }
}
