//! Values that are one text or number: identifiers, durations, amounts, external IDs, units.

use serde_json::{Value, json};

use super::parsed;
use crate::ids::{
    AccountId, ExternalId, InlineName, IntegrationName, OrgId, OuId, ProfileName, Region, RoleArn, RoleName, RolePath,
    StackSetName, TagKey, TagValue,
};
use crate::role::SessionLimit;
use crate::spec::diagnostic::code;
use crate::spec::model::{self, OuRef, Pattern};
use crate::spec::read::{Fields, Read, wrong_type};
use crate::spec::report::{Mark, Report};
use crate::spec::scalar::{Text, describe, is_account_id, text, whole_number};
use crate::spec::suggest::{closest, excerpt};
use crate::spec::tree::{Kind, Node};

macro_rules! identifiers {
    ($($name:ident $schema:tt)*) => {
        $(impl Read for $name {
            fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
                parsed(node, $name::EXPECTED, report)
            }

            fn schema() -> Value {
                let mut schema = json!($schema);
                schema["type"] = json!("string");
                schema
            }
        })*
    };
}

// The patterns say no more than the types check; a test generates texts from them.
identifiers! {
    OrgId { "pattern": "^o-[a-z0-9]{10,32}$" }
    RoleName { "pattern": "^[A-Za-z0-9_+=,.@-]{1,64}$" }
    RolePath { "pattern": "^/([!-~]+/)?$", "maxLength": 512 }
    InlineName { "pattern": "^[A-Za-z0-9_+=,.@-]{1,128}$" }
    // No pattern for tags: the schema's dialects do not agree on how to write "any letter".
    ProfileName { "minLength": 1, "maxLength": 256 }
    TagKey { "minLength": 1, "maxLength": 128 }
    TagValue { "maxLength": 256 }
    IntegrationName { "pattern": "^[A-Za-z][A-Za-z0-9-]{0,63}$" }
    StackSetName { "pattern": "^[A-Za-z][A-Za-z0-9-]{0,127}$" }
    RoleArn { "pattern": "^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/([!-~]{1,512}/)?[A-Za-z0-9_+=,.@-]{1,64}$" }
    Region { "pattern": "^[a-z]{2,5}(-[a-z]{1,16}){1,3}-[0-9]$" }
    ExternalId { "pattern": "^[A-Za-z0-9_+=,.@:/-]{2,1224}$" }
}

impl Read for AccountId {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        let digits = node.plain_text();
        let length = digits.len();
        if length != 0 && length != 12 && digits.bytes().all(|b| b.is_ascii_digit()) {
            let diagnostic =
                report.error(node.at, code::BAD_VALUE, format!("`{}` has {length} digits", excerpt(digits)));
            diagnostic.expected(Self::EXPECTED);
            if (9..12).contains(&length) {
                diagnostic.hint(format!("was a leading zero lost? write \"{digits:0>12}\""));
            }
            return None;
        }
        parsed(node, Self::EXPECTED, report)
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]{12}$" })
    }
}

/// Declares that one of some words is read as a value.
macro_rules! choice {
    ($name:ident { $($word:literal => $value:expr,)+ }) => {
        impl $crate::spec::read::Read for $name {
            fn read(
                node: &$crate::spec::tree::Node,
                _: $crate::spec::report::Mark,
                report: &mut $crate::spec::report::Report,
            ) -> Option<Self> {
                match $crate::spec::written::values::word(node, &[$($word),+], report)? {
                    $($word => Some($value),)+
                    _ => None,
                }
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),+] })
            }
        }
    };
}
pub(super) use choice;

/// Reads one of some words.
pub(super) fn word<'n>(node: &'n Node, words: &[&'static str], report: &mut Report) -> Option<&'n str> {
    let expected = words.join(" or ");
    let found = text(node, &expected, report)?;
    if words.contains(&found) {
        return Some(found);
    }
    let diagnostic = report.error(node.at, code::BAD_VALUE, format!("found {}", describe(node))).expected(expected);
    if let Some(meant) = closest(found, words) {
        diagnostic.hint(format!("did you mean `{meant}`?"));
    }
    None
}

impl Read for SessionLimit {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        let written = node.plain_text();
        if !written.is_empty() && written.bytes().all(|b| b.is_ascii_digit()) {
            report
                .error(node.at, code::BAD_VALUE, format!("the duration `{written}` has no unit"))
                .expected(Self::EXPECTED)
                .hint(format!("write {written}s for seconds"));
            return None;
        }
        let found = text(node, Self::EXPECTED, report)?;
        if let Some(limit) = seconds(found).and_then(|seconds| Self::try_from(seconds).ok()) {
            return Some(limit);
        }
        let hint = "a number and h, m or s: 1h, 90m, 3600s";
        report.error(node.at, code::BAD_VALUE, format!("found {}", describe(node))).expected(Self::EXPECTED).hint(hint);
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+[hms]$" })
    }
}

