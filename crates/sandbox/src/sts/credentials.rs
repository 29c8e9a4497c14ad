//! From an access key id to a caller.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::iam::is_account_id;
use crate::wire::{Caller, Identity, WireError};
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
/// Sessions are those of their role. A key id of twelve digits is the administrator of the account it names; any other
/// the administrator of the management account.
pub(crate) fn caller(world: &World, access_key: &str, session_token: Option<&str>) -> Result<Caller, WireError> {
    if let Some(session) = world.sts.get(access_key) {
        return session_caller(world, access_key, session, session_token);
    }
    if access_key.starts_with(KEY_PREFIX) {
        return Err(expired());
    }
    let account = if is_account_id(access_key) { access_key } else { world.org.management_account.as_str() };
    Ok(administrator(account))
}

fn session_caller(
    world: &World,
    access_key: &str,
    session: &Session,
    session_token: Option<&str>,
) -> Result<Caller, WireError> {
    let Session { account, role_name, role_id, name, expires } = session;
    let role = world.iam.get(account).and_then(|iam| iam.role(role_name).ok()).filter(|role| role.id == *role_id);
    let (Some(role), true) = (role, session_token == Some(token(world, access_key).as_str())) else {
        return Err(WireError::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ));
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

fn expired() -> WireError {
    WireError::new(403, "ExpiredToken", "The security token included in the request is expired")
}
