//! Credentials for the caller itself: `GetSessionToken` and `GetFederationToken`, and what access keys tell.

use super::policies;
use super::session::{self, Session, SessionPrincipal};
use super::{check_region, mfa};
use crate::access::authorize;
use crate::iam;
use crate::wire::{Call, Identity, Reply, WireError};
use crate::world::World;

/// Twelve hours.
const DEFAULT_SECONDS: u32 = 43_200;

/// `GetSessionToken`: the caller's own permissions for a time.
pub(super) fn session_token(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    refuse_sessions(world, call)?;
    check_region(world, call, &call.caller.account)?;
    let seconds = call.params.integer("DurationSeconds", 900..=129_600)?.unwrap_or(DEFAULT_SECONDS);
    let with_mfa = mfa::check(world, call)?;
    let principal = match &call.caller.identity {
        Identity::User { name } => SessionPrincipal::User { user: name.clone(), user_id: call.caller.user_id.clone() },
        Identity::Administrator | Identity::Session { .. } => SessionPrincipal::Administrator,
    };
    let session = Session {
        account: call.caller.account.clone(),
        principal,
        issued: world.wall,
        expires: session::end(world, seconds),
        policies: None,
        tags: iam::TagMap::new(),
        transitive: std::collections::BTreeSet::new(),
        source_identity: None,
        with_mfa,
    };
    let access_key = session::keep(world, session);
    Ok(Reply::result(|xml| session::show(xml, world, &access_key)))
}

/// `GetFederationToken`: what both the caller's policies and the session policies allow, under another name.
pub(super) fn federation_token(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    refuse_sessions(world, call)?;
    let account = call.caller.account.clone();
    check_region(world, call, &account)?;
    let name = call.params.required("Name")?;
    let arn = format!("arn:aws:sts::{account}:federated-user/{name}");
    permit(world, call, "sts:GetFederationToken", &arn)?;
    let seconds = call.params.integer("DurationSeconds", 900..=129_600)?.unwrap_or(DEFAULT_SECONDS);
    let extras = policies::read(call, world.iam(&account).ok())?;
    let user = match &call.caller.identity {
        Identity::User { name } => Some((name.clone(), call.caller.user_id.clone())),
        Identity::Administrator | Identity::Session { .. } => None,
    };
    let session = Session {
        account: account.clone(),
        principal: SessionPrincipal::Federated { name: name.to_owned(), user },
        issued: world.wall,
        expires: session::end(world, seconds),
        // Without session policies there are no permissions.
        policies: Some(extras.policies.unwrap_or_default()),
        tags: extras.tags,
        transitive: extras.transitive,
        source_identity: None,
        with_mfa: false,
    };
    let access_key = session::keep(world, session);
    Ok(Reply::result(|xml| {
        session::show(xml, world, &access_key);
        xml.element("FederatedUser", |xml| {
            xml.text("FederatedUserId", format_args!("{account}:{name}"));
            xml.text("Arn", &arn);
        });
        xml.maybe("PackedPolicySize", extras.packed);
    }))
}

/// `GetAccessKeyInfo`: the account, which the key id itself holds.
pub(super) fn access_key_info(world: &World, call: &Call) -> Result<Reply, WireError> {
    permit(world, call, "sts:GetAccessKeyInfo", "*")?;
    let access_key = call.params.required("AccessKeyId")?;
    let account = world.sts.get(access_key).map(|session| session.account.clone());
    let Some(account) = account.or_else(|| iam::account_of_access_key(access_key)) else {
        return Err(WireError::validation(format!("The access key id {access_key} is not one of AWS's.")));
    };
    Ok(Reply::result(|xml| xml.text("Account", account)))
}

/// `DecodeAuthorizationMessage`: no service that is simulated encodes its refusals, so none can be decoded.
pub(super) fn decode_message(world: &World, call: &Call) -> Result<Reply, WireError> {
    permit(world, call, "sts:DecodeAuthorizationMessage", "*")?;
    Err(WireError::new(400, "InvalidAuthorizationMessageException", "Message is not valid"))
}

fn permit(world: &World, call: &Call, action: &str, resource: &str) -> Result<(), WireError> {
    authorize(world, &call.caller, action, resource).map_err(|denial| denial.wire_error(&call.caller, action, resource))
}

fn refuse_sessions(world: &World, call: &Call) -> Result<(), WireError> {
    if call.caller.session(world).is_none() {
        return Ok(());
    }
    let message = format!("Cannot call {} with session credentials", call.operation);
    Err(WireError::new(403, "AccessDenied", message))
}
