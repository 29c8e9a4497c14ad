//! Constraints on what is written into IAM, as its API reference gives them.

use super::{IamError, schema};
use crate::access::{Document, DocumentError, Listed};
use crate::wire::Violations;

/// The quota on a managed policy, in characters without whitespace.
const MAX_MANAGED: usize = 6_144;

/// The size that quotas count: characters without whitespace.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}

/// Checks an inline policy's document.
pub(super) fn check_identity_document(text: &str) -> Result<(), IamError> {
    let document = Document::parse(text).map_err(|error| match error {
        DocumentError::NotJson => IamError::malformed("Syntax errors in policy."),
        other => other.into(),
    })?;
    for statement in &document.statements {
        if statement.principal.is_some() || statement.not_principal.is_some() {
            return Err(IamError::malformed("Policy document should not specify a principal."));
        }
        if statement.resource.is_none() {
            return Err(IamError::malformed("Policy statement must contain resources."));
        }
        let (Listed::In(actions) | Listed::NotIn(actions)) = &statement.action;
        for action in actions {
            check_action(action)?;
        }
    }
    Ok(())
}

pub(super) fn check_action(action: &str) -> Result<(), IamError> {
    match action.split_once(':') {
        _ if action == "*" => Ok(()),
        None => Err(IamError::malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")),
        Some((_, rest)) if rest.contains(':') => {
            Err(IamError::malformed("Actions/Condition can contain only one colon."))
        }
        Some((vendor, _))
            if !vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'*') =>
        {
            Err(IamError::malformed(format!("Vendor {vendor} is not valid")))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn check_managed_document(text: &str) -> Result<(), IamError> {
    check_identity_document(text)?;
    if size(text) > MAX_MANAGED {
        return Err(IamError::limit(format!("Cannot exceed quota for PolicySize: {MAX_MANAGED}")));
    }
    Ok(())
}

pub(super) fn check_path(path: &str) -> Result<(), IamError> {
    let fits = path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && path.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    if fits {
        return Ok(());
    }
    Err(IamError::validation(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
         characters and/or / characters.",
    ))
}

/// Managed policies have narrower paths than everything else.
pub(super) fn check_policy_path(path: &str) -> Result<(), IamError> {
    check_path(path)?;
    if path.chars().all(|c| c.is_ascii_alphanumeric() || "/.,+@=_-".contains(c)) && !path.contains("//") {
        return Ok(());
    }
    let mut violations = Violations::default();
    violations.add(Some(path), "Path", r"satisfy regular expression pattern: ((/[A-Za-z0-9\.,\+@=_-]+)*)/");
    Err(IamError::validation(violations.message().unwrap_or_default()))
}

/// The name and path of a user or group after a change, checked; `None` keeps what is there. `member` is how the request
/// calls the name.
pub(super) fn moved(
    member: &str,
    (name, path): (&str, &str),
    (new_name, new_path): (Option<&str>, Option<&str>),
) -> Result<(String, String), IamError> {
    let (name, path) = (new_name.unwrap_or(name), new_path.unwrap_or(path));
    schema::member(member, name)?;
    check_path(path)?;
    Ok((name.to_owned(), path.to_owned()))
}
