//! Terraform and its AWS provider, where this machine has them. Nothing is downloaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::without_aws_settings;
use crate::run::{self, Failure};

/// Where the provider is found.
enum Provider {
    /// In a directory that mirrors the registry.
    Mirror(PathBuf),
    /// Where Terraform's own configuration file says.
    Configured,
}

/// A directory in which Terraform is ready to run.
pub(crate) struct Terraform {
    directory: PathBuf,
    provider: Provider,
}

/// Why Terraform is not run.
pub(crate) struct Missing(pub(crate) String);

impl Terraform {
    /// Prepares a directory that holds a configuration.
    ///
    /// # Errors
    /// The outer one when files cannot be written; the inner one when the machine has no Terraform, or not the provider.
    pub(crate) fn prepare(directory: &Path) -> Result<Result<Self, Missing>, Failure> {
        if !run::exists("terraform", "version") {
            return Ok(Err(Missing("there is no terraform on this machine".to_owned())));
        }
        let Some(provider) = provider() else {
            let why = "no provider mirror: set TF_PLUGIN_MIRROR, or name one in Terraform's configuration file";
            return Ok(Err(Missing(why.to_owned())));
        };
        let terraform = Self { directory: directory.to_owned(), provider };
        let mut init = Command::new("terraform");
        terraform.settings(&mut init)?;
        init.current_dir(directory).args(["init", "-input=false", "-no-color"]);
        if let Provider::Mirror(mirror) = &terraform.provider {
            init.arg(format!("-plugin-dir={}", mirror.display()));
        }
        let output = init.output()?;
        if output.status.success() {
            return Ok(Ok(terraform));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().find(|line| line.contains("Error")).unwrap_or("terraform init fails").trim();
        Ok(Err(Missing(format!("the AWS provider is not on this machine: {reason}"))))
    }

    /// Gives a command what Terraform needs, whether the command is Terraform or starts it.
    ///
    /// # Errors
    /// When files cannot be written.
    pub(crate) fn settings(&self, command: &mut Command) -> Result<(), Failure> {
        without_aws_settings(command);
        command.env("CHECKPOINT_DISABLE", "1");
        if let Provider::Mirror(_) = self.provider {
            // Nothing but the mirror is looked at, and this machine's own settings are no part of it.
            let settings = self.directory.join("settings.tfrc");
            fs::write(&settings, "")?;
            command.env("TF_CLI_CONFIG_FILE", settings);
        }
        Ok(())
    }

    /// The prepared directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}

/// `TF_PLUGIN_MIRROR`, then Terraform's configuration file, then a usual place.
fn provider() -> Option<Provider> {
    if let Some(named) = std::env::var_os("TF_PLUGIN_MIRROR") {
        return Some(Provider::Mirror(PathBuf::from(named)));
    }
    let named = std::env::var_os("TF_CLI_CONFIG_FILE").map(PathBuf::from);
    let usual = std::env::home_dir().map(|home| home.join(".terraformrc"));
    if named.or(usual).is_some_and(|file| file.is_file()) {
        return Some(Provider::Configured);
    }
    let place = PathBuf::from("/opt/tf-plugins");
    place.is_dir().then_some(Provider::Mirror(place))
}
