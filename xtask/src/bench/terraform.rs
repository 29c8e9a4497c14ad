//! `terraform plan` over a few accounts: a provider alias for each, as its AWS provider demands.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::processes::{private, processor_time, tree};
use super::rows::{megabytes, seconds};
use super::scene::{self, Scene};
use super::table::Row;
use crate::run::Failure;
use crate::sandbox;
use crate::terraform::Terraform;

/// How many accounts Terraform is asked to look at: each costs it a process's worth of memory.
const ALIASES: usize = 10;

const WHAT: &str = "terraform plan, 10 accounts, 1 integration";

/// Imports the role of ten accounts in a plan and measures that.
///
/// # Errors
/// When Terraform is there with its provider and still fails. Without them there is a line that says so.
pub(crate) fn row(scene: &Scene) -> Result<Row, Failure> {
    let directory = scene.directory("terraform")?;
    fs::write(
        directory.join("main.tf"),
        configuration(&scene.members[..ALIASES.min(scene.members.len())], &scene.roles[0]),
    )?;
    let terraform = match Terraform::prepare(&directory)? {
        Ok(terraform) => terraform,
        Err(missing) => return Ok(Row::without_numbers(WHAT, &format!("not measured: {}", missing.0))),
    };
    scene::rest();
    sandbox::post(&scene.sandbox.url, "/_sandbox/audit/reset", "")?;
    let mut plan = command(scene, &terraform)?;
    let start = Instant::now();
    let watched = watch(plan.args(["plan", "-input=false", "-no-color", "-lock=false"]), &directory.join("plan.log"))?;
    let wall = start.elapsed();
    let calls = super::calls::Calls::of_sandbox(&scene.sandbox)?;
    let mut row = Row::without_numbers(WHAT, "");
    row.cells[0] = seconds(wall);
    row.cells[3] = seconds(watched.cpu);
    row.cells[4] = megabytes(watched.private);
    row.cells[5] = calls.total().to_string();
    row.cells[6] = format!("{:.2}", calls.per_account());
    let (cpu, memory) = (watched.cpu / 10, watched.private / 10);
    row.remark = format!("{} s CPU and {} MB of private memory an account", seconds(cpu), megabytes(memory));
    Ok(row)
}

fn command(scene: &Scene, terraform: &Terraform) -> Result<Command, Failure> {
    let mut command = Command::new("terraform");
    terraform.settings(&mut command)?;
    let mut command = scene.within(command);
    command.current_dir(terraform.directory());
    Ok(command)
}

fn configuration(members: &[String], role: &str) -> String {
    let mut text = "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n".to_owned();
    for id in members {
        let _ = write!(
            text,
            r#"
provider "aws" {{
  alias  = "a{id}"
  region = "us-east-1"
  assume_role {{ role_arn = "arn:aws:iam::{id}:role/OrganizationAccountAccessRole" }}
}}
import {{
  provider = aws.a{id}
  to       = aws_iam_role.a{id}
  id       = "{role}"
}}
resource "aws_iam_role" "a{id}" {{
  provider           = aws.a{id}
  name               = "{role}"
  assume_role_policy = "{{}}"
}}
"#
        );
    }
    text
}

/// What a tree of processes took.
struct Watched {
    cpu: Duration,
    /// The largest sum of private memory over the tree, in bytes.
    private: u64,
}

/// Runs a command and looks at its processes while it runs: what is not shared between them is what they cost.
fn watch(command: &mut Command, log: &Path) -> Result<Watched, Failure> {
    let output = fs::File::create(log)?;
    let mut child = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn()?;
    let mut private_peak = 0;
    let mut cpu: BTreeMap<u32, Duration> = BTreeMap::new();
    loop {
        let tree = tree(child.id());
        private_peak = tree.iter().filter_map(|id| private(*id)).sum::<u64>().max(private_peak);
        cpu.extend(tree.into_iter().filter_map(|id| Some((id, processor_time(id)?))));
        match child.try_wait()? {
            None => sleep(Duration::from_millis(50)),
            Some(status) if status.success() => return Ok(Watched { cpu: cpu.values().sum(), private: private_peak }),
            Some(status) => return Err(format!("terraform plan: {status}\n{}", fs::read_to_string(log)?).into()),
        }
    }
}
