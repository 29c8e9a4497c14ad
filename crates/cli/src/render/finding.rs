//! What has drifted, in words, and equal findings of several accounts together.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::drift::{Blind, DefinitionPart, Difference, Finding, Place, Report, What};
use rolecall_core::ids::{AccountId, IntegrationName, RoleName};
use rolecall_core::observed::ReadFailure;

use super::clean::quoted;
use super::words;

/// What was found alike in some accounts.
#[derive(Debug)]
pub(super) struct Alike<'a> {
    /// The integration; none when it concerns all.
    pub(super) integration: Option<&'a IntegrationName>,
    /// The findings in the first of the accounts, or the one at a stack set or the organization.
    pub(super) findings: Vec<&'a Finding>,
    /// The accounts; none when it is about something else.
    pub(super) accounts: Vec<&'a AccountId>,
}

impl<'a> Alike<'a> {
    /// The roles that it is about.
    pub(super) fn roles(&self) -> BTreeSet<&'a RoleName> {
        self.findings.iter().filter_map(|finding| finding.what.role()).collect()
    }
}

/// What findings must share to be alike: the integration, the kind and the attribute.
type Trait<'a> = (Option<&'a IntegrationName>, &'a str, String);

/// Findings that count, or those that are ignored: those of one place together, and places where all is alike as one.
pub(super) fn alike<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Alike<'a>> {
    let mut places: BTreeMap<(Option<&IntegrationName>, &Place), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        places.entry((finding.integration(), &finding.place)).or_default().push(finding);
    }
    let mut groups: Vec<Alike<'a>> = Vec::new();
    // Those that share their kinds and attributes are few enough to be compared one by one.
    let mut likely: BTreeMap<Vec<Trait<'_>>, Vec<usize>> = BTreeMap::new();
    for ((integration, place), findings) in places {
        let Place::Account(account) = place else {
            groups.push(Alike { integration, findings, accounts: Vec::new() });
            continue;
        };
        let key = findings.iter().map(|found| (integration, found.what.word(), found.what.attribute())).collect();
        let candidates = likely.entry(key).or_default();
        let is_same = |group: &Alike<'_>| {
            let mut pairs = group.findings.iter().zip(&findings);
            pairs.all(|(one, other)| one.what == other.what && one.standing == other.standing)
        };
        let known = candidates.iter().copied().find(|index| groups.get(*index).is_some_and(is_same));
        if let Some(group) = known.and_then(|index| groups.get_mut(index)) {
            group.accounts.push(account);
        } else {
            candidates.push(groups.len());
            groups.push(Alike { integration, findings, accounts: vec![account] });
        }
    }
    groups
}

/// What was found in one place, as a sentence each. A role is named where it differs from that of the one before.
pub(super) fn said(findings: &[&Finding]) -> Vec<String> {
    let mut named = None;
    let mut sentences = Vec::new();
    for finding in findings {
        sentences.push(match &finding.what {
            What::Attribute { role, difference, purity: _ } if named == Some(role) => difference_sentence(difference),
            what => sentence(what),
        });
        named = finding.what.role();
    }
    sentences
}

/// What was found, as a sentence without its place and without a full stop. It quotes AWS.
pub(super) fn sentence(what: &What) -> String {
    match what {
        What::Attribute { role, difference, purity: _ } => {
            format!("role {}: {}", quoted(role.as_str()), difference_sentence(difference))
        }
        What::RoleDeleted { role } => format!("role {} was deleted", quoted(role.as_str())),
        What::RoleMissing { role } => {
            format!("role {} is missing: it was deleted, or was never made here", quoted(role.as_str()))
        }
        What::RoleUndeclared { role } => {
            format!("role {} carries Rolecall's tag, and nothing that was applied made it", quoted(role.as_str()))
        }
        What::OwnershipRemoved { role } => {
            format!("role {} lost the tag that says whose it is, so it is left alone", quoted(role.as_str()))
        }
        What::InstanceMissing => "the account has no stack instance".to_owned(),
        What::InstanceFailed(Some(instance)) => words::instance(instance),
        What::InstanceFailed(None) => "the stack instance is not as it should be".to_owned(),
        What::InstanceUndeclared => "the account is no target and has a stack instance".to_owned(),
        What::InstanceElsewhere(region) => format!("there is a stack instance in {region}, where nothing is made"),
        What::StackSetDeleted => "the stack set was deleted".to_owned(),
        What::StackSetChanged(parts) => {
            let parts: Vec<&str> = parts.iter().map(|part: &DefinitionPart| part.word()).collect();
            format!("the stack set was changed: {}", parts.join(", "))
        }
        What::TrustedAccessOff => "trusted access for StackSets was switched off".to_owned(),
    }
}

