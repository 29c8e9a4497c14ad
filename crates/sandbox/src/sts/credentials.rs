//! From an access key id to a caller.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::iam::{self, Status, is_account_id};
use crate::wire::{Caller, Identity, Service, WireError};
use crate::world::{World, hex, unique_id};

/// The sessions that were handed out, by access key id.
pub(crate) type Sessions = BTreeMap<String, Session>;

/// A session of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The account of the role.
    pub(crate) account: String,
    /// The role's name.
    pub(crate) role_name: String,
    /// The role's unique id: a recreated role does not revive its sessions.
    pub(crate) role_id: String,
    /// The session's name.
    pub(crate) name: String,
    /// When it ends, by the clients' clock.
    pub(crate) expires: Timestamp,
}

/// What every access key id begins with that the sandbox hands out, so that one it has forgotten is not taken for a
/// foreign one.
pub(super) const KEY_PREFIX: &str = "ASIARLCL";

/// The session token that belongs to an access key id.
pub(super) fn token(world: &World, access_key: &str) -> String {
    format!("IQoJrolecall{}", hex(&[&world.seed, "token", access_key]))
}

/// Who the credentials of a request stand for.
///
/// Sessions are those of their role, access keys those of their user. A key id of twelve digits is the administrator of the account it names; any other
/// the administrator of the management account.
pub(crate) fn caller(world: &World, access_key: &str, session_token: Option<&str>) -> Result<Caller, WireError> {
    if let Some(session) = world.sts.get(access_key) {
        return session_caller(world, access_key, session, session_token);
    }
    if access_key.starts_with(KEY_PREFIX) {
        return Err(expired());
    }
    if let Some(account) = iam::account_of_access_key(access_key) {
        return user_caller(world, &account, access_key);
    }
    let account = if is_account_id(access_key) { access_key } else { world.org.management_account.as_str() };
    Ok(administrator(account))
}

fn user_caller(world: &World, account: &str, access_key: &str) -> Result<Caller, WireError> {
    let found = world.iam(account).ok().and_then(|iam| iam.access_key(access_key));
    let Some((user, _)) = found.filter(|(_, key)| key.status == Status::Active) else { return Err(invalid()) };
    Ok(Caller {
        account: account.to_owned(),
        arn: user.arn.clone(),
        user_id: user.id.clone(),
        identity: Identity::User { name: user.name.clone(), access_key: access_key.to_owned() },
    })
}

/// Notes that a user's access key was used.
pub(crate) fn note_use(world: &mut World, caller: &Caller, service: Service, region: &str) {
    let Identity::User { name, access_key } = &caller.identity else { return };
    let used = (world.now, service.name().to_owned(), region.to_owned());
    // Reading itself is not a change that readers see late.
    if let Some(iam) = world.iam.get_mut(&caller.account) {
        iam.mark_key_used(name, access_key, used);
    }
}

fn session_caller(
    world: &World,
    access_key: &str,
    session: &Session,
    session_token: Option<&str>,
) -> Result<Caller, WireError> {
    let Session { account, role_name, role_id, name, expires } = session;
    let role = world.iam(account).ok().and_then(|iam| iam.role(role_name).ok()).filter(|role| role.id == *role_id);
    let (Some(role), true) = (role, session_token == Some(token(world, access_key).as_str())) else {
        return Err(invalid());
    };
    if world.wall >= *expires {
        return Err(expired());
    }
    Ok(Caller {
        account: account.clone(),
        arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}"),
        user_id: format!("{role_id}:{name}"),
        identity: Identity::Session { role_name: role_name.clone(), role_arn: role.arn.clone() },
    })
}

/// The simulated administrator of an account: an IAM user.
pub(crate) fn administrator(account: &str) -> Caller {
    Caller {
        account: account.to_owned(),
        arn: format!("arn:aws:iam::{account}:user/Administrator"),
        user_id: unique_id("AIDA", &hex(&[account, "user", "Administrator"])),
        identity: Identity::Administrator,
    }
}

/// Ends every session handed out so far.
pub(crate) fn expire_sessions(world: &mut World) {
    let now = world.wall;
    for session in world.sts.values_mut() {
        session.expires = session.expires.min(now);
    }
}

fn invalid() -> WireError {
    WireError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn expired() -> WireError {
    WireError::new(403, "ExpiredToken", "The security token included in the request is expired")
}
