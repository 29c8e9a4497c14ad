//! Invitations.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::input::{self, HandshakeInput, InviteInput, Party};
use super::{accounts, error, list, read, shapes, tags};
use crate::iam::is_account_id;
use crate::wire::{Call, WireError};
use crate::world::World;

/// How long an invitation can be accepted.
const VALID: SignedDuration = SignedDuration::from_hours(15 * 24);

/// An invitation to join the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handshake {
    /// `h-..`
    id: String,
    invited: Invited,
    notes: Option<String>,
    tags: BTreeMap<String, String>,
    requested: Timestamp,
    answer: Answer,
}

/// Who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Invited {
    Account(String),
    Email(String),
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    None,
    Accepted,
    Declined,
    Canceled,
}

impl Handshake {
    fn expires(&self) -> Timestamp {
        self.requested.checked_add(VALID).unwrap_or(Timestamp::MAX)
    }

    fn state(&self, now: Timestamp) -> &'static str {
        match self.answer {
            Answer::None if now >= self.expires() => "EXPIRED",
            Answer::None => "OPEN",
            Answer::Accepted => "ACCEPTED",
            Answer::Declined => "DECLINED",
            Answer::Canceled => "CANCELED",
        }
    }

    /// Whether the account is the one that is invited. An address may be anyone's outside of the organization.
    fn is_for(&self, account: &str) -> bool {
        match &self.invited {
            Invited::Account(invited) => invited == account,
            Invited::Email(_) => true,
        }
    }
}

/// `InviteAccountToOrganization`.
pub(super) fn invite(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let InviteInput { target: Party { id, kind }, notes, tags } = input::read(call)?;
    let invited = match kind.as_str() {
        "ACCOUNT" if is_account_id(&id) => Invited::Account(id),
        "ACCOUNT" => return Err(error::invalid("INVALID_PATTERN_TARGET_ID", "You provided an invalid account ID.")),
        "EMAIL" if id.contains('@') => Invited::Email(id),
        "EMAIL" => {
            return Err(error::invalid("INVALID_EMAIL_ADDRESS_TARGET", "You provided an invalid e-mail address."));
        }
        _ => return Err(error::invalid("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of party.")),
    };
    let tags = tags::checked(tags)?;
    check_target(world, &invited)?;
    let id = format!("h-{}", &world.next_hex()[..32]);
    let handshake = Handshake { id: id.clone(), invited, notes, tags, requested: world.now, answer: Answer::None };
    let shape = shape(world, &handshake);
    world.org.handshakes.insert(id, handshake);
    Ok(json!({ "Handshake": shape }))
}

fn check_target(world: &World, invited: &Invited) -> Result<(), WireError> {
    let is_member = match invited {
        Invited::Account(id) => world.org.accounts.contains_key(id),
        Invited::Email(email) => world.org.accounts.values().any(|account| account.email.eq_ignore_ascii_case(email)),
    };
    if is_member {
        return Err(error::handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION",
            "The handshake request is invalid because the invited account is already a member of an organization.",
        ));
    }
    if world.org.accounts.len() >= world.switches.account_limit {
        return Err(error::handshake_constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            "You attempted to exceed the limit on the number of accounts in an organization.",
        ));
    }
    let is_open = |known: &Handshake| known.invited == *invited && known.state(world.now) == "OPEN";
    if world.org.handshakes.values().any(is_open) {
        return Err(error::duplicate_handshake());
    }
    Ok(())
}

/// `AcceptHandshake`, called by the account that was invited.
pub(super) fn accept(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let account = call.caller.account.clone();
    if world.org.accounts.contains_key(&account) {
        return Err(error::handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION",
            "The account is already a member of an organization.",
        ));
    }
    let handshake = settle(world, call, Answer::Accepted)?;
    accounts::join(world, &account, handshake.tags.clone());
    Ok(json!({ "Handshake": shape(world, &handshake) }))
}

/// `DeclineHandshake`, called by the account that was invited.
pub(super) fn decline(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let handshake = settle(world, call, Answer::Declined)?;
    Ok(json!({ "Handshake": shape(world, &handshake) }))
}

