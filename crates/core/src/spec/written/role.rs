//! The role: its name, who may assume it, what it may do.

use serde_json::{Map, Number, Value, json};

use crate::ids::{InlineName, PolicyArn, RoleName, RolePath, TagKey, TagValue};
use crate::role::SessionLimit;
use crate::spec::diagnostic::code;
use crate::spec::read::{At, Block, Entries, Fields, List, Read, mapping, unique_entries, wrong_type};
use crate::spec::report::{Mark, Report};
use crate::spec::scalar::{Plain, Text, describe, is_account_id, text, unquoted};
use crate::spec::tree::{Entry, Kind, Node, Scalar, Style};

mapping! {
    /// The role in member accounts, and in the management account unless it is left out.
    struct Role {
        /// The role's name, the same in every account. Vendors prescribe it.
        required name: At<RoleName>, schema { "examples": ["ProwlerScan"] };
        /// The role's path. Changing it makes the role anew.
        optional path: At<RolePath>, schema { "default": "/" };
        /// The role's description.
        optional description: At<Description>;
        /// How long a session may last, from 1h to 12h.
        optional max_session_duration: At<SessionLimit>, schema { "default": "1h", "examples": ["1h", "90m", "3600s"] };
        /// Who may assume the role. The condition on the external ID is added by Rolecall.
        required trust: Block<Trust>, missing "say who may assume the role in `trust.principals`";
        /// Managed policies: AWS's by name (`SecurityAudit`, `job-function/ViewOnlyAccess`), any by ARN.
        optional managed_policies: List<At<ManagedPolicy>>;
        /// Inline policies by name: the document in place, or `{file: PATH}`.
        optional inline_policies: Entries<InlineName, InlinePolicy>;
        /// The permissions boundary: an AWS managed policy by name, or any by ARN.
        optional permissions_boundary: At<ManagedPolicy>;
        /// The role's tags. Rolecall adds its own.
        optional tags: Entries<TagKey, At<TagValue>>;
    }
}

mapping! {
    /// Who may assume the role.
    struct Trust {
        /// The vendor's accounts, roles or users: account ids in quotes, or ARNs.
        required principals: List<At<Text>>,
            schema { "minItems": 1, "examples": [["arn:aws:iam::232136659152:root"]] },
            missing "the vendor says which account or role assumes yours";
        /// Further conditions, as in a policy document: operator, then key, then value or values.
        optional conditions: Document,
            schema { "examples": [{ "StringLike": { "aws:PrincipalArn": "arn:aws:iam::232136659152:role/prowler*" } }] };
    }
}

/// A description that IAM accepts.
#[derive(Debug, Clone)]
pub(in crate::spec) struct Description(pub(in crate::spec) String);

impl Read for Description {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        // IAM 2010-05-08, `roleDescriptionType`.
        const EXPECTED: &str = "at most 1,000 characters of Latin-1";
        let found = text(node, EXPECTED, report)?;
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{A1}'..='\u{FF}');
        if let Some(refused) = found.chars().find(|c| !allowed(*c)) {
            report
                .error(node.at, code::BAD_VALUE, format!("IAM does not accept `{refused}` in a description"))
                .expected(EXPECTED)
                .hint("dashes, quotes and letters outside of Latin-1 must be replaced");
            return None;
        }
        let length = found.chars().count();
        if length > 1000 {
            report
                .error(node.at, code::BAD_VALUE, format!("the description has {length} characters"))
                .expected(EXPECTED);
            return None;
        }
        Some(Self(found.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 1000 })
    }
}

/// A managed policy as it is named.
#[derive(Debug, Clone)]
pub(in crate::spec) enum ManagedPolicy {
    /// One of AWS's, by its path and name: `job-function/ViewOnlyAccess`.
    Aws(String),
    /// Any, by its ARN.
    Arn(PolicyArn),
}

impl Read for ManagedPolicy {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str = "the name of an AWS managed policy like SecurityAudit, or a policy ARN";
        let found = text(node, EXPECTED, report)?;
        let named = if found.starts_with("arn:") {
            found.parse().ok().map(Self::Arn)
        } else {
            let arn = format!("arn:aws:iam::aws:policy/{found}");
            let is_name = !found.starts_with('/') && !found.contains("//") && arn.parse::<PolicyArn>().is_ok();
            is_name.then(|| Self::Aws(found.to_owned()))
        };
        if named.is_none() {
            report.error(node.at, code::BAD_VALUE, format!("found {}", describe(node))).expected(EXPECTED);
        }
        named
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A policy document, or a part of one, as JSON and as it stands in the file.
#[derive(Debug, Clone)]
pub(in crate::spec) struct Document {
    pub(in crate::spec) value: Value,
    pub(in crate::spec) node: Node,
}

impl Read for Document {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        if !matches!(node.kind, Kind::Mapping(_)) {
            wrong_type(node, "a mapping", report);
            return None;
        }
        Some(Self { value: to_json(node, Notation::Yaml, report), node: node.clone() })
    }

