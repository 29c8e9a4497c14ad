//! What holds of Organizations at the wire.

use serde_json::{Value, json};

use super::AccountState;
use crate::file::{GenerateOptions, generate};
use crate::switches::Presence;
use crate::testing::{MANAGEMENT, MEMBER, organizations, pass, world};
use crate::wire::WireError;
use crate::world::World;

fn org(world: &mut World, operation: &str, params: Value) -> Result<Value, WireError> {
    organizations(world, MANAGEMENT, operation, params)
}

fn code(result: Result<Value, WireError>) -> String {
    result.unwrap_err().code.into_owned()
}

#[test]
fn every_account_is_listed_once_in_pages_of_twenty() {
    let file = generate(GenerateOptions { accounts: 47, units: 4, depth: 2, seed: 3 }).unwrap();
    let mut world = World::new(&file, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let management = world.org.management_account.clone();
    let (mut ids, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let params = token.map_or_else(|| json!({}), |token: Value| json!({ "NextToken": token }));
        let page = organizations(&mut world, &management, "ListAccounts", params).unwrap();
        let rows = page["Accounts"].as_array().unwrap();
        sizes.push(rows.len());
        ids.extend(rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()));
        match page.get("NextToken") {
            Some(next) => token = Some(next.clone()),
            None => break,
        }
    }
    assert_eq!(sizes, [20, 20, 7]);
    assert_eq!(ids, world.org.accounts.keys().cloned().collect::<Vec<_>>());
    let too_many = organizations(&mut world, &management, "ListAccounts", json!({ "MaxResults": 21 }));
    assert_eq!(code(too_many), "InvalidInputException");
}

#[test]
fn accounts_carry_paths_state_and_status_unless_switched_off() {
    let mut world = world();
    let get = |world: &mut World| org(world, "DescribeAccount", json!({ "AccountId": "333333333333" })).unwrap();
    let account = &get(&mut world)["Account"];
    assert_eq!(account["Paths"], json!(["o-test123456/r-test/ou-test-work0000/333333333333/"]));
    assert_eq!((&account["State"], &account["Status"]), (&json!("SUSPENDED"), &json!("SUSPENDED")));
    world.switches.paths = Presence::Absent;
    world.switches.state = Presence::Absent;
    world.switches.status = Presence::Absent;
    let account = &get(&mut world)["Account"];
    assert_eq!((account.get("Paths"), account.get("State"), account.get("Status")), (None, None, None));
}

#[test]
fn children_are_direct_ones() {
    let mut world = world();
    let list = |world: &mut World, operation: &str, parent: &str, name: &str| {
        let page = org(world, operation, json!({ "ParentId": parent })).unwrap();
        page[name].as_array().unwrap().iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&mut world, "ListAccountsForParent", "r-test", "Accounts"), [MANAGEMENT]);
    assert_eq!(list(&mut world, "ListAccountsForParent", "ou-test-work0000", "Accounts").len(), 4);
    let units = list(&mut world, "ListOrganizationalUnitsForParent", "r-test", "OrganizationalUnits");
    assert_eq!(units, ["ou-test-work0000"]);
    let parents = org(&mut world, "ListParents", json!({ "ChildId": "ou-test-work0000" })).unwrap();
    assert_eq!(parents["Parents"], json!([{ "Id": "r-test", "Type": "ROOT" }]));
    assert_eq!(
        code(org(&mut world, "ListAccountsForParent", json!({ "ParentId": "r-none" }))),
        "ParentNotFoundException"
    );
}

#[test]
fn an_account_is_created_over_time_in_the_root_with_its_member_role() {
    let mut world = world();
    let params = json!({ "Email": "new@example.com", "AccountName": "new", "RoleName": "Entry" });
    let status = org(&mut world, "CreateAccount", params).unwrap()["CreateAccountStatus"].clone();
    assert_eq!(status["State"], "IN_PROGRESS");
    let describe = json!({ "CreateAccountRequestId": status["Id"] });
    pass(&mut world, 60);
    let status = org(&mut world, "DescribeCreateAccountStatus", describe).unwrap()["CreateAccountStatus"].clone();
    assert_eq!(status["State"], "SUCCEEDED");
    let id = status["AccountId"].as_str().unwrap();
    assert_eq!(world.org.accounts[id].parent, "r-test");
    assert!(world.iam[id].role("Entry").is_ok());
    let params = json!({ "Email": "NEW@example.com", "AccountName": "again" });
    let status = org(&mut world, "CreateAccount", params).unwrap()["CreateAccountStatus"].clone();
    pass(&mut world, 60);
    let describe = json!({ "CreateAccountRequestId": status["Id"] });
    let status = org(&mut world, "DescribeCreateAccountStatus", describe).unwrap();
    assert_eq!(status["CreateAccountStatus"]["FailureReason"], "EMAIL_ALREADY_EXISTS");
}

#[test]
fn units_keep_unique_names_and_stay_while_not_empty() {
    let mut world = world();
    let create = |world: &mut World, parent: &str, name: &str| {
        org(world, "CreateOrganizationalUnit", json!({ "ParentId": parent, "Name": name }))
    };
    let made = create(&mut world, "r-test", "New").unwrap()["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned();
    assert_eq!(code(create(&mut world, "r-test", "New")), "DuplicateOrganizationalUnitException");
    let mut deepest = made.clone();
    for level in 2..=5 {
        let unit = create(&mut world, &deepest, &format!("Level{level}")).unwrap();
        deepest = unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned();
    }
    let error = create(&mut world, &deepest, "Level6").unwrap_err();
    assert_eq!((error.code.as_ref(), error.reason), ("ConstraintViolationException", Some("OU_DEPTH_LIMIT_EXCEEDED")));
    let delete = json!({ "OrganizationalUnitId": made });
    assert_eq!(code(org(&mut world, "DeleteOrganizationalUnit", delete)), "OrganizationalUnitNotEmptyException");
    org(&mut world, "DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": deepest })).unwrap();
}

