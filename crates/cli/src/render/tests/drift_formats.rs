//! Drift for pull requests and for CI systems.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use proptest::prelude::*;
use rolecall_core::drift::{Blind, Difference, Finding, Report, Standing, What};
use rolecall_core::org::AccountState;
use rolecall_core::plan::Why;
use rolecall_core::status::{Cell, Matrix};
use rolecall_core::who::Who;

use super::drift::{at, attribute, full, known, quiet};
use super::markdown::{Comment, GITHUB, hostile_to_markdown, view};
use super::status::{matrix, row};
use super::world::*;
use crate::render::{Names, drift_junit, drift_markdown};

/// The accounts of the full report.
fn targets() -> Matrix {
    let cells = [
        ("111111111111", Cell::InSync),
        ("222222222222", Cell::Drifted(Why::Drifted)),
        ("333333333333", Cell::Drifted(Why::Deleted)),
        ("444444444444", Cell::InSync),
        ("555555555555", Cell::Unknown(denied("555555555555"))),
        ("666666666666", Cell::Inactive(AccountState::Suspended, None)),
        ("777777777777", Cell::NotTarget),
    ];
    let rows = cells.map(|(account, cell)| (account.to_owned(), row("name", "Root", [cell, Cell::NotTarget])));
    matrix(rows.into())
}

