//! Drift as people and programs get to see it.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use rolecall_core::drift::{Blind, DefinitionPart, Difference, Finding, Ignore, Place, Purity, Report, Standing, What};
use rolecall_core::observed::{InstanceStatus, StackInstance};
use rolecall_core::org::AccountState;
use rolecall_core::own_policy::{Attachment, OwnPolicy};
use rolecall_core::plan::{Edit, Why};
use rolecall_core::spec::Pattern;
use rolecall_core::who::{Author, Touch, Who};
use serde_json::{Value, json};

use super::schema::check;
use super::world::*;
use crate::render::{Basis, Detail, View, drift_json, drift_text};
use crate::survey::Aim;

pub(super) fn at(account: &str, what: What) -> Finding {
    Finding {
        address: id(&format!("prowler.role[\"{account}\"]")),
        place: Place::Account(id(account)),
        what,
        standing: Standing::Open,
    }
}

pub(super) fn attribute(difference: Difference) -> What {
    What::Attribute { role: id("ProwlerScan"), difference, purity: Purity::Drift }
}

fn own() -> OwnPolicy {
    allows(&[("Read", &["s3:Get*"])]).into()
}

fn own_policy(change: impl FnOnce(&mut OwnPolicy)) -> Difference {
    let mut live = own();
    change(&mut live);
    Difference::OwnPolicy { name: id("ProwlerScan.large.1"), applied: Some(own()), live: Some(live) }
}

/// One of every difference. A new one does not compile until it is here.
fn every_difference() -> Vec<Difference> {
    let (applied, live) = (trust("one"), trust("other"));
    let ids = BTreeSet::from(["AROAEXAMPLE".to_owned()]);
    let all = vec![
        Difference::Trust { applied: applied.clone(), live: live.clone() },
        Difference::PrincipalDeleted { ids, applied, live },
        Difference::InlineAdded { name: id("backdoor"), live: allows(&[("All", &["*"])]) },
        Difference::InlineRemoved { name: id("additions"), applied: allows(&[("Read", &["s3:Get*"])]) },
        Difference::InlineChanged {
            name: id("changed"),
            applied: allows(&[("Read", &["s3:Get*"])]),
            live: allows(&[("Read", &["s3:*"])]),
        },
        Difference::Attached(id("arn:aws:iam::aws:policy/AdministratorAccess")),
        Difference::Detached(id("arn:aws:iam::aws:policy/SecurityAudit")),
        own_policy(|policy| policy.document = allows(&[("All", &["*"])])),
        own_policy(|policy| policy.attachment = Attachment::Detached),
        own_policy(|policy| policy.idle_versions = BTreeSet::from([id("v2")])),
        Difference::OwnPolicy { name: id("ProwlerScan.large.2"), applied: Some(own()), live: None },
        Difference::OwnPolicy { name: id("ProwlerScan.large.3"), applied: None, live: Some(own()) },
        Difference::Boundary { applied: None, live: Some(id("arn:aws:iam::aws:policy/ReadOnlyAccess")) },
        Difference::MaxSession { applied: 3600.try_into().unwrap(), live: 7200.try_into().unwrap() },
        Difference::Path { applied: id("/"), live: id("/vendors/") },
        Difference::Name { applied: id("ProwlerScan"), live: id("prowlerscan") },
        Difference::Description { applied: "Reads".to_owned(), live: "Writes\u{1b}[2J".to_owned() },
        Difference::Tag { key: id("added"), applied: None, live: Some(id("a")) },
        Difference::Tag { key: id("removed"), applied: Some(id("r")), live: None },
        Difference::Tag { key: id("changed"), applied: Some(id("old")), live: Some(id("new")) },
    ];
    for difference in &all {
        match difference {
            Difference::Trust { .. }
            | Difference::PrincipalDeleted { .. }
            | Difference::InlineAdded { .. }
            | Difference::InlineRemoved { .. }
            | Difference::InlineChanged { .. }
            | Difference::Attached(_)
            | Difference::Detached(_)
            | Difference::OwnPolicy { .. }
            | Difference::Boundary { .. }
            | Difference::MaxSession { .. }
            | Difference::Path { .. }
            | Difference::Name { .. }
            | Difference::Description { .. }
            | Difference::Tag { .. } => {}
        }
    }
    all
}

