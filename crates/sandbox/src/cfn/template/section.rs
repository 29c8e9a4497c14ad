//! The blocks of a template, each checked by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::error::{TemplateError, format_error, function_error, other_error};
use super::resolved::DeletionPolicy;

/// A resource as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    pub(super) kind: String,
    pub(super) properties: Map<String, Value>,
    pub(super) condition: Option<String>,
    pub(super) depends_on: BTreeSet<String>,
    pub(super) deletion_policy: DeletionPolicy,
    pub(super) replace_policy: DeletionPolicy,
    /// The metadata.
    pub(super) metadata: Option<Value>,
    /// The values of other attributes: what they refer to is needed too.
    pub(super) attributes: Vec<Value>,
}

/// An output as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Output {
    pub(super) value: Value,
    pub(super) description: Option<String>,
    pub(super) condition: Option<String>,
    /// The name under which other stacks may import it.
    pub(super) export: Option<Value>,
}

const TOP_LEVEL: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// The top level of a template: its keys, its version.
pub(super) fn check_top_level(template: &Map<String, Value>) -> Result<(), TemplateError> {
    let unknown: Vec<&str> = template.keys().map(String::as_str).filter(|key| !TOP_LEVEL.contains(key)).collect();
    if !unknown.is_empty() {
        return Err(other_error(format!("Invalid template property or properties [{}]", unknown.join(", "))));
    }
    match template.get("AWSTemplateFormatVersion") {
        None => Ok(()),
        Some(Value::String(version)) if version == "2010-09-09" => Ok(()),
        Some(_) => Err(format_error("unsupported value for AWSTemplateFormatVersion.")),
    }
}

/// The macros that the whole template declares; `Fn::Transform` inside of it is not among them.
pub(super) fn transforms(template: &Map<String, Value>) -> Vec<String> {
    match template.get("Transform") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The description.
pub(super) fn description(template: &Map<String, Value>) -> Result<Option<String>, TemplateError> {
    match template.get("Description") {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= 1024 => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(format_error("'Description' length is greater than 1024.")),
        Some(_) => Err(format_error("'Description' must be a string.")),
    }
}

/// A block whose members are declarations by name; empty when the template has none.
///
/// # Errors
/// It is no object, has more members than the quota, or a name of other than letters and digits.
pub(super) fn block<T>(
    template: &Map<String, Value>,
    block: &Block,
    read: impl Fn(&str, &Value) -> Result<T, TemplateError>,
) -> Result<BTreeMap<String, T>, TemplateError> {
    let Block { key, noun, most } = block;
    let Some(members) = template.get(*key) else { return Ok(BTreeMap::new()) };
    let members = members.as_object().ok_or_else(|| format_error(format!("'{key}' must be a JSON object.")))?;
    if members.len() > *most {
        let (noun, found) = (noun.to_lowercase(), members.len());
        return Err(format_error(format!("Number of {noun}s, {found}, is greater than maximum allowed, {most}")));
    }
    members
        .iter()
        .map(|(name, declared)| {
            if name.is_empty() || !name.chars().all(|character| character.is_ascii_alphanumeric()) {
                return Err(format_error(format!("{noun} name {name} is non alphanumeric.")));
            }
            Ok((name.clone(), read(name, declared)?))
        })
        .collect()
}

/// What one block's messages say, and its quota ("`CloudFormation` quotas"; it has none for conditions and rules, which the size of
/// a template bounds).
pub(super) struct Block {
    key: &'static str,
    noun: &'static str,
    most: usize,
}

pub(super) const PARAMETERS: Block = Block { key: "Parameters", noun: "Parameter", most: 200 };
pub(super) const MAPPINGS: Block = Block { key: "Mappings", noun: "Mapping", most: 200 };
pub(super) const CONDITIONS: Block = Block { key: "Conditions", noun: "Condition", most: usize::MAX };
pub(super) const RULES: Block = Block { key: "Rules", noun: "Rule", most: usize::MAX };
pub(super) const RESOURCES: Block = Block { key: "Resources", noun: "Resource", most: 500 };
pub(super) const OUTPUTS: Block = Block { key: "Outputs", noun: "Output", most: 200 };

pub(super) fn mapping(name: &str, declared: &Value) -> Result<Map<String, Value>, TemplateError> {
    let members = declared.as_object().ok_or_else(|| format_error("Any Mappings member must be a map"))?;
    for (key, attributes) in members {
        let attributes = attributes
            .as_object()
            .ok_or_else(|| format_error(format!("[/Mappings/{name}/{key}] Every Mappings attribute must be a map")))?;
        if attributes.values().any(Value::is_object) {
            return Err(format_error("Every Mappings attribute must be a String or a List."));
        }
    }
    Ok(members.clone())
}

pub(super) fn resource(name: &str, declared: &Value) -> Result<Declared, TemplateError> {
    let members = declared.as_object().ok_or_else(|| format_error("Any Resources member must be an object."))?;
    let mut attributes = Vec::new();
    for (key, value) in members {
        match key.as_str() {
            "CreationPolicy" | "UpdatePolicy" => attributes.push(value.clone()),
            "Condition"
            | "DeletionPolicy"
            | "DependsOn"
            | "Metadata"
            | "Properties"
            | "Type"
            | "UpdateReplacePolicy"
            | "Version" => {}
            _ => return Err(other_error(format!("Invalid template resource property '{key}'"))),
        }
    }
    let kind = match members.get("Type") {
        None => {
            return Err(format_error(format!(
                "[/Resources/{name}] Every Resources object must contain a Type member."
            )));
        }
        Some(Value::String(kind)) => kind.clone(),
        Some(_) => return Err(format_error(format!("[/Resources/{name}/Type] 'Type' must be a string."))),
    };
    if !is_kind(&kind) {
        return Err(format_error(format!("Unrecognized resource types: [{kind}]")));
    }
    let properties = match members.get("Properties") {
        None => Map::new(),
        Some(Value::Object(properties)) => properties.clone(),
        Some(_) => return Err(format_error(format!("[/Resources/{name}/Properties] 'Properties' must be an object."))),
    };
    Ok(Declared {
        deletion_policy: deletion_policy(members, "DeletionPolicy", &kind)?,
        replace_policy: deletion_policy(members, "UpdateReplacePolicy", &kind)?,
        condition: condition(members)?,
        depends_on: depends_on(members)?,
        metadata: members.get("Metadata").cloned(),
        kind,
        properties,
        attributes,
    })
}

pub(super) fn output(name: &str, declared: &Value) -> Result<Output, TemplateError> {
    let malformed =
        || format_error(format!("Output {name} is malformed. Every Outputs member must contain a Value object"));
    let members = declared.as_object().ok_or_else(malformed)?;
    if let Some(unknown) =
        members.keys().find(|key| !["Condition", "Description", "Export", "Value"].contains(&key.as_str()))
    {
        return Err(other_error(format!("Invalid template output property '{unknown}'")));
    }
    let export = match members.get("Export") {
        None => None,
        Some(export) => Some(export.get("Name").cloned().ok_or_else(|| {
            format_error(format!("Output {name} is malformed. The Export field must be an object with a Name."))
        })?),
    };
    let description = match members.get("Description") {
        None => None,
        Some(Value::String(text)) if text.len() <= 1024 => Some(text.clone()),
        Some(Value::String(_)) => return Err(format_error("'Description' length is greater than 1024.")),
        Some(_) => return Err(format_error("Every Description member must be a string.")),
    };
    let value = members.get("Value").cloned().ok_or_else(malformed)?;
    Ok(Output { value, description, condition: condition(members)?, export })
}

fn condition(members: &Map<String, Value>) -> Result<Option<String>, TemplateError> {
    match members.get("Condition") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err(format_error("Every Condition member must be a string.")),
    }
}

