//! The record of every call.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

use crate::wire::Service;

/// At most this many calls are remembered; the oldest are forgotten first.
const MOST: usize = 200_000;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its number, from 1; never used again, also not after a reset.
    pub n: u64,
    /// The simulated time.
    pub time: Timestamp,
    /// The service.
    pub service: Service,
    /// The operation, for example `GetRole`.
    pub operation: String,
    /// The account acted on: for `AssumeRole` the role's, else the caller's.
    pub account: String,
    /// The caller's ARN; empty when the credentials were refused.
    pub caller: String,
    /// Whether the operation changes anything but sessions.
    pub access: CallAccess,
    /// `OK`, an error code, or `connection reset`.
    pub result: String,
    /// The id of the request, as the answer carried it.
    pub request_id: String,
    /// The faults that struck, by name; absent when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Who sent it.
    pub source: CallSource,
}

/// Who sent a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSource {
    /// A client.
    Client,
    /// A fault of the sandbox, in place of someone else.
    Fault,
}

/// Whether an operation changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallAccess {
    /// It does not: it reads, or hands out a session.
    Read,
    /// It does.
    Write,
}

impl CallAccess {
    /// What an operation does, by its name.
    pub(super) fn of(operation: &str) -> Self {
        const READING: [&str; 8] =
            ["Get", "List", "Describe", "Validate", "AssumeRole", "Simulate", "Decode", "Lookup"];
        if READING.iter().any(|prefix| operation.starts_with(prefix)) { Self::Read } else { Self::Write }
    }
}

/// Counts since the server started or they were reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Distinct TCP connections accepted, those for this page included.
    pub connections: u64,
    /// Calls of clients by operation, for example `iam:GetRole`.
    pub calls: BTreeMap<String, u64>,
}

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Audit {
    entries: VecDeque<AuditEntry>,
    last: u64,
    calls: BTreeMap<(Service, String), u64>,
}

impl Audit {
    /// Adds a call, giving it its number.
    pub(super) fn record(&mut self, mut entry: AuditEntry) {
        self.last += 1;
        entry.n = self.last;
        if entry.source == CallSource::Client {
            *self.calls.entry((entry.service, entry.operation.clone())).or_default() += 1;
        }
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// The number of the last call.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The calls with a number above `since`.
    pub(super) fn since(&self, since: u64) -> impl Iterator<Item = &AuditEntry> {
        let first = self.entries.front().map_or(0, |entry| entry.n);
        let skipped = usize::try_from((since + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped)
    }

    /// Forgets the calls and the counts, not the numbering.
    pub(super) fn reset(&mut self) {
        self.entries.clear();
        self.calls.clear();
    }

    /// Calls by operation.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.calls
            .iter()
            .map(|((service, operation), count)| (format!("{}:{operation}", service.name()), *count))
            .collect()
    }
}