#[test]
fn a_comment_on_drift_has_counts_first_and_keeps_drift_pending_and_unknown_apart() {
    let text = drift_markdown(&full(), None, &view(&names()));
    let (before, rest) = text.split_once("### Details\n").unwrap();
    let (details, after) = rest.split_once("### Ignored").unwrap();
    assert!(details.contains("+   permissions_boundary = \"arn:aws:iam::aws:policy/ReadOnlyAccess\"\n"), "{details}");
    assert_snapshot!(format!("{before}### Ignored{after}"), @r#"
    <!-- rolecall:drift:o-abc123def4 -->
    ## Rolecall drift: 31 differences in 2 accounts

    Organization `o-abc123def4`. 31 differences in 2 of 2 accounts, 1 ignored, 1 change pending, 1 account unknown, the stack sets not read, trusted access not read.

    | Integration | Differences | Accounts drifted | Ignored | Accounts looked at |
    |---|---:|---:|---:|---:|
    | *the organization* | 1 | 0 | 0 | 0 |
    | `prowler` | 30 | 2 | 1 | 2 |

    ### Not read, so nothing is known of them

    - `sts:AssumeRole` failed with `AccessDenied` in `555555555555`<br>`not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::555555555555:role/Reader`<br>What to do: see that the role Reader is in the account and trusts the caller.

    ### Not looked at

    - whether StackSets may act in the organization could not be read: `sts:AssumeRole` failed with AccessDenied: not authorized to perform: `sts:AssumeRole` on resource: `arn:aws:iam::111111111111:role/Reader`
    - the stack sets could not be read: `sts:AssumeRole` failed with AccessDenied: not authorized to perform: `sts:AssumeRole` on resource: `arn:aws:iam::111111111111:role/Reader`
    - rolecall-spot could not be read: `sts:AssumeRole` failed with AccessDenied: not authorized to perform: `sts:AssumeRole` on resource: `arn:aws:iam::111111111111:role/Reader`
    - the operation `op-1` is running on rolecall-prowler; look again when it has ended

    ### Not as it was last applied

    | Integration | What | Where |
    |---|---|---|
    |  | trusted access for StackSets was switched off |  |
    | `prowler` | the stack set was deleted<br>the stack set was changed: template, tags |  |
    | `prowler` | role `"ProwlerScan"`: the trust policy was changed<br>a principal of the trust policy was deleted, and IAM shows its id: AROAEXAMPLE<br>inline policy `"backdoor"` was added<br>inline policy `"additions"` was deleted<br>inline policy `"changed"` was changed<br>managed policy `"arn:aws:iam::aws:policy/AdministratorAccess"` was attached<br>managed policy `"arn:aws:iam::aws:policy/SecurityAudit"` was detached<br>managed policy `"ProwlerScan.large.1"` was changed<br>managed policy `"ProwlerScan.large.1"` was detached<br>managed policy `"ProwlerScan.large.1"` was given a version that is not in force<br>managed policy `"ProwlerScan.large.2"` was deleted<br>managed policy `"ProwlerScan.large.3"` was added<br>a permissions boundary was set<br>the longest session was changed from `1h` to `2h`<br>it was made anew under the path `/vendors/` instead of `/`<br>it was made anew under the name prowlerscan instead of ProwlerScan<br>the description was changed<br>tag `"added"` was added<br>tag `"removed"` was taken off<br>tag `"changed"` was changed | `222222222222 (payments-prod)` |
    | `prowler` | role `"ProwlerScan"` was deleted<br>role `"ProwlerScan"` is missing: it was deleted, or was never made here<br>role `"ProwlerScan"` carries Rolecall's tag, and nothing that was applied made it<br>role `"ProwlerScan"` lost the tag that says whose it is, so it is left alone<br>the account has no stack instance<br>the stack instance is OUTDATED (FAILED): no such policy<br>the account is no target and has a stack instance<br>there is a stack instance in `eu-west-1`, where nothing is made | `333333333333 (payments-dev)` |

    ### Ignored, as the file says

    - **`prowler`**: role `"ProwlerScan"` was deleted, in `444444444444 (legacy-app)`; until `2026-12-31`, 40 days more: known `|` to `*all*`

    ### Ignored no more

    - `tags.*` was ignored until `2020-01-01`: was known

    <details><summary>1 change pending, as the files or the organization changed since</summary>

    - `+` `prowler.role["555555555555"]`: the configuration changed

    </details>

    <details><summary>1 account not in use: <code>SUSPENDED</code></summary>

    In `666666666666`; left alone.

    </details>
    "#);
}

#[test]
fn no_drift_is_a_short_comment() {
    assert_snapshot!(drift_markdown(&quiet(), None, &view(&names())), @r#"
    <!-- rolecall:drift:o-abc123def4 -->
    ## Rolecall drift: none

    Organization `o-abc123def4`. 2 accounts looked at.
    "#);
}

#[test]
fn every_account_is_a_test() {
    let xml = drift_junit(&full(), None, &targets(), &view(&names()));
    let lines: Vec<&str> = xml.lines().filter(|line| line.trim_start().starts_with('<')).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="rolecall drift" tests="12" failures="4" errors="5">
      <testsuite name="organization" tests="5" failures="1" errors="4" skipped="0" time="0">
        <testcase classname="organization" name="organization.trusted_access" time="0">
          <failure type="drift" message="trusted access for StackSets was switched off">- trusted access for StackSets was switched off
    </failure>
        </testcase>
        <testcase classname="organization" name="rolecall-prowler" time="0">
          <error type="not_read" message="the operation op-1 is running on rolecall-prowler; look again when it has ended"/>
        </testcase>
        <testcase classname="organization" name="rolecall-spot" time="0">
          <error type="not_read" message="rolecall-spot could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader"/>
        </testcase>
        <testcase classname="organization" name="stack sets" time="0">
          <error type="not_read" message="the stack sets could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader"/>
        </testcase>
        <testcase classname="organization" name="trusted access" time="0">
          <error type="not_read" message="whether StackSets may act in the organization could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader"/>
        </testcase>
      </testsuite>
      <testsuite name="prowler" tests="7" failures="3" errors="1" skipped="2" time="0">
        <testcase classname="prowler" name="111111111111 (acme-management)" time="0"/>
        <testcase classname="prowler" name="222222222222 (payments-prod)" time="0">
          <failure type="drift" message="role &quot;ProwlerScan&quot;: the trust policy was changed; a principal of the trust policy was deleted, and IAM shows its id: AROAEXAMPLE; inline policy &quot;backdoor&quot; was added; inline policy &quot;additions&quot; was deleted; inline policy &quot;changed&quot; was changed; managed policy &quot;arn:aws:iam::aws:policy/AdministratorAccess&quot; was attached; managed policy &quot;arn:aws:iam::aws:policy/SecurityAudit&quot; was detached; managed policy &quot;ProwlerScan.large.1&quot; was changed; managed policy &quot;ProwlerScan.large.1&quot; was detached; managed policy &quot;ProwlerScan.large.1&quot; was given a version that is not in force; managed policy &quot;ProwlerScan.large.2&quot; was deleted; managed policy &quot;ProwlerScan.large.3&quot; was added; a permissions boundary was set; the longest session was changed from 1h to 2h; it was made anew under the path /vendors/ instead of /; it was made anew under the name prowlerscan instead of ProwlerScan; the description was changed; tag &quot;added&quot; was added; tag &quot;removed&quot; was taken off; tag &quot;changed&quot; was changed">! prowler: role &quot;ProwlerScan&quot; was changed
    </failure>
        </testcase>
        <testcase classname="prowler" name="333333333333 (payments-dev)" time="0">
          <failure type="drift" message="role &quot;ProwlerScan&quot; was deleted; role &quot;ProwlerScan&quot; is missing: it was deleted, or was never made here; role &quot;ProwlerScan&quot; carries Rolecall's tag, and nothing that was applied made it; role &quot;ProwlerScan&quot; lost the tag that says whose it is, so it is left alone; the account has no stack instance; the stack instance is OUTDATED (FAILED): no such policy; the account is no target and has a stack instance; there is a stack instance in eu-west-1, where nothing is made">- prowler: role &quot;ProwlerScan&quot; was deleted
    </failure>
        </testcase>
        <testcase classname="prowler" name="444444444444 (legacy-app)" time="0">
          <skipped message="role &quot;ProwlerScan&quot; was deleted; ignored until 2026-12-31: known | to *all*"/>
        </testcase>
        <testcase classname="prowler" name="555555555555" time="0">
          <error type="AccessDenied" message="sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::555555555555:role/Reader; see that the role Reader is in the account and trusts the caller"/>
        </testcase>
        <testcase classname="prowler" name="666666666666" time="0">
          <skipped message="the account is not in use: SUSPENDED"/>
        </testcase>
        <testcase classname="prowler" name="prowler.stack_set" time="0">
          <failure type="drift" message="the stack set was deleted; the stack set was changed: template, tags">- prowler: the stack set was deleted
    </failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_comment_tells_who_did_it_among_the_differences_and_where_it_is_not_known() {
    let text = drift_markdown(&full(), Some(&known()), &view(&names()));
    let (details, after) = text.split_once("### Details\n").unwrap().1.split_once("### Ignored").unwrap();
    let call = "AttachRolePolicy by the root user of 222222222222 from 198.51.100.7, 2026-11-20 08:15:00 UTC\n";
    assert!(details.contains(call), "{details}");
    let denied = "Who changed a role is not told for 1 account: `cloudtrail:LookupEvents` is not allowed there.\n\n";
    assert!(details.ends_with(&format!("{denied}Who changed it was not looked up for 2 roles.\n\n")), "{details}");
    assert!(!after.contains("Who changed"));
    let comment = Comment::read(&text);
    comment.check().unwrap();
    assert!(comment.unfolded.contains("Who changed a role is not told for 1 account"), "{}", comment.unfolded);
}

#[test]
fn a_test_that_fails_tells_who_did_it_or_why_that_is_not_known() {
    let xml = drift_junit(&full(), Some(&known()), &targets(), &view(&names()));
    let of = |account: &str| {
        let case = format!("<testcase classname=\"prowler\" name=\"{account}");
        xml.split_once(&case).unwrap().1.split_once("</failure>").unwrap().0.to_owned()
    };
    let call = "\nLast changed: AttachRolePolicy by the root user of 222222222222 from 198.51.100.7, 2026-11-20 08:15:00 UTC.\n";
    assert!(of("222222222222").contains(call), "{}", of("222222222222"));
    let denied = "\nWho changed it is not told: cloudtrail:LookupEvents is not allowed in the account.\n";
    assert!(of("333333333333").ends_with(denied), "{}", of("333333333333"));
}

#[test]
fn a_role_that_cloudtrail_shows_no_call_on_is_told_apart_from_one_that_was_not_looked_up() {
    let who = |touches: Vec<_>, left_out: Vec<_>| Who {
        touches: touches.into_iter().map(|place| (place, Vec::new())).collect(),
        denied: BTreeSet::new(),
        left_out: left_out.into_iter().collect(),
    };
    let place = || (id("222222222222"), id("ProwlerScan"));
    let junit = |who: &Who| drift_junit(&full(), Some(who), &targets(), &view(&names()));
    let none = "CloudTrail shows no call that changed it; it shows calls some minutes late, and for 90 days.";
    assert!(junit(&who(vec![place()], Vec::new())).contains(none));
    let left_out = junit(&who(Vec::new(), vec![place()]));
    assert!(!left_out.contains(none) && left_out.contains("Who changed it was not looked up."), "{left_out}");
}

/// A report in which everything that others write says this.
fn report_that_says(text: &str) -> (Report, Names) {
    let failure = rolecall_core::observed::ReadFailure {
        call: text.to_owned(),
        code: text.to_owned(),
        message: text.to_owned(),
        request_id: None,
        advice: Some(text.to_owned()),
    };
    let mut report = quiet();
    let described = Difference::Description { applied: text.to_owned(), live: format!("{text}{text}") };
    report.findings = vec![at("222222222222", attribute(described))];
    let standing = Standing::Ignored { reason: text.to_owned(), until: id("2026-12-31") };
    let deleted = What::RoleDeleted { role: id("ProwlerScan") };
    report.findings.push(Finding { standing, ..at("333333333333", deleted) });
    report.pending.unknown = [(id("444444444444"), failure.clone())].into();
    report.pending.inactive = [(id("555555555555"), AccountState::Other(text.to_owned()))].into();
    report.blind = vec![Blind::Unreadable { stack_set: None, failure }];
    let named = ["222222222222", "333333333333", "444444444444"].map(|account| (id(account), text.to_owned()));
    (report, Names { accounts: named.into(), units: std::collections::BTreeMap::new() })
}

proptest! {
    #[test]
    fn no_text_of_others_is_markup_or_a_mention_in_drift(text in hostile_to_markdown()) {
        let (report, names) = report_that_says(&text);
        let comment = Comment::read(&drift_markdown(&report, None, &view(&names)));
        comment.check()?;
        let (report, names) = report_that_says("harmless");
        prop_assert_eq!(comment.blocks, Comment::read(&drift_markdown(&report, None, &view(&names))).blocks);
    }

    #[test]
    fn no_text_of_others_breaks_the_xml(text in prop_oneof![hostile_to_markdown(), Just("\u{0}\u{b}\u{fffe}\u{ffff}]]>\"'&<a>\r".to_owned())]) {
        let (report, names) = report_that_says(&text);
        let failure = report.pending.unknown[&id("444444444444")].clone();
        let cells = [("222222222222", Cell::InSync), ("444444444444", Cell::Unknown(failure))];
        let rows = cells.map(|(account, cell)| (account.to_owned(), row(&text, &text, [cell, Cell::NotTarget])));
        let xml = drift_junit(&report, None, &matrix(rows.into()), &view(&names));
        let is_forbidden = |c: char| c.is_control() && c != '\n' || c == '\u{fffe}' || c == '\u{ffff}';
        prop_assert!(!xml.contains(is_forbidden), "{:?}", xml);
        let tags = ["testsuites", "testsuite", "testcase", "failure", "error", "skipped"];
        let mut open: Vec<&str> = Vec::new();
        for part in xml.split('<').skip(2) {
            let (tag, text) = part.split_once('>').expect("a tag ends");
            prop_assert!(!text.contains(['<', '"']), "{}", text);
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
            prop_assert!(tags.contains(&name), "{}", tag);
            prop_assert_eq!(tag.matches('"').count() % 2, 0);
            match (tag.starts_with('/'), tag.ends_with('/')) {
                (true, _) => prop_assert_eq!(open.pop(), Some(name)),
                (_, true) => {}
                _ => open.push(name),
            }
        }
        prop_assert!(open.is_empty());
    }
}

#[test]
fn drift_in_5000_accounts_fits_and_keeps_its_counts() {
    let mut report = quiet();
    let own = |account: &String| {
        let live = format!("changed in {account}");
        at(account, attribute(Difference::Description { applied: "Reads".to_owned(), live }))
    };
    report.findings = accounts(5_000).iter().map(own).collect();
    report.checked = [(id("prowler"), accounts(5_000).iter().map(|account| id(account)).collect())].into();
    let text = drift_markdown(&report, None, &view(&Names::default()));
    assert!(text.chars().count() < GITHUB && text.chars().count() > GITHUB / 2, "{}", text.chars().count());
    let comment = Comment::read(&text);
    comment.check().unwrap();
    assert!(comment.unfolded.contains("5000 differences in 5000 accounts"), "{}", comment.unfolded);
    let shown = comment.rows.iter().filter(|row| row.len() == 3 && row[0] == "prowler").count();
    let rest = format!("and {} more rows", 5_000 - shown);
    assert!(comment.rows.iter().any(|row| row[0] == rest), "{rest} of {shown}");
}
