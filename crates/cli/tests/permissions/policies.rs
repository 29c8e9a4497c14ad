//! The policies as the program prints them.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::process;
use crate::world::{self, CallAs};

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Caller,
    Member,
}

impl Part {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Member => "member role",
        }
    }
}

/// The caller's policy and the member role's.
#[derive(Debug, Clone)]
pub(crate) struct Policies {
    pub(crate) caller: Value,
    pub(crate) member: Value,
}

impl Policies {
    /// What the program prints for the configuration of the test.
    pub(crate) fn print(purpose: &str, call_as: CallAs) -> Result<Self, String> {
        Self::print_for(purpose, &world::configuration(call_as))
    }

    /// What the program prints for a configuration.
    pub(crate) fn print_for(purpose: &str, configuration: &str) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = directory.path().join("rolecall.yaml");
        std::fs::write(&file, configuration).map_err(|error| error.to_string())?;
        let print = |part: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
            command.args(["iam-policy", "--for", purpose, "--part", part, "-f"]).arg(&file);
            let ended = process::run(&mut command).map_err(|error| error.to_string())?;
            serde_json::from_str(&ended.stdout).map_err(|error| format!("{error}: {}", ended.stderr))
        };
        Ok(Self { caller: print("caller")?, member: print("member")? })
    }

    /// Every action, with whose it is.
    pub(crate) fn actions(&self) -> BTreeSet<(Part, String)> {
        let of = |part: Part, policy: &Value| -> Vec<(Part, String)> {
            let statements = policy["Statement"].as_array().into_iter().flatten();
            let actions = statements.flat_map(|statement| statement["Action"].as_array().into_iter().flatten());
            actions.filter_map(Value::as_str).map(|action| (part, action.to_owned())).collect()
        };
        of(Part::Caller, &self.caller).into_iter().chain(of(Part::Member, &self.member)).collect()
    }

    /// The same without one action.
    pub(crate) fn without(&self, part: Part, action: &str) -> Self {
        let mut policies = self.clone();
        let policy = match part {
            Part::Caller => &mut policies.caller,
            Part::Member => &mut policies.member,
        };
        if let Some(statements) = policy["Statement"].as_array_mut() {
            for statement in statements.iter_mut() {
                if let Some(actions) = statement["Action"].as_array_mut() {
                    actions.retain(|listed| listed != action);
                }
            }
            statements.retain(|statement| statement["Action"].as_array().is_some_and(|actions| !actions.is_empty()));
        }
        policies
    }
}
