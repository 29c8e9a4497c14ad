//! The file itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::group::{Draft, Found, Management, Overlay};
use super::shape::Shape;
use super::targets::Description;
use super::write::{Page, scalar};
use super::{LeftOut, Thing};
use crate::ids::{AccountId, IntegrationName, OuId, PolicyArn};
use crate::observed::LiveStackSet;
use crate::snapshot::Snapshot;
use crate::spec::{AutoDeployment, CallAs};

/// A file with one integration.
pub(super) fn of_one(snapshot: &Snapshot, name: &IntegrationName, draft: &Draft) -> String {
    let mut page = Page::default();
    head(&mut page, snapshot);
    page.line(0, "integrations:");
    integration(&mut page, snapshot, name, draft);
    page.finish()
}

/// The whole file.
pub(super) fn whole(
    snapshot: &Snapshot,
    ours: &BTreeSet<IntegrationName>,
    drafts: &BTreeMap<IntegrationName, Draft>,
    left_out: &[LeftOut],
) -> String {
    let mut page = Page::default();
    let org = &snapshot.observed.org.id;
    page.comment(0, &format!("Written by `rolecall import` from what is in organization {org}."));
    page.comment(0, "`rolecall plan` shows what would be taken over, and what would change.");
    if !ours.is_empty() {
        let ours: Vec<&str> = ours.iter().map(IntegrationName::as_str).collect();
        page.comment(0, &format!("Rolecall's already, and not in this file: {}.", ours.join(", ")));
        page.comment(0, "A plan of this file alone would delete their roles: put its integrations into their file.");
    }
    head(&mut page, snapshot);
    page.gap();
    if drafts.is_empty() {
        page.line(0, "integrations: {}");
    } else {
        page.line(0, "integrations:");
    }
    for (index, (name, draft)) in drafts.iter().enumerate() {
        if index > 0 {
            page.gap();
        }
        integration(&mut page, snapshot, name, draft);
    }
    remains(&mut page, left_out);
    page.finish()
}

fn head(page: &mut Page, snapshot: &Snapshot) {
    let org = &snapshot.observed.org;
    page.line(0, "version: 1");
    page.entry(0, "organization", &json!({ "id": org.id, "management_account": org.management_account }));
    let access = &snapshot.access;
    let call_as = match access.call_as {
        CallAs::Management => "self",
        CallAs::DelegatedAdmin => "delegated_admin",
    };
    let mut written = json!({ "member_role": access.member_role, "call_as": call_as, "region": access.region });
    if let Some(profile) = &access.profile {
        written["profile"] = json!(profile);
    }
    if let Some(role) = &access.role_arn {
        written["role_arn"] = json!(role);
    }
    page.entry(0, "access", &written);
}

fn integration(page: &mut Page, snapshot: &Snapshot, name: &IntegrationName, draft: &Draft) {
    // No `..`: what is found is written.
    let Draft { role, shape, external_id, overrides, management, targets, delivery } = draft;
    page.line(1, &format!("{}:", scalar(name.as_str())));
    page.entry(2, "external_id", &json!(external_id));
    if !overrides.is_empty() {
        page.entry(2, "external_id_overrides", &json!(overrides));
    }
    page.line(2, "role:");
    page.entry(3, "name", &json!(role));
    attributes(page, shape);
    match management {
        Management::Nothing => page.line(2, "management_account: false"),
        Management::Overlay(overlay) if **overlay == Overlay::default() => {}
        Management::Overlay(overlay) => besides(page, overlay),
    }
    selection(page, snapshot, targets);
    match delivery {
        Found::ByHand => {
            page.entry(2, "rollout", &json!({ "delivery": "direct" }));
            page.entry(2, "adopt", &json!({ "accounts": "all" }));
        }
        Found::StackSet { name, set, by_hand } => {
            rollout(page, set);
            let mut adopt = json!({ "stack_set": name });
            if !by_hand.is_empty() {
                adopt["accounts"] = json!(by_hand);
            }
            page.entry(2, "adopt", &adopt);
        }
    }
}

