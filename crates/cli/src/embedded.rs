//! The simulated organization inside the program: where its state is kept, and its beginning and end.

use std::fs;
use std::path::{Path, PathBuf};

use rolecall_aws::Endpoint;
use rolecall_core::ids::OrgId;
use rolecall_sandbox::{
    Clock, FaultRule, Options, OrganizationFile, Running, Sandbox, StartError, StateFile, StateFileError, World,
    fingerprint,
};

use crate::args::ServeArgs;
use crate::copy;
use crate::error::{CommandError, ErrorKind};
use crate::load;
use crate::output::Output;
use crate::snapshot_file;

/// Everything that Rolecall keeps on disk, all of it about simulated organizations.
pub(crate) const DIRECTORY: &str = ".rolecall/sandbox";
/// A file of ten thousand faults is below this.
const MAX_FAULTS: u64 = 4 << 20;

/// How the simulated organization is served.
struct Setting {
    options: Options,
    /// How simulated time passes, whatever the organization file says.
    clock: Option<Clock>,
    /// What the world is derived from, whatever the organization file says.
    seed: Option<String>,
    /// Where the state is kept; nowhere when `None`.
    state: Option<PathBuf>,
}

/// A simulated organization that is being served.
pub(crate) struct Embedded {
    running: Running,
    organization: String,
}

impl Embedded {
    /// Starts the simulated organization for one command. Its state is kept in the current directory.
    pub(crate) async fn start(organization: &Path, output: &Output) -> Result<Self, CommandError> {
        make_directory(Path::new(DIRECTORY))?;
        let state = Some(state_file(organization));
        let setting = Setting { options: Options::default(), clock: None, seed: None, state };
        let embedded = Self::open(organization, setting).await?;
        output.note(&format!(
            "Using the simulated organization {} ({}); nothing is sent to AWS.",
            embedded.organization,
            organization.display()
        ));
        Ok(embedded)
    }

    /// Starts the simulated organization as a server of its own.
    pub(crate) async fn serve(args: &ServeArgs) -> Result<Self, CommandError> {
        let ServeArgs { org, listen, latency, clock, time, seed, state, record, faults, fault } = args;
        let mut rules = match faults {
            Some(path) => read_faults(path)?,
            None => Vec::new(),
        };
        rules.extend(fault.iter().cloned());
        let options = Options {
            listen: *listen,
            latency: *latency,
            time: *time,
            record: record.clone(),
            faults: rules,
            ..Options::default()
        };
        Self::open(org, Setting { options, clock: *clock, seed: seed.clone(), state: state.clone() }).await
    }

    async fn open(path: &Path, setting: Setting) -> Result<Self, CommandError> {
        let text = read(path)?;
        let mut file = organization(path, &text)?;
        let Setting { options, clock, seed, state } = setting;
        file.seed = seed.or(file.seed);
        let now = options.time.unwrap_or_else(jiff::Timestamp::now);
        let world = World::new(&file, now).map_err(|error| bad_organization(path, &error))?;
        let options = Options {
            clock: clock.or(file.clock).unwrap_or_default(),
            state: state.map(|path| StateFile { path, fingerprint: fingerprint(&text) }),
            ..options
        };
        let running = Sandbox::start(world, options).await.map_err(|error| unstarted(path, &error))?;
        Ok(Self { running, organization: file.organization })
    }

    /// The organization's id.
    pub(crate) fn organization(&self) -> &str {
        &self.organization
    }

    /// Where it is served.
    pub(crate) fn url(&self) -> String {
        self.running.url()
    }

    /// How the client reaches it. The key is not one that the sandbox handed out, so it is the administrator's.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint { url: self.url(), access_key_id: "SANDBOX".to_owned(), secret_access_key: "sandbox".to_owned() }
    }

    /// Ends it, and keeps its state.
    pub(crate) async fn close(self) -> Result<(), CommandError> {
        self.running.shutdown().await.map_err(|error| {
            CommandError::new(ErrorKind::User, "the state of the simulated organization cannot be kept").because(&error)
        })
    }
}

/// What the names of organization files and snapshots end in.
const EXTENSIONS: &[&str] = &["yaml", "yml", "json"];