/// `1h`, `90m` or `3600s` in seconds.
fn seconds(text: &str) -> Option<u32> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.parse::<u32>().ok().filter(|_| !number.starts_with('+'))?.checked_mul(factor)
}

/// A number of accounts (`10`), or a part of them (`10%`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::spec) struct Amount(pub(in crate::spec) model::Amount);

impl Read for Amount {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str = "a number of accounts like 10, or a part of them like 10%";
        let Some(digits) = node.plain_text().strip_suffix('%') else {
            return whole_number(node, EXPECTED, report).map(|count| Self(model::Amount::Count(count)));
        };
        let percent = digits.parse().ok().filter(|percent| *percent <= 100 && !digits.starts_with('+'));
        if percent.is_none() {
            report
                .error(node.at, code::BAD_VALUE, format!("found {}", describe(node)))
                .expected("a part of the accounts from 0% to 100%");
        }
        percent.map(|percent| Self(model::Amount::Percent(percent)))
    }

    fn schema() -> Value {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": u32::MAX },
            { "type": "string", "pattern": "^([0-9]|[1-9][0-9]|100)%$" },
        ] })
    }
}

/// An external ID, or where to find it.
#[derive(Debug, Clone)]
pub(in crate::spec) enum ExternalIdSource {
    /// The external ID itself.
    Value(ExternalId),
    /// The name of an environment variable that holds it.
    Environment(String),
    /// The path of a file that holds it, relative to the file that names it.
    File(String),
}

impl Read for ExternalIdSource {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str =
            "an external ID of 2 to 1,224 letters, digits and _+=,.@:/-, or {env: NAME}, or {file: PATH}";
        if !matches!(node.kind, Kind::Mapping(_)) {
            return parsed(node, EXPECTED, report).map(Self::Value);
        }
        let mut fields = Fields::of(node, owner, &["env", "file"], report)?;
        let environment: Option<Text> = fields.optional("env", None, report);
        let file: Option<Text> = fields.optional("file", None, report);
        match (environment, file, fields.count()) {
            (Some(Text(name)), None, 1) => Some(Self::Environment(name)),
            (None, Some(Text(path)), 1) => Some(Self::File(path)),
            (_, _, 1) => None,
            (_, _, count) => {
                let found = if count == 0 { "neither `env` nor `file`" } else { "both `env` and `file`" };
                report
                    .error(node.at, code::WRONG_TYPE, format!("found {found}"))
                    .expected("{env: NAME} or {file: PATH}");
                None
            }
        }
    }

    fn schema() -> Value {
        let one = |key: &str, about: &str| {
            json!({
                "type": "object",
                "properties": { key: { "type": "string", "minLength": 1, "description": about } },
                "required": [key],
                "additionalProperties": false,
            })
        };
        json!({ "anyOf": [
            ExternalId::schema(),
            one("env", "The name of an environment variable that holds the external ID."),
            one("file", "The path of a file that holds the external ID, relative to this file."),
        ] })
    }
}

/// An organizational unit: its id, its name, or the path of names to it.
#[derive(Debug, Clone)]
pub(in crate::spec) struct Unit(pub(in crate::spec) OuRef);

impl Read for Unit {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str = "an organizational unit: its id, its name, or a path of names like Workloads/Prod";
        let found = text(node, EXPECTED, report)?;
        if found == "Root" {
            return Some(Self(OuRef::Root));
        }
        if let Ok(id) = found.parse::<OuId>() {
            return Some(Self(OuRef::Id(id)));
        }
        let mistake = if is_account_id(found) {
            Some("an account is not a unit: name the unit it is in")
        } else if found.starts_with("ou-") || found.starts_with("r-") {
            Some("ids look like ou-ab12-cd34ef56 and r-ab12; a unit whose name begins like one is named by Root/NAME")
        } else if found.split('/').any(str::is_empty) {
            Some("write the names between single slashes, as in Workloads/Prod")
        } else {
            None
        };
        if let Some(hint) = mistake {
            report.error(node.at, code::BAD_VALUE, format!("found {}", describe(node))).expected(EXPECTED).hint(hint);
            return None;
        }
        Some(Self(OuRef::Path(found.split('/').map(str::to_owned).collect())))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "examples": ["Root", "Workloads/Prod", "ou-ab12-cd34ef56"] })
    }
}

impl Read for Pattern {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        if node.plain_text().is_empty() && !node.is_null() {
            wrong_type(node, "a name, in which * stands for any text", report);
            return None;
        }
        Text::read(node, owner, report).map(|Text(pattern)| Self(pattern))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "examples": ["datadog-*"] })
    }
}
