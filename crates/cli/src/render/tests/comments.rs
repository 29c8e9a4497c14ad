//! Comments about what is seldom all there at once: who changed a role, old facts, what is unknown beside what was done.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use rolecall_core::drift::{Difference, What};
use rolecall_core::plan::{HoldReason, Plan};

use super::applied::{changes, denied_call, ended};
use super::drift::{at, attribute, full, known, quiet};
use super::markdown::{Comment, GITHUB, view};
use super::status::every_cell;
use super::world::*;
use crate::render::markdown::results;
use crate::render::report::End;
use crate::render::{Basis, Detail, Facts, Names, View, drift_markdown, status_markdown};

/// A snapshot of nine days before.
fn old() -> Facts {
    Facts::of_snapshot("2026-02-20T12:00:00Z".parse().unwrap(), "2026-03-01T13:00:00Z".parse().unwrap())
}

#[test]
fn a_comment_on_drift_says_who_did_it_and_where_that_is_not_known() {
    let mut report = quiet();
    let attached = Difference::Attached(id("arn:aws:iam::aws:policy/AdministratorAccess"));
    report.findings = vec![at("222222222222", attribute(attached.clone())), at("333333333333", attribute(attached))];
    let (names, facts) = (names(), old());
    let view = View { basis: Basis::of(Some(&facts)), ..view(&names) };
    assert_snapshot!(drift_markdown(&report, Some(&known()), &view), @r#"
    <!-- rolecall:drift:o-abc123def4 -->
    ## Rolecall drift: 2 differences in 2 accounts

    Organization `o-abc123def4`. 2 differences in 2 of 2 accounts.

    > [!WARNING]
    > This rests on the snapshot of `2026-02-20T12:00:00Z`, 9 days old, not on AWS as it is now. Warning: the snapshot is 9 days old: what was changed in AWS since then is not seen here.

    ### Not as it was last applied

    | Integration | What | Where |
    |---|---|---|
    | `prowler` | role `"ProwlerScan"`: managed policy `"arn:aws:iam::aws:policy/AdministratorAccess"` was attached | 2 accounts |

    ### Details

    <details><summary><code>prowler</code>: 1 difference in 2 accounts</summary>

    In 2 accounts: `222222222222 (payments-prod)`, `333333333333 (payments-dev)`

    ```diff
    ! prowler: role "ProwlerScan" was changed
    !   managed_policies = [
    +     "arn:aws:iam::aws:policy/AdministratorAccess"
        ]
    #   222222222222: AttachRolePolicy by the root user of 222222222222 from 198.51.100.7, 2026-11-20 08:15:00 UTC
    ```

    </details>


    Who changed a role is not told for 1 account: `cloudtrail:LookupEvents` is not allowed there.

    Who changed it was not looked up for 2 roles.
    "#);
}

#[test]
fn what_is_unknown_or_ignored_in_drift_is_never_folded() {
    let mut report = full();
    report.pending.unknown = accounts(200).iter().map(|account| (id(account), denied(account))).collect();
    report.findings = (accounts(300).iter())
        .map(|account| at(account, What::RoleDeleted { role: id("ProwlerScan") }))
        .chain(report.findings.into_iter().filter(|finding| !finding.is_open()))
        .collect();
    let comment = Comment::read(&drift_markdown(&report, None, &view(&names())));
    comment.check().unwrap();
    let said = &comment.unfolded;
    assert!(accounts(200).iter().all(|account| said.contains(account)), "{said}");
    assert!(said.contains("in 200 accounts") && said.contains("rolecall-spot could not be read"), "{said}");
    assert!(said.contains("2026-12-31") && said.contains("was ignored until"), "{said}");
    assert!(!said.contains(accounts(300).last().unwrap().as_str()), "those that drifted alike are folded: {said}");
}

#[test]
fn a_status_in_full_has_a_row_for_every_account_and_says_how_old_its_facts_are() {
    let (names, facts) = (names(), old());
    let view = View { basis: Basis::of(Some(&facts)), detail: Detail::Full, ..view(&names) };
    let text = status_markdown(&every_cell(), &id("o-acme123456"), &view);
    let (head, rest) = text.split_once("| Integration |").unwrap();
    let (_, table) = rest.split_once("### Accounts").unwrap();
    assert_snapshot!(format!("{head}### Accounts{table}"), @r"
    <!-- rolecall:status:o-acme123456 -->
    ## Rolecall status: 1 of 8 roles in sync

    Organization `o-acme123456`: 6 accounts, 2 integrations.

    > [!WARNING]
    > This rests on the snapshot of `2026-02-20T12:00:00Z`, 9 days old, not on AWS as it is now. Warning: the snapshot is 9 days old: what was changed in AWS since then is not seen here.

    ### Accounts

    | Account | Unit | State |
    |---|---|---|
    | `111111111111 (acme-management)` | `Root/Workloads` | `prowler` in sync, `spot` not a target |
    | `222222222222 (payments-prod)` | `Root/Workloads` | `prowler` drifted, `spot` pending |
    | `333333333333 (payments-dev)` | `Root/Workloads` | `prowler` unknown, `spot` unknown |
    | `444444444444 (legacy-app)` | `Root/Workloads` | `prowler` held, `spot` missing |
    | `555555555555 (closed)` | `Root/Workloads` | `prowler` inactive, `spot` not a target |
    | `666666666666 (left\u{1b}[2J)` | `Root/Workloads` | `prowler` leaving, `spot` failed |
    ");
}

/// Changes that were made but for one, with one account held back and one not read.
fn troubled() -> Plan {
    let held = HoldReason::RoleNotOurs { account: id("555555555555"), role: id("ProwlerScan"), owner: None };
    Plan {
        holds: vec![hold("prowler.role[\"555555555555\"]", held)],
        unknown: BTreeMap::from([(id("666666666666"), denied("666666666666"))]),
        ..changes()
    }
}

#[test]
fn what_was_held_back_or_not_read_stands_beside_what_was_done() {
    let plan = troubled();
    let ends = vec![End::Done, End::CallFailed { steps: 1, failure: denied_call() }, End::Done, End::Done, End::Done];
    let text = results(&plan, &ended(&plan, ends), &view(&names()));
    assert_snapshot!(text, @r"
    <!-- rolecall:apply:o-acme123456 -->
    ## Rolecall apply: incomplete

    Organization `o-acme123456`.
    6 added, 0 changed, 0 destroyed. Of 5 changes: 1 failed.
    Run `rolecall apply` again to do the rest; what is done already is not done twice.
    1 account could not be read, and nothing was done there.

    ### Not done

    ```diff
    ! prowler.role failed in 1 account
      in 222222222222 (payments-prod)
      iam:PutRolePolicy failed with LimitExceeded
      Maximum policy size of 10240 bytes exceeded for role ProwlerScan
      Request id: 6f1d0c1e-0000
      What to do: shorten the inline policies
    ```

    ### Held back

    - **`prowler`**: a role ProwlerScan is there that is not Rolecall's, in `555555555555`<br>What to do: take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the account.

    ### Not read, so nothing was done there

    - `sts:AssumeRole` failed with `AccessDenied` in `666666666666`<br>`not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::666666666666:role/Reader`<br>What to do: see that the role Reader is in the account and trusts the caller.

    <details><summary>What was done</summary>

    ```diff
    + organization.trusted_access: created
    + prowler.stack_set: created
    + prowler.instances: created in 3 accounts
    + prowler.role: created in 1 account
    ```

    </details>
    ");
    let said = Comment::read(&text).unfolded;
    assert!(said.contains("555555555555") && said.contains("666666666666") && said.contains("LimitExceeded"), "{said}");
}

#[test]
fn nothing_to_do_is_a_short_comment() {
    let plan = plan(Vec::new());
    assert_snapshot!(results(&plan, &[], &view(&names())), @r"
    <!-- rolecall:apply:o-acme123456 -->
    ## Rolecall apply: nothing to do

    Organization `o-acme123456`.
    Resources: 0 added, 0 changed, 0 destroyed.
    ");
}

#[test]
fn an_apply_that_fails_in_5000_accounts_fits_and_keeps_its_counts() {
    let plan =
        Plan { unknown: accounts(5_000).iter().map(|account| (id(account), denied(account))).collect(), ..troubled() };
    let ends = vec![End::Done, End::CallFailed { steps: 1, failure: denied_call() }, End::Done, End::Done, End::Done];
    let text = results(&plan, &ended(&plan, ends), &view(&Names::default()));
    assert!(text.chars().count() < GITHUB, "{}", text.chars().count());
    let said = Comment::read(&text).unfolded;
    assert!(said.contains("5000 accounts could not be read") && said.contains("This is cut to the size"), "{said}");
    assert!(said.contains("LimitExceeded") && said.contains("in 5000 accounts"), "{said}");
}
