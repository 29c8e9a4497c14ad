//! Reports as pages: what is in them, and that nothing of others can run in them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall_core::org::{Account, AccountState, Unit};
use rolecall_core::plan::{Edit, HoldReason, Plan, Why};
use rolecall_core::status::{Cell, Matrix};
use serde_json::Value;

use super::drift::{full, known};
use super::laws::{hostile, plan_that_says};
use super::status::{every_cell, matrix, org, row};
use super::world::*;
use crate::render::{Basis, Facts, HtmlView, Names, drift_html, plan_html, status_html};
use crate::survey::Aim;

fn now() -> jiff::Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// The page of a status, in the organization of [`org`].
fn page(matrix: &Matrix, plan: &Plan) -> String {
    let (org, names) = (org(), names());
    status_html(
        matrix,
        plan,
        &HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS },
    )
    .unwrap()
}

/// What the script of a page works on.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// What stands at a place in one of the data's lists.
fn at<'a>(list: &'a Value, place: &Value) -> &'a Value {
    list.get(usize::try_from(place.as_u64().unwrap()).unwrap()).unwrap()
}

fn account<'a>(data: &'a Value, id: &str) -> &'a Value {
    data["accounts"].as_array().unwrap().iter().find(|account| account["id"] == id).unwrap()
}

#[test]
fn the_answer_comes_first_and_the_table_needs_no_script() {
    let page = page(&every_cell(), &plan(Vec::new()));
    let (before, after) = page.split_once("1 of 5 target accounts is covered").unwrap();
    assert!(!before.contains("payments-prod"));
    let table = after.split_once("<tbody>").unwrap().1.split_once("</tbody>").unwrap().0;
    assert!(table.contains("payments-prod") && table.contains("drifted"), "{table}");
    assert!(after.contains("in 333333333333 (payments-dev)"));
    assert!(page.contains("AWS as it was <time datetime=\"2026-03-01T12:00:00Z\">2026-03-01 12:00 UTC</time>"));
}

#[test]
fn a_page_from_a_snapshot_says_how_old_it_is() {
    let (org, names) = (org(), names());
    let facts = Facts::of_snapshot("2026-02-20T12:00:00Z".parse().unwrap(), now());
    let view =
        HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::of(Some(&facts)) };
    let page = status_html(&every_cell(), &plan(Vec::new()), &view).unwrap();
    assert!(page.contains("the snapshot of 2026-02-20T12:00:00Z, 9 days old"));
    assert!(page.contains("Warning: the snapshot is 9 days old"));
    assert!(!page.contains("AWS as it was"));
}

#[test]
fn an_account_leads_to_its_reasons_and_changes() {
    let drifted = role_with(|role| role.description = "changed by hand".to_owned());
    let taken = HoldReason::RoleNotOurs { account: id("444444444444"), role: id("ProwlerScan"), owner: None };
    let plan = Plan {
        holds: vec![hold("prowler.role[\"444444444444\"]", taken)],
        ..plan(vec![member("222222222222", Why::Drifted, Edit::Update { before: drifted, after: role() })])
    };
    let page = page(&every_cell(), &plan);
    let data = data(&page);

    let prowler = &account(&data, "222222222222")["cells"][0];
    assert_eq!(at(&data["states"], &prowler["s"])["word"], "drifted");
    assert_eq!(prowler["c"], serde_json::json!([0]));
    let change = page.split_once("id=\"change-0\"").unwrap().1.split_once("</pre>").unwrap().0;
    assert!(change.contains("~     description = &quot;changed by hand&quot; -&gt;"), "{change}");

    let held = &account(&data, "444444444444")["cells"][0]["r"];
    let reason = at(&data["reasons"], &held[0]);
    assert_eq!(held.as_array().unwrap().len(), 1, "{held}");
    assert!(reason["message"].as_str().unwrap().contains("a role ProwlerScan is there"), "{reason}");
    assert!(reason["advice"].is_string());

    let unread = &account(&data, "333333333333")["cells"][0]["r"][0];
    let reason = at(&data["reasons"], unread)["message"].as_str().unwrap();
    assert!(reason.contains("not authorized to perform") && reason.contains("req-333333333333"), "{reason}");
}

