//! Saved plans: what `plan --out` writes and `apply PLANFILE` and `show` read. A file holds the plan of one organization, or
//! those of several.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;
use rolecall_core::address::Target;
use rolecall_core::plan::Plan;
use rolecall_core::spec::Spec;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::error::{CommandError, ErrorKind};
use crate::load;
use crate::render::{Facts, Names};
use crate::survey::Aim;

/// The version of the saved form. A file of another version is refused: it would be guessed at.
const FORMAT_VERSION: &str = "1.0";
/// A plan of 10,000 accounts is far below this.
const MAX_SIZE: u64 = 2 << 30;

/// A plan with all that is needed to make it again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    format_version: String,
    /// Which Rolecall made it.
    pub(crate) rolecall_version: String,
    /// When it was made, RFC 3339.
    pub(crate) created_at: String,
    /// When the snapshot was taken that the plan was made from, RFC 3339; absent when AWS was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snapshot_taken_at: Option<Timestamp>,
    /// What the organization is to become.
    #[serde(default, skip_serializing_if = "is_configuration")]
    pub(crate) aim: Aim,
    /// The part that was asked for, as `--target` takes it; empty for all.
    targets: Vec<String>,
    /// What the files said, checked.
    pub(crate) spec: Spec,
    /// The plan.
    pub(crate) plan: Plan,
    /// The names of accounts and units at that time.
    pub(crate) names: Names,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references to skip_serializing_if")]
fn is_configuration(aim: &Aim) -> bool {
    *aim == Aim::Configuration
}

/// What every version of the file begins with.
#[derive(Deserialize)]
struct Header {
    format_version: String,
    rolecall_version: String,
    /// There when the file holds several plans.
    organizations: Option<IgnoredAny>,
}

/// The plans of several organizations.
#[derive(Debug, Serialize, Deserialize)]
struct Several<P> {
    format_version: String,
    rolecall_version: String,
    organizations: Vec<P>,
}

impl SavedPlan {
    /// A plan made now.
    pub(crate) fn new(
        spec: Spec,
        plan: Plan,
        names: Names,
        (aim, targets): (Aim, &[Target]),
        facts: Option<&Facts>,
    ) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            rolecall_version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            snapshot_taken_at: facts.map(Facts::taken_at),
            aim,
            targets: targets.iter().map(Target::to_string).collect(),
            spec,
            plan,
            names,
        }
    }

    /// The part that was asked for.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, CommandError> {
        let parsed = self.targets.iter().map(|text| text.parse()).collect::<Result<_, _>>();
        parsed.map_err(|error| CommandError::user("the saved plan is damaged").because(&error))
    }

    /// What the plan was made from, and how old that is now, when it was not made from AWS.
    pub(crate) fn facts(&self) -> Option<Facts> {
        self.snapshot_taken_at.map(|taken| Facts::of_snapshot(taken, Timestamp::now()))
    }

    /// Writes the plan of one organization, or those of several, whole or not at all.
    pub(crate) fn write(plans: &[Self], path: &Path) -> Result<(), CommandError> {
        let text = match plans {
            [only] => serde_json::to_vec(only),
            several => serde_json::to_vec(&Several {
                format_version: FORMAT_VERSION.to_owned(),
                rolecall_version: env!("CARGO_PKG_VERSION").to_owned(),
                organizations: several.iter().collect(),
            }),
        };
        let text =
            text.map_err(|error| CommandError::new(ErrorKind::Internal, "the plan cannot be written").because(&error))?;
        write_whole(path, &text)
    }

    /// Reads the saved plan of one organization, or those of several.
    pub(crate) fn read(path: &Path) -> Result<Vec<Self>, CommandError> {
        let shown = path.display();
        let text = load::read_text(path, MAX_SIZE).map_err(|error| load::cannot_read(path, &error))?;
        let header: Header = serde_json::from_str(&text).map_err(|error| {
            CommandError::user(format!("{shown} is not a saved plan")).because(&error).hint(
                "`rolecall apply` takes the configuration with -f, and without it only a file that `rolecall plan --out` wrote",
            )
        })?;
        let ours = env!("CARGO_PKG_VERSION");
        let by = format!("it was saved by Rolecall {}, and this is Rolecall {ours}", header.rolecall_version);
        if header.format_version != FORMAT_VERSION {
            let message = format!("{shown} has plan format {}, and this is {FORMAT_VERSION}", header.format_version);
            return Err(CommandError::user(message).hint(format!("{by}; plan again with this one")));
        }
        let plans = match header.organizations {
            None => serde_json::from_str(&text).map(|only| vec![only]),
            Some(IgnoredAny) => serde_json::from_str(&text).map(|several: Several<Self>| several.organizations),
        };
        plans.map_err(|error| {
            let error = CommandError::user(format!("{shown} is damaged")).because(&error);
            error.hint(if header.rolecall_version == ours {
                "plan again".to_owned()
            } else {
                format!("{by}; plan again")
            })
        })
    }
}

/// Writes a file so that whoever reads it sees all of it or what was there before.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let result = match fs::metadata(path) {
        // A device or a pipe is written to, not replaced.
        Ok(there) if !there.is_file() => fs::write(path, bytes),
        Ok(_) => fs::canonicalize(path).and_then(|real| replace(&real, bytes)),
        Err(_) => replace(path, bytes),
    };
    result.map_err(|error| CommandError::user(format!("cannot write {}: {}", path.display(), load::describe(&error))))
}

/// Writes a file that is not there yet, whole or not at all.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes)?.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file in the same directory, so that it can take the other's place at once.
fn beside(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(bytes)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Vec<SavedPlan>, CommandError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.json");
        write_whole(&path, text.as_bytes()).unwrap();
        SavedPlan::read(&path)
    }

    #[test]
    fn what_is_no_saved_plan_is_refused_and_so_is_another_version() {
        for (text, message) in [
            ("version: 1\n", "is not a saved plan"),
            ("{}", "is not a saved plan"),
            (r#"{"format_version":"9.0","rolecall_version":"7.1.0"}"#, "has plan format 9.0"),
            (r#"{"format_version":"1.0","rolecall_version":"0.0.1"}"#, "is damaged"),
            (r#"{"format_version":"1.0","rolecall_version":"0.0.1","organizations":[{}]}"#, "is damaged"),
        ] {
            let error = format!("{:?}", written(text).unwrap_err());
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.txt");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_whole(&dir.path().join("none/out.txt"), b"x").is_err());
    }
}
