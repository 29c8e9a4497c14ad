//! Planning alone: no AWS, no files, only the decision.

use super::rows::verdict;
use super::table::Row;
use crate::run::{self, Failure};

/// The benchmark's name in `crates/core/benches/plan.rs`.
const NAME: &str = "ten_thousand_accounts_five_integrations";

/// Runs the benchmark of core and takes its median.
///
/// # Errors
/// When it does not run, or its output cannot be read.
pub(crate) fn row() -> Result<Row, Failure> {
    let output = run::cargo(&["bench", "--package", "rolecall-core", "--bench", "plan"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("cargo bench: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let line = text.lines().find(|line| line.contains(NAME)).ok_or_else(|| format!("no {NAME} in:\n{text}"))?;
    let median = median(line).ok_or_else(|| format!("no median in {line:?}"))?;
    let mut row = Row::without_numbers("planning alone, 10,000 accounts, 5 integrations", "");
    row.cells[0] = format!("{median:.4}");
    row.remark = verdict(median < 0.25, "250 ms");
    Ok(row)
}

/// Seconds in the third of the columns that divan prints: fastest, slowest, median, mean.
fn median(line: &str) -> Option<f64> {
    let mut words = line.split('│').nth(2)?.split_whitespace();
    let number: f64 = words.next()?.parse().ok()?;
    let unit = match words.next()? {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Some(number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_third_column() {
        let line = "╰─ plan   88.54 ms      │ 120.4 ms      │ 91.25 ms      │ 93.02 ms      │ 20      │ 20";
        assert_eq!(median(line), Some(0.09125));
        assert_eq!(median("plan  fastest │ slowest │ median"), None);
    }
}
