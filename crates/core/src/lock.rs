//! The lock that a run of `apply` holds on an organization: its name, and what is written in it.
//!
//! Only the run that wrote it, or a person, takes it away: whether another run is still alive cannot be told for certain
//! from elsewhere, so it does not expire and is never taken over.

use serde::{Deserialize, Serialize};

use crate::ids::{OrgId, RunId};

/// The name of the parameter in Systems Manager that stands for the lock of an organization.
pub fn parameter(organization: &OrgId) -> String {
    format!("/rolecall/lock/{organization}")
}

/// Who holds a lock: what the parameter says, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run; no two have the same.
    pub run: RunId,
    /// The ARN of whoever the run calls AWS as.
    pub caller: String,
    /// The name of the machine.
    pub host: String,
    /// The number of the process on that machine.
    pub process: u32,
    /// What runs, like `rolecall apply`.
    pub command: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// The page of the pipeline's job, where one says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// What is written in a lock that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupant {
    /// A run of Rolecall.
    Run(Holder),
    /// Nothing that this version can read.
    Unknown,
}

impl Holder {
    /// The value of the parameter.
    pub fn to_value(&self) -> String {
        // Serializing it cannot fail: it is texts and a number.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Occupant {
    /// Reads the value of the parameter.
    pub fn from_value(value: &str) -> Self {
        serde_json::from_str(value).map_or(Self::Unknown, Self::Run)
    }

    /// The run, where it can be read.
    pub fn run(&self) -> Option<&RunId> {
        match self {
            Self::Run(holder) => Some(&holder.run),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder {
            run: "0123456789abcdef".parse().unwrap(),
            caller: "arn:aws:sts::111111111111:assumed-role/ci/run".to_owned(),
            host: "runner-7".to_owned(),
            process: 4711,
            command: "rolecall apply".to_owned(),
            started: "2026-11-20T10:00:00Z".to_owned(),
            job: None,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(Occupant::from_value(&holder().to_value()), Occupant::Run(holder()));
    }

    #[test]
    fn what_a_later_version_adds_does_not_hide_the_holder() {
        let mut value: serde_json::Value = serde_json::from_str(&holder().to_value()).unwrap();
        value["new"] = "x".into();
        assert_eq!(Occupant::from_value(&value.to_string()).run(), Some(&holder().run));
    }

    #[test]
    fn anything_else_is_unknown() {
        for value in ["", "held", "{}", r#"{"run":"not a run"}"#] {
            assert_eq!(Occupant::from_value(value), Occupant::Unknown, "{value}");
        }
    }
}
