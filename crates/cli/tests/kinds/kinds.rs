//! What `tests/drift/kinds.yaml` says.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::root;
use crate::stage::{MEMBER, Stage};

/// What it means that nothing is told.
const SILENT: &str = "silent";
/// The parameters that are JSON documents.
const DOCUMENTS: [&str; 3] = ["AssumeRolePolicyDocument", "PolicyDocument", "TemplateBody"];

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    documents: BTreeMap<String, Value>,
    /// What must be told.
    pub(crate) kinds: Vec<Kind>,
    /// What must not.
    pub(crate) harmless: Vec<Kind>,
}

/// Something that somebody does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// In words, as it is listed.
    pub(crate) name: String,
    calls: Vec<Deed>,
    /// The kind of the finding.
    #[serde(default = "silent")]
    pub(crate) rolecall: String,
    /// `found` or `silent`.
    #[serde(default = "silent")]
    pub(crate) cloudformation: String,
    #[serde(default = "silent")]
    pub(crate) terraform: String,
}

fn silent() -> String {
    SILENT.to_owned()
}

/// One step of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Deed {
    /// A call to AWS.
    Call {
        /// Such as `iam:PutRolePolicy`.
        call: String,
        /// As whose administrator.
        account: Option<String>,
        #[serde(default)]
        params: Value,
    },
    /// So many simulated seconds pass.
    Pass { pass: u32 },
}

/// Who tells of drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Teller {
    Rolecall,
    CloudFormation,
    Terraform,
}

/// What was told.
pub(crate) struct Told {
    /// `silent`, `found`, or the kinds of the findings.
    pub(crate) outcome: String,
    /// In the teller's own words.
    pub(crate) said: String,
}

impl Told {
    /// Whether anything was told, by a teller that has no words for kinds.
    pub(crate) fn something(is_told: bool, said: String) -> Self {
        Self { outcome: if is_told { "found" } else { SILENT }.to_owned(), said }
    }

    /// The kinds of the findings, each once.
    pub(crate) fn kinds(mut kinds: Vec<String>, said: String) -> Self {
        kinds.sort();
        kinds.dedup();
        Self { outcome: if kinds.is_empty() { SILENT.to_owned() } else { kinds.join(" ") }, said }
    }
}

impl Teller {
    pub(crate) const ALL: [Self; 3] = [Self::Rolecall, Self::CloudFormation, Self::Terraform];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Rolecall => "rolecall",
            Self::CloudFormation => "cloudformation",
            Self::Terraform => "terraform",
        }
    }

    /// Whether it can be asked on this machine.
    pub(crate) fn is_here(self) -> bool {
        match self {
            Self::Rolecall | Self::CloudFormation => true,
            Self::Terraform => std::env::var_os("TERRAFORM_DIRECTORY").is_some(),
        }
    }
}

impl File {
    pub(crate) fn read() -> Result<Self, String> {
        let text = fs::read_to_string(root().join("tests/drift/kinds.yaml")).map_err(|error| error.to_string())?;
        serde_saphyr::from_str(&text).map_err(|error| error.to_string())
    }

    /// Parameters with their documents as texts.
    fn filled(&self, params: &Value, stage: &Stage) -> Result<Value, String> {
        let Value::Object(members) = params else { return Ok(params.clone()) };
        let filled = members.iter().map(|(name, value)| {
            let value = match value {
                Value::String(text) if text.starts_with('$') => {
                    let document =
                        self.documents.get(&text[1..]).ok_or_else(|| format!("there is no document {text}"))?;
                    Value::String(document.to_string())
                }
                Value::String(text) if text.starts_with("{{stack ") => Value::String(stage.stack(text)?),
                Value::Object(_) if DOCUMENTS.contains(&name.as_str()) => Value::String(value.to_string()),
                other => other.clone(),
            };
            Ok((name.clone(), value))
        });
        filled.collect::<Result<_, String>>().map(Value::Object)
    }
}

impl Kind {
    /// Nothing is done at all: nobody may tell of anything.
    pub(crate) fn nothing() -> Self {
        let name = "nothing was done".to_owned();
        Self { name, calls: Vec::new(), rolecall: silent(), cloudformation: silent(), terraform: silent() }
    }

    /// What a teller is known to tell.
    pub(crate) fn expected(&self, teller: Teller) -> &str {
        match teller {
            Teller::Rolecall => &self.rolecall,
            Teller::CloudFormation => &self.cloudformation,
            Teller::Terraform => &self.terraform,
        }
    }

    /// Whether a teller tells of it.
    pub(crate) fn is_told(&self, teller: Teller) -> bool {
        self.expected(teller) != SILENT
    }

    /// Does it.
    pub(crate) fn happen(&self, file: &File, stage: &Stage) -> Result<(), String> {
        for deed in &self.calls {
            match deed {
                Deed::Pass { pass } => stage.pass(*pass)?,
                Deed::Call { call, account, params } => {
                    let account = account.as_deref().unwrap_or(MEMBER);
                    let (service, operation) = call.split_once(':').ok_or_else(|| format!("{call} is no call"))?;
                    stage.call(account, service, operation, &file.filled(params, stage)?)?;
                }
            }
        }
        Ok(())
    }
}