fn attributes(page: &mut Page, shape: &Shape) {
    let Shape { path, description, max_session, boundary, attached, inline, tags, principals, conditions } = shape;
    if path.as_str() != "/" {
        page.entry(3, "path", &json!(path));
    }
    if !description.is_empty() {
        page.entry(3, "description", &json!(description));
    }
    if max_session.seconds() != 3600 {
        page.entry(3, "max_session_duration", &json!(duration(max_session.seconds())));
    }
    page.line(3, "trust:");
    page.entry(4, "principals", &json!(principals));
    if let Ok(conditions @ Value::Object(_)) = serde_json::from_str(conditions) {
        page.entry(4, "conditions", &conditions);
    }
    if let Some(boundary) = boundary {
        page.entry(3, "permissions_boundary", &policy_name(boundary));
    }
    if !attached.is_empty() {
        page.entry(3, "managed_policies", &attached.iter().map(policy_name).collect());
    }
    if !inline.is_empty() {
        page.entry(3, "inline_policies", &documents(inline));
    }
    if !tags.is_empty() {
        page.entry(3, "tags", &json!(tags));
    }
}

fn besides(page: &mut Page, overlay: &Overlay) {
    let Overlay { managed, inline, tags } = overlay;
    page.line(2, "management_account:");
    if !managed.is_empty() {
        page.entry(3, "managed_policies", &managed.iter().map(policy_name).collect());
    }
    if !inline.is_empty() {
        page.entry(3, "inline_policies", &documents(inline));
    }
    if !tags.is_empty() {
        page.entry(3, "tags", &json!(tags));
    }
}

fn selection(page: &mut Page, snapshot: &Snapshot, targets: &Description) {
    let Description { units, exclude_units, exclude_accounts } = targets;
    let org = &snapshot.observed.org;
    page.line(2, "targets:");
    let named = |key: &str, units: &[OuId], page: &mut Page| {
        if units.is_empty() {
            return;
        }
        page.line(3, &format!("{key}:"));
        for id in units {
            // Ids outlive renaming; the comment is for people.
            let line =
                if id.is_root() { "- Root".to_owned() } else { format!("- {id} # {}", one_line(&org.unit_path(id))) };
            page.line(4, &line);
        }
    };
    if units.is_empty() {
        page.line(3, "organizational_units: []");
    }
    named("organizational_units", units, page);
    named("exclude_organizational_units", exclude_units, page);
    if !exclude_accounts.is_empty() {
        page.line(3, "exclude_accounts:");
        for id in exclude_accounts {
            let name = org.accounts.get(id).map(|account| account.name.as_str()).unwrap_or_default();
            page.line(4, &format!("- \"{id}\" # {}", one_line(name)));
        }
    }
}

fn rollout(page: &mut Page, set: &LiveStackSet) {
    match set.auto_deployment {
        AutoDeployment::Off => page.entry(2, "rollout", &json!({ "auto_deployment": false })),
        AutoDeployment::OnRetaining => page.entry(2, "rollout", &json!({ "retain_on_account_removal": true })),
        AutoDeployment::On => {}
    }
}

/// What was found and is not in the file, alike ones together.
fn remains(page: &mut Page, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    page.gap();
    page.comment(0, "Found, and not in this file:");
    let mut together: BTreeMap<(String, String), Vec<&AccountId>> = BTreeMap::new();
    for LeftOut { thing, reason } in left_out {
        let (what, account) = match thing {
            Thing::Role(name, account) => (format!("role {name}"), Some(account)),
            Thing::StackSet(_) | Thing::StackSets | Thing::Account(_) => (thing.to_string(), None),
        };
        together.entry((what, reason.to_string())).or_default().extend(account);
    }
    for ((what, reason), accounts) in together {
        let ids: Vec<&str> = accounts.iter().map(|id| id.as_str()).collect();
        let place = if ids.is_empty() { String::new() } else { format!(" in {}", ids.join(", ")) };
        page.comment(0, &format!("- {what}{place}: {}", one_line(&reason)));
    }
}

fn documents<K: std::fmt::Display>(inline: &BTreeMap<K, crate::policy::PolicyDoc>) -> Value {
    let documents: Map<String, Value> =
        inline.iter().map(|(name, document)| (name.to_string(), document.to_value())).collect();
    Value::Object(documents)
}

/// AWS's own policies by name, others by ARN.
fn policy_name(arn: &PolicyArn) -> Value {
    let name = arn.as_str().split_once(":iam::aws:policy/").map_or(arn.as_str(), |(_, name)| name);
    Value::from(name)
}

fn duration(seconds: u32) -> String {
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{}h", seconds / 3600),
        (_, 0) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
