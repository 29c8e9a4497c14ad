//! Parameters, and where they are kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// All parameters: by account, by Region, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Store(BTreeMap<String, BTreeMap<String, Parameters>>);

/// The parameters of an account in one Region, by name.
pub(super) type Parameters = BTreeMap<String, Parameter>;

/// A parameter, with its latest version only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parameter {
    pub(super) value: String,
    pub(super) kind: Kind,
    pub(super) description: Option<String>,
    pub(super) version: u64,
    pub(super) modified: Timestamp,
    /// The ARN of whoever wrote it last.
    pub(super) modified_by: String,
    pub(super) tags: BTreeMap<String, String>,
}

/// The kinds of parameters that are simulated; `SecureString` needs KMS, which is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    String,
    StringList,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
        }
    }
}

/// Whose parameters in which Region a call is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
}

impl Place<'_> {
    /// The ARN of the parameters whose name, or part of it, is given.
    pub(super) fn arn(self, name: &str) -> String {
        let Self { account, region } = self;
        let slash = if name.starts_with('/') { "" } else { "/" };
        format!("arn:aws:ssm:{region}:{account}:parameter{slash}{name}")
    }
}

impl Store {
    /// The parameters of a place.
    pub(super) fn of(&self, place: Place<'_>) -> Option<&Parameters> {
        self.0.get(place.account)?.get(place.region)
    }

    /// The parameters of a place, to change them.
    pub(super) fn of_mut(&mut self, place: Place<'_>) -> &mut Parameters {
        self.0.entry(place.account.to_owned()).or_default().entry(place.region.to_owned()).or_default()
    }
}

impl Parameter {
    /// `Parameter` of the service model.
    pub(super) fn shape(&self, name: &str, place: Place<'_>) -> Value {
        let Self { value, kind, description: _, version, modified, modified_by: _, tags: _ } = self;
        json!({
            "Name": name,
            "Type": kind.name(),
            "Value": value,
            "Version": version,
            "LastModifiedDate": seconds(*modified),
            "ARN": place.arn(name),
            "DataType": "text",
        })
    }

    /// `ParameterMetadata` of the service model.
    pub(super) fn metadata(&self, name: &str, place: Place<'_>) -> Value {
        let Self { value: _, kind, description, version, modified, modified_by, tags: _ } = self;
        let mut shape = json!({
            "Name": name,
            "ARN": place.arn(name),
            "Type": kind.name(),
            "LastModifiedDate": seconds(*modified),
            "LastModifiedUser": modified_by,
            "Version": version,
            "Tier": "Standard",
            "Policies": [],
            "DataType": "text",
        });
        if let Some(description) = description {
            shape["Description"] = json!(description);
        }
        shape
    }
}

/// JSON 1.1 writes times as seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium are exact in an f64")]
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
