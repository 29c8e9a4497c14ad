//! The Python programs that our client and our sandbox are put against, in a virtual environment of their own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::run::{self, Failure};

const REQUIREMENTS: &str = "tests/conformance/requirements.txt";
const MINUTES: Duration = Duration::from_mins(15);

/// A virtual environment with everything in `tests/conformance/requirements.txt`.
pub(crate) struct Python {
    bin: PathBuf,
}

impl Python {
    /// Makes the environment under `target/venv`, or takes the one that was made for the same requirements.
    ///
    /// # Errors
    /// When there is no Python 3 with `venv`, or the packages cannot be had.
    pub(crate) fn prepare() -> Result<Self, Failure> {
        let directory = run::target()?.join("venv");
        let wanted = fs::read_to_string(run::root().join(REQUIREMENTS))?;
        // Written last, so that an interrupted installation is not taken for a whole one.
        let installed = directory.join("installed.txt");
        let python = Self { bin: directory.join("bin") };
        if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
            return Ok(python);
        }
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        run::run(Command::new("python3").args(["-m", "venv"]).arg(&directory), MINUTES)?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
        run::run(python.command().args(pip), MINUTES)?;
        fs::write(installed, wanted)?;
        Ok(python)
    }

    /// The interpreter, in the workspace's directory and without this machine's AWS settings. The environment's own
    /// programs, such as `aws`, come first in its search path.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.bin.join("python"));
        let before = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&before));
        command.env("PATH", std::env::join_paths(paths).unwrap_or(before));
        command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(run::root());
        without_aws_settings(&mut command);
        command
    }
}

/// Takes this machine's AWS settings away from a command, so that nothing can reach a real account.
pub(crate) fn without_aws_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_ACCESS_KEY_ID", "rolecall-tests").env("AWS_SECRET_ACCESS_KEY", "rolecall-tests");
    command.env("AWS_REGION", "us-east-1").env("AWS_DEFAULT_REGION", "us-east-1");
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PAGER", "");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
}