/// One of everything else that is found. A new one does not compile until it is here.
fn everything_else() -> Vec<What> {
    let role = || id("ProwlerScan");
    let instance = StackInstance {
        unit: None,
        status: InstanceStatus::Outdated,
        detail: Some("FAILED".to_owned()),
        reason: Some("no such policy".to_owned()),
        stack: None,
    };
    let all = vec![
        What::RoleDeleted { role: role() },
        What::RoleMissing { role: role() },
        What::RoleUndeclared { role: role() },
        What::OwnershipRemoved { role: role() },
        What::InstanceMissing,
        What::InstanceFailed(Some(instance)),
        What::InstanceUndeclared,
        What::InstanceElsewhere(id("eu-west-1")),
    ];
    for what in &all {
        match what {
            What::Attribute { .. }
            | What::RoleDeleted { .. }
            | What::RoleMissing { .. }
            | What::RoleUndeclared { .. }
            | What::OwnershipRemoved { .. }
            | What::InstanceMissing
            | What::InstanceFailed(_)
            | What::InstanceUndeclared
            | What::InstanceElsewhere(_)
            | What::StackSetDeleted
            | What::StackSetChanged(_)
            | What::TrustedAccessOff => {}
        }
    }
    all
}

pub(super) fn quiet() -> Report {
    Report {
        organization: id("o-abc123def4"),
        today: id("2026-11-21"),
        findings: Vec::new(),
        pending: plan(Vec::new()),
        blind: Vec::new(),
        expired: Vec::new(),
        checked: [(id("prowler"), ids(&["222222222222", "333333333333"]))].into(),
    }
}

/// A report that has everything.
pub(super) fn full() -> Report {
    let mut report = quiet();
    report.findings = every_difference().into_iter().map(|found| at("222222222222", attribute(found))).collect();
    report.findings.extend(everything_else().into_iter().map(|what| at("333333333333", what)));
    let ignored = Standing::Ignored { reason: "known | to *all*".to_owned(), until: id("2026-12-31") };
    let deleted = What::RoleDeleted { role: id("ProwlerScan") };
    report.findings.push(Finding { standing: ignored, ..at("444444444444", deleted) });
    let set = |what| Finding {
        address: id("prowler.stack_set"),
        place: Place::StackSet(id("rolecall-prowler")),
        what,
        standing: Standing::Open,
    };
    report.findings.push(set(What::StackSetDeleted));
    report.findings.push(set(What::StackSetChanged([DefinitionPart::Template, DefinitionPart::Tags].into())));
    report.findings.push(Finding {
        address: id("organization.trusted_access"),
        place: Place::Organization,
        what: What::TrustedAccessOff,
        standing: Standing::Open,
    });
    report.pending = plan(vec![member("555555555555", Why::ConfigChanged, Edit::Create(role()))]);
    report.pending.unknown = [(id("555555555555"), denied("555555555555"))].into();
    report.pending.inactive = [(id("666666666666"), AccountState::Suspended)].into();
    report.blind = vec![
        Blind::TrustedAccess { failure: denied("111111111111") },
        Blind::Unreadable { stack_set: None, failure: denied("111111111111") },
        Blind::Unreadable { stack_set: Some(id("rolecall-spot")), failure: denied("111111111111") },
        Blind::OperationRunning { stack_set: id("rolecall-prowler"), operation: id("op-1") },
    ];
    report.expired = vec![Ignore {
        integration: None,
        accounts: ids(&["222222222222"]),
        attribute: Pattern("tags.*".to_owned()),
        reason: "was known".to_owned(),
        until: id("2020-01-01"),
    }];
    report
}

