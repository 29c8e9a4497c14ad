//! Which operation goes where.

use super::session::SessionPrincipal;
use super::{assume, credentials, schema, tokens};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// The operations that are simulated, and the members that each must have.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("AssumeRole", &["RoleArn", "RoleSessionName"]),
    ("DecodeAuthorizationMessage", &["EncodedMessage"]),
    ("GetAccessKeyInfo", &["AccessKeyId"]),
    ("GetCallerIdentity", &[]),
    ("GetFederationToken", &["Name"]),
    ("GetSessionToken", &[]),
];

/// The names of all operations that are simulated.
#[cfg(test)]
pub(super) fn operations() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|(name, _)| *name)
}

/// Answers one STS call.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    if let Some((name, required)) = OPERATIONS.iter().find(|(name, _)| *name == call.operation) {
        schema::request(name, required, &call.params)?;
    }
    refuse_some_sessions(world, call)?;
    match call.operation.as_str() {
        "AssumeRole" => assume::assume_role(world, call),
        "DecodeAuthorizationMessage" => tokens::decode_message(world, call),
        "GetAccessKeyInfo" => tokens::access_key_info(world, call),
        "GetCallerIdentity" => Ok(Reply::result(|xml| {
            xml.text("UserId", &call.caller.user_id);
            xml.text("Account", &call.caller.account);
            xml.text("Arn", &call.caller.arn);
        })),
        "GetFederationToken" => tokens::federation_token(world, call),
        "GetSessionToken" => tokens::session_token(world, call),
        _ => Err(call.not_simulated()),
    }
}

/// Federated users can only ask who they are.
fn refuse_some_sessions(world: &World, call: &Call) -> Result<(), WireError> {
    let federated = call.caller.session(world).is_some_and(|session| match session.principal {
        SessionPrincipal::Federated { .. } => true,
        SessionPrincipal::Role { .. } | SessionPrincipal::Administrator | SessionPrincipal::User { .. } => false,
    });
    if federated && call.operation != "GetCallerIdentity" { Err(credentials::invalid()) } else { Ok(()) }
}
