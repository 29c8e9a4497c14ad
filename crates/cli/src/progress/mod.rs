//! What is shown while AWS is read and changed: on standard error, and never part of a result.

mod applying;
mod reading;

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle as BarStyle};

pub(crate) use self::applying::{Applying, waiting};
pub(crate) use self::reading::{Errand, Reading};

/// Lines about the same thing that stay on the screen come no faster than this.
const PAUSE: Duration = Duration::from_secs(5);

/// A line with a sign of life before it.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // The template is a constant and holds no key that could be wrong.
    if let Ok(style) = BarStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// How often the sign of life moves.
const TICK: Duration = Duration::from_millis(120);