fn show(report: &Report) -> String {
    let names = names();
    let view = View { names: &names, detail: Detail::Brief, aim: Aim::Configuration, checked: None, basis: Basis::AWS };
    plain(&drift_text(report, None, &view))
}

fn document(report: &Report) -> Value {
    serde_json::from_str(&drift_json((report, None), &names(), Basis::AWS, None).unwrap()).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "the picture shows everything that can be found")]
fn every_finding_says_what_where_and_how_it_was() {
    assert_snapshot!(show(&full()), @r#"
    Not as it was last applied:

      - trusted access for StackSets was switched off

      - prowler: the stack set was deleted
      ~ prowler: the stack set was changed: template, tags

      ~ prowler: role "ProwlerScan" was changed
        in 222222222222 (payments-prod)
          ! a principal of the trust policy was deleted: the policy names nobody any more
          ~ name                 = "ProwlerScan" -> "prowlerscan"
          ~ path                 = "/" -> "/vendors/"
          ~ description          = "Reads" -> "Writes\u{1b}[2J"
          ~ max_session_duration = 1h -> 2h
          + permissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
          ~ managed_policies     = [
              + "arn:aws:iam::aws:policy/AdministratorAccess"
              - "arn:aws:iam::aws:policy/SecurityAudit"
            ]
          ~ tags                 = {
              + "added"   = "a"
              ~ "changed" = "old" -> "new"
              - "removed" = "r"
            }
          ~ trust_policy         = {
                # (7 unchanged lines hidden)
                    "Action": "sts:AssumeRole",
                    "Condition": {
                      "StringEquals": {
              -         "sts:ExternalId": "one"
              +         "sts:ExternalId": "other"
                      }
                    }
                  }
                ]
            }
          - inline_policy "additions" = {
              - "Version": "2012-10-17",
              - "Statement": [
              -   {
              -     "Sid": "Read",
              -     "Effect": "Allow",
              -     "Action": "s3:Get*",
              -     "Resource": "*"
              -   }
              - ]
            }
          + inline_policy "backdoor" = {
              + "Version": "2012-10-17",
              + "Statement": [
              +   {
              +     "Sid": "All",
              +     "Effect": "Allow",
              +     "Action": "*",
              +     "Resource": "*"
              +   }
              + ]
            }
          ~ inline_policy "changed" = {
                # (2 unchanged lines hidden)
                  {
                    "Sid": "Read",
                    "Effect": "Allow",
              -     "Action": "s3:Get*",
              +     "Action": "s3:*",
                    "Resource": "*"
                  }
                ]
            }
          - managed_policy "ProwlerScan.large.2" = {
              - "Version": "2012-10-17",
              - "Statement": [
              -   {
              -     "Sid": "Read",
              -     "Effect": "Allow",
              -     "Action": "s3:Get*",
              -     "Resource": "*"
              -   }
              - ]
            }
          + managed_policy "ProwlerScan.large.3" = {
              + "Version": "2012-10-17",
              + "Statement": [
              +   {
              +     "Sid": "Read",
              +     "Effect": "Allow",
              +     "Action": "s3:Get*",
              +     "Resource": "*"
              +   }
              + ]
            }
          + managed_policy "ProwlerScan.large.1" detached = true
          + managed_policy "ProwlerScan.large.1" other_versions = [
              + "v2"
            ]

      - prowler: role "ProwlerScan" was deleted
      - prowler: role "ProwlerScan" is missing: it was deleted, or was never made here
      + prowler: role "ProwlerScan" carries Rolecall's tag, and nothing that was applied made it
      ! prowler: role "ProwlerScan" lost the tag that says whose it is, so it is left alone
      - prowler: the account has no stack instance
      ! prowler: the stack instance is OUTDATED (FAILED): no such policy
      + prowler: the account is no target and has a stack instance
      + prowler: there is a stack instance in eu-west-1, where nothing is made
        in 333333333333 (payments-dev)

    Ignored, as the file says:

        prowler: role "ProwlerScan" was deleted
            until 2026-12-31, 40 days more: known | to *all*
        in 444444444444 (legacy-app)

      ! tags.* was ignored until 2020-01-01, and counts again: was known

    Pending, as the files or the organization changed since (`rolecall plan` shows them whole):
      + prowler.role["555555555555"] (the configuration changed)

    Not read, so nothing is known of them:

      ! sts:AssumeRole failed with AccessDenied
        in 555555555555
        555555555555: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::555555555555:role/Reader (request id req-555555555555)
        What to do: see that the role Reader is in the account and trusts the caller

    Not looked at:
      ! whether StackSets may act in the organization could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader (request id req-111111111111)
        What to do: see that the role Reader is in the account and trusts the caller
      ! the stack sets could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader (request id req-111111111111)
        What to do: see that the role Reader is in the account and trusts the caller
      ! rolecall-spot could not be read: sts:AssumeRole failed with AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/Reader (request id req-111111111111)
        What to do: see that the role Reader is in the account and trusts the caller
      ! the operation op-1 is running on rolecall-prowler; look again when it has ended

    Not in use, so left alone:
      ! SUSPENDED: 666666666666

    Drift: 31 differences in 2 of 2 accounts, 1 ignored, 1 change pending, 1 account unknown, the stack sets not read, trusted access not read.
    "#);
}

