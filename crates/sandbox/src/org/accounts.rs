//! The life of an account: created, closed, removed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::input::{self, AccountInput, CreateAccountInput, CreationInput, CreationsInput};
use super::{Account, AccountEvent, AccountState, Creation, CreationState, Joined, error, list, read, shapes, tags};
use crate::cfn;
use crate::iam::{self, IamError, NewRole};
use crate::wire::{Call, WireError};
use crate::world::World;

/// How long it takes to create an account, in simulated time.
const CREATION: SignedDuration = SignedDuration::from_secs(20);
/// How long a closed account is pending closure, in simulated time.
const CLOSURE: SignedDuration = SignedDuration::from_secs(60);
/// An account that was created can be removed after this time.
const WAIT_PERIOD: SignedDuration = SignedDuration::from_hours(4 * 24);
const DEFAULT_ROLE: &str = "OrganizationAccountAccessRole";

/// `CreateAccount`: answers at once, the account comes later.
pub(super) fn create(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreateAccountInput { email, account_name, role_name, tags } = input::read(call)?;
    if account_name.is_empty() || account_name.chars().count() > 50 {
        return Err(error::invalid("MAX_LENGTH_EXCEEDED", "An account name has 1 to 50 characters."));
    }
    if !email.contains('@') || email.len() < 6 || email.len() > 64 {
        return Err(error::invalid("INVALID_PATTERN", "You provided an invalid e-mail address."));
    }
    let tags = tags::checked(tags)?;
    let id = format!("car-{}", &world.next_hex()[..32]);
    let creation = Creation {
        id: id.clone(),
        account_name,
        email,
        role_name: role_name.unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
        tags,
        requested: world.now,
        state: CreationState::InProgress { ready: later(world.now, CREATION) },
    };
    let shape = shapes::creation(&creation);
    world.org.creations.insert(id, creation);
    Ok(json!({ "CreateAccountStatus": shape }))
}

/// `DescribeCreateAccountStatus`.
pub(super) fn describe_creation(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreationInput { create_account_request_id } = input::read(call)?;
    let creation = world.org.creations.get(&create_account_request_id).ok_or_else(error::creation_not_found)?;
    Ok(json!({ "CreateAccountStatus": shapes::creation(creation) }))
}

/// `ListCreateAccountStatus`.
pub(super) fn list_creations(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreationsInput { states } = input::read(call)?;
    let wanted = |creation: &Creation| {
        let state = match creation.state {
            CreationState::InProgress { .. } => "IN_PROGRESS",
            CreationState::Succeeded { .. } => "SUCCEEDED",
            CreationState::Failed { .. } => "FAILED",
        };
        states.is_empty() || states.iter().any(|wanted| wanted == state)
    };
    list::page(
        call,
        "CreateAccountStatuses",
        |position| read::after(&world.org.creations, position).filter(|(_, creation)| wanted(creation)),
        |creation| shapes::creation(creation),
    )
}

/// `CloseAccount`.
pub(super) fn close(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let AccountInput { account_id } = input::read(call)?;
    if account_id == world.org.management_account {
        return Err(error::constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You cannot close a management account."));
    }
    let account = world.org.accounts.get_mut(&account_id).ok_or_else(error::account_not_found)?;
    match account.state {
        AccountState::Active | AccountState::PendingActivation => account.state = AccountState::PendingClosure,
        AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed => {
            return Err(error::already_closed());
        }
    }
    let closed = later(world.now, CLOSURE);
    world.org.closing.insert(account_id.clone(), closed);
    cfn::on_account_event(world, &AccountEvent::Closed, &account_id);
    Ok(json!({}))
}

/// `RemoveAccountFromOrganization`. What the account holds in IAM stays; it is only no member any more.
pub(super) fn remove(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let AccountInput { account_id } = input::read(call)?;
    if account_id == world.org.management_account {
        return Err(error::management_cannot_leave());
    }
    let account = world.org.accounts.get(&account_id).ok_or_else(error::account_not_found)?;
    if world.org.delegated.contains_key(&account_id) {
        return Err(error::constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You cannot remove a delegated administrator from the organization.",
        ));
    }
    if account.joined == Joined::Created && world.now < later(account.joined_at, WAIT_PERIOD) {
        return Err(error::constraint(
            "WAIT_PERIOD_ACTIVE",
            "An account that was created in the organization must wait 4 days before it can be removed.",
        ));
    }
    let from = account.parent.clone();
    world.org.accounts.remove(&account_id);
    world.org.tags.remove(&account_id);
    world.org.closing.remove(&account_id);
    cfn::on_account_event(world, &AccountEvent::Left { from }, &account_id);
    Ok(json!({}))
}

/// Finishes what is due: creations and closures.
pub(crate) fn tick(world: &mut World) {
    let now = world.now;
    let ready: Vec<String> = world
        .org
        .creations
        .values()
        .filter(|creation| matches!(creation.state, CreationState::InProgress { ready } if ready <= now))
        .map(|creation| creation.id.clone())
        .collect();
    for id in ready {
        finish_creation(world, &id);
    }
    let closed: Vec<String> =
        world.org.closing.iter().filter(|(_, at)| **at <= now).map(|(account, _)| account.clone()).collect();
    for id in closed {
        world.org.closing.remove(&id);
        if let Some(account) = world.org.accounts.get_mut(&id) {
            account.state = AccountState::Suspended;
        }
    }
}

fn finish_creation(world: &mut World, id: &str) {
    let Some(creation) = world.org.creations.get(id).cloned() else { return };
    let completed = world.now;
    let taken = world.org.accounts.values().any(|account| account.email.eq_ignore_ascii_case(&creation.email));
    let state = if taken {
        CreationState::Failed { reason: "EMAIL_ALREADY_EXISTS".to_owned(), completed }
    } else {
        match add_account(world, &creation) {
            Ok(account) => CreationState::Succeeded { account, completed },
            Err(_) => CreationState::Failed { reason: "INTERNAL_FAILURE".to_owned(), completed },
        }
    };
    let created = match &state {
        CreationState::Succeeded { account, completed: _ } => Some(account.clone()),
        CreationState::InProgress { .. } | CreationState::Failed { .. } => None,
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

/// Makes the administrator role that trusts the management account, as Organizations does in accounts it creates.
pub(crate) fn create_member_role(world: &mut World, account: &str, name: &str) -> Result<(), IamError> {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", world.org.management_account) },
        "Action": "sts:AssumeRole",
    }]});
    let trust = world.trust(&trust.to_string())?;
    let now = world.now;
    let iam = world.iam_mut(account)?;
    let role = NewRole {
        name: name.to_owned(),
        path: "/".to_owned(),
        trust,
        description: None,
        max_session: 3600,
        boundary: None,
        tags: Vec::new(),
    };
    iam.create_role(role, now)?;
    iam.attach_role_policy(name, "arn:aws:iam::aws:policy/AdministratorAccess")
}

/// A time after another; at the end of time, that end.
fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
