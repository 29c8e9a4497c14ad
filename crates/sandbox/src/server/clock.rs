//! Simulated time.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::world::World;

/// How simulated time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Default for Clock {
    fn default() -> Self {
        Self::RealTime { scale: 30 }
    }
}

/// A clock that runs.
#[derive(Debug)]
pub(super) struct Ticking {
    clock: Clock,
    last: Instant,
}

impl Ticking {
    /// Starts a clock. Simulated time never lies behind real time, or clients would take fresh credentials for expired.
    pub(super) fn start(clock: Clock, world: &mut World) -> Self {
        let real = Timestamp::now();
        world.now = world.now.max(real);
        world.wall = match clock {
            Clock::RealTime { scale: _ } => real,
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
                let passed = SignedDuration::try_from(elapsed.saturating_mul(scale)).unwrap_or(SignedDuration::MAX);
                world.now = later(world.now, passed);
                world.wall = world.wall.max(Timestamp::now());
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