#[test]
fn without_drift_it_says_how_many_accounts_were_looked_at() {
    assert_snapshot!(show(&quiet()), @r"No drift. 2 accounts looked at.");
}

#[test]
fn accounts_that_drifted_alike_are_shown_once() {
    let mut report = quiet();
    let added = || attribute(Difference::InlineAdded { name: id("backdoor"), live: allows(&[("All", &["*"])]) });
    report.findings = ["222222222222", "333333333333"].map(|account| at(account, added())).into();
    let shown = show(&report);
    assert_eq!(shown.matches("backdoor").count(), 1, "{shown}");
    assert!(shown.contains("in 2 accounts: 222222222222 (payments-prod), 333333333333"), "{shown}");
}

#[test]
fn a_report_is_as_its_schema_says() {
    let shown = document(&full());
    check("drift", &shown);
    assert_eq!(shown["result"], "drift");
    assert_eq!(shown["complete"], false);
    let words: BTreeSet<&str> =
        shown["findings"].as_array().unwrap().iter().map(|f| f["kind"].as_str().unwrap()).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/drift.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let known = schema["$defs"]["finding"]["properties"]["kind"]["enum"].as_array().unwrap();
    assert_eq!(words, known.iter().map(|kind| kind.as_str().unwrap()).collect());
}

#[test]
fn the_result_says_what_the_exit_code_does() {
    let (mut unknown, mut ignored) = (quiet(), quiet());
    unknown.pending.unknown = [(id("222222222222"), denied("222222222222"))].into();
    let standing = Standing::Ignored { reason: "known".to_owned(), until: id("2026-11-21") };
    ignored.findings = vec![Finding { standing, ..at("222222222222", What::InstanceMissing) }];
    assert_eq!(document(&quiet())["result"], "none");
    assert_eq!(document(&unknown)["result"], "unknown");
    assert_eq!(document(&ignored)["result"], "none");
    assert_eq!(
        document(&ignored)["findings"][0]["ignored"],
        json!({"reason": "known", "until": "2026-11-21", "days_left": 0})
    );
}

fn touch(author: Author, invoked_by: Option<&str>, address: &str) -> Touch {
    Touch {
        time: "2026-11-20T08:15:00Z".to_owned(),
        event: "AttachRolePolicy".to_owned(),
        author,
        invoked_by: invoked_by.map(str::to_owned),
        address: address.to_owned(),
        user_agent: "aws-cli/2".to_owned(),
        request_id: Some("r-1".to_owned()),
        event_id: "e-1".to_owned(),
    }
}

