//! What is shown while AWS is read and changed: on standard error, and never part of a result.

mod applying;
mod reading;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

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

/// Which services throttle, and when that was last told.
#[derive(Debug, Default)]
struct Throttling(BTreeMap<String, Instant>);

impl Throttling {
    /// What to tell of a call, like `iam:ListRoles`, that AWS throttled: nothing if it was told a moment ago of its service.
    fn news(&mut self, call: &str) -> Option<String> {
        const AGAIN: Duration = Duration::from_secs(30);
        let (service, _) = call.split_once(':')?;
        let now = Instant::now();
        let is_old = self.0.get(service).is_some_and(|told| now.duration_since(*told) < AGAIN);
        if is_old {
            return None;
        }
        self.0.insert(service.to_owned(), now);
        Some(format!("Throttled by {} ({call}): AWS asks to go slower, and Rolecall does", product(service)))
    }
}

/// A service by the name that people know.
fn product(service: &str) -> &str {
    match service {
        "cloudformation" => "CloudFormation",
        "cloudtrail" => "CloudTrail",
        "iam" => "IAM",
        "organizations" => "Organizations",
        "ssm" => "Systems Manager",
        "sts" => "STS",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_is_told_once_for_each_service() {
        let mut throttling = Throttling::default();
        let told = throttling.news("iam:ListRoles").unwrap();
        assert!(told.starts_with("Throttled by IAM (iam:ListRoles)"), "{told}");
        assert_eq!(throttling.news("iam:CreateRole"), None);
        assert!(throttling.news("cloudformation:DescribeStackSet").is_some());
    }
}
