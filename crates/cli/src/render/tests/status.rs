//! The matrix of accounts by integrations, and the organization as a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use insta::assert_snapshot;
use rolecall_core::desired::{Desired, DesiredDelivery, DesiredIntegration};
use rolecall_core::ids::IntegrationName;
use rolecall_core::org::{Account, AccountState, Org, Unit};
use rolecall_core::plan::{HoldReason, Why};
use rolecall_core::status::{Cell, Matrix, Row};

use super::world::*;
use crate::render::{Basis, Detail, View, accounts_text, status_text};
use crate::survey::Aim;

pub(super) fn row(name: &str, unit: &str, cells: [Cell; 2]) -> Row {
    let [prowler, spot] = cells;
    let cells = [(id("prowler"), prowler), (id("spot"), spot)];
    Row { name: name.to_owned(), state: AccountState::Active, unit: unit.to_owned(), cells: cells.into() }
}

pub(super) fn matrix(rows: Vec<(String, Row)>) -> Matrix {
    let integrations: Vec<IntegrationName> = vec![id("prowler"), id("spot")];
    Matrix { integrations, rows: rows.into_iter().map(|(account, row)| (id(&account), row)).collect() }
}

/// One of every cell.
pub(in crate::render) fn every_cell() -> Matrix {
    let held = HoldReason::RoleNotOurs { account: id("444444444444"), role: id("ProwlerScan"), owner: None };
    let rows = [
        ("111111111111", "acme-management", [Cell::InSync, Cell::NotTarget]),
        ("222222222222", "payments-prod", [Cell::Drifted(Why::Drifted), Cell::Pending]),
        (
            "333333333333",
            "payments-dev",
            [Cell::Unknown(denied("333333333333")), Cell::Unknown(denied("333333333333"))],
        ),
        ("444444444444", "legacy-app", [Cell::Held(held), Cell::Missing]),
        ("555555555555", "closed", [Cell::Inactive(AccountState::Suspended, None), Cell::NotTarget]),
        ("666666666666", "left\u{1b}[2J", [Cell::Leaving, Cell::Failed(None)]),
    ];
    matrix(
        rows.into_iter()
            .map(|(account, name, cells)| (account.to_owned(), row(name, "Root/Workloads", cells)))
            .collect(),
    )
}

fn show(matrix: &Matrix, detail: Detail) -> String {
    let names = names();
    plain(&status_text(
        matrix,
        &View { names: &names, detail, aim: Aim::Configuration, checked: None, basis: Basis::AWS },
    ))
}