/// `CancelHandshake`, called by the management account.
pub(super) fn cancel(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let handshake = settle(world, call, Answer::Canceled)?;
    Ok(json!({ "Handshake": shape(world, &handshake) }))
}

fn settle(world: &mut World, call: &Call<Value>, answer: Answer) -> Result<Handshake, WireError> {
    let HandshakeInput { handshake_id } = input::read(call)?;
    let handshake = world.org.handshakes.get(&handshake_id).ok_or_else(error::handshake_not_found)?;
    match answer {
        Answer::Accepted | Answer::Declined if !handshake.is_for(&call.caller.account) => {
            return Err(error::access_denied());
        }
        Answer::None | Answer::Accepted | Answer::Declined | Answer::Canceled => {}
    }
    if handshake.answer == answer {
        return Err(error::handshake_already_so());
    }
    if handshake.state(world.now) != "OPEN" {
        return Err(error::handshake_transition());
    }
    let settled = Handshake { answer, ..handshake.clone() };
    world.org.handshakes.insert(handshake_id, settled.clone());
    Ok(settled)
}

/// `DescribeHandshake`, called by either side.
pub(super) fn describe(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let HandshakeInput { handshake_id } = input::read(call)?;
    let handshake = world.org.handshakes.get(&handshake_id).ok_or_else(error::handshake_not_found)?;
    Ok(json!({ "Handshake": shape(world, handshake) }))
}

/// `ListHandshakesForOrganization`.
pub(super) fn list_for_organization(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    list::page(
        world,
        call,
        "Handshakes",
        |position| read::after(&world.org.handshakes, position),
        |handshake| shape(world, handshake),
    )
}

/// `ListHandshakesForAccount`: those of the caller.
pub(super) fn list_for_account(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    list::page(
        world,
        call,
        "Handshakes",
        |position| {
            read::after(&world.org.handshakes, position)
                .filter(|(_, handshake)| handshake.invited == Invited::Account(call.caller.account.clone()))
        },
        |handshake| shape(world, handshake),
    )
}

/// `Handshake`.
fn shape(world: &World, handshake: &Handshake) -> Value {
    let Handshake { id, invited, notes, tags: _, requested, answer: _ } = handshake;
    let org = &world.org;
    let (kind, target) = match invited {
        Invited::Account(id) => ("ACCOUNT", id),
        Invited::Email(email) => ("EMAIL", email),
    };
    let management = org.accounts.get(&org.management_account);
    let mut resources = vec![
        json!({ "Type": "ORGANIZATION", "Value": org.id, "Resources": [
            { "Type": "MASTER_EMAIL", "Value": management.map(|account| account.email.as_str()) },
            { "Type": "MASTER_NAME", "Value": management.map(|account| account.name.as_str()) },
            { "Type": "ORGANIZATION_FEATURE_SET", "Value": "ALL" },
        ]}),
        json!({ "Type": kind, "Value": target }),
    ];
    resources.extend(notes.as_ref().map(|notes| json!({ "Type": "NOTES", "Value": notes })));
    let mut shape = Map::new();
    shape.insert("Id".to_owned(), json!(id));
    let arn = format!("arn:aws:organizations::{}:handshake/{}/invite/{id}", org.management_account, org.id);
    shape.insert("Arn".to_owned(), json!(arn));
    let organization = org.id.trim_start_matches("o-");
    let parties = json!([{ "Id": organization, "Type": "ORGANIZATION" }, { "Id": target, "Type": kind }]);
    shape.insert("Parties".to_owned(), parties);
    shape.insert("State".to_owned(), json!(handshake.state(world.now)));
    shape.insert("RequestedTimestamp".to_owned(), shapes::time(*requested));
    shape.insert("ExpirationTimestamp".to_owned(), shapes::time(handshake.expires()));
    shape.insert("Action".to_owned(), json!("INVITE"));
    shape.insert("Resources".to_owned(), Value::Array(resources));
    Value::Object(shape)
}
