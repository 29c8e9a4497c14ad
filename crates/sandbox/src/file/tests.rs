//! What holds of organization files.

use std::error::Error;

use jiff::Timestamp;

use super::OrganizationFile;
use crate::world::World;

const HEAD: &str = "organization: o-test123456\nmanagement_account: \"111111111111\"\n";

fn refusal(rest: &str) -> String {
    let error = OrganizationFile::parse(&format!("{HEAD}{rest}")).unwrap_err();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        ("unts: []", "line 3 column 1: unknown field `unts`"),
        ("accounts: [{ name: a, state: GONE }]", "line 3 column 30: unknown variant `GONE`"),
        ("trusted_access: yes", "line 3 column 17: invalid boolean"),
        ("trusted_access: true\ntrusted_access: true", "line 4 column 1: duplicate mapping key: trusted_access"),
        ("accounts: [{ name: a, id: \"12\" }]", "account id \"12\" must match twelve digits, in quotes"),
        (
            "accounts: [{ name: a, id: \"222222222222\" }, { name: b, id: \"222222222222\" }]",
            "account id \"222222222222\" is used more than once",
        ),
        ("units: [{ name: A }, { name: A }]", "unit \"A\" is used more than once"),
        ("root: root", "root id \"root\" must match r-[0-9a-z]{4,32}"),
        ("units: [{ name: A, id: ou-else-12345678 }]", "unit id \"ou-else-12345678\" must match"),
        ("accounts: [{ name: m, id: \"111111111111\", state: SUSPENDED }]", "the management account must be ACTIVE"),
        ("accounts: [{ name: m, id: \"111111111111\", deny: [\"iam:*\"] }]", "`deny` has no effect"),
        (
            "accounts: [{ name: a, id: \"222222222222\", roles: [{ name: R, trust: { Statement: [] } }] }]",
            "role \"R\" of account 222222222222: Syntax errors in policy.",
        ),
    ];
    for (rest, wanted) in cases {
        let said = refusal(rest);
        assert!(said.contains(wanted), "{rest}\n  said   {said}\n  wanted {wanted}");
    }
    let deep = "units: [{ name: 1, units: [{ name: 2, units: [{ name: 3, units: [{ name: 4, units: [{ name: 5, units: \
                [{ name: 6 }] }] }] }] }] }]";
    assert!(refusal(deep).contains("unit \"1/2/3/4/5/6\" is 6 levels deep; AWS allows 5"), "{}", refusal(deep));
}

#[test]
fn leading_zeros_of_account_ids_are_kept() {
    let text = format!("{HEAD}accounts: [{{ name: a, id: 012345678901 }}]");
    let world = World::new(&OrganizationFile::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    assert!(world.org.accounts.contains_key("012345678901"));
}

#[test]
fn what_is_left_out_is_derived_and_stays_the_same() {
    let text = format!("{HEAD}units: [{{ name: A, accounts: [{{ name: a }}, {{ name: a }}] }}]");
    let build = || World::new(&OrganizationFile::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    let world = build();
    assert_eq!(world, build());
    assert_eq!(world.org.accounts.len(), 3, "the management account is added, and both others have ids of their own");
    assert_eq!(world.org.accounts["111111111111"].parent, world.org.root);
}

#[test]
fn the_member_role_is_there_unless_the_account_was_invited() {
    let text = format!(
        "{HEAD}accounts:\n- {{ name: a, id: \"222222222222\" }}\n- {{ name: b, id: \"333333333333\", member_role: none }}\n\
         - {{ name: c, id: \"444444444444\", member_role: Entry }}\n"
    );
    let world = World::new(&OrganizationFile::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    let roles = |account: &str| world.iam[account].roles.values().map(|role| role.name.as_str()).collect::<Vec<_>>();
    assert_eq!(roles("111111111111"), Vec::<&str>::new());
    assert_eq!(roles("222222222222"), ["OrganizationAccountAccessRole"]);
    assert_eq!(roles("333333333333"), Vec::<&str>::new());
    assert_eq!(roles("444444444444"), ["Entry"]);
}

#[test]
fn the_example_is_an_organization_of_forty_accounts() {
    let text = include_str!("../../../../examples/acme/organization.yaml");
    let world = World::new(&OrganizationFile::parse(text).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(world.org.accounts.len(), 40);
    assert!(world.iam["230000000003"].role("DatadogIntegrationRole").is_ok());
    let inactive: Vec<_> = world
        .org
        .accounts
        .values()
        .filter(|account| account.state != crate::org::AccountState::Active)
        .map(|account| account.state.name())
        .collect();
    assert_eq!(inactive, ["SUSPENDED", "PENDING_CLOSURE"]);
}