#[test]
fn a_plan_begins_with_its_counts() {
    let changes = vec![member("222222222222", Why::Missing, Edit::Create(role()))];
    let (org, names) = (org(), names());
    let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
    let page = plan_html(&every_cell(), &plan(changes), &[], &view).unwrap();
    assert!(page.contains("Plan: 1 to add, 0 to change, 0 to destroy."));
    assert!(page.contains("It reaches 1 account."));
    let page = plan_html(&every_cell(), &plan(Vec::new()), &[], &view).unwrap();
    assert!(page.contains("No changes."));
}

#[test]
fn a_plan_of_one_role_says_nothing_of_other_accounts() {
    let (org, names) = (org(), names());
    let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
    let targets = [id("prowler.role[\"222222222222\"]")];
    let page = plan_html(&every_cell(), &plan(Vec::new()), &targets, &view).unwrap();
    assert!(page.contains("Only prowler.role[&quot;222222222222&quot;] was planned for."));
    let data = data(&page);
    assert_eq!(data["integrations"], serde_json::json!(["prowler"]));
    let word = |account: &Value| at(&data["states"], &account["cells"][0]["s"])["word"].clone();
    assert_eq!(word(account(&data, "222222222222")), "drifted");
    assert_eq!(word(account(&data, "111111111111")), "not a target");
}

#[test]
fn drift_is_told_from_what_is_ignored_pending_and_unknown() {
    let (org, names) = (org(), names());
    let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
    let accounts = ["222222222222", "333333333333", "444444444444"];
    let rows = accounts.map(|account| (account.to_owned(), row("app", "Root", [Cell::InSync, Cell::Pending])));
    let mut report = full();
    report.checked = [(id("prowler"), ids(&accounts)), (id("spot"), ids(&accounts))].into();
    let page = drift_html(&report, None, &matrix(rows.into()), &view).unwrap();

    let data = data(&page);
    let words = |id: &str| -> Vec<Value> {
        let cells = account(&data, id)["cells"].as_array().unwrap();
        cells.iter().map(|cell| at(&data["states"], &cell["s"])["word"].clone()).collect()
    };
    assert_eq!(words("222222222222"), ["drifted", "pending"]);
    assert_eq!(words("444444444444"), ["ignored", "pending"]);
    assert_eq!(words("111111111111"), ["not a target", "not a target"]);
    assert!(page.contains("Drift in 2 accounts."));
    assert!(page.contains("trusted access for StackSets was switched off"));
    assert!(page.contains("ignored until 2026-12-31: known"));

    let place = &account(&data, "222222222222")["cells"][0]["c"][0];
    let drift = page.split_once(&format!("id=\"change-{place}\"")).unwrap().1.split_once("</pre>").unwrap().0;
    assert!(drift.contains("~     max_session_duration = 1h -&gt; 2h"), "{drift}");
}

#[test]
fn a_report_without_drift_says_so() {
    let (org, names) = (org(), names());
    let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
    let rows = vec![("222222222222".to_owned(), row("app", "Root", [Cell::InSync, Cell::InSync]))];
    let mut report = full();
    report.findings.clear();
    report.blind.clear();
    report.pending.unknown.clear();
    report.checked = [(id("prowler"), ids(&["222222222222"]))].into();
    let page = drift_html(&report, None, &matrix(rows), &view).unwrap();
    assert!(page.contains("class=\"answer good\"><p class=\"headline\">No drift.</p>"));
    // Nobody looked at the other integration.
    assert_eq!(data(&page)["integrations"], serde_json::json!(["prowler"]));
}

