//! `AssumeRole`.

use jiff::SignedDuration;

use super::credentials::{KEY_PREFIX, Session, token};
use super::trust::{Verdict, verdict};
use crate::access::{Context, Denial, authorize, context};
use crate::iam::Role;
use crate::org::AccountState;
use crate::wire::{Call, Identity, Reply, WireError};
use crate::world::{World, hex, iso_time};

const ASSUME: &str = "sts:AssumeRole";
/// Sessions made with the credentials of a session last at most this many seconds.
const CHAINED: u32 = 3600;
/// How long ago a session must have ended before it is forgotten.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

struct Request<'a> {
    role_arn: &'a str,
    session_name: &'a str,
    seconds: u32,
}

/// Answers `AssumeRole`.
///
/// A role that does not exist, a trust policy that refuses and a wrong external ID all give the same `AccessDenied`.
pub(super) fn assume_role(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let request = read(call)?;
    let denied = || WireError::access_denied(&call.caller.arn, ASSUME, request.role_arn, "");
    let account = account_of(request.role_arn).ok_or_else(denied)?;
    if world.org.denies(&account, ASSUME) {
        let why = "with an explicit deny in a resource control policy";
        return Err(WireError::access_denied(&call.caller.arn, ASSUME, request.role_arn, why));
    }
    let usable = world.org.accounts.get(&account).is_some_and(|account| account.state == AccountState::Active);
    let role = world.role_by_arn(request.role_arn).filter(|_| usable).ok_or_else(denied)?;
    let context = conditions(world, call);
    permit(world, call, role, &account, &context)?;
    check_extras(world, call, role, &context)?;
    check_duration(call, role, request.seconds)?;
    let (name, id) = (role.name.clone(), role.id.clone());
    let session = Session {
        account: account.clone(),
        role_name: name.clone(),
        role_id: id.clone(),
        name: request.session_name.to_owned(),
        expires: world
            .wall
            .checked_add(SignedDuration::from_secs(i64::from(request.seconds)))
            .unwrap_or(jiff::Timestamp::MAX),
    };
    let now = world.now;
    // Not a change that readers see late.
    if let Some(iam) = world.iam.get_mut(&account) {
        iam.mark_used(&name, now, &call.region);
    }
    Ok(hand_out(world, session))
}

fn read(call: &Call) -> Result<Request<'_>, WireError> {
    let role_arn = call.params.required("RoleArn")?;
    if role_arn.len() < 20 {
        let must = "have length greater than or equal to 20";
        return Err(WireError::constraint(Some(role_arn), "RoleArn", must));
    }
    let session_name = call.params.required("RoleSessionName")?;
    if session_name.len() < 2 {
        let must = "have length greater than or equal to 2";
        return Err(WireError::constraint(Some(session_name), "RoleSessionName", must));
    }
    if session_name.len() > 64 {
        let must = "have length less than or equal to 64";
        return Err(WireError::constraint(Some(session_name), "RoleSessionName", must));
    }
    if !session_name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)) {
        let must = r"satisfy regular expression pattern: [\w+=,.@-]*";
        return Err(WireError::constraint(Some(session_name), "RoleSessionName", must));
    }
    if let Some(external_id) = call.params.get("ExternalId") {
        if external_id.len() < 2 {
            let must = "have length greater than or equal to 2";
            return Err(WireError::constraint(Some(external_id), "ExternalId", must));
        }
        if !external_id.chars().all(|c| c.is_ascii_alphanumeric() || r"_+=,.@:\/-".contains(c)) {
            let must = r"satisfy regular expression pattern: [\w+=,.@:\/-]*";
            return Err(WireError::constraint(Some(external_id), "ExternalId", must));
        }
    }
    for unsimulated in ["Policy", "SerialNumber", "TokenCode"] {
        if call.params.get(unsimulated).is_some() {
            return Err(not_simulated(unsimulated));
        }
    }
    if call.params.structs("PolicyArns").is_some_and(|arns| !arns.is_empty()) {
        return Err(not_simulated("PolicyArns"));
    }
    let seconds = call.params.integer("DurationSeconds", 900..=43200)?.unwrap_or(3600);
    Ok(Request { role_arn, session_name, seconds })
}

fn not_simulated(parameter: &str) -> WireError {
    WireError::validation(format!("The parameter {parameter} of AssumeRole is not simulated by the Rolecall sandbox."))
}

fn account_of(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, _] => Some((*account).to_owned()),
        _ => None,
    }
}

fn conditions(world: &World, call: &Call) -> Context {
    let mut context = context(&call.caller);
    if let Some(external_id) = call.params.get("ExternalId") {
        context.insert("sts:externalid".to_owned(), vec![external_id.to_owned()]);
    }
    if let Some(name) = call.params.get("RoleSessionName") {
        context.insert("sts:rolesessionname".to_owned(), vec![name.to_owned()]);
    }
    if let Some(identity) = call.params.get("SourceIdentity") {
        context.insert("sts:sourceidentity".to_owned(), vec![identity.to_owned()]);
    }
    if world.org.accounts.contains_key(&call.caller.account) {
        context.insert("aws:principalorgid".to_owned(), vec![world.org.id.clone()]);
    }
    context
}

/// The trust policy must let the caller in, and so must the caller's own policies, unless the trust policy names a
/// caller of the same account.
fn permit(world: &World, call: &Call, role: &Role, account: &str, context: &Context) -> Result<(), WireError> {
    let caller = &call.caller;
    let trust = verdict(world, role, caller, ASSUME, context);
    let own = authorize(world, caller, ASSUME, &role.arn);
    let sufficient = match (trust, own) {
        (Verdict::Named | Verdict::Delegated, Ok(())) => true,
        (Verdict::Named, Err(Denial::Implicit)) => caller.account == account,
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

/// Session tags and a source identity need their own actions in the trust policy.
fn check_extras(world: &World, call: &Call, role: &Role, context: &Context) -> Result<(), WireError> {
    let tags = call.params.structs("Tags").is_some_and(|tags| !tags.is_empty());
    let identity = call.params.get("SourceIdentity").is_some();
    let needed = [("sts:TagSession", tags), ("sts:SetSourceIdentity", identity)];
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

fn hand_out(world: &mut World, session: Session) -> Reply {
    let digits = world.next_hex();
    let access_key = format!("{KEY_PREFIX}{}", &digits[..12].to_ascii_uppercase());
    let secret = hex(&[&digits, "secret"])[..40].to_owned();
    let token = token(world, &access_key);
    let forgotten = world.wall.checked_sub(REMEMBERED).unwrap_or(jiff::Timestamp::MIN);
    // Going through all of them is paid for by the thousand sessions since the last time.
    if world.sts.len() % 1024 == 1023 {
        world.sts.retain(|_, session| session.expires > forgotten);
    }
    let reply = Reply::result(|xml| {
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &access_key);
            xml.text("SecretAccessKey", &secret);
            xml.text("SessionToken", &token);
            xml.text("Expiration", iso_time(session.expires));
        });
        xml.element("AssumedRoleUser", |xml| {
            let Session { account, role_name, role_id, name, expires: _ } = &session;
            xml.text("AssumedRoleId", format_args!("{role_id}:{name}"));
            xml.text("Arn", format_args!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}"));
        });
    });
    world.sts.insert(access_key, session);
    reply
}
