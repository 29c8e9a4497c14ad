//! Tags.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::role::overlay;
use crate::ids::{TagKey, TagValue};
use crate::spec::diagnostic::code;
use crate::spec::read::{At, Entries};
use crate::spec::report::Report;

/// IAM allows 50 tags on a role; two are Rolecall's own.
const TAG_LIMIT: usize = 48;

/// Keys that are not the user's to set, and keys that are the same to IAM, which does not tell upper from lower case.
pub(super) fn keys_are_free_and_unique(case: &Case<'_>, report: &mut Report) {
    for tags in both(case).into_iter().flatten() {
        let mut seen = BTreeMap::new();
        for (key, _) in &tags.entries {
            let folded = key.value.as_str().to_ascii_lowercase();
            for (prefix, whose) in [("aws:", "AWS's own"), ("rolecall:", "Rolecall's own")] {
                if folded.starts_with(prefix) {
                    report
                        .error(key.at, code::BAD_TAG, format!("tags that begin with `{prefix}` are {whose}"))
                        .expected("another key");
                }
            }
            if let Some(first) = seen.insert(folded, key.at) {
                let first = report.location(first);
                report
                    .error(key.at, code::BAD_TAG, format!("the tag key `{}` stands twice", key.value))
                    .expected("keys that differ in more than case")
                    .related(first, "it stands here first");
            }
        }
    }
}

pub(super) fn number_within_its_limit(case: &Case<'_>, report: &mut Report) {
    let mut keys = BTreeSet::new();
    for tags in both(case).into_iter().flatten() {
        let before = keys.len();
        keys.extend(tags.entries.iter().map(|(key, _)| key.value.as_str().to_ascii_lowercase()));
        if before <= TAG_LIMIT && keys.len() > TAG_LIMIT {
            report
                .error(tags.owner, code::TOO_MANY, format!("the role has {} tags", keys.len()))
                .expected(format!("at most {TAG_LIMIT}, for IAM allows 50 and two are Rolecall's"));
        }
    }
}

/// The tags of the member role, then those of the management account's.
fn both<'a>(case: &Case<'a>) -> [Option<&'a Entries<TagKey, At<TagValue>>>; 2] {
    [
        case.written.value.role.as_ref().and_then(|role| role.tags.as_ref()),
        overlay(case).and_then(|overlay| overlay.tags.as_ref()),
    ]
}
