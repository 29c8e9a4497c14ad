//! The structures of the answers, as the service model has them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::policies::{PolicyTypeState, SERVICE_CONTROL_POLICY};
use super::{Account, Creation, CreationState, Joined, Unit};
use crate::switches::Presence;
use crate::world::World;

/// Epoch seconds, the timestamps of JSON 1.1.
pub(super) fn time(at: Timestamp) -> Value {
    json!(at.as_second())
}

/// `Account`.
pub(super) fn account(world: &World, account: &Account) -> Value {
    let Account { id, name, email, state, parent: _, joined, joined_at, deny: _ } = account;
    let mut shape = Map::new();
    shape.insert("Id".to_owned(), json!(id));
    shape.insert("Arn".to_owned(), json!(world.org.arn("account", id)));
    shape.insert("Email".to_owned(), json!(email));
    shape.insert("Name".to_owned(), json!(name));
    if let (Presence::Present, Some(status)) = (world.switches.status, state.status()) {
        shape.insert("Status".to_owned(), json!(status));
    }
    if world.switches.state == Presence::Present {
        shape.insert("State".to_owned(), json!(state.name()));
    }
    if world.switches.paths == Presence::Present {
        shape.insert("Paths".to_owned(), json!([path(world, id)]));
    }
    let joined = match joined {
        Joined::Invited => "INVITED",
        Joined::Created => "CREATED",
    };
    shape.insert("JoinedMethod".to_owned(), json!(joined));
    shape.insert("JoinedTimestamp".to_owned(), time(*joined_at));
    Value::Object(shape)
}

/// `Root`.
pub(super) fn root(world: &World) -> Value {
    let root = &world.org.root;
    let types = match world.org.policies.state {
        PolicyTypeState::Enabled => json!([{ "Type": SERVICE_CONTROL_POLICY, "Status": "ENABLED" }]),
        PolicyTypeState::Disabled => json!([]),
    };
    json!({ "Id": root, "Arn": world.org.arn("root", root), "Name": "Root", "PolicyTypes": types })
}

/// `OrganizationalUnit`; only `DescribeOrganizationalUnit` carries its path.
pub(super) fn unit(world: &World, unit: &Unit) -> Value {
    json!({ "Id": unit.id, "Arn": world.org.arn("ou", &unit.id), "Name": unit.name })
}

/// The path of a unit or account: organization, root and everything down to itself, each followed by a slash.
pub(super) fn path(world: &World, id: &str) -> String {
    let mut path = format!("{}/", world.org.id);
    for step in world.org.path(id) {
        path.push_str(step);
        path.push('/');
    }
    path
}

/// `CreateAccountStatus`.
pub(super) fn creation(creation: &Creation) -> Value {
    let Creation { id, account_name, email: _, role_name: _, tags: _, requested, state } = creation;
    let mut shape = json!({ "Id": id, "AccountName": account_name, "RequestedTimestamp": time(*requested) });
    let more = match state {
        CreationState::InProgress { ready: _ } => json!({ "State": "IN_PROGRESS" }),
        CreationState::Succeeded { account, completed } => {
            json!({ "State": "SUCCEEDED", "AccountId": account, "CompletedTimestamp": time(*completed) })
        }
        CreationState::Failed { reason, completed } => {
            json!({ "State": "FAILED", "FailureReason": reason, "CompletedTimestamp": time(*completed) })
        }
    };
    if let (Value::Object(shape), Value::Object(more)) = (&mut shape, more) {
        shape.extend(more);
    }
    shape
}
