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
    /// There when it holds one.
    spec: Option<IgnoredAny>,
    /// There in documents that are no saved plans.
    kind: Option<IgnoredAny>,
}

impl Header {
    /// Whether the file is a saved plan, of whatever version, and no other document of Rolecall.
    fn is_of_a_plan(&self) -> bool {
        self.kind.is_none() && (self.spec.is_some() || self.organizations.is_some())
    }
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

    /// Refuses a place that cannot hold a plan, or holds something that is none. Asked before the organization is read,
    /// it saves the reading.
    pub(crate) fn check_place(path: &Path) -> Result<(), CommandError> {
        let shown = path.display();
        check_place(path)?;
        let is_file = fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() > 0);
        let is_plan = |text: String| serde_json::from_str::<Header>(&text).is_ok_and(|header| header.is_of_a_plan());
        if !is_file || load::read_text(path, MAX_SIZE).is_ok_and(is_plan) {
            return Ok(());
        }
        Err(CommandError::user(format!("{shown} is there, and is not a saved plan: it is left alone"))
            .hint("name another file with -o, or remove this one first"))
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
        write_whole(path, Readers::Owner, &text)
    }

    /// Reads the saved plan of one organization, or those of several.
    pub(crate) fn read(path: &Path) -> Result<Vec<Self>, CommandError> {
        let shown = path.display();
        let text = load::read_text(path, MAX_SIZE).map_err(|error| {
            let told = load::cannot_read(path, &error);
            if error.is_missing() { told.hint("`rolecall plan -o FILE` saves a plan") } else { told }
        })?;
        let header: Header = serde_json::from_str(&text).map_err(|error| {
            CommandError::user(format!("{shown} is not a saved plan"))
                .because(&error)
                .hint("`rolecall plan -o FILE` saves one; configuration files are named with -f")
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

/// Refuses a place where no file can be written.
pub(crate) fn check_place(path: &Path) -> Result<(), CommandError> {
    let shown = path.display();
    let parent = parent(path);
    let why = if path == Path::new("-") {
        "-o takes the name of a file".to_owned()
    } else if !parent.is_dir() {
        format!("{} is no directory", parent.display())
    } else if path.is_dir() {
        "it is a directory".to_owned()
    } else {
        return Ok(());
    };
    Err(CommandError::user(format!("cannot write {shown}: {why}")))
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner alone: plans and snapshots hold what is in the organization.
    Owner,
    /// Whom the umask leaves: a report is made to be served, mailed or picked up by another program.
    Usual,
}

/// Writes a file so that whoever reads it sees all of it or what was there before.
pub(crate) fn write_whole(path: &Path, readers: Readers, bytes: &[u8]) -> Result<(), CommandError> {
    let result = match fs::metadata(path) {
        // A device or a pipe is written to, not replaced.
        Ok(there) if !there.is_file() => fs::write(path, bytes),
        Ok(_) => fs::canonicalize(path).and_then(|real| replace(&real, readers, bytes)),
        Err(_) => replace(path, readers, bytes),
    };
    result.map_err(|error| CommandError::user(format!("cannot write {}: {}", path.display(), load::describe(&error))))
}

/// Writes a file that is not there yet, whole or not at all.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, Readers::Usual, bytes)?.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// The directory that a file is in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn replace(path: &Path, readers: Readers, bytes: &[u8]) -> io::Result<()> {
    beside(path, readers, bytes)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file in the same directory, so that it can take the other's place at once.
fn beside(path: &Path, readers: Readers, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if readers == Readers::Usual {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = builder.tempfile_in(parent(path))?;
    file.write_all(bytes)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Vec<SavedPlan>, CommandError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.json");
        write_whole(&path, Readers::Usual, text.as_bytes()).unwrap();
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
    fn a_plan_takes_the_place_of_an_older_plan_and_of_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.json");
        for (text, is_replaced) in [
            ("", true),
            (r#"{"format_version":"7.0","rolecall_version":"7.1.0","spec":{}}"#, true),
            (r#"{"format_version":"1.0","rolecall_version":"0.1.0","organizations":[]}"#, true),
            (r#"{"format_version":"1.0","rolecall_version":"0.1.0","kind":"organizations","organizations":[]}"#, false),
            ("version: 1\n", false),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(SavedPlan::check_place(&path).is_ok(), is_replaced, "{text}");
        }
        assert!(SavedPlan::check_place(&dir.path().join("new.json")).is_ok());
        for place in [dir.path().to_owned(), dir.path().join("none/plan.json"), "-".into()] {
            assert!(SavedPlan::check_place(&place).is_err(), "{}", place.display());
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.txt");
        write_whole(&path, Readers::Owner, b"one").unwrap();
        write_whole(&path, Readers::Owner, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_whole(&dir.path().join("none/out.txt"), Readers::Owner, b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_report_is_read_by_whom_the_umask_leaves_and_a_plan_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write_whole(&path, Readers::Owner, b"x").unwrap();
        assert_eq!(mode(), 0o600);
        write_whole(&path, Readers::Usual, b"x").unwrap();
        let usual = mode();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "x").unwrap();
        assert_eq!(usual, mode());
    }
}