    fn schema() -> Value {
        json!({ "type": "object" })
    }
}

/// In which notation a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::spec) enum Notation {
    /// Account ids must be quoted, for other tools lose their leading zeros.
    Yaml,
    /// A number is a number.
    Json,
}

impl Notation {
    /// What is in a file, by the extension of its path.
    pub(in crate::spec) fn of_path(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// A tree as JSON. Texts stay as they are: numbers only become numbers when they are whole, `2012-10-17` is a text. What is
/// not right is reported and taken for what it seems to be, so that the rest is looked at too. The depth of recursion is that
/// of the tree, which is bounded.
pub(in crate::spec) fn to_json(node: &Node, notation: Notation, report: &mut Report) -> Value {
    match &node.kind {
        Kind::Scalar(Scalar { text, style: Style::Quoted }) => Value::from(text.as_str()),
        Kind::Scalar(Scalar { text, style: Style::Plain }) => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ if node.is_null() => Value::Null,
            _ if notation == Notation::Yaml && is_account_id(text) => {
                unquoted(node.at, text, Plain::Number, report);
                Value::from(text.as_str())
            }
            _ => whole(text).map_or_else(|| Value::from(text.as_str()), Value::Number),
        },
        Kind::List(items) => items.iter().map(|item| to_json(item, notation, report)).collect(),
        Kind::Mapping(_) => {
            let entries = unique_entries(node, report).unwrap_or_default();
            let field = |Entry { key, value }: &Entry| (key.plain_text().to_owned(), to_json(value, notation, report));
            Value::Object(entries.into_iter().map(field).collect::<Map<_, _>>())
        }
    }
}

/// A whole number that is written as JSON writes it.
fn whole(text: &str) -> Option<Number> {
    let number = text.parse::<i64>().ok()?;
    (number.to_string() == text).then(|| Number::from(number))
}

/// An inline policy: the document in place, or where to find it.
#[derive(Debug, Clone)]
pub(in crate::spec) enum InlinePolicy {
    /// The document.
    InPlace(Document),
    /// The path of a JSON or YAML file, relative to the file that names it.
    File(At<Text>),
}

impl Read for InlinePolicy {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            let diagnostic = wrong_type(node, "a policy document, or {file: PATH}", report);
            let found = node.plain_text();
            if Notation::of_path(found).is_some() {
                diagnostic.hint(format!("write {{file: {found}}}"));
            }
            return None;
        };
        if entries.iter().any(|entry| entry.key.plain_text() == "file") {
            let mut fields = Fields::of(node, owner, &["file"], report)?;
            return fields.required("file", None, report).map(Self::File);
        }
        Document::read(node, owner, report).map(Self::InPlace)
    }

    fn schema() -> Value {
        let file = json!({
            "type": "object",
            "properties": { "file": {
                "type": "string",
                "minLength": 1,
                "description": "The path of a JSON or YAML file that holds the document, relative to this file.",
            } },
            "required": ["file"],
            "additionalProperties": false,
        });
        json!({ "anyOf": [file, policy_schema()] })
    }
}

/// The JSON Schema of a permission policy (IAM User Guide, "Grammar of the IAM JSON policy language").
fn policy_schema() -> Value {
    let texts = json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let statement = json!({
        "type": "object",
        "properties": {
            "Sid": { "type": "string", "pattern": "^[A-Za-z0-9]*$" },
            "Effect": { "enum": ["Allow", "Deny"] },
            "Action": texts,
            "NotAction": texts,
            "Resource": texts,
            "NotResource": texts,
            "Condition": { "type": "object" },
        },
        "required": ["Effect"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "description": "A permission policy. `${...}` in it is IAM's.",
        "properties": {
            "Version": { "enum": ["2012-10-17", "2008-10-17"] },
            "Statement": { "anyOf": [statement, { "type": "array", "items": statement, "minItems": 1 }] },
        },
        "required": ["Statement"],
        "additionalProperties": false,
    })
}
