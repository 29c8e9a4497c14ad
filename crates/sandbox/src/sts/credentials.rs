//! From an access key id to a caller.

use super::session::{KEY_PREFIX, Session, SessionPrincipal, token};
use crate::iam::{self, Status, is_account_id};
use crate::wire::{Caller, Identity, Service, WireError};
use crate::world::{World, hex, unique_id};

/// Who the credentials of a request stand for.
///
/// Sessions are those of their role or user, access keys those of their user. A key id of twelve digits is the
/// administrator of the account it names; any other the administrator of the management account.
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
        identity: Identity::User { name: user.name.clone() },
        access_key: Some(access_key.to_owned()),
    })
}

/// Notes that a user's access key was used.
pub(crate) fn note_use(world: &mut World, caller: &Caller, service: Service, region: &str) {
    let (Identity::User { name }, Some(access_key)) = (&caller.identity, &caller.access_key) else { return };
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
    if session_token != Some(token(world, access_key).as_str()) {
        return Err(invalid());
    }
    let caller = stands_for(world, session).ok_or_else(invalid)?;
    if world.wall >= session.expires {
        return Err(expired());
    }
    Ok(Caller { access_key: Some(access_key.to_owned()), ..caller })
}

/// Who a session stands for; `None` when that role or user is gone.
fn stands_for(world: &World, session: &Session) -> Option<Caller> {
    let account = &session.account;
    let iam = world.iam(account).ok();
    let user_caller = |name: &str, id: &str| {
        let user = iam?.user(name).ok().filter(|user| user.id == id)?;
        let identity = Identity::User { name: user.name.clone() };
        Some(Caller {
            account: account.clone(),
            arn: user.arn.clone(),
            user_id: user.id.clone(),
            identity,
            access_key: None,
        })
    };
    match &session.principal {
        SessionPrincipal::Role { role: name, role_id, session } => {
            let role = iam?.role(name).ok().filter(|role| role.id == *role_id)?;
            Some(Caller {
                account: account.clone(),
                arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
                user_id: format!("{role_id}:{session}"),
                identity: Identity::Session { role_name: name.clone(), role_arn: role.arn.clone() },
                access_key: None,
            })
        }
        SessionPrincipal::Administrator => Some(administrator(account)),
        SessionPrincipal::User { user, user_id } => user_caller(user, user_id),
        SessionPrincipal::Federated { name, user } => {
            let caller = match user {
                Some((user, user_id)) => user_caller(user, user_id)?,
                None => administrator(account),
            };
            Some(Caller {
                arn: format!("arn:aws:sts::{account}:federated-user/{name}"),
                user_id: format!("{account}:{name}"),
                ..caller
            })
        }
    }
}

/// The simulated administrator of an account: an IAM user.
pub(crate) fn administrator(account: &str) -> Caller {
    Caller {
        account: account.to_owned(),
        arn: format!("arn:aws:iam::{account}:user/{}", iam::ADMINISTRATOR),
        user_id: unique_id("AIDA", &hex(&[account, "user", iam::ADMINISTRATOR])),
        identity: Identity::Administrator,
        access_key: None,
    }
}

/// Ends every session handed out so far.
pub(crate) fn expire_sessions(world: &mut World) {
    let now = world.wall;
    for session in world.sts.values_mut() {
        session.expires = session.expires.min(now);
    }
}

/// `InvalidClientTokenId`, 403: nobody's credentials.
pub(crate) fn invalid() -> WireError {
    WireError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn expired() -> WireError {
    WireError::new(403, "ExpiredToken", "The security token included in the request is expired")
}
