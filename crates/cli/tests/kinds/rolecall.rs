//! `rolecall drift`

use serde_json::Value;

use crate::kinds::Told;
use crate::stage::Stage;

/// The kinds of what `drift` found. It must end with 2 exactly when it found something.
pub(crate) fn told(stage: &Stage) -> Result<Told, String> {
    let ended = stage.rolecall(&["drift", "--format", "json"])?;
    let said = format!("{}\n{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).map_err(|error| format!("{error}\n{said}"))?;
    let findings = document["findings"].as_array().ok_or_else(|| format!("no findings\n{said}"))?;
    let kinds: Vec<String> =
        findings.iter().filter_map(|finding| finding["kind"].as_str()).map(str::to_owned).collect();
    let exit = if kinds.is_empty() { 0 } else { 2 };
    if ended.code != Some(exit) {
        return Err(format!("exit code {:?} instead of {exit}\n{said}", ended.code));
    }
    Ok(Told::kinds(kinds, said))
}
