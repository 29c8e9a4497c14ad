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
    let mut seen: BTreeMap<String, &At<TagKey>> = BTreeMap::new();
    for (role, tags) in both(case).into_iter().enumerate() {
        for (key, _) in tags.into_iter().flat_map(|tags| &tags.entries) {
            let folded = key.value.as_str().to_ascii_lowercase();
            for (prefix, whose) in [("aws:", "AWS's own"), ("rolecall:", "Rolecall's own")] {
                if folded.starts_with(prefix) {
                    report
                        .error(key.at, code::BAD_TAG, format!("tags that begin with `{prefix}` are {whose}"))
                        .expected("another key");
                }
            }
            // The management account's tag takes the place of the member role's, if it is written alike.
            let Some(first) = seen.insert(folded, key).filter(|first| role == 0 || first.value != key.value) else {
                continue;
            };
            let first = report.location(first.at);
            report
                .error(key.at, code::BAD_TAG, format!("the tag key `{}` stands twice", key.value))
                .expected("keys that differ in more than case")
                .related(first, "it stands here first");
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