fn difference_sentence(difference: &Difference) -> String {
    match difference {
        Difference::Trust { .. } => "the trust policy was changed".to_owned(),
        Difference::PrincipalDeleted { ids, .. } => {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            format!("a principal of the trust policy was deleted, and IAM shows its id: {}", ids.join(", "))
        }
        Difference::InlineAdded { name, .. } => format!("inline policy {} was added", quoted(name.as_str())),
        Difference::InlineRemoved { name, .. } => format!("inline policy {} was deleted", quoted(name.as_str())),
        Difference::InlineChanged { name, .. } => format!("inline policy {} was changed", quoted(name.as_str())),
        Difference::Attached(arn) => format!("managed policy {} was attached", quoted(arn.as_str())),
        Difference::Detached(arn) => format!("managed policy {} was detached", quoted(arn.as_str())),
        Difference::OwnPolicy { name, applied, live } => {
            let what = match (applied, live) {
                (None, _) => "was added",
                (_, None) => "was deleted",
                (Some(applied), Some(live)) if applied.document != live.document => "was changed",
                (Some(applied), Some(live)) if applied.attachment != live.attachment => "was detached",
                (Some(_), Some(_)) => "was given a version that is not in force",
            };
            format!("managed policy {} {what}", quoted(name.as_str()))
        }
        Difference::Boundary { applied: None, .. } => "a permissions boundary was set".to_owned(),
        Difference::Boundary { live: None, .. } => "the permissions boundary was taken off".to_owned(),
        Difference::Boundary { .. } => "the permissions boundary was changed".to_owned(),
        Difference::MaxSession { applied, live } => {
            format!("the longest session was changed from {} to {}", words::duration(*applied), words::duration(*live))
        }
        Difference::Path { applied, live } => format!("it was made anew under the path {live} instead of {applied}"),
        Difference::Name { applied, live } => format!("it was made anew under the name {live} instead of {applied}"),
        Difference::Description { .. } => "the description was changed".to_owned(),
        Difference::Tag { key, applied: None, .. } => format!("tag {} was added", quoted(key.as_str())),
        Difference::Tag { key, live: None, .. } => format!("tag {} was taken off", quoted(key.as_str())),
        Difference::Tag { key, .. } => format!("tag {} was changed", quoted(key.as_str())),
    }
}

/// What could not be looked at, and why.
pub(super) fn blind_sentence(blind: &Blind) -> String {
    match blind {
        Blind::TrustedAccess { failure } => {
            format!("whether StackSets may act in the organization could not be read: {failure}")
        }
        Blind::Unreadable { stack_set: Some(name), failure } => format!("{name} could not be read: {failure}"),
        Blind::Unreadable { stack_set: None, failure } => format!("the stack sets could not be read: {failure}"),
        Blind::OperationRunning { stack_set, operation } => {
            format!("the operation {operation} is running on {stack_set}; look again when it has ended")
        }
    }
}

/// Why it could not be looked at, where a call failed.
pub(super) fn blind_failure(blind: &Blind) -> Option<&ReadFailure> {
    match blind {
        Blind::TrustedAccess { failure } | Blind::Unreadable { stack_set: _, failure } => Some(failure),
        Blind::OperationRunning { .. } => None,
    }
}

/// How many of everything a report has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) findings: usize,
    /// Accounts in which something was found that counts.
    pub(super) drifted: usize,
    pub(super) ignored: usize,
    /// Changes of the files that are not applied.
    pub(super) pending: usize,
    pub(super) unknown: usize,
    /// Stack sets, all of them together, and trusted access, that could not be looked at.
    pub(super) blind: usize,
    /// Whether the stack sets could not be listed, so that nobody knows how many they are.
    pub(super) unlisted: bool,
    /// Whether trusted access is among them.
    pub(super) trusted_access_unread: bool,
    /// Accounts that were looked at.
    pub(super) checked: usize,
}

impl Counts {
    pub(super) fn of(report: &Report) -> Self {
        let distinct =
            |accounts: &mut dyn Iterator<Item = &AccountId>| accounts.collect::<BTreeSet<&AccountId>>().len();
        Self {
            findings: report.open().count(),
            drifted: distinct(&mut report.open().filter_map(Finding::account)),
            ignored: report.findings.iter().filter(|finding| !finding.is_open()).count(),
            pending: report.pending.changes.len(),
            unknown: report.unknown().len(),
            blind: report.blind.len(),
            unlisted: report.blind.iter().any(|blind| matches!(blind, Blind::Unreadable { stack_set: None, .. })),
            trusted_access_unread: report.blind.iter().any(|blind| matches!(blind, Blind::TrustedAccess { .. })),
            checked: distinct(&mut report.checked.values().flatten()),
        }
    }

    /// The counts as a sentence, without the heading `Drift:` or `No drift.`
    pub(super) fn sentence(self) -> String {
        let mut parts = Vec::new();
        if self.findings > 0 {
            let places = if self.drifted > 0 {
                format!(" in {} of {}", self.drifted, words::count(self.checked, "account"))
            } else {
                String::new()
            };
            parts.push(format!("{}{places}", words::count(self.findings, "difference")));
        } else {
            parts.push(format!("{} looked at", words::count(self.checked, "account")));
        }
        if self.ignored > 0 {
            parts.push(format!("{} ignored", self.ignored));
        }
        if self.pending > 0 {
            parts.push(format!("{} pending", words::count(self.pending, "change")));
        }
        if self.unknown > 0 {
            parts.push(format!("{} unknown", words::count(self.unknown, "account")));
        }
        match self.blind - usize::from(self.trusted_access_unread) {
            0 => {}
            _ if self.unlisted => parts.push("the stack sets not read".to_owned()),
            sets => parts.push(format!("{} not read", words::count(sets, "stack set"))),
        }
        if self.trusted_access_unread {
            parts.push("trusted access not read".to_owned());
        }
        format!("{}.", parts.join(", "))
    }
}