/// The one file that `--sandbox` names, for a command that works on one organization.
pub(crate) fn only(paths: &[PathBuf]) -> Result<Option<PathBuf>, CommandError> {
    match files(paths)?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => Err(CommandError::user(format!("--sandbox names {} files, and this takes one", several.len()))),
    }
}

/// The file that describes an organization, among those that `--sandbox` names; `None` where it names none.
pub(crate) fn of_organization(paths: &[PathBuf], wanted: &OrgId) -> Result<Option<PathBuf>, CommandError> {
    let mut others = Vec::new();
    for path in files(paths)? {
        let found = organization(&path, &read(&path)?)?.organization;
        if found == wanted.as_str() {
            return Ok(Some(path));
        }
        others.push(format!("{} is {found}", path.display()));
    }
    if others.is_empty() {
        return Ok(None);
    }
    let message = format!("no file of --sandbox describes organization {wanted}: {}", others.join(", "));
    Err(CommandError::user(message).hint("give one for each organization of the configuration"))
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CommandError> {
    let files = paths.iter().map(|path| load::expand(path, EXTENSIONS)).collect::<Result<Vec<_>, _>>()?;
    Ok(files.concat())
}

fn read(path: &Path) -> Result<String, CommandError> {
    load::read_text(path, snapshot_file::MAX_SIZE).map_err(|error| load::cannot_read(path, &error))
}

/// Where the state of the simulated organization is kept, relative to the current directory: another organization file
/// has another place, even under the same name.
pub(crate) fn state_file(organization: &Path) -> PathBuf {
    let absolute = fs::canonicalize(organization).unwrap_or_else(|_| organization.to_owned());
    let digest = fingerprint(&absolute.to_string_lossy());
    let stem = absolute.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Path::new(DIRECTORY).join(format!("{stem}-{}.json", &digest[..8.min(digest.len())]))
}

/// Makes the directory, and keeps it out of version control.
fn make_directory(directory: &Path) -> Result<(), CommandError> {
    let make = || {
        fs::create_dir_all(directory)?;
        let top = directory.parent().unwrap_or(directory);
        fs::write(top.join(".gitignore"), "*\n")
    };
    make().map_err(|error| {
        CommandError::user(format!("cannot make {}: {}", directory.display(), load::describe(&error)))
            .hint("the state of the simulated organization is kept there; run the command where you may write")
    })
}

fn read_faults(path: &Path) -> Result<Vec<FaultRule>, CommandError> {
    let text = load::read_text(path, MAX_FAULTS).map_err(|error| load::cannot_read(path, &error))?;
    FaultRule::parse_list(&text).map_err(|error| {
        CommandError::user(format!("{} is not a file of faults", path.display()))
            .because(&error)
            .hint("crates/sandbox/README.md describes faults; --fault takes one on a line")
    })
}

/// An organization file, or the copy of an organization that a snapshot is.
fn organization(path: &Path, text: &str) -> Result<OrganizationFile, CommandError> {
    if !snapshot_file::is_snapshot(text) {
        return OrganizationFile::parse(text).map_err(|error| bad_organization(path, &error));
    }
    let snapshot = snapshot_file::parse(path, text)?;
    copy::organization_file(&snapshot)
        .map_err(|error| CommandError::user(format!("no copy can be made of {}", path.display())).because(&error))
}

fn bad_organization(path: &Path, error: &dyn std::error::Error) -> CommandError {
    CommandError::user(format!("{} is not an organization file", path.display()))
        .because(error)
        .hint("`rolecall sandbox generate` writes one; examples/acme/organization.yaml is one")
}

fn unstarted(organization: &Path, error: &StartError) -> CommandError {
    let shown = CommandError::of(ErrorKind::User, error);
    match error {
        StartError::Listen { .. } => shown.hint("choose another address with --listen; port 0 takes a free one"),
        StartError::State(StateFileError::OtherOrganization { path } | StateFileError::Format { path, .. }) => {
            let reset = if path.starts_with(DIRECTORY) {
                format!("rolecall sandbox reset --org {}", organization.display())
            } else {
                format!("rm {}", path.display())
            };
            shown.hint(format!("to begin again from the organization file, run `{reset}`"))
        }
        StartError::State(StateFileError::InUse { .. }) => {
            shown.hint("wait until it has ended, or end it; each state belongs to one process at a time")
        }
        StartError::State(_) | StartError::Record { .. } => shown,
    }
}
