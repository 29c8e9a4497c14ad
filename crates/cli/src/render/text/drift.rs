//! Drift, for people.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::drift::{Difference, Finding, Ignore, Purity, Report, Standing, What};
use rolecall_core::plan::{Action, Change};
use rolecall_core::who::Who;

use super::attribute::{Attributes, Key, Style, Value, compare, dim};
use super::page::{BOLD, Page, Sign, paint};
use super::role::own_policy;
use super::{listing, unread};
use crate::render::clean::{clean, quoted};
use crate::render::finding::{Alike, Counts, alike, blind_failure, blind_sentence, sentence};
use crate::render::{View, words};

/// How many pending changes are named before the rest is only counted.
const NAMED: usize = 10;

/// A drift report as text: what drifted, what is ignored, what is pending, what is unknown, and the summary line.
pub(crate) fn drift_text(report: &Report, who: Option<&Who>, view: &View<'_>) -> String {
    let mut page = Page::default();
    let open = alike(report.open());
    if !open.is_empty() {
        page.plain(paint(BOLD, "Not as it was last applied:"));
        for group in &open {
            page.gap();
            titles(&mut page, group);
            if !group.accounts.is_empty() {
                listing::comment(&mut page, 0, Sign::Same, "in", &group.accounts, view);
            }
            differs(&mut page, view, who, group);
        }
    }
    if let Some(who) = who {
        super::who::silence(&mut page, who);
    }
    ignored(&mut page, view, report);
    pending(&mut page, &report.pending.changes);
    unread::unknown(&mut page, view, "Not read, so nothing is known of them:", report.unknown());
    blind(&mut page, report);
    unread::inactive(&mut page, view, report.inactive());
    super::plan::basis(&mut page, view);
    page.gap();
    let heading = match (open.is_empty(), report.is_incomplete()) {
        (true, false) => "No drift.",
        (true, true) => "No drift seen, but not everything is known:",
        (false, _) => "Drift:",
    };
    page.plain(format_args!("{} {}", paint(BOLD, heading), Counts::of(report).sentence()));
    page.finish()
}

/// What was found in a place, or alike in several, without naming the accounts.
pub(in crate::render) fn found(page: &mut Page, view: &View<'_>, who: Option<&Who>, group: &Alike<'_>) {
    titles(page, group);
    differs(page, view, who, group);
}

/// What was found, a line each; the attributes of a role are one.
fn titles(page: &mut Page, group: &Alike<'_>) {
    let integration = group.integration.map(|name| format!("{name}: ")).unwrap_or_default();
    for finding in &group.findings {
        if !matches!(finding.what, What::Attribute { .. }) {
            page.line(0, sign(&finding.what), format_args!("{integration}{}", clean(&sentence(&finding.what))));
        }
    }
    if let Some(role) = attributes(group).first().and_then(|finding| finding.what.role()) {
        page.line(0, Sign::Change, format_args!("{integration}role {} was changed", quoted(role.as_str())));
    }
}

/// The attributes as they were applied and as they are, and who changed them.
fn differs(page: &mut Page, view: &View<'_>, who: Option<&Who>, group: &Alike<'_>) {
    differences(page, view, &attributes(group));
    if let Some(who) = who {
        for role in group.roles() {
            super::who::touches(page, view, who, &group.accounts, role);
        }
    }
}

fn attributes<'a>(group: &Alike<'a>) -> Vec<&'a Finding> {
    group.findings.iter().copied().filter(|finding| matches!(finding.what, What::Attribute { .. })).collect()
}

/// What stands in front of a finding.
pub(in crate::render) fn sign(what: &What) -> Sign {
    match what {
        What::RoleDeleted { .. }
        | What::RoleMissing { .. }
        | What::InstanceMissing
        | What::StackSetDeleted
        | What::TrustedAccessOff => Sign::Remove,
        What::RoleUndeclared { .. } | What::InstanceUndeclared | What::InstanceElsewhere(_) => Sign::Add,
        What::Attribute { .. } | What::StackSetChanged(_) => Sign::Change,
        What::OwnershipRemoved { .. } | What::InstanceFailed(_) => Sign::Attention,
    }
}

/// The attributes among findings, as they were applied and as they are.
pub(in crate::render) fn differences(page: &mut Page, view: &View<'_>, findings: &[&Finding]) {
    let found = || {
        findings.iter().filter_map(|finding| match &finding.what {
            What::Attribute { role: _, difference, purity } => Some((difference, *purity)),
            _ => None,
        })
    };
    for (difference, _) in found() {
        if let Difference::PrincipalDeleted { .. } = difference {
            page.line(
                1,
                Sign::Attention,
                "a principal of the trust policy was deleted: the policy names nobody any more",
            );
        }
    }
    let (mut applied, mut live) = (Attributes::new(), Attributes::new());
    for (difference, _) in found() {
        enter(difference, &mut applied, &mut live);
    }
    compare(page, Style { depth: 1, detail: view.detail, action: Action::Update }, &applied, &live);
    if found().any(|(_, purity)| purity == Purity::DriftAndPending) {
        page.line(1, Sign::Same, dim("# (a change is pending too: the old side is what the file says)"));
    }
}

