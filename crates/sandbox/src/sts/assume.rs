//! `AssumeRole`.

use std::collections::BTreeSet;

use super::policies::{self, Extras};
use super::session::{self, Session, SessionPrincipal};
use super::trust::{Verdict, verdict};
use super::{check_region, mfa};
use crate::access::{Context, Denial, Layer, authorize_with, request_context};
use crate::iam::{Role, TagMap};
use crate::org::AccountState;
use crate::wire::{Call, Identity, Reply, WireError};
use crate::world::World;

const ASSUME: &str = "sts:AssumeRole";
/// Sessions made with the credentials of a session last at most this many seconds.
const CHAINED: u32 = 3600;

/// Answers `AssumeRole`.
///
/// A role that does not exist, a trust policy that refuses and a wrong external ID all give the same `AccessDenied`.
pub(super) fn assume_role(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let role_arn = call.params.required("RoleArn")?;
    let session_name = call.params.required("RoleSessionName")?;
    let seconds = call.params.integer("DurationSeconds", 900..=43200)?.unwrap_or(3600);
    let denied = || WireError::access_denied(&call.caller.arn, ASSUME, role_arn, "");
    let account = account_of(role_arn).ok_or_else(denied)?;
    let extras = policies::read(call, world.iam(&account).ok())?;
    check_region(world, call, &account)?;
    if world.org.denies(&account, ASSUME) {
        let why = "with an explicit deny in a resource control policy";
        return Err(WireError::access_denied(&call.caller.arn, ASSUME, role_arn, why));
    }
    let usable = world.org.accounts.get(&account).is_some_and(|account| account.state == AccountState::Active);
    let role = world.role_by_arn(role_arn).filter(|_| usable).ok_or_else(denied)?;
    let inherited = inherit(world, call, &extras)?;
    let with_mfa = mfa::check(world, call)?;
    let context = conditions(world, call, &extras, with_mfa);
    permit(world, call, role, &account, &context)?;
    check_extras(world, call, role, &inherited, &context)?;
    check_duration(call, role, seconds)?;
    let (role, role_id) = (role.name.clone(), role.id.clone());
    let now = world.now;
    // Not a change that readers see late.
    if let Some(iam) = world.iam.get_mut(&account) {
        iam.mark_used(&role, now, &call.region);
    }
    let Inherited { tags, transitive, source_identity } = inherited;
    let session = Session {
        account,
        principal: SessionPrincipal::Role { role, role_id, session: session_name.to_owned() },
        issued: world.wall,
        expires: session::end(world, seconds),
        policies: extras.policies,
        tags,
        transitive,
        source_identity,
        with_mfa,
    };
    Ok(hand_out(world, session, extras.packed))
}

fn account_of(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, _] => Some((*account).to_owned()),
        _ => None,
    }
}

/// What the new session is labelled with: what the request says, and what the caller's own session passes on.
struct Inherited {
    tags: TagMap,
    transitive: BTreeSet<String>,
    source_identity: Option<String>,
}

fn inherit(world: &World, call: &Call, extras: &Extras) -> Result<Inherited, WireError> {
    let asked = call.params.get("SourceIdentity").map(str::to_owned);
    let (mut tags, mut transitive) = (extras.tags.clone(), extras.transitive.clone());
    let Some(own) = call.caller.session(world) else {
        return Ok(Inherited { tags, transitive, source_identity: asked });
    };
    for key in &own.transitive {
        let lower = key.to_lowercase();
        if extras.tags.keys().any(|asked| asked.to_lowercase() == lower) {
            let message = format!(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                 from the calling session. Key: {key}"
            );
            return Err(WireError::new(400, "InvalidParameterValue", message));
        }
        tags.extend(own.tags.get_key_value(key).map(|(key, value)| (key.clone(), value.clone())));
        transitive.insert(key.clone());
    }
    // A source identity cannot be changed on the way.
    if let (Some(own), Some(asked)) = (&own.source_identity, &asked)
        && own != asked
    {
        let role = call.params.required("RoleArn")?;
        return Err(WireError::access_denied(&call.caller.arn, "sts:SetSourceIdentity", role, ""));
    }
    Ok(Inherited { tags, transitive, source_identity: own.source_identity.clone().or(asked) })
}

