//! Constraints on what is written into IAM, as its API reference gives them.

use super::IamError;
use crate::access::{Document, DocumentError, Listed};

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

pub(super) fn check_name(member: &str, name: &str, longest: usize) -> Result<(), IamError> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    if name.is_empty() || !name.chars().all(fits) {
        return Err(violation(name, member, r"satisfy regular expression pattern: [\w+=,.@-]+"));
    }
    if name.len() > longest {
        return Err(violation(name, member, &format!("have length less than or equal to {longest}")));
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

pub(super) fn check_description(description: Option<&str>) -> Result<(), IamError> {
    let Some(text) = description else { return Ok(()) };
    if text.chars().count() > 1000 {
        return Err(violation(text, "description", "have length less than or equal to 1000"));
    }
    let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    if text.chars().all(fits) {
        return Ok(());
    }
    let pattern = r"satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
    Err(violation(text, "description", pattern))
}

pub(super) fn check_session(seconds: u32) -> Result<(), IamError> {
    match seconds {
        0..3600 => {
            Err(violation(&seconds.to_string(), "maxSessionDuration", "have value greater than or equal to 3600"))
        }
        3600..=43200 => Ok(()),
        _ => Err(violation(&seconds.to_string(), "maxSessionDuration", "have value less than or equal to 43200")),
    }
}

pub(super) fn violation(value: &str, member: &str, must: &str) -> IamError {
    IamError::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
    ))
}
