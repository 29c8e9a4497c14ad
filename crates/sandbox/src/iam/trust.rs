//! Trust policies as IAM stores and shows them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde::{Deserialize, Serialize};

use super::{ADMINISTRATOR, IamError};
use crate::access::{Document, DocumentError, Listed, Principals};
use crate::world::World;

/// What IAM does to the text of a trust policy that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustForm {
    /// It comes back in IAM's order of members, without whitespace, lists of one element as that element.
    Reserialised,
    /// It comes back as submitted, except for the principals.
    AsSubmitted,
}

/// A trust policy as IAM stores it: re-serialised, account ids as root ARNs, roles as their unique ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trust {
    /// The document as compact JSON; role principals of the organization stand in it as unique ids.
    document: String,
    /// The unique ids in the document, and the ARNs they were made from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    principals: BTreeMap<String, String>,
}

impl Trust {
    /// Checks a trust policy as IAM does when it is written.
    pub(crate) fn parse(world: &World, text: &str) -> Result<Self, IamError> {
        let limit = world.switches.trust_policy_size;
        if text.chars().filter(|character| !character.is_whitespace()).count() > limit {
            return Err(IamError::limit(format!("Cannot exceed quota for ACLSizePerRole: {limit}")));
        }
        let mut document = Document::parse(text)?;
        let mut ids = BTreeMap::new();
        for statement in &mut document.statements {
            if statement.resource.is_some() {
                return Err(IamError::malformed("Has prohibited field Resource"));
            }
            let (Listed::In(actions) | Listed::NotIn(actions)) = &statement.action;
            if !actions.iter().all(|action| action.to_ascii_lowercase().starts_with("sts:")) {
                return Err(IamError::malformed("AssumeRole policy may only specify STS AssumeRole actions."));
            }
            if statement.principal.is_none() && statement.not_principal.is_none() {
                return Err(IamError::malformed("Missing required field Principal"));
            }
            for principals in [&mut statement.principal, &mut statement.not_principal].into_iter().flatten() {
                normalise(world, principals, &mut ids)?;
            }
        }
        let document = match world.switches.trust_form {
            TrustForm::Reserialised => document.to_json(),
            TrustForm::AsSubmitted => with_stored_principals(text, &document)?,
        };
        Ok(Self { document, principals: ids })
    }

    /// A trust policy of a role that was found as it is, whomever it names.
    pub(crate) fn as_found(text: &str) -> Self {
        Self { document: text.to_owned(), principals: BTreeMap::new() }
    }

    /// The document as `GetRole` shows it: unique ids as ARNs while what they name exists.
    pub(crate) fn shown(&self, world: &World) -> String {
        let mut shown = self.document.clone();
        for (id, arn) in &self.principals {
            if world.principal_id(arn) == Some(id) {
                shown = shown.replace(id, arn);
            }
        }
        shown
    }

    /// The document as stored, for evaluation.
    pub(crate) fn stored(&self) -> Result<Document, DocumentError> {
        Document::parse(&self.document)
    }
}

/// A member `Principal` or `NotPrincipal` with its value.
static PRINCIPAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""(Not)?Principal"\s*:\s*(\{[^}]*\}|"[^"]*")"#).ok());

/// The submitted text with the stored form of its principals; nothing else of it changes.
fn with_stored_principals(text: &str, stored: &Document) -> Result<String, IamError> {
    let mut replaced: BTreeMap<String, String> = BTreeMap::new();
    let submitted = Document::parse(text)?;
    for (before, after) in submitted.statements.iter().zip(&stored.statements) {
        let pairs = [(&before.principal, &after.principal), (&before.not_principal, &after.not_principal)];
        for (before, after) in pairs {
            let (Some(Principals::Kinds(before)), Some(Principals::Kinds(after))) = (before, after) else { continue };
            let pairs = before.values().flatten().zip(after.values().flatten());
            replaced.extend(pairs.filter(|(before, after)| before != after).map(|(b, a)| (quoted(b), quoted(a))));
        }
    }
    let Some(principal) = PRINCIPAL.as_ref() else { return Ok(stored.to_json()) };
    let out = principal.replace_all(text, |found: &Captures<'_>| {
        replaced.iter().fold(found[0].to_owned(), |member, (before, after)| member.replace(before, after))
    });
    Ok(out.into_owned())
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn normalise(world: &World, principals: &mut Principals, ids: &mut BTreeMap<String, String>) -> Result<(), IamError> {
    let Principals::Kinds(kinds) = principals else { return Ok(()) };
    if kinds.is_empty() || kinds.values().any(Vec::is_empty) {
        return Err(IamError::malformed("Missing required field Principal"));
    }
    for principal in kinds.get_mut("AWS").into_iter().flatten() {
        *principal = stored_principal(world, principal, ids)?;
    }
    for service in kinds.get("Service").into_iter().flatten() {
        if !service.contains('.') {
            return Err(IamError::malformed(format!("Invalid principal in policy: \"SERVICE\":\"{service}\"")));
        }
    }
    Ok(())
}

/// The stored form of one `AWS` principal.
fn stored_principal(world: &World, written: &str, ids: &mut BTreeMap<String, String>) -> Result<String, IamError> {
    let invalid = || IamError::malformed(format!("Invalid principal in policy: \"AWS\":\"{written}\""));
    if written == "*" || is_unique_id(written) {
        return Ok(written.to_owned());
    }
    if is_account_id(written) {
        return Ok(format!("arn:aws:iam::{written}:root"));
    }
    let parts: Vec<&str> = written.splitn(6, ':').collect();
    let ["arn", partition, service @ ("iam" | "sts"), "", account, resource] = parts.as_slice() else {
        return Err(invalid());
    };
    if !partition.starts_with("aws") || !is_account_id(account) || resource.contains(['*', '?']) {
        return Err(invalid());
    }
    if *resource == "root" {
        return Ok(written.to_owned());
    }
    let (kind, name) = resource.split_once('/').ok_or_else(invalid)?;
    match (*service, kind) {
        // Principals of accounts that are not simulated (the vendors') are taken to exist.
        _ if !world.iam.contains_key(*account) => Ok(written.to_owned()),
        ("iam", "user") if name == ADMINISTRATOR => Ok(written.to_owned()),
        ("iam", "role" | "user") => {
            let id = world.principal_id(written).ok_or_else(invalid)?;
            ids.insert(id.to_owned(), written.to_owned());
            Ok(id.to_owned())
        }
        ("sts", "assumed-role") => Ok(written.to_owned()),
        _ => Err(invalid()),
    }
}

pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unique_id(text: &str) -> bool {
    (text.starts_with("AROA") || text.starts_with("AIDA"))
        && text.len() >= 16
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
