//! Worlds in which everything is as it was applied.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, OnceLock};

use rolecall_sandbox::{Clock, Options, OrganizationFile, Running, Sandbox, World};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::kinds::Teller;
use crate::process::{self, Ended};
use crate::{aws, root, sandbox, terraform};

pub(crate) const MANAGEMENT: &str = "111111111111";
/// Where things are done when nothing else is said.
pub(crate) const MEMBER: &str = "222222222222";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime can be started"));

/// The worlds, each made once.
#[derive(Default)]
pub(crate) struct Bases {
    by_rolecall: OnceLock<Result<World, String>>,
    by_terraform: OnceLock<Result<World, String>>,
}

/// A world of its own.
pub(crate) struct Stage {
    url: String,
    /// Serves until this is dropped.
    _running: Running,
}

impl Bases {
    /// A copy of the world in which a teller looks for drift. CloudFormation looks at what Rolecall made.
    pub(crate) fn stage(&self, teller: Teller) -> Result<Stage, String> {
        let base = match teller {
            Teller::Rolecall | Teller::CloudFormation => self.by_rolecall.get_or_init(|| made(apply)),
            Teller::Terraform => self.by_terraform.get_or_init(|| made(terraform::apply)),
        };
        Stage::of(base.clone()?)
    }
}

fn made(apply: impl FnOnce(&Stage) -> Result<(), String>) -> Result<World, String> {
    let text = fs::read_to_string(directory().join("organization.yaml")).map_err(|error| error.to_string())?;
    let file = OrganizationFile::parse(&text).map_err(|error| error.to_string())?;
    let now = "2026-11-20T00:00:00Z".parse().map_err(|_| "no time".to_owned())?;
    let stage = Stage::of(World::new(&file, now).map_err(|error| error.to_string())?)?;
    apply(&stage)?;
    stage.pass(600)?;
    let world = sandbox::get(&stage.url, "/_sandbox/state").map_err(|error| error.to_string())?;
    World::from_json(&world).map_err(|error| error.to_string())
}

fn apply(stage: &Stage) -> Result<(), String> {
    let ended = stage.rolecall(&["apply", "--auto-approve"])?;
    if ended.code == Some(0) { Ok(()) } else { Err(format!("apply failed\n{}\n{}", ended.stdout, ended.stderr)) }
}

/// The directory of the world and the kinds.
fn directory() -> PathBuf {
    root().join("tests/drift")
}

impl Stage {
    fn of(world: World) -> Result<Self, String> {
        let options = Options { clock: Clock::PerRequest { seconds: 10 }, ..Options::default() };
        let running = RUNTIME.block_on(Sandbox::start(world, options)).map_err(|error| error.to_string())?;
        Ok(Self { url: running.url(), _running: running })
    }

    /// Runs the program.
    pub(crate) fn rolecall(&self, words: &[&str]) -> Result<Ended, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(words).current_dir(directory()).env_clear().env("PATH", "");
        self.aws(&mut command);
        process::run(&mut command).map_err(|error| error.to_string())
    }

    /// Runs another program in a directory.
    pub(crate) fn run(&self, directory: &Path, program: &str, words: &[&str]) -> Result<Ended, String> {
        let mut command = Command::new(program);
        command.args(words).current_dir(directory);
        self.aws(&mut command);
        process::run(&mut command).map_err(|error| error.to_string())
    }

    fn aws(&self, command: &mut Command) {
        command.env("AWS_ENDPOINT_URL", &self.url).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "anyone").env("AWS_SECRET_ACCESS_KEY", "anything");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("NO_COLOR", "1");
    }

    /// Calls AWS as the administrator of an account, and returns the answer.
    pub(crate) fn call(&self, account: &str, service: &str, operation: &str, params: &Value) -> Result<String, String> {
        let answer = aws::call(&self.url, account, service, operation, params).map_err(|error| error.to_string())?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("{service}:{operation} failed: {status} {}", answer.body)),
        }
    }

    /// Lets simulated seconds pass.
    pub(crate) fn pass(&self, seconds: u32) -> Result<(), String> {
        let path = format!("/_sandbox/advance?seconds={seconds}");
        sandbox::post(&self.url, &path, "").map(drop).map_err(|error| error.to_string())
    }

    /// The name of the stack that `{{stack SET ACCOUNT}}` means.
    pub(crate) fn stack(&self, text: &str) -> Result<String, String> {
        let wrong = || format!("{text} names no stack");
        let words: Vec<&str> = text.trim_matches(['{', '}']).split(' ').collect();
        let ["stack", set, account] = words.as_slice() else { return Err(wrong()) };
        let instance = json!({
            "StackSetName": set, "StackInstanceAccount": account, "StackInstanceRegion": "us-east-1",
        });
        let answer = self.call(MANAGEMENT, "cloudformation", "DescribeStackInstance", &instance)?;
        element(&answer, "StackId").map(str::to_owned).ok_or_else(wrong)
    }
}

/// The text of the first element of a name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text)
}
