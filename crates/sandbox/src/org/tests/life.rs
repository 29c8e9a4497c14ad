//! What holds of accounts that come and go.

use serde_json::{Value, json};

use super::{code, org};
use crate::org::AccountState;
use crate::switches::{ClosedState, Presence};
use crate::testing::{MANAGEMENT, MEMBER, organizations, pass, world};
use crate::world::World;

const DAY: i64 = 24 * 60 * 60;
const OUTSIDER: &str = "999999999999";

fn create(world: &mut World, number: usize) -> Result<Value, crate::wire::WireError> {
    let email = format!("new{number}@example.com");
    org(world, "CreateAccount", json!({ "Email": email, "AccountName": "new" }))
}

fn outcome(world: &mut World, created: &Value) -> Value {
    let describe = json!({ "CreateAccountRequestId": created["CreateAccountStatus"]["Id"] });
    org(world, "DescribeCreateAccountStatus", describe).unwrap()["CreateAccountStatus"].clone()
}

#[test]
fn five_accounts_are_created_at_a_time() {
    let mut world = world();
    for number in 0..5 {
        create(&mut world, number).unwrap();
    }
    assert_eq!(code(create(&mut world, 5)), "TooManyRequestsException");
    pass(&mut world, 60);
    create(&mut world, 5).unwrap();
}

