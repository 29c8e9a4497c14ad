//! Who did something, as CloudTrail says it (CloudTrail User Guide, "CloudTrail userIdentity element").

use serde_json::{Map, Value, json};

use crate::iam::ADMINISTRATOR;
use crate::sts::{self, SessionPrincipal};
use crate::wire::{Caller, Identity};
use crate::world::{World, iso_time};

/// The host name that stands for CloudFormation where it acts for somebody.
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
/// Where every request comes from.
const HERE: &str = "127.0.0.1";

/// Who did something, and from where.
#[derive(Debug)]
pub(super) struct Actor {
    /// `userIdentity`.
    pub(super) identity: Value,
    /// The user's name, or that of the session.
    pub(super) username: Option<String>,
    pub(super) access_key: Option<String>,
    /// An address, or the host name of the service that acts for somebody.
    pub(super) address: String,
    pub(super) user_agent: String,
}

impl Actor {
    /// Whoever sent a request.
    pub(super) fn caller(world: &World, caller: &Caller, access_key: &str, user_agent: &str) -> Self {
        let (mut identity, username) = identity(world, caller);
        identity.insert("accessKeyId".to_owned(), json!(access_key));
        Self {
            identity: Value::Object(identity),
            username,
            access_key: Some(access_key.to_owned()),
            address: HERE.to_owned(),
            user_agent: user_agent.to_owned(),
        }
    }

    /// CloudFormation, for the administrator of the account.
    pub(super) fn stack(world: &World, account: &str) -> Self {
        let (identity, username) = identity(world, &sts::administrator(account));
        Self::cloudformation(identity, username)
    }

    /// CloudFormation, as StackSets' execution role.
    pub(super) fn stack_set(world: &World, account: &str, execution_role: &str, session: &str) -> Self {
        let issuer = role_issuer(world, account, execution_role);
        let id = issuer.get("principalId").and_then(Value::as_str).unwrap_or_default();
        let identity = json!({
            "type": "AssumedRole",
            "principalId": format!("{id}:{session}"),
            "arn": format!("arn:aws:sts::{account}:assumed-role/{execution_role}/{session}"),
            "accountId": account,
            "sessionContext": {
                "sessionIssuer": issuer,
                "attributes": { "creationDate": iso_time(world.wall), "mfaAuthenticated": "false" },
            },
        });
        let Value::Object(identity) = identity else { return Self::stack(world, account) };
        Self::cloudformation(identity, Some(session.to_owned()))
    }

    fn cloudformation(mut identity: Map<String, Value>, username: Option<String>) -> Self {
        identity.insert("invokedBy".to_owned(), json!(CLOUDFORMATION));
        Self {
            identity: Value::Object(identity),
            username,
            access_key: None,
            address: CLOUDFORMATION.to_owned(),
            user_agent: CLOUDFORMATION.to_owned(),
        }
    }
}

/// What is known of a caller, and the name by which its events are looked up.
fn identity(world: &World, caller: &Caller) -> (Map<String, Value>, Option<String>) {
    let session = caller.session(world);
    let Caller { account, arn, user_id, identity, access_key: _ } = caller;
    let mut known = Map::new();
    let mut set = |key: &str, value: Value| drop(known.insert(key.to_owned(), value));
    let named = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let is_federated = session.is_some_and(|session| match session.principal {
        SessionPrincipal::Federated { name: _, user: _ } => true,
        SessionPrincipal::Role { .. } | SessionPrincipal::Administrator | SessionPrincipal::User { .. } => false,
    });
    let (kind, issuer, name) = match identity {
        Identity::Session { role_name, role_arn: _ } => {
            ("AssumedRole", Some(role_issuer(world, account, role_name)), named(arn))
        }
        Identity::User { name } if is_federated => {
            ("FederatedUser", Some(user_issuer(world, account, name)), named(arn))
        }
        Identity::Administrator if is_federated => {
            ("FederatedUser", Some(user_issuer(world, account, ADMINISTRATOR)), named(arn))
        }
        Identity::User { name } => ("IAMUser", None, name.clone()),
        Identity::Administrator => ("IAMUser", None, ADMINISTRATOR.to_owned()),
    };
    set("type", json!(kind));
    set("principalId", json!(user_id));
    set("arn", json!(arn));
    set("accountId", json!(account));
    if kind == "IAMUser" {
        set("userName", json!(name));
    }
    if let Some(session) = session {
        let attributes =
            json!({ "creationDate": iso_time(session.issued), "mfaAuthenticated": session.with_mfa.to_string() });
        let mut context = Map::new();
        context.insert("attributes".to_owned(), attributes);
        context.extend(issuer.map(|issuer| ("sessionIssuer".to_owned(), issuer)));
        context.extend(session.source_identity.as_ref().map(|name| ("sourceIdentity".to_owned(), json!(name))));
        set("sessionContext", Value::Object(context));
    }
    (known, Some(name))
}

fn role_issuer(world: &World, account: &str, name: &str) -> Value {
    let role = world.iam(account).ok().and_then(|iam| iam.role(name).ok());
    json!({
        "type": "Role",
        "principalId": role.map(|role| &role.id),
        "arn": role.map(|role| &role.arn),
        "accountId": account,
        "userName": name,
    })
}

fn user_issuer(world: &World, account: &str, name: &str) -> Value {
    let administrator = sts::administrator(account);
    let user = world.iam(account).ok().and_then(|iam| iam.user(name).ok());
    let (id, arn) = user.map_or((&administrator.user_id, &administrator.arn), |user| (&user.id, &user.arn));
    json!({ "type": "IAMUser", "principalId": id, "arn": arn, "accountId": account, "userName": name })
}
