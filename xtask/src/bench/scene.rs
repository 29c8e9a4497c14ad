//! The simulated organization that programs are measured on: applied, slow to answer, nothing left to change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::LATENCY;
use super::calls::Calls;
use crate::python::without_aws_settings;
use crate::run::{self, Failure};
use crate::sandbox::{self, Sandbox};

/// A sandbox with everything in place.
pub(crate) struct Scene {
    /// The server.
    pub(crate) sandbox: Sandbox,
    /// The names of the roles, one for each integration.
    pub(crate) roles: Vec<String>,
    /// The members that have the roles.
    pub(crate) members: Vec<String>,
    directory: PathBuf,
}

impl Scene {
    /// Makes an organization, applies the integrations, and serves the result with the latency added.
    ///
    /// # Errors
    /// When a step fails, the plan after it is not empty, or the server does not start.
    pub(crate) fn set(accounts: usize, integrations: usize) -> Result<Self, Failure> {
        let directory = run::target()?.join("bench").join(format!("{accounts}-{integrations}"));
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        let organization = directory.join("organization.yaml");
        let generate = ["sandbox", "generate", "--ous", "60", "--depth", "3", "--seed", "1", "--accounts"];
        let mut command = Command::new(rolecall()?);
        run::run(command.args(generate).arg(accounts.to_string()).arg("--out").arg(&organization), run::HOUR)?;
        let roles = write_configuration(&directory, &fs::read_to_string(&organization)?, integrations)?;

        // In the program's own sandbox first, without latency; the server then goes on from the state that it kept.
        let apply = ["apply", "--auto-approve", "--quiet", "--sandbox", "organization.yaml"];
        let mut command = Command::new(rolecall()?);
        without_aws_settings(&mut command);
        run::run(command.args(apply).current_dir(&directory), run::HOUR)?;
        // Beside the state is the file that keeps two processes from it.
        let kept: Vec<PathBuf> = fs::read_dir(directory.join(".rolecall/sandbox"))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        let is_state = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "json");
        let state = kept.iter().find(is_state).ok_or("the sandbox kept no state")?;
        let (latency, state) = (format!("{}ms", LATENCY.as_millis()), state.to_string_lossy().into_owned());
        let sandbox = Sandbox::start(&rolecall()?, &organization, &["--latency", &latency, "--state", &state])?;
        let mut scene = Self { sandbox, roles, members: Vec::new(), directory };
        sandbox::post(&scene.sandbox.url, "/_sandbox/audit/reset", "")?;
        run::run(scene.rolecall()?.args(["plan", "--quiet", "--detailed-exitcode"]), run::HOUR)?;
        scene.members = Calls::of_sandbox(&scene.sandbox)?.members();
        Ok(scene)
    }

    /// Our program, in the scene's directory and against its sandbox.
    pub(crate) fn rolecall(&self) -> Result<Command, Failure> {
        Ok(self.within(Command::new(rolecall()?)))
    }

    /// Any command, in the scene's directory and against its sandbox.
    pub(crate) fn within(&self, mut command: Command) -> Command {
        without_aws_settings(&mut command);
        command.env("AWS_ENDPOINT_URL", &self.sandbox.url).current_dir(&self.directory);
        command
    }

    /// A directory for what a program writes.
    pub(crate) fn directory(&self, name: &str) -> Result<PathBuf, Failure> {
        let directory = self.directory.join(name);
        fs::create_dir_all(&directory)?;
        Ok(directory)
    }
}

/// Waits until the sandbox has nothing more to write; its disk traffic is not part of what is measured.
pub(crate) fn rest() {
    std::thread::sleep(Duration::from_secs(2));
}

/// Our program as it is shipped.
pub(crate) fn rolecall() -> Result<PathBuf, Failure> {
    Ok(run::target()?.join("release/rolecall"))
}

/// Writes `rolecall.yaml` and says which roles it has.
fn write_configuration(directory: &Path, organization: &str, count: usize) -> Result<Vec<String>, Failure> {
    let id = organization.split_whitespace().find(|word| word.trim_matches('"').starts_with("o-"));
    let id = id.ok_or("the organization file has no id")?.trim_matches('"');
    let mut text = format!("version: 1\norganization: {{ id: {id} }}\nintegrations:\n");
    let mut roles = Vec::new();
    for n in 1..=count {
        let role = format!("Vendor{n}Access");
        text += &INTEGRATION.replace("NUMBER", &n.to_string());
        roles.push(role);
    }
    fs::write(directory.join("rolecall.yaml"), text)?;
    Ok(roles)
}

/// An integration like many a vendor's: two managed policies, an inline policy, an addition in the management account.
const INTEGRATION: &str = r#"
  vendorNUMBER:
    external_id: 5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0aNUMBER
    role:
      name: VendorNUMBERAccess
      description: Access of vendor NUMBER
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [SecurityAudit, job-function/ViewOnlyAccess]
      inline_policies:
        additions:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Action: ["account:Get*", "backup:List*", "glue:GetConnections"], Resource: "*" }
      tags: { vendor: "NUMBER" }
    management_account:
      inline_policies:
        organization:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Action: "organizations:List*", Resource: "*" }]
    targets: { organizational_units: [Root] }
"#;
