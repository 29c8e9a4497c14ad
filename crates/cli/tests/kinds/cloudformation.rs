//! CloudFormation's drift detection, of both stack sets.

use serde_json::json;

use crate::kinds::Told;
use crate::stage::{MANAGEMENT, Stage, element};

/// Whether the stack sets have drifted. Detection that cannot even begin says that something is wrong, too.
pub(crate) fn told(stage: &Stage) -> Told {
    let statuses = ["rolecall-scanner", "rolecall-auditor"].map(|set| (set, status(stage, set)));
    let is_told = statuses.iter().any(|(_, status)| *status != Ok("IN_SYNC".to_owned()));
    Told::something(is_told, format!("{statuses:?}"))
}

/// The drift status of a stack set after its detection; why there is none where it is refused.
fn status(stage: &Stage, set: &str) -> Result<String, String> {
    let params = json!({ "StackSetName": set });
    stage.call(MANAGEMENT, "cloudformation", "DetectStackSetDrift", &params)?;
    stage.pass(600)?;
    let described = stage.call(MANAGEMENT, "cloudformation", "DescribeStackSet", &params)?;
    Ok(element(&described, "DriftStatus").unwrap_or("none").to_owned())
}
