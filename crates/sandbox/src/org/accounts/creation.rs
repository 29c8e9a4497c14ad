//! Accounts that are created: asked for now, there later, in the root.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{create_member_role, later, seconds};
use crate::cfn;
use crate::iam::{self, IamError};
use crate::org::input::{self, CreateAccountInput, CreationInput, CreationsInput};
use crate::org::{
    Account, AccountEvent, AccountState, Creation, CreationState, Joined, error, list as lists, read, shapes, tags,
};
use crate::wire::{Call, WireError};
use crate::world::World;

const DEFAULT_ROLE: &str = "OrganizationAccountAccessRole";
/// How many can be under way at the same time (Organizations quotas).
const MOST_AT_A_TIME: usize = 5;

/// `CreateAccount`: answers at once, the account comes later.
pub(in crate::org) fn create(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreateAccountInput { email, account_name, role_name, tags } = input::read(call)?;
    if account_name.is_empty() || account_name.chars().count() > 50 {
        return Err(error::invalid("MAX_LENGTH_EXCEEDED", "An account name has 1 to 50 characters."));
    }
    if !email.contains('@') || email.len() < 6 || email.len() > 64 {
        return Err(error::invalid("INVALID_PATTERN", "You provided an invalid e-mail address."));
    }
    if role_name.as_deref().is_some_and(|name| !is_role_name(name)) {
        return Err(error::invalid("INVALID_ROLE_NAME", "You provided a role name that isn't valid."));
    }
    let tags = tags::checked(tags)?;
    if world.org.accounts.len() >= world.switches.account_limit {
        return Err(error::constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of AWS accounts.",
        ));
    }
    if under_way(world).count() >= MOST_AT_A_TIME {
        return Err(error::in_progress());
    }
    let id = format!("car-{}", &world.next_hex()[..32]);
    let creation = Creation {
        id: id.clone(),
        account_name,
        email,
        role_name: role_name.unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
        tags,
        requested: world.now,
        state: CreationState::InProgress { ready: later(world.now, seconds(world.switches.account_creation_seconds)) },
    };
    let shape = shapes::creation(&creation);
    world.org.creations.insert(id, creation);
    Ok(json!({ "CreateAccountStatus": shape }))
}

fn is_role_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

fn under_way(world: &World) -> impl Iterator<Item = &Creation> {
    world.org.creations.values().filter(|creation| matches!(creation.state, CreationState::InProgress { .. }))
}

/// `DescribeCreateAccountStatus`.
pub(in crate::org) fn describe(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreationInput { create_account_request_id } = input::read(call)?;
    let creation = world.org.creations.get(&create_account_request_id).ok_or_else(error::creation_not_found)?;
    Ok(json!({ "CreateAccountStatus": shapes::creation(creation) }))
}

/// `ListCreateAccountStatus`.
pub(in crate::org) fn list(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreationsInput { states } = input::read(call)?;
    let wanted = |creation: &Creation| {
        let state = match creation.state {
            CreationState::InProgress { .. } => "IN_PROGRESS",
            CreationState::Succeeded { .. } => "SUCCEEDED",
            CreationState::Failed { .. } => "FAILED",
        };
        states.is_empty() || states.iter().any(|wanted| wanted == state)
    };
    lists::page(
        world,
        call,
        "CreateAccountStatuses",
        |position| read::after(&world.org.creations, position).filter(|(_, creation)| wanted(creation)),
        |creation| shapes::creation(creation),
    )
}

/// Finishes the creations that are due.
pub(super) fn finish_due(world: &mut World) {
    let now = world.now;
    let is_due = |creation: &&Creation| matches!(creation.state, CreationState::InProgress { ready } if ready <= now);
    let ready: Vec<String> = under_way(world).filter(is_due).map(|creation| creation.id.clone()).collect();
    for id in ready {
        finish(world, &id);
    }
}

fn finish(world: &mut World, id: &str) {
    let Some(creation) = world.org.creations.get(id).cloned() else { return };
    let completed = world.now;
    let failed = |reason: &str| CreationState::Failed { reason: reason.to_owned(), completed };
    let taken = world.org.accounts.values().any(|account| account.email.eq_ignore_ascii_case(&creation.email));
    let is_full = world.org.accounts.len() >= world.switches.account_limit;
    let (state, created) = match (taken, is_full) {
        (true, _) => (failed("EMAIL_ALREADY_EXISTS"), None),
        (false, true) => (failed("ACCOUNT_LIMIT_EXCEEDED"), None),
        (false, false) => match add_account(world, &creation) {
            Ok(account) => (CreationState::Succeeded { account: account.clone(), completed }, Some(account)),
            Err(_) => (failed("INTERNAL_FAILURE"), None),
        },
    };
    if let Some(creation) = world.org.creations.get_mut(id) {
        creation.state = state;
    }
    if let Some(account) = created {
        cfn::on_account_event(world, &AccountEvent::Created, &account);
    }
}

fn add_account(world: &mut World, creation: &Creation) -> Result<String, IamError> {
    let id = loop {
        let number = u64::from_str_radix(&world.next_hex()[..15], 16).unwrap_or(0);
        let id = (100_000_000_000 + number % 900_000_000_000).to_string();
        if !world.iam.contains_key(&id) {
            break id;
        }
    };
    world.iam.insert(id.clone(), iam::Account::new(&id));
    create_member_role(world, &id, &creation.role_name)?;
    let account = Account {
        id: id.clone(),
        name: creation.account_name.clone(),
        email: creation.email.clone(),
        state: AccountState::Active,
        parent: world.org.root.clone(),
        joined: Joined::Created,
        joined_at: world.now,
        deny: BTreeSet::new(),
    };
    world.org.accounts.insert(id.clone(), account);
    if !creation.tags.is_empty() {
        world.org.tags.insert(id.clone(), creation.tags.clone());
    }
    Ok(id)
}