/// The condition keys of the request.
fn conditions(world: &World, call: &Call, extras: &Extras, with_mfa: bool) -> Context {
    let mut context = request_context(world, &call.caller);
    for (member, key) in [
        ("ExternalId", "sts:externalid"),
        ("RoleSessionName", "sts:rolesessionname"),
        ("SourceIdentity", "sts:sourceidentity"),
    ] {
        context.extend(call.params.get(member).map(|value| (key.to_owned(), vec![value.to_owned()])));
    }
    context.insert("aws:requestedregion".to_owned(), vec![call.region.clone()]);
    if with_mfa {
        context.insert("aws:multifactorauthpresent".to_owned(), vec!["true".to_owned()]);
        context.insert("aws:multifactorauthage".to_owned(), vec!["0".to_owned()]);
    }
    for (key, value) in &extras.tags {
        context.insert(format!("aws:requesttag/{}", key.to_ascii_lowercase()), vec![value.clone()]);
    }
    if !extras.tags.is_empty() {
        context.insert("aws:tagkeys".to_owned(), extras.tags.keys().cloned().collect());
    }
    if !extras.transitive.is_empty() {
        context.insert("sts:transitivetagkeys".to_owned(), extras.transitive.iter().cloned().collect());
    }
    context
}

/// The trust policy must let the caller in, and so must the caller's own policies, unless the trust policy names a
/// caller of the same account.
fn permit(world: &World, call: &Call, role: &Role, account: &str, context: &Context) -> Result<(), WireError> {
    let caller = &call.caller;
    let trust = verdict(world, role, caller, ASSUME, context);
    let own = authorize_with(world, caller, ASSUME, &role.arn, || context.clone());
    let sufficient = match (trust, own) {
        (Verdict::Named | Verdict::Delegated, Ok(())) => true,
        (Verdict::Named, Err(Denial::Implicit(Layer::Identity))) => caller.account == account,
        (Verdict::Refused, _) | (_, Err(_)) => false,
    };
    if sufficient {
        return Ok(());
    }
    let why = match own {
        Err(Denial::ServiceControlPolicy) => "with an explicit deny in a service control policy",
        _ => "",
    };
    Err(WireError::access_denied(&caller.arn, ASSUME, &role.arn, why))
}

/// Session tags and a source identity, inherited ones too, need their own actions in the trust policy.
fn check_extras(
    world: &World,
    call: &Call,
    role: &Role,
    inherited: &Inherited,
    context: &Context,
) -> Result<(), WireError> {
    let Inherited { tags, transitive: _, source_identity } = inherited;
    let needed = [("sts:TagSession", !tags.is_empty()), ("sts:SetSourceIdentity", source_identity.is_some())];
    for action in needed.into_iter().filter(|(_, needed)| *needed).map(|(action, _)| action) {
        if verdict(world, role, &call.caller, action, context) == Verdict::Refused {
            return Err(WireError::access_denied(&call.caller.arn, action, &role.arn, ""));
        }
    }
    Ok(())
}

fn check_duration(call: &Call, role: &Role, seconds: u32) -> Result<(), WireError> {
    if seconds > role.max_session {
        return Err(WireError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    if seconds > CHAINED && matches!(call.caller.identity, Identity::Session { .. }) {
        return Err(WireError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    Ok(())
}

fn hand_out(world: &mut World, session: Session, packed: Option<usize>) -> Reply {
    let source_identity = session.source_identity.clone();
    let shown = match &session.principal {
        SessionPrincipal::Role { role, role_id, session: name } => {
            let arn = format!("arn:aws:sts::{}:assumed-role/{role}/{name}", session.account);
            Some((format!("{role_id}:{name}"), arn))
        }
        _ => None,
    };
    let access_key = session::keep(world, session);
    Reply::result(|xml| {
        session::show(xml, world, &access_key);
        if let Some((id, arn)) = shown {
            xml.element("AssumedRoleUser", |xml| {
                xml.text("AssumedRoleId", id);
                xml.text("Arn", arn);
            });
        }
        xml.maybe("PackedPolicySize", packed);
        xml.maybe("SourceIdentity", source_identity);
    })
}
