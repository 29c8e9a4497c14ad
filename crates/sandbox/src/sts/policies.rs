//! Session policies and session tags.

use std::collections::BTreeSet;

use crate::access::{Document, DocumentError};
use crate::iam::{Account, TagMap, check_tags};
use crate::wire::{Call, Violations, WireError};

/// At most this many managed policies.
const MAX_POLICIES: usize = 10;
/// How many characters of policies and tags fill the space that AWS packs them into. How it packs is not documented.
const PACKED: usize = 2_048;

/// What a session is narrowed and labelled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extras {
    /// The documents of the session policies; `None` when there are none.
    pub(super) policies: Option<Vec<String>>,
    /// The tags of the request.
    pub(super) tags: TagMap,
    /// The keys of those that are inherited.
    pub(super) transitive: BTreeSet<String>,
    /// How much of the space they fill, in percent; `None` when there are none.
    pub(super) packed: Option<usize>,
}

/// Reads session policies and tags. Managed policies are looked up in the account of the session.
pub(super) fn read(call: &Call, iam: Option<&Account>) -> Result<Extras, WireError> {
    let params = &call.params;
    let mut documents = Vec::new();
    let mut size = 0;
    if let Some(policy) = params.get("Policy") {
        check_document(policy)?;
        size += policy.len();
        documents.push(policy.to_owned());
    }
    let arns = params.structs("PolicyArns").unwrap_or_default();
    if arns.len() > MAX_POLICIES {
        let mut violations = Violations::default();
        let value = format!("{} policies", arns.len());
        violations.add(Some(&value), "PolicyArns", "have length less than or equal to 10");
        violations.result()?;
    }
    for arn in &arns {
        let arn = arn.required("arn")?;
        size += arn.len();
        if iam.is_none_or(|iam| !iam.has_managed(arn)) {
            let message = format!("Policy {arn} does not exist or is not attachable.");
            return Err(WireError::new(400, "MalformedPolicyDocument", message));
        }
        // One without a simulated document grants nothing.
        let document = iam.and_then(|iam| iam.managed_document(arn)).unwrap_or("{}");
        documents.push(document.to_owned());
    }
    let tags = params.tags("Tags")?.unwrap_or_default();
    let tags = check_tags(&tags)?;
    size += tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    let transitive = params.list("TransitiveTagKeys").unwrap_or_default().into_iter().map(str::to_owned).collect();
    let packed = (size > 0).then(|| (size * 100).div_ceil(PACKED));
    if let Some(percent) = packed.filter(|percent| *percent > 100) {
        let message = format!("Packed size of session tags and policies consumes {percent}% of allotted space.");
        return Err(WireError::new(400, "PackedPolicyTooLarge", message));
    }
    let policies = (params.get("Policy").is_some() || !arns.is_empty()).then_some(documents);
    Ok(Extras { policies, tags, transitive, packed })
}

fn check_document(text: &str) -> Result<(), WireError> {
    let malformed = |message: String| WireError::new(400, "MalformedPolicyDocument", message);
    let document = Document::parse(text).map_err(|error| {
        malformed(match error {
            DocumentError::NotJson => "This policy contains invalid Json".to_owned(),
            other => other.to_string(),
        })
    })?;
    if document.statements.iter().any(|statement| statement.principal.is_some() || statement.not_principal.is_some()) {
        return Err(malformed("Policy document should not specify a principal.".to_owned()));
    }
    Ok(())
}
