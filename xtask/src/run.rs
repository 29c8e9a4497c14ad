//! Running other programs.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a command of this program fails with: a text for the developer.
pub(crate) type Failure = Box<dyn Error>;

/// Longer than any build takes.
pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// The directory of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where cargo puts what it builds: the directory above that of this very program.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    let me = std::env::current_exe()?;
    me.ancestors().nth(2).map(Path::to_path_buf).ok_or_else(|| "this program is not in a target directory".into())
}

/// Builds the program the way its tests have built it already: a plain build has other features, and compiles the SDK once
/// more.
pub(crate) const BUILD: [&str; 3] = ["test", "--workspace", "--no-run"];

/// A command with cargo, in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Whether a program can be run at all.
pub(crate) fn exists(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command to its end, with its output to the terminal.
///
/// # Errors
/// When it cannot be started, fails, or takes longer than `limit`, after which it is killed.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<(), Failure> {
    let name = describe(command);
    eprintln!("\x20   running {name}");
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|error| format!("{name}: {error}"))?;
    let deadline = Instant::now() + limit;
    let status: ExitStatus = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(format!("{name}: killed after {} s", limit.as_secs()).into());
        }
        sleep(Duration::from_millis(20));
    };
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}").into()) }
}

/// Runs a command as [`run`] does while others run: its output goes to a file, and to the terminal in one piece at its end.
///
/// # Errors
/// Those of [`run`], and when the file cannot be written.
pub(crate) fn run_among_others(command: &mut Command, limit: Duration, log: &Path) -> Result<(), Failure> {
    let file = File::create(log)?;
    command.stdout(file.try_clone()?).stderr(file);
    let result = run(command, limit);
    let mut piece = format!("\n--- {}\n", describe(command)).into_bytes();
    piece.extend(fs::read(log)?);
    std::io::stderr().write_all(&piece)?;
    result
}

/// The program's name and its arguments, as one would type them.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy());
    words.collect::<Vec<_>>().join(" ")
}