fn depends_on(members: &Map<String, Value>) -> Result<BTreeSet<String>, TemplateError> {
    let names = match members.get("DependsOn") {
        None => Some(BTreeSet::new()),
        Some(Value::String(name)) => Some(BTreeSet::from([name.clone()])),
        Some(Value::Array(names)) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    names.ok_or_else(|| format_error("DependsOn must be a string or list of strings."))
}

fn deletion_policy(members: &Map<String, Value>, key: &str, kind: &str) -> Result<DeletionPolicy, TemplateError> {
    match members.get(key) {
        None => Ok(DeletionPolicy::Delete),
        Some(Value::String(policy)) => match policy.as_str() {
            "Delete" => Ok(DeletionPolicy::Delete),
            "Retain" => Ok(DeletionPolicy::Retain),
            "RetainExceptOnCreate" if key == "DeletionPolicy" => Ok(DeletionPolicy::RetainExceptOnCreate),
            // Types that have snapshots are none that the simulation makes.
            "Snapshot" if !kind.starts_with("AWS::IAM::") => Ok(DeletionPolicy::Delete),
            "Snapshot" => {
                Err(function_error(format!("resource type {kind} does not support deletion policy Snapshot")))
            }
            _ => Err(format_error(format!("Unrecognized {key} {policy}"))),
        },
        Some(_) => Err(format_error(format!("Every {key} member must be a string."))),
    }
}

/// `AWS::IAM::Role`, `Custom::Anything`: by form, for the simulation does not know them all.
fn is_kind(kind: &str) -> bool {
    let parts: Vec<&str> = kind.split("::").collect();
    let named = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_@-".contains(c));
    parts.iter().all(named) && (parts.len() >= 3 || parts.len() == 2 && parts[0] == "Custom")
}
