//! The copy of an organization: what a snapshot of it holds, and what is planned and applied in it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::case::Rehearsal;
use crate::sandbox::Sandbox;
use crate::stage::Stage;

/// Where the snapshot is kept, in the directory of the case.
const KEPT: &str = "rehearsal.json";

impl Stage {
    /// Takes a snapshot, makes a sandbox of it, and compares: a snapshot of the copy is the same, and so is the plan.
    pub(crate) fn rehearse(&self, rehearsal: Rehearsal) -> Result<(), String> {
        let own = self.url.as_str();
        self.output(&format!("snapshot -o {KEPT}"), own, &[0])?;
        let kept = self.directory.join(KEPT);
        let rolecall = Path::new(env!("CARGO_BIN_EXE_rolecall"));
        let copy = Sandbox::start(rolecall, &kept, &["--clock", "10-seconds-per-request"]);
        let copy = copy.map_err(|error| error.to_string())?;
        let original = fs::read_to_string(&kept).map_err(|error| format!("{KEPT}: {error}"))?;
        same("the snapshot", &original, &self.output("snapshot", &copy.url, &[0])?)?;
        let plan = "plan --format json";
        let planned = self.output(plan, own, &[0])?;
        same("the plan", &planned, &self.output(plan, &copy.url, &[0])?)?;
        let offline = self.output(&format!("{plan} --observed {KEPT}"), "http://127.0.0.1:9", &[0])?;
        same("the plan from the snapshot", &planned, &offline)?;
        match rehearsal {
            Rehearsal::Compare => Ok(()),
            Rehearsal::Apply => {
                self.output("apply --auto-approve", &copy.url, &[0])?;
                self.output("plan --detailed-exitcode", &copy.url, &[0, 3]).map(drop)
            }
        }
    }
}

/// Whether two documents say the same, apart from what no two runs have in common.
fn same(what: &str, one: &str, other: &str) -> Result<(), String> {
    let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("{what}: {error}"));
    let mut differences = Vec::new();
    compare("", &read(one)?, &read(other)?, &mut differences);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{what} of the copy differs:\n{}", differences.join("\n")))
}

/// Members that are another in every run: times, and ids that AWS gives.
const OWN: [&str; 6] = ["taken_at", "request_id", "facts", "id", "running", "stack"];

/// A text up to the ARN of a stack, which ends in ids that AWS gives.
fn without_stack(text: &str) -> &str {
    text.split_once(":stack/StackSet-").map_or(text, |(before, _)| before)
}

fn compare(at: &str, one: &Value, other: &Value, differences: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                if OWN.contains(&key.as_str()) {
                    continue;
                }
                let null = &Value::Null;
                let (one, other) = (one.get(key).unwrap_or(null), other.get(key).unwrap_or(null));
                compare(&format!("{at}/{key}"), one, other, differences);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{at}/{index}"), one, other, differences);
            }
        }
        (Value::String(one), Value::String(other)) if without_stack(one) == without_stack(other) => {}
        (one, other) if one == other => {}
        (one, other) => differences.push(format!("{at}\n  is  {other}\n  was {one}")),
    }
}
