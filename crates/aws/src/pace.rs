//! Keeping within published request rates.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A token bucket: so many calls at once, then so many a second.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    /// How far calls may run ahead of the rate.
    lead: Duration,
    /// When the bucket would be full again.
    full_at: Mutex<Option<Instant>>,
}

impl Pace {
    /// A bucket of `burst` calls that gains `rate` calls a second.
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        Self { interval, lead: interval * burst.saturating_sub(1), full_at: Mutex::new(None) }
    }

    /// Waits for one's turn.
    pub(crate) async fn turn(&self) {
        let turn = self.book(Instant::now());
        sleep_until(turn).await;
    }

    fn book(&self, now: Instant) -> Instant {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = full_at.map_or(now, |at| at.max(now));
        *full_at = Some(full + self.interval);
        full.checked_sub(self.lead).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let pace = Pace::new(5, 8);
        let now = Instant::now();
        let turns: Vec<Duration> = (0..18).map(|_| pace.book(now) - now).collect();
        assert!(turns[..8].iter().all(Duration::is_zero), "{turns:?}");
        assert_eq!(turns[8], Duration::from_millis(200));
        assert_eq!(turns[17], Duration::from_secs(2));
    }

    #[test]
    fn a_pause_fills_the_bucket_and_no_more_than_that() {
        let pace = Pace::new(5, 8);
        let now = Instant::now();
        (0..8).for_each(|_| {
            pace.book(now);
        });
        let later = now + Duration::from_mins(1);
        let at_once = (0..18).filter(|_| pace.book(later) == later).count();
        assert_eq!(at_once, 8);
    }
}