#[test]
fn every_state_has_a_word_a_meaning_and_a_reason() {
    assert_snapshot!(show(&every_cell(), Detail::Brief), @r"
    prowler  1 drifted, 1 held, 1 in sync, 1 inactive, 1 leaving, 1 unknown
    spot     1 failed, 1 missing, 1 pending, 1 unknown

    ACCOUNT       NAME             UNIT            prowler   spot
    111111111111  acme-management  Root/Workloads  in sync   -
    222222222222  payments-prod    Root/Workloads  drifted   pending
    333333333333  payments-dev     Root/Workloads  unknown   unknown
    444444444444  legacy-app       Root/Workloads  held      missing
    555555555555  closed           Root/Workloads  inactive  -
    666666666666  left\u{1b}[2J    Root/Workloads  leaving   failed

    -         not a target
    drifted   the role is not as it was last applied
    failed    the last operation did not succeed there
    held      something is in the way
    inactive  the account is not in use, and is left alone
    leaving   the role is there and should not be
    missing   the role should be there and is not
    pending   the role is as it was last applied, and the configuration says something else
    unknown   the account could not be read

    Reasons:
      ! prowler drifted: it was changed outside of Rolecall
        in 222222222222 (payments-prod)
      ! prowler held: a role ProwlerScan is there that is not Rolecall's
        in 444444444444 (legacy-app)
        What to do: take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the account
      ! prowler unknown: sts:AssumeRole failed with AccessDenied
        in 333333333333 (payments-dev)
        What to do: see that the role Reader is in the account and trusts the caller
      ! spot unknown: sts:AssumeRole failed with AccessDenied
        in 333333333333 (payments-dev)
        What to do: see that the role Reader is in the account and trusts the caller
      ! SUSPENDED: 555555555555
    ");
}

#[test]
fn a_matrix_where_all_is_well_is_short() {
    let rows = vec![("222222222222".to_owned(), row("payments-prod", "Root", [Cell::InSync, Cell::InSync]))];
    assert_snapshot!(show(&matrix(rows), Detail::Brief), @r"
    prowler  1 in sync
    spot     1 in sync

    ACCOUNT       NAME           UNIT  prowler  spot
    222222222222  payments-prod  Root  in sync  in sync
    ");
}

#[test]
fn in_a_large_organization_only_what_needs_a_look_has_a_row() {
    let mut rows: Vec<(String, Row)> = (0..300_u64)
        .map(|index| (format!("{:012}", 600_000_000_000 + index), row("app", "Root", [Cell::InSync, Cell::InSync])))
        .collect();
    rows.push(("222222222222".to_owned(), row("payments-prod", "Root", [Cell::Missing, Cell::InSync])));
    let matrix = matrix(rows);
    assert_snapshot!(show(&matrix, Detail::Brief), @r"
    prowler  300 in sync, 1 missing
    spot     301 in sync

    ACCOUNT       NAME           UNIT  prowler  spot
    222222222222  payments-prod  Root  missing  in sync
    300 more accounts, in sync, not targeted or not in use (-v shows all).

    missing   the role should be there and is not
    ");
    assert!(show(&matrix, Detail::Full).contains("600000000299"));
}

pub(in crate::render) fn org() -> Org {
    let account = |name: &str, state, parent: &str| Account {
        name: name.to_owned(),
        email: format!("{name}@acme.example"),
        state,
        parent: id(parent),
    };
    let unit = |name: &str, parent: &str| Unit { name: Some(name.to_owned()), parent: id(parent) };
    Org {
        id: id("o-acme123456"),
        management_account: id("111111111111"),
        root: id("r-ab12"),
        units: BTreeMap::from([
            (id("ou-ab12-workload1"), unit("Workloads", "r-ab12")),
            (id("ou-ab12-prod00001"), unit("Prod", "ou-ab12-workload1")),
            (id("ou-ab12-archive01"), unit("Archive", "r-ab12")),
        ]),
        accounts: BTreeMap::from([
            (id("111111111111"), account("acme-management", AccountState::Active, "r-ab12")),
            (id("222222222222"), account("payments-prod", AccountState::Active, "ou-ab12-prod00001")),
            (id("333333333333"), account("payments-dev", AccountState::Active, "ou-ab12-workload1")),
            (id("444444444444"), account("legacy-app", AccountState::Suspended, "ou-ab12-workload1")),
        ]),
    }
}

pub(super) fn desired() -> Desired {
    let role = Arc::new(role());
    let prowler = DesiredIntegration {
        role_name: role.name.clone(),
        management: Some((id("111111111111"), role.clone())),
        members: BTreeMap::from([(id("222222222222"), role.clone()), (id("333333333333"), role)]),
        delivery: DesiredDelivery::Direct,
        inactive: ids(&["444444444444"]),
        tolerate: rolecall_core::spec::Tolerate::default(),
        adopt: rolecall_core::spec::Adopt::default(),
        renamed_from: None,
    };
    Desired {
        organization: id("o-acme123456"),
        integrations: BTreeMap::from([(id("prowler"), prowler)]),
        inactive: BTreeMap::from([(id("444444444444"), AccountState::Suspended)]),
        released: std::collections::BTreeSet::new(),
    }
}

#[test]
fn the_organization_is_a_tree() {
    assert_snapshot!(plain(&accounts_text(&org(), &desired())), @r"
    Root  r-ab12
    ├─ 111111111111 acme-management  management account  prowler
    ├─ Archive  ou-ab12-archive01
    └─ Workloads  ou-ab12-workload1
       ├─ 333333333333 payments-dev  prowler
       ├─ 444444444444 legacy-app  SUSPENDED  prowler
       └─ Prod  ou-ab12-prod00001
          └─ 222222222222 payments-prod  prowler

    4 accounts: 3 ACTIVE, 1 SUSPENDED. 3 organizational units.
    prowler targets 3 accounts (1 more is not in use).
    ");
}

#[test]
fn a_cycle_of_units_ends() {
    let mut org = org();
    org.units.insert(id("ou-ab12-workload1"), Unit { name: None, parent: id("ou-ab12-prod00001") });
    assert!(accounts_text(&org, &desired()).contains("acme-management"));
}
