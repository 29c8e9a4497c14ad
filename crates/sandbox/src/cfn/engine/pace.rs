//! How fast an operation goes, and when it gives up.

use crate::cfn::model::{ConcurrencyMode, Preferences, RegionRun};

/// Whether more accounts of a Region failed than may.
pub(super) fn is_exceeded(preferences: &Preferences, run: &RegionRun) -> bool {
    run.failed > preferences.tolerance.of(run.total)
}

/// How many accounts of a Region may be worked on at the same time.
///
/// Strict tolerance begins with one more than may fail at most, and goes down with every failure, so that never more
/// than one too many fails (`ConcurrencyMode` of the service model).
pub(super) fn concurrency(preferences: &Preferences, run: &RegionRun, ceiling: usize) -> usize {
    let wanted = preferences.concurrent.of(run.total).clamp(1, ceiling.max(1));
    match preferences.mode {
        ConcurrencyMode::SoftFailureTolerance => wanted,
        ConcurrencyMode::StrictFailureTolerance => {
            let left = (preferences.tolerance.of(run.total) + 1).saturating_sub(run.failed);
            wanted.min(left.max(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::cfn::model::{Amount, RegionConcurrency};

    fn run(total: usize, failed: usize) -> RegionRun {
        RegionRun { region: "us-east-1".to_owned(), total, failed, waiting: VecDeque::new(), running: Vec::new() }
    }

    fn preferences(concurrent: Amount, tolerance: Amount, mode: ConcurrencyMode) -> Preferences {
        Preferences { concurrent, tolerance, mode, regions: RegionConcurrency::Sequential, region_order: Vec::new() }
    }

    #[test]
    fn strict_tolerance_slows_down_with_every_failure() {
        let strict = preferences(Amount::Count(10), Amount::Count(3), ConcurrencyMode::StrictFailureTolerance);
        let allowed: Vec<usize> = (0..=3).map(|failed| concurrency(&strict, &run(20, failed), 100)).collect();
        assert_eq!(allowed, [4, 3, 2, 1]);
        let soft = Preferences { mode: ConcurrencyMode::SoftFailureTolerance, ..strict };
        assert_eq!(concurrency(&soft, &run(20, 3), 100), 10);
    }

    #[test]
    fn percentages_round_down_but_one_account_is_always_worked_on() {
        let percent = preferences(Amount::Percent(10), Amount::Percent(10), ConcurrencyMode::SoftFailureTolerance);
        assert_eq!(concurrency(&percent, &run(39, 0), 100), 3);
        assert_eq!(concurrency(&percent, &run(9, 0), 100), 1);
        assert!(!is_exceeded(&percent, &run(39, 3)) && is_exceeded(&percent, &run(39, 4)));
        assert!(is_exceeded(&percent, &run(9, 1)), "a tenth of nine is none");
    }

    #[test]
    fn there_is_a_ceiling() {
        let all = preferences(Amount::Percent(100), Amount::Percent(100), ConcurrencyMode::SoftFailureTolerance);
        assert_eq!(concurrency(&all, &run(5_000, 0), 100), 100);
    }
}
