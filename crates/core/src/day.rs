//! Days of the calendar, as files write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::InvalidId;

/// A day of the Gregorian calendar, in UTC: `2026-12-31`. Days are ordered as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

impl Day {
    /// What a text must be to become a day.
    pub const EXPECTED: &'static str = "a day like 2026-12-31";

    /// The last day that can be written.
    pub const LAST: Self = Self { year: 9999, month: 12, of_month: 31 };

    /// A day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (year <= 9999 && (1..=days).contains(&day)).then_some(Self { year, month, of_month: day })
    }

    /// How many days come after this one before the other; negative when the other is earlier.
    pub fn days_until(self, other: Self) -> i64 {
        other.number() - self.number()
    }

    /// Days since the first of March of the year 0, after which leap days come last in their year.
    fn number(self) -> i64 {
        let (year, month) = if self.month > 2 {
            (self.year.into(), self.month - 3)
        } else {
            (i64::from(self.year) - 1, self.month + 9)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        year * 365 + leap_days + (153 * i64::from(month) + 2) / 5 + i64::from(self.of_month)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

impl FromStr for Day {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let number = |part: &str, digits: usize| {
            (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
        };
        let mut parts = text.splitn(3, '-');
        let mut next = |digits| number(parts.next()?, digits);
        let day = next(4).zip(next(2)).zip(next(2)).and_then(|((year, month), day): ((u16, u16), u16)| {
            Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
        });
        day.ok_or_else(|| InvalidId { found: text.to_owned(), expected: Self::EXPECTED })
    }
}

impl TryFrom<String> for Day {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_read() {
        for text in ["2026-12-31", "2024-02-29", "2000-02-29", "0001-01-01"] {
            assert_eq!(text.parse::<Day>().map(|day| day.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "26-1-1",
            "2026-1-01",
            "2026-12-31T",
            "+026-12-31",
            "",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_between_two_days_are_counted_over_leap_days() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2024-02-28").days_until(day("2024-03-01")), 2);
        assert_eq!(day("2026-11-21").days_until(day("2026-12-31")), 40);
        assert_eq!(day("2026-01-01").days_until(day("2025-12-31")), -1);
        assert_eq!(day("2000-01-01").days_until(day("2100-01-01")), 36_525);
    }
}
