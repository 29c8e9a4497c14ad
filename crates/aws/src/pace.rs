//! The pace of one kind of call: within a published rate, and slower while AWS refuses.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The rate of a kind of call: a token bucket as AWS publishes it, with a longer interval while AWS refuses calls.
///
/// A refusal doubles the interval and empties the bucket; each call that is let through shortens it again by a quarter.
/// So the pace settles a little above what AWS takes, whatever that is.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Rate,
    state: Mutex<State>,
}

/// A token bucket: so many calls at once, then one after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Zero where no rate is published.
    interval: Duration,
    /// How far calls may run ahead of the rate.
    lead: Duration,
}

/// How far a pace goes down, and how long refusals are stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slowing {
    /// The interval after a first refusal.
    pub(crate) first: Duration,
    /// The longest interval, and the longest time that a refused call waits for its next attempt.
    pub(crate) longest: Duration,
    /// After how much time in which AWS refused every call of the kind it is given up.
    pub(crate) limit: Duration,
}

#[derive(Debug)]
struct State {
    interval: Duration,
    /// When the bucket would be full again.
    full_at: Option<Instant>,
    /// When the interval was last made longer.
    slowed_at: Option<Instant>,
    /// The first refusal after the last call that was let through.
    refused_since: Option<Instant>,
}

impl Rate {
    /// No rate is known.
    pub(crate) const UNKNOWN: Self = Self { interval: Duration::ZERO, lead: Duration::ZERO };

    /// A bucket of `burst` calls that gains `rate` calls a second.
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        Self { interval, lead: interval * burst.saturating_sub(1) }
    }
}

impl Pace {
    pub(crate) fn new(rate: Rate) -> Self {
        let state = State { interval: rate.interval, full_at: None, slowed_at: None, refused_since: None };
        Self { rate, state: Mutex::new(state) }
    }

    /// Waits for one's turn.
    pub(crate) async fn turn(&self) {
        let turn = self.state().book(self.rate, Instant::now());
        sleep_until(turn).await;
    }

    /// AWS refused a call because there were too many. How long that call waits for its next attempt; `None` when AWS
    /// has been refusing all of them for too long.
    pub(crate) fn refused(&self, slowing: Slowing, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        let since = *state.refused_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= slowing.limit {
            return None;
        }
        // Calls that were on their way together are refused together, which is one reason to slow down and not many.
        if state.slowed_at.is_none_or(|at| now >= at + state.interval) {
            state.interval = (state.interval * 2).clamp(slowing.first, slowing.longest.max(slowing.first));
            state.slowed_at = Some(now);
        }
        let empty = now + self.rate.lead + state.interval;
        state.full_at = Some(state.full_at.map_or(empty, |at| at.max(empty)));
        let turn = state.book(self.rate, now);
        Some(turn.saturating_duration_since(now).min(slowing.longest))
    }

    /// AWS let a call through.
    pub(crate) fn passed(&self) {
        let mut state = self.state();
        state.refused_since = None;
        if state.interval > self.rate.interval {
            let shorter = state.interval * 3 / 4;
            // Below this an interval does not tell any more.
            let shorter = if shorter < Duration::from_millis(5) { Duration::ZERO } else { shorter };
            state.interval = shorter.max(self.rate.interval);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn book(&mut self, rate: Rate, now: Instant) -> Instant {
        let full = self.full_at.map_or(now, |at| at.max(now));
        self.full_at = Some(full + self.interval);
        full.checked_sub(rate.lead).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOWING: Slowing =
        Slowing { first: Duration::from_millis(100), longest: Duration::from_secs(2), limit: Duration::from_mins(1) };

    fn book(pace: &Pace, now: Instant) -> Duration {
        pace.state().book(pace.rate, now) - now
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let pace = Pace::new(Rate::new(5, 8));
        let now = Instant::now();
        let turns: Vec<Duration> = (0..18).map(|_| book(&pace, now)).collect();
        assert!(turns[..8].iter().all(Duration::is_zero), "{turns:?}");
        assert_eq!(turns[8], Duration::from_millis(200));
        assert_eq!(turns[17], Duration::from_secs(2));
    }

    #[test]
    fn a_pause_fills_the_bucket_and_no_more_than_that() {
        let pace = Pace::new(Rate::new(5, 8));
        let now = Instant::now();
        (0..8).for_each(|_| {
            book(&pace, now);
        });
        let later = now + Duration::from_mins(1);
        let at_once = (0..18).filter(|_| book(&pace, later).is_zero()).count();
        assert_eq!(at_once, 8);
    }

    #[test]
    fn without_a_rate_and_without_a_refusal_nobody_waits() {
        let pace = Pace::new(Rate::UNKNOWN);
        let now = Instant::now();
        assert!((0..1000).all(|_| book(&pace, now).is_zero()));
    }

    #[test]
    fn each_refusal_makes_everybody_slower_and_each_success_faster() {
        let pace = Pace::new(Rate::UNKNOWN);
        let now = Instant::now();
        assert_eq!(pace.refused(SLOWING, now), Some(Duration::from_millis(100)));
        // Its fellow, refused at the same moment, comes after it.
        assert_eq!(pace.refused(SLOWING, now), Some(Duration::from_millis(200)));
        let later = now + Duration::from_millis(100);
        assert_eq!(pace.refused(SLOWING, later), Some(Duration::from_millis(200)));
        assert_eq!(pace.state().interval, Duration::from_millis(200));
        pace.passed();
        assert_eq!(pace.state().interval, Duration::from_millis(150));
        (0..20).for_each(|_| pace.passed());
        assert!(pace.state().interval.is_zero());
    }

    #[test]
    fn the_published_rate_is_never_exceeded() {
        let pace = Pace::new(Rate::new(5, 8));
        let now = Instant::now();
        assert!(pace.refused(SLOWING, now).is_some());
        (0..50).for_each(|_| pace.passed());
        assert_eq!(pace.state().interval, Duration::from_millis(200));
    }

    #[test]
    fn refusals_without_an_end_are_given_up_and_a_success_begins_anew() {
        let pace = Pace::new(Rate::UNKNOWN);
        let now = Instant::now();
        assert!(pace.refused(SLOWING, now).is_some());
        let late = now + SLOWING.limit;
        assert_eq!(pace.refused(SLOWING, late), None);
        pace.passed();
        assert!(pace.refused(SLOWING, late).is_some());
    }

    #[test]
    fn nobody_waits_longer_than_the_longest_pause() {
        let pace = Pace::new(Rate::UNKNOWN);
        let now = Instant::now();
        assert!((0..500).all(|_| pace.refused(SLOWING, now).is_some_and(|pause| pause <= SLOWING.longest)));
    }

    /// Against a bucket that gains ten calls a second, on a clock of its own.
    #[test]
    fn at_a_learned_pace_most_attempts_are_let_through() {
        let pace = Pace::new(Rate::UNKNOWN);
        let began = Instant::now();
        let mut now = began;
        let (mut passed, mut attempts) = (0_u32, 0_u32);
        while passed < 200 {
            now += book(&pace, now);
            loop {
                attempts += 1;
                if (now - began).as_secs_f64() * 10.0 >= f64::from(passed) {
                    break;
                }
                now += pace.refused(SLOWING, now).unwrap();
            }
            passed += 1;
            pace.passed();
        }
        assert!(attempts < 400, "{attempts} attempts");
        assert!(now - began < Duration::from_mins(1), "{:?}", now - began);
    }
}