#[test]
fn who_did_it_stands_at_the_account_and_below_the_difference() {
    let (org, names) = (org(), names());
    let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
    let accounts = ["222222222222", "333333333333", "444444444444"];
    let rows = accounts.map(|account| (account.to_owned(), row("app", "Root", [Cell::InSync, Cell::NotTarget])));
    let mut report = full();
    report.checked = [(id("prowler"), ids(&accounts))].into();
    let page = |who| drift_html(&report, who, &matrix(rows.clone().into()), &view).unwrap();
    let known = known();
    let told = page(Some(&known));
    let data = data(&told);
    let reasons = |id: &str| -> Vec<String> {
        let places = account(&data, id)["cells"][0]["r"].as_array().unwrap();
        let messages = places.iter().map(|place| &at(&data["reasons"], place)["message"]);
        messages.map(|message| message.as_str().unwrap().to_owned()).collect()
    };
    let root = "AttachRolePolicy by the root user of 222222222222 from 198.51.100.7, 2026-11-20 08:15:00 UTC.";
    assert_eq!(reasons("222222222222")[1], format!("Last changed: {root}"));
    assert!(
        reasons("222222222222")[3].starts_with("Before that: AttachRolePolicy by jane (session of role Admin) from")
    );
    let denied = "Who changed it is not told: cloudtrail:LookupEvents is not allowed in the account.";
    assert_eq!(reasons("333333333333")[1], denied);

    let list =
        told.split_once("<ul class=\"who\" aria-label=\"Who did it\">").unwrap().1.split_once("</ul>").unwrap().0;
    assert!(list.starts_with(&format!("<li>222222222222 (payments-prod): Last changed: {root}</li>")), "{list}");
    assert!(
        told.contains("Who changed a role is not told for 1 account: cloudtrail:LookupEvents is not allowed there.")
    );
    assert!(told.contains("Who changed it was not looked up for 2 roles."));

    let silent = page(None);
    assert!(!silent.contains("Last changed") && !silent.contains("Who did it") && !silent.contains("cloudtrail"));
}

/// The tags of a page, without those in its script and style; sorted, as names decide in which order things stand.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let tag: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/' || *c == '!').collect();
        rest = match tag.as_str() {
            "script" | "style" => after.split_once(&format!("</{tag}>")).unwrap().1,
            _ => after,
        };
        tags.push(tag);
    }
    tags.sort();
    tags
}

proptest! {
    #[test]
    fn no_text_of_others_adds_an_element_or_ends_one(text in prop_oneof![
        hostile(),
        Just("</script><script>alert(1)</script>".to_owned()),
        Just("\"onload=\"alert(1)\" <img src=x onerror=alert(1)> </pre></details><!--".to_owned()),
    ]) {
        let shown = |text: &str| {
            let (plan, names) = plan_that_says(text);
            let cells = [Cell::Held(plan.holds[1].reason.clone()), Cell::Unknown(plan.unknown[&id("333333333333")].clone())];
            let rows = BTreeMap::from([(id("222222222222"), row(text, text, cells))]);
            let matrix = Matrix { integrations: vec![id("prowler"), id("spot")], rows };
            let mut org = org();
            let state = AccountState::Other(text.to_owned());
            let account = Account { name: text.to_owned(), email: text.to_owned(), state, parent: id("ou-ab12-hostile01") };
            org.accounts.insert(id("222222222222"), account);
            org.units.insert(id("ou-ab12-hostile01"), Unit { name: Some(text.to_owned()), parent: id("r-ab12") });
            let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
            (status_html(&matrix, &plan, &view).unwrap(), plan_html(&matrix, &plan, &[], &view).unwrap())
        };
        let (status, plan) = shown(&text);
        // A text of two lines makes a policy that is no JSON longer, but no element more.
        let (harmless_status, harmless_plan) = shown("harmless");
        prop_assert_eq!(tags(&status), tags(&harmless_status));
        prop_assert_eq!(tags(&plan), tags(&harmless_plan));
        data(&status);
        prop_assert!(!status.contains("onload=\"alert"));
    }
}

/// A page of the size of the largest organizations, for a look at its size.
#[test]
fn five_thousand_accounts_that_differ_alike_make_a_page_of_a_few_megabytes() {
    let mut org = org();
    let mut rows = BTreeMap::new();
    let mut changes = Vec::new();
    let drifted = role_with(|role| role.description = "changed by hand".to_owned());
    for index in 0..5_000_u64 {
        let account = format!("{:012}", 300_000_000_000 + index);
        let name = format!("team-{index}-production");
        let entry =
            Account { name: name.clone(), email: String::new(), state: AccountState::Active, parent: id("r-ab12") };
        org.accounts.insert(id(&account), entry);
        rows.insert(id(&account), row(&name, "Root", [Cell::Drifted(Why::Drifted), Cell::InSync]));
        changes.push(member(&account, Why::Drifted, Edit::Update { before: drifted.clone(), after: role() }));
    }
    let matrix = Matrix { integrations: vec![id("prowler"), id("spot")], rows };
    let names = Names::of(&org);
    let view = HtmlView { org: &org, names: &names, now: now(), aim: Aim::Configuration, basis: Basis::AWS };
    let page = status_html(&matrix, &plan(changes), &view).unwrap();
    assert!(page.len() < 4_000_000, "{} bytes", page.len());
}