/// Enters a difference on both sides.
fn enter<'a>(difference: &'a Difference, applied: &mut Attributes<'a>, live: &mut Attributes<'a>) {
    let mut both = |key: Key<'a>, old: Option<Value<'a>>, new: Option<Value<'a>>| {
        applied.extend(old.map(|value| (key, value)));
        live.extend(new.map(|value| (key, value)));
    };
    match difference {
        Difference::Name { applied, live } => {
            both(Key::Field(0, "name"), Some(Value::Text(applied.as_str())), Some(Value::Text(live.as_str())));
        }
        Difference::Path { applied, live } => {
            both(Key::Field(1, "path"), Some(Value::Text(applied.as_str())), Some(Value::Text(live.as_str())));
        }
        Difference::Description { applied, live } => {
            both(Key::Field(2, "description"), Some(Value::Text(applied)), Some(Value::Text(live)));
        }
        Difference::MaxSession { applied, live } => {
            let word = |limit| Some(Value::Word(words::duration(limit)));
            both(Key::Field(3, "max_session_duration"), word(*applied), word(*live));
        }
        Difference::Boundary { applied, live } => {
            let text =
                |arn: &'a Option<rolecall_core::ids::PolicyArn>| arn.as_ref().map(|arn| Value::Text(arn.as_str()));
            both(Key::Field(4, "permissions_boundary"), text(applied), text(live));
        }
        Difference::Trust { applied, live } | Difference::PrincipalDeleted { ids: _, applied, live } => {
            both(Key::Field(7, "trust_policy"), Some(Value::Policy(applied)), Some(Value::Policy(live)));
        }
        Difference::InlineAdded { name, live } => {
            both(Key::InlinePolicy(name.as_str()), None, Some(Value::Policy(live)));
        }
        Difference::InlineRemoved { name, applied } => {
            both(Key::InlinePolicy(name.as_str()), Some(Value::Policy(applied)), None);
        }
        Difference::InlineChanged { name, applied, live } => {
            both(Key::InlinePolicy(name.as_str()), Some(Value::Policy(applied)), Some(Value::Policy(live)));
        }
        Difference::OwnPolicy { name, applied: old, live: new } => {
            applied.extend(old.iter().flat_map(|policy| own_policy(name, policy)));
            live.extend(new.iter().flat_map(|policy| own_policy(name, policy)));
        }
        Difference::Attached(arn) => add(live, applied, arn.as_str()),
        Difference::Detached(arn) => add(applied, live, arn.as_str()),
        Difference::Tag { key, applied: old, live: new } => {
            for (side, value) in [(applied, old), (live, new)] {
                let tags = side.entry(Key::Field(6, "tags")).or_insert_with(|| Value::Map(BTreeMap::new()));
                if let (Value::Map(tags), Some(value)) = (tags, value) {
                    tags.insert(key.as_str(), value.as_str());
                }
            }
        }
    }
}

/// Adds a policy to the list of one side; the other has a list, too.
fn add<'a>(to: &mut Attributes<'a>, other: &mut Attributes<'a>, arn: &'a str) {
    let key = Key::Field(5, "managed_policies");
    other.entry(key).or_insert_with(|| Value::Set(BTreeSet::new()));
    if let Value::Set(items) = to.entry(key).or_insert_with(|| Value::Set(BTreeSet::new())) {
        items.insert(arn);
    }
}

fn ignored(page: &mut Page, view: &View<'_>, report: &Report) {
    let groups = alike(report.findings.iter().filter(|finding| !finding.is_open()));
    if !groups.is_empty() {
        page.gap();
        page.plain(paint(BOLD, "Ignored, as the file says:"));
        for group in groups {
            page.gap();
            let integration = group.integration.map(|name| format!("{name}: ")).unwrap_or_default();
            for finding in &group.findings {
                page.line(0, Sign::Same, format_args!("{integration}{}", clean(&sentence(&finding.what))));
                if let Standing::Ignored { reason, until } = &finding.standing {
                    let days = words::count(usize::try_from(report.today.days_until(*until)).unwrap_or(0), "day");
                    page.line(1, Sign::Same, format_args!("until {until}, {days} more: {}", clean(reason)));
                }
            }
            if !group.accounts.is_empty() {
                listing::comment(page, 0, Sign::Same, "in", &group.accounts, view);
            }
        }
        page.gap();
    }
    if !report.expired.is_empty() {
        page.gap();
        for Ignore { integration: _, accounts: _, attribute, reason, until } in &report.expired {
            page.line(
                0,
                Sign::Attention,
                format_args!("{} was ignored until {until}, and counts again: {}", clean(&attribute.0), clean(reason)),
            );
        }
        page.gap();
    }
}

fn pending(page: &mut Page, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    page.gap();
    page.plain(paint(
        BOLD,
        "Pending, as the files or the organization changed since (`rolecall plan` shows them whole):",
    ));
    for change in changes.iter().take(NAMED) {
        page.line(0, Sign::from(change.action()), format_args!("{} ({})", change.address, change.why));
    }
    if changes.len() > NAMED {
        page.line(0, Sign::Same, format_args!("and {} more", changes.len() - NAMED));
    }
    page.gap();
}

fn blind(page: &mut Page, report: &Report) {
    if report.blind.is_empty() {
        return;
    }
    page.gap();
    page.plain(paint(BOLD, "Not looked at:"));
    for blind in &report.blind {
        let id = blind_failure(blind).and_then(|failure| failure.request_id.as_deref());
        let id = id.map(|id| format!(" (request id {id})")).unwrap_or_default();
        page.line(0, Sign::Attention, clean(&format!("{}{id}", blind_sentence(blind))));
        if let Some(advice) = blind_failure(blind).and_then(|failure| failure.advice.as_deref()) {
            page.line(0, Sign::Same, format_args!("What to do: {}", clean(advice)));
        }
    }
    page.gap();
}