/// One of every author. A new one does not compile until it is here.
fn every_author() -> Vec<Touch> {
    let text = str::to_owned;
    let all = [
        Author::Root { account: text("222222222222") },
        Author::User { arn: text("arn:aws:iam::222222222222:user/jane"), name: text("jane\u{1b}[2J") },
        Author::Session {
            arn: text("arn:aws:sts::222222222222:assumed-role/Admin/jane"),
            role: text("Admin"),
            session: text("jane"),
        },
        Author::Service { host: text("sso.amazonaws.com") },
        Author::Other { name: text("AIDAEXAMPLE") },
    ];
    for author in &all {
        match author {
            Author::Root { .. }
            | Author::User { .. }
            | Author::Session { .. }
            | Author::Service { .. }
            | Author::Other { .. } => {}
        }
    }
    let mut touches: Vec<Touch> = all.into_iter().map(|author| touch(author, None, "198.51.100.7")).collect();
    let stacks = Author::Session { arn: String::new(), role: text("stacksets-exec-1"), session: text("s") };
    touches.push(touch(stacks, Some("cloudformation.amazonaws.com"), "cloudformation.amazonaws.com"));
    let service = Author::Service { host: text("sso.amazonaws.com") };
    touches.push(touch(service, Some("sso.amazonaws.com"), "sso.amazonaws.com"));
    touches
}

pub(super) fn known() -> Who {
    Who {
        touches: [((id("222222222222"), id("ProwlerScan")), every_author())].into(),
        denied: ids(&["333333333333"]),
        left_out: [(id("444444444444"), id("ProwlerScan")), (id("555555555555"), id("ProwlerScan"))].into(),
    }
}

#[test]
fn who_changed_a_role_is_told_in_a_line_and_where_it_is_not_known() {
    let mut report = full();
    report
        .findings
        .retain(|finding| matches!(&finding.what, What::Attribute { difference: Difference::Attached(_), .. }));
    let names = names();
    let show = |detail| {
        let view = View { names: &names, detail, aim: Aim::Configuration, checked: None, basis: Basis::AWS };
        let text = plain(&drift_text(&report, Some(&known()), &view));
        text.lines().filter(|line| line.contains('#')).map(str::trim).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(show(Detail::Brief), @r"
    # AttachRolePolicy by the root user of 222222222222 from 198.51.100.7, 2026-11-20 08:15:00 UTC
    # Who changed a role is not told for 1 account: cloudtrail:LookupEvents is not allowed there.
    # Who changed it was not looked up for 2 roles.
    ");
    assert_snapshot!(show(Detail::Full), @r"
    # AttachRolePolicy by the root user of 222222222222 from 198.51.100.7, 2026-11-20 08:15:00 UTC
    # AttachRolePolicy by user jane\u{1b}[2J from 198.51.100.7, 2026-11-20 08:15:00 UTC
    # AttachRolePolicy by jane (session of role Admin) from 198.51.100.7, 2026-11-20 08:15:00 UTC
    # AttachRolePolicy by sso.amazonaws.com from 198.51.100.7, 2026-11-20 08:15:00 UTC
    # AttachRolePolicy by AIDAEXAMPLE from 198.51.100.7, 2026-11-20 08:15:00 UTC
    # AttachRolePolicy by s (session of role stacksets-exec-1) through cloudformation.amazonaws.com, 2026-11-20 08:15:00 UTC
    # AttachRolePolicy by sso.amazonaws.com, 2026-11-20 08:15:00 UTC
    # Who changed a role is not told for 1 account: cloudtrail:LookupEvents is not allowed there.
    # Who changed it was not looked up for 2 roles.
    ");
}

#[test]
fn who_changed_a_role_is_part_of_the_document() {
    let text = drift_json((&full(), Some(&known())), &names(), Basis::AWS, None).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    check("drift", &document);
    assert_eq!(document["who"]["roles"][0]["calls"][1]["author"]["kind"], "user");
    assert_eq!(document["who"]["denied"], json!(["333333333333"]));
    assert_eq!(document["who"]["left_out"][1], json!({ "account": "555555555555", "role": "ProwlerScan" }));
}
