//! What a result rests on when it does not rest on AWS as it is now.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Facts older than this are warned about.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// A snapshot as the source of a result, and its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Facts {
    source: Source,
    taken_at: Timestamp,
    age_seconds: u64,
    /// Whether the age is above what is usual for a nightly snapshot.
    old: bool,
}

/// Where facts are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    /// A snapshot of the organization.
    Snapshot,
    /// The documents of the organization's parts.
    Parts,
}

impl Facts {
    /// A snapshot that was taken then and is used now. One that seems to come from the future is new.
    pub(crate) fn of_snapshot(taken_at: Timestamp, now: Timestamp) -> Self {
        Self::of(Source::Snapshot, taken_at, now)
    }

    /// The documents of parts of which the first was read then.
    pub(crate) fn of_parts(read_at: Timestamp, now: Timestamp) -> Self {
        Self::of(Source::Parts, read_at, now)
    }

    fn of(source: Source, taken_at: Timestamp, now: Timestamp) -> Self {
        let age = now.duration_since(taken_at).max(SignedDuration::ZERO);
        Self { source, taken_at, age_seconds: age.as_secs().unsigned_abs(), old: age > OLD }
    }

    /// When the snapshot was taken.
    pub(crate) fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// Where the facts are from and how old they are, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        let (taken_at, age) = (self.taken_at, self.age());
        match self.source {
            Source::Snapshot => {
                format!("This rests on the snapshot of {taken_at}, {age} old, not on AWS as it is now.")
            }
            Source::Parts => format!("This rests on parts that were read from {taken_at} on, {age} ago."),
        }
    }

    /// What is said of old facts; `None` when they are new.
    pub(crate) fn warning(&self) -> Option<String> {
        let source = match self.source {
            Source::Snapshot => "the snapshot is",
            Source::Parts => "the parts are",
        };
        let age = self.age();
        self.old.then(|| format!("{source} {age} old: what was changed in AWS since then is not seen here"))
    }

    fn age(&self) -> String {
        let (minutes, hours) = (self.age_seconds / 60, self.age_seconds / 3600);
        let (number, unit) = match hours {
            0 => (minutes, "minute"),
            1..48 => (hours, "hour"),
            _ => (hours / 24, "day"),
        };
        format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(hours: i64, minutes: i64) -> Facts {
        let taken: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        Facts::of_snapshot(taken, taken + SignedDuration::from_hours(hours) + SignedDuration::from_mins(minutes))
    }

    #[test]
    fn the_age_is_said_in_the_unit_that_people_would_use() {
        for (hours, minutes, age) in
            [(0, 0, "0 minutes"), (0, 1, "1 minute"), (1, 59, "1 hour"), (47, 59, "47 hours"), (50, 0, "2 days")]
        {
            let sentence = facts(hours, minutes).sentence();
            assert!(sentence.contains(&format!("2026-03-01T10:00:00Z, {age} old")), "{sentence}");
        }
    }

    #[test]
    fn facts_of_more_than_a_day_are_warned_about() {
        assert_eq!(facts(24, 0).warning(), None);
        assert!(facts(24, 1).warning().is_some_and(|warning| warning.contains("24 hours old")));
    }

    #[test]
    fn a_clock_that_runs_behind_makes_facts_new_not_old() {
        assert_eq!(facts(-5, 0).age_seconds, 0);
    }
}