#[test]
fn the_limit_of_accounts_counts_when_they_are_asked_for_and_when_they_come() {
    let mut world = world();
    world.switches.account_limit = world.org.accounts.len() + 1;
    let (first, second) = (create(&mut world, 1).unwrap(), create(&mut world, 2).unwrap());
    pass(&mut world, 60);
    let states = [outcome(&mut world, &first), outcome(&mut world, &second)];
    let reasons: Vec<_> = states.iter().map(|status| status["FailureReason"].as_str()).collect();
    assert!(reasons.contains(&None) && reasons.contains(&Some("ACCOUNT_LIMIT_EXCEEDED")), "{reasons:?}");
    let refused = create(&mut world, 3).unwrap_err();
    assert_eq!(refused.reason, Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
}

#[test]
fn a_closed_account_is_listed_for_ninety_days_and_then_gone() {
    let mut world = world();
    org(&mut world, "CloseAccount", json!({ "AccountId": MEMBER })).unwrap();
    pass(&mut world, 120);
    assert_eq!(world.org.accounts[MEMBER].state, AccountState::Suspended);
    pass(&mut world, 89 * DAY);
    assert!(world.org.accounts.contains_key(MEMBER));
    pass(&mut world, 2 * DAY);
    assert_eq!(code(org(&mut world, "DescribeAccount", json!({ "AccountId": MEMBER }))), "AccountNotFoundException");
    assert!(world.org.accounts.contains_key("333333333333"), "one that was suspended otherwise stays");
}

#[test]
fn the_state_of_a_closed_account_can_be_the_newer_one() {
    let mut world = world();
    world.switches.closed_account_state = ClosedState::Closed;
    org(&mut world, "CloseAccount", json!({ "AccountId": MEMBER })).unwrap();
    pass(&mut world, 120);
    let account = org(&mut world, "DescribeAccount", json!({ "AccountId": MEMBER })).unwrap();
    assert_eq!((&account["Account"]["State"], &account["Account"]["Status"]), (&json!("CLOSED"), &json!("SUSPENDED")));
}

#[test]
fn three_accounts_are_closed_at_a_time_and_ten_in_a_month() {
    let mut world = world();
    for number in 0..14 {
        create(&mut world, number).unwrap();
        pass(&mut world, 60);
    }
    let active: Vec<String> = world
        .org
        .accounts
        .values()
        .filter(|account| account.state == AccountState::Active && account.id != MANAGEMENT)
        .map(|account| account.id.clone())
        .collect();
    let close = |world: &mut World, account: &String| org(world, "CloseAccount", json!({ "AccountId": account }));
    for account in &active[..3] {
        close(&mut world, account).unwrap();
    }
    let busy = close(&mut world, &active[3]).unwrap_err();
    assert_eq!(busy.reason, Some("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED"));
    for account in &active[3..10] {
        pass(&mut world, 120);
        close(&mut world, account).unwrap();
    }
    pass(&mut world, 120);
    let spent = close(&mut world, &active[10]).unwrap_err();
    assert_eq!(spent.reason, Some("CLOSE_ACCOUNT_QUOTA_EXCEEDED"));
    pass(&mut world, 31 * DAY);
    close(&mut world, &active[10]).unwrap();
}

#[test]
fn a_member_leaves_by_itself_and_comes_back_by_invitation() {
    let mut world = world();
    organizations(&mut world, MEMBER, "LeaveOrganization", json!({})).unwrap();
    assert_eq!(
        code(organizations(&mut world, MEMBER, "DescribeOrganization", json!({}))),
        "AWSOrganizationsNotInUseException"
    );
    assert_eq!(
        code(organizations(&mut world, MANAGEMENT, "LeaveOrganization", json!({}))),
        "MasterCannotLeaveOrganizationException"
    );
    let invite = json!({ "Target": { "Id": MEMBER, "Type": "ACCOUNT" }, "Notes": "come back" });
    let handshake = org(&mut world, "InviteAccountToOrganization", invite.clone()).unwrap()["Handshake"].clone();
    assert_eq!((&handshake["State"], &handshake["Action"]), (&json!("OPEN"), &json!("INVITE")));
    assert_eq!(code(org(&mut world, "InviteAccountToOrganization", invite.clone())), "DuplicateHandshakeException");
    let answer = json!({ "HandshakeId": handshake["Id"] });
    let listed = organizations(&mut world, MEMBER, "ListHandshakesForAccount", json!({})).unwrap();
    assert_eq!(listed["Handshakes"][0]["Id"], handshake["Id"]);
    assert_eq!(code(organizations(&mut world, OUTSIDER, "AcceptHandshake", answer.clone())), "AccessDeniedException");
    let accepted = organizations(&mut world, MEMBER, "AcceptHandshake", answer.clone()).unwrap();
    assert_eq!(accepted["Handshake"]["State"], "ACCEPTED");
    let account = org(&mut world, "DescribeAccount", json!({ "AccountId": MEMBER })).unwrap()["Account"].clone();
    assert_eq!((&account["Name"], &account["JoinedMethod"]), (&json!("member"), &json!("INVITED")));
    assert_eq!(world.org.accounts[MEMBER].parent, "r-test");
    assert_eq!(code(org(&mut world, "CancelHandshake", answer)), "InvalidHandshakeTransitionException");
    let again = org(&mut world, "InviteAccountToOrganization", invite).unwrap_err();
    assert_eq!(
        (again.code.as_ref(), again.reason),
        ("HandshakeConstraintViolationException", Some("ALREADY_IN_AN_ORGANIZATION"))
    );
}

#[test]
fn an_invitation_is_declined_canceled_or_expires() {
    let mut world = world();
    let invite = |world: &mut World| {
        let target = json!({ "Target": { "Id": OUTSIDER, "Type": "ACCOUNT" } });
        json!({ "HandshakeId": org(world, "InviteAccountToOrganization", target).unwrap()["Handshake"]["Id"] })
    };
    let declined = invite(&mut world);
    organizations(&mut world, OUTSIDER, "DeclineHandshake", declined.clone()).unwrap();
    let again = organizations(&mut world, OUTSIDER, "DeclineHandshake", declined);
    assert_eq!(code(again), "HandshakeAlreadyInStateException");
    let canceled = invite(&mut world);
    assert_eq!(org(&mut world, "CancelHandshake", canceled).unwrap()["Handshake"]["State"], "CANCELED");
    let expired = invite(&mut world);
    pass(&mut world, 16 * DAY);
    let late = organizations(&mut world, OUTSIDER, "AcceptHandshake", expired.clone());
    assert_eq!(code(late), "InvalidHandshakeTransitionException");
    assert_eq!(org(&mut world, "DescribeHandshake", expired).unwrap()["Handshake"]["State"], "EXPIRED");
}

#[test]
fn an_empty_page_with_a_token_comes_before_every_page_when_asked_for() {
    let mut world = world();
    world.switches.empty_pages = Presence::Present;
    let (mut sizes, mut ids, mut token) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let page = org(&mut world, "ListAccounts", json!({ "NextToken": token, "MaxResults": 3 })).unwrap();
        let rows = page["Accounts"].as_array().unwrap();
        sizes.push(rows.len());
        ids.extend(rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()));
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [0, 3, 0, 2]);
    assert_eq!(ids, world.org.accounts.keys().cloned().collect::<Vec<_>>());
    let foreign = org(&mut world, "ListAccounts", json!({ "NextToken": "bogus" })).unwrap_err();
    assert_eq!(foreign.reason, Some("INVALID_NEXT_TOKEN"));
}

#[test]
fn the_accounts_of_a_parent_carry_paths_unless_switched_off() {
    let mut world = world();
    let parent = json!({ "ParentId": "r-test" });
    let first = |world: &mut World| org(world, "ListAccountsForParent", parent.clone()).unwrap()["Accounts"][0].clone();
    assert_eq!(first(&mut world)["Paths"], json!(["o-test123456/r-test/111111111111/"]));
    world.switches.paths_for_parent = Presence::Absent;
    assert_eq!(first(&mut world).get("Paths"), None);
}
