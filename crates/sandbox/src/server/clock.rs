//! Simulated time.

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::world::World;

/// How simulated time passes. As text: `real`, `5x` or `60-seconds-per-request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Clock {
    /// With real time: a real second is `scale` simulated ones. Sessions still last as long as clients think.
    RealTime {
        /// Simulated seconds in a real one.
        scale: u32,
    },
    /// With every request, and only then: two runs of the same requests see the same times.
    PerRequest {
        /// Simulated seconds a request.
        seconds: u32,
    },
}

/// Why a text is no clock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `real`, nor like `5x` or `60-seconds-per-request`")]
pub struct ClockError(String);

/// How much faster than real time simulated time passes when nothing is said, so that nobody waits for stack sets.
const HASTE: u32 = 30;

impl Default for Clock {
    fn default() -> Self {
        Self::RealTime { scale: HASTE }
    }
}

impl FromStr for Clock {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<Self, ClockError> {
        if text == "real" {
            return Ok(Self::default());
        }
        let number = |text: &str| text.parse::<u32>().ok();
        let seconds = text.strip_suffix("-seconds-per-request").or_else(|| text.strip_suffix("-second-per-request"));
        let clock = match (text.strip_suffix('x'), seconds) {
            (Some(scale), _) => number(scale).map(|scale| Self::RealTime { scale }),
            (None, Some(seconds)) => number(seconds).map(|seconds| Self::PerRequest { seconds }),
            (None, None) => None,
        };
        clock.ok_or_else(|| ClockError(text.to_owned()))
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RealTime { scale } => write!(f, "{scale}x"),
            Self::PerRequest { seconds } => write!(f, "{seconds}-seconds-per-request"),
        }
    }
}

impl TryFrom<String> for Clock {
    type Error = ClockError;

    fn try_from(text: String) -> Result<Self, ClockError> {
        text.parse()
    }
}

impl From<Clock> for String {
    fn from(clock: Clock) -> Self {
        clock.to_string()
    }
}

/// A clock that runs.
#[derive(Debug)]
pub(super) struct Ticking {
    clock: Clock,
    last: Instant,
}

impl Ticking {
    /// Starts a clock at a time, or at the world's present when that is later. By default the time is the real one:
    /// behind it, clients would take fresh credentials for expired.
    pub(super) fn start(clock: Clock, from: Option<Timestamp>, world: &mut World) -> Self {
        let from = from.unwrap_or_else(Timestamp::now);
        world.now = world.now.max(from);
        world.wall = match clock {
            Clock::RealTime { scale: _ } => from,
            Clock::PerRequest { seconds: _ } => world.now,
        };
        Self { clock, last: Instant::now() }
    }

    /// Moves the world to the time of the request that came in.
    pub(super) fn advance(&mut self, world: &mut World) {
        match self.clock {
            Clock::RealTime { scale } => {
                let elapsed = self.last.elapsed();
                self.last += elapsed;
                let signed = |passed| SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
                world.now = later(world.now, signed(elapsed.saturating_mul(scale)));
                world.wall = later(world.wall, signed(elapsed));
            }
            Clock::PerRequest { seconds } => skip(world, seconds),
        }
    }
}

/// Moves both clocks of the world by that many seconds.
pub(super) fn skip(world: &mut World, seconds: u32) {
    let passed = SignedDuration::from_secs(i64::from(seconds));
    world.now = later(world.now, passed);
    world.wall = later(world.wall, passed);
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_read_as_they_are_written() {
        for (text, clock) in [
            ("real", Clock::RealTime { scale: 30 }),
            ("5x", Clock::RealTime { scale: 5 }),
            ("60-seconds-per-request", Clock::PerRequest { seconds: 60 }),
            ("1-second-per-request", Clock::PerRequest { seconds: 1 }),
        ] {
            assert_eq!(text.parse(), Ok(clock), "{text}");
            assert_eq!(clock.to_string().parse(), Ok(clock), "{text}");
        }
        for text in ["fast", "x", "-1x", "60-seconds", ""] {
            assert!(text.parse::<Clock>().is_err(), "{text}");
        }
    }
}
