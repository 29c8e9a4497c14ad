//! Numbers and durations as they are typed.

use std::num::NonZeroUsize;
use std::time::Duration;

/// More at a time would be throttled by AWS long before, and run out of sockets here.
const MAX_PARALLELISM: usize = 512;

pub(super) fn parse_parallelism(text: &str) -> Result<NonZeroUsize, String> {
    let number: Option<NonZeroUsize> =
        text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MAX_PARALLELISM);
    number.ok_or_else(|| format!("`{text}` is not a number from 1 to {MAX_PARALLELISM}"))
}

pub(super) fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("`{text}` is not a duration like 30ms, 2s or 10m");
    let duration: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    duration.try_into().map_err(|_| expected())
}

/// Below this a call would be given up before any answer could come.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(10);

pub(super) fn parse_timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse_duration(text)?;
    if timeout < SHORTEST_TIMEOUT { Err(format!("`{text}` is too short for any answer")) } else { Ok(timeout) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parallelism_has_bounds() {
        assert_eq!(parse_parallelism("32").map(NonZeroUsize::get), Ok(32));
        assert!(["0", "513", "-1", "many"].iter().all(|text| parse_parallelism(text).is_err()));
    }

    #[test]
    fn the_latency_is_read() {
        assert_eq!(parse_duration("30ms"), Ok(Duration::from_millis(30)));
        assert!(parse_duration("-1s").is_err() && parse_duration("soon").is_err());
    }
}
