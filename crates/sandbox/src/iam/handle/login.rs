//! Passwords of users, and the account's password policy.

use super::permit::user_name;
use super::{Operation, current, own, own_mut, read, write};
use crate::iam::{CharacterKind, IamError, PasswordPolicy, PasswordReset};
use crate::wire::{Call, Identity, Reply, WireError, Xml};
use crate::world::{World, iso_time};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateLoginProfile", &[], create),
    read("GetLoginProfile", &[], get),
    write("UpdateLoginProfile", &["UserName"], update),
    write("DeleteLoginProfile", &[], delete),
    write("ChangePassword", &["OldPassword", "NewPassword"], change),
    read("GetAccountPasswordPolicy", &[], get_policy),
    write("UpdateAccountPasswordPolicy", &[], update_policy),
    write("DeleteAccountPasswordPolicy", &[], delete_policy),
];

fn reset(call: &Call) -> Result<Option<PasswordReset>, WireError> {
    Ok(call
        .params
        .boolean("PasswordResetRequired")?
        .map(|required| if required { PasswordReset::Required } else { PasswordReset::NotRequired }))
}

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (user, now) = (user_name(call)?, world.now);
    let reset = reset(call)?.unwrap_or(PasswordReset::NotRequired);
    own_mut(world, call)?.create_login_profile(user, call.params.get("Password"), reset, now)?;
    Ok(shown(current(world, call)?, user)?)
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    Ok(shown(own(world, call)?, user_name(call)?)?)
}

fn shown(iam: &crate::iam::Account, user: &str) -> Result<Reply, IamError> {
    let login = iam.login_profile(user)?;
    let name = &iam.user(user)?.name;
    Ok(Reply::result(|xml| {
        xml.element("LoginProfile", |xml| {
            xml.text("UserName", name);
            xml.text("CreateDate", iso_time(login.created));
            xml.text("PasswordResetRequired", login.reset == PasswordReset::Required);
        });
    }))
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (user, now) = (call.params.required("UserName")?, world.now);
    let reset = reset(call)?;
    own_mut(world, call)?.update_login_profile(user, call.params.get("Password"), reset, now)?;
    Ok(Reply::Nothing)
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (user, now) = (user_name(call)?, world.now);
    own_mut(world, call)?.delete_login_profile(user, now)?;
    Ok(Reply::Nothing)
}

fn change(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let Identity::User { name } = &call.caller.identity else {
        let message = "Only IAM Users can change their own password.";
        return Err(WireError::new(400, "InvalidUserType", message));
    };
    let (old, new) = (call.params.required("OldPassword")?, call.params.required("NewPassword")?);
    own_mut(world, call)?.change_password(name, old, new)?;
    Ok(Reply::Nothing)
}

/// The members that ask for kinds of characters.
const REQUIRED: [(CharacterKind, &str); 4] = [
    (CharacterKind::Symbol, "RequireSymbols"),
    (CharacterKind::Number, "RequireNumbers"),
    (CharacterKind::Uppercase, "RequireUppercaseCharacters"),
    (CharacterKind::Lowercase, "RequireLowercaseCharacters"),
];

fn no_policy(account: &str) -> IamError {
    IamError::no_such_entity(format!("The Password Policy with domain name {account} cannot be found."))
}

fn get_policy(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let policy = iam.password_policy.as_ref().ok_or_else(|| no_policy(&iam.id))?;
    Ok(Reply::result(|xml| xml.element("PasswordPolicy", |xml| show_policy(xml, policy))))
}

fn show_policy(xml: &mut Xml, policy: &PasswordPolicy) {
    let PasswordPolicy { minimum_length, required, users_may_change, max_age, reuse_prevention, hard_expiry } = policy;
    xml.text("MinimumPasswordLength", minimum_length);
    for (kind, member) in REQUIRED {
        xml.text(member, required.contains(&kind));
    }
    xml.text("AllowUsersToChangePassword", users_may_change);
    xml.text("ExpirePasswords", max_age.is_some());
    xml.maybe("MaxPasswordAge", *max_age);
    xml.maybe("PasswordReusePrevention", *reuse_prevention);
    xml.maybe("HardExpiry", *hard_expiry);
}

/// Replaces the whole policy: what is not given goes back to its default.
fn update_policy(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let params = &call.params;
    let mut required = Vec::new();
    for (kind, member) in REQUIRED {
        if params.boolean(member)?.unwrap_or(false) {
            required.push(kind);
        }
    }
    let policy = PasswordPolicy {
        minimum_length: params.integer("MinimumPasswordLength", 6..=128)?.unwrap_or(6),
        required,
        users_may_change: params.boolean("AllowUsersToChangePassword")?.unwrap_or(false),
        max_age: params.integer("MaxPasswordAge", 1..=1095)?,
        reuse_prevention: params.integer("PasswordReusePrevention", 1..=24)?,
        hard_expiry: params.boolean("HardExpiry")?,
    };
    own_mut(world, call)?.password_policy = Some(policy);
    Ok(Reply::Nothing)
}

fn delete_policy(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    match own_mut(world, call)?.password_policy.take() {
        Some(_) => Ok(Reply::Nothing),
        None => Err(no_policy(&call.caller.account).into()),
    }
}