#[test]
fn an_account_moves_only_from_where_it_is() {
    let mut world = world();
    let mut go = |from: &str, to: &str| {
        let params = json!({ "AccountId": MEMBER, "SourceParentId": from, "DestinationParentId": to });
        org(&mut world, "MoveAccount", params)
    };
    assert_eq!(code(go("r-test", "ou-test-empty000")), "SourceParentNotFoundException");
    assert_eq!(code(go("ou-test-work0000", "ou-none")), "DestinationParentNotFoundException");
    assert_eq!(code(go("ou-test-work0000", "ou-test-work0000")), "DuplicateAccountException");
    go("ou-test-work0000", "ou-test-empty000").unwrap();
    assert_eq!(world.org.path(MEMBER), ["r-test", "ou-test-work0000", "ou-test-empty000", MEMBER]);
}

#[test]
fn a_closed_account_is_pending_then_suspended() {
    let mut world = world();
    org(&mut world, "CloseAccount", json!({ "AccountId": MEMBER })).unwrap();
    assert_eq!(world.org.accounts[MEMBER].state, AccountState::PendingClosure);
    assert_eq!(code(org(&mut world, "CloseAccount", json!({ "AccountId": MEMBER }))), "AccountAlreadyClosedException");
    pass(&mut world, 120);
    assert_eq!(world.org.accounts[MEMBER].state, AccountState::Suspended);
    let own = org(&mut world, "CloseAccount", json!({ "AccountId": MANAGEMENT })).unwrap_err();
    assert_eq!(own.reason, Some("CANNOT_CLOSE_MANAGEMENT_ACCOUNT"));
}

#[test]
fn members_may_only_describe_the_organization_until_they_are_delegated() {
    let mut world = world();
    organizations(&mut world, MEMBER, "DescribeOrganization", json!({})).unwrap();
    let denied = organizations(&mut world, MEMBER, "ListAccounts", json!({})).unwrap_err();
    assert_eq!((denied.status, denied.code.as_ref()), (400, "AccessDeniedException"));
    assert_eq!(denied.message, "You don't have permissions to access this resource.");
    let service = "member.org.stacksets.cloudformation.amazonaws.com";
    let register = json!({ "AccountId": MEMBER, "ServicePrincipal": service });
    let early = org(&mut world, "RegisterDelegatedAdministrator", register.clone()).unwrap_err();
    assert_eq!(early.reason, Some("SERVICE_ACCESS_NOT_ENABLED"));
    org(&mut world, "EnableAWSServiceAccess", json!({ "ServicePrincipal": service })).unwrap();
    assert!(!world.org.stack_sets_access, "CloudFormation's own activation is still missing");
    org(&mut world, "RegisterDelegatedAdministrator", register).unwrap();
    organizations(&mut world, MEMBER, "ListAccounts", json!({})).unwrap();
    let write = json!({ "ParentId": "r-test", "Name": "X" });
    assert_eq!(code(organizations(&mut world, MEMBER, "CreateOrganizationalUnit", write)), "AccessDeniedException");
    let outside = organizations(&mut world, "999999999999", "DescribeOrganization", json!({}));
    assert_eq!(code(outside), "AWSOrganizationsNotInUseException");
}

#[test]
fn only_the_member_principal_of_stack_sets_is_recognized() {
    let params = json!({ "ServicePrincipal": "stacksets.cloudformation.amazonaws.com" });
    let error = org(&mut world(), "EnableAWSServiceAccess", params).unwrap_err();
    assert_eq!(error.reason, Some("UNRECOGNIZED_SERVICE_PRINCIPAL"));
    assert_eq!(error.message, "You specified an unrecognized service principal.");
}

#[test]
fn a_young_account_cannot_be_removed_and_an_old_one_can() {
    let mut world = world();
    let params = json!({ "Email": "new@example.com", "AccountName": "new" });
    let status = org(&mut world, "CreateAccount", params).unwrap();
    pass(&mut world, 60);
    let describe = json!({ "CreateAccountRequestId": status["CreateAccountStatus"]["Id"] });
    let status = org(&mut world, "DescribeCreateAccountStatus", describe).unwrap();
    let remove = json!({ "AccountId": status["CreateAccountStatus"]["AccountId"] });
    let error = org(&mut world, "RemoveAccountFromOrganization", remove).unwrap_err();
    assert_eq!(error.reason, Some("WAIT_PERIOD_ACTIVE"));
    org(&mut world, "RemoveAccountFromOrganization", json!({ "AccountId": MEMBER })).unwrap();
    assert_eq!(code(org(&mut world, "DescribeAccount", json!({ "AccountId": MEMBER }))), "AccountNotFoundException");
    assert!(world.iam.contains_key(MEMBER), "what the account holds stays");
}

#[test]
fn the_world_survives_json() {
    let mut world = world();
    crate::org::activate_stack_sets_access(&mut world).unwrap();
    assert_eq!(World::from_json(&world.to_json().unwrap()).unwrap(), world);
}

mod life;
mod policies;
