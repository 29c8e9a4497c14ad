//! Passwords of users, and what the account demands of them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Account, IamError};
use crate::world::hex;

/// A user's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoginProfile {
    /// When it was created.
    pub(crate) created: Timestamp,
    /// Whether the user must choose another password first.
    pub(crate) reset: PasswordReset,
    /// A digest of the password; `None` when none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Whether a user must choose another password at the next sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PasswordReset {
    /// It must.
    Required,
    /// It need not.
    NotRequired,
}

/// What an account demands of passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasswordPolicy {
    /// The least number of characters, 6 to 128.
    pub(crate) minimum_length: u32,
    /// The kinds of characters that must be in it.
    pub(crate) required: Vec<CharacterKind>,
    /// Whether users may change their own passwords.
    pub(crate) users_may_change: bool,
    /// For how many days a password can be used.
    pub(crate) max_age: Option<u32>,
    /// How many earlier passwords cannot be chosen again.
    pub(crate) reuse_prevention: Option<u32>,
    /// Whether an expired password can only be reset by an administrator.
    pub(crate) hard_expiry: Option<bool>,
}

/// Kinds of characters that a password policy can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CharacterKind {
    /// One that is neither a letter nor a digit.
    Symbol,
    /// A digit.
    Number,
    /// A capital letter.
    Uppercase,
    /// A small letter.
    Lowercase,
}

impl CharacterKind {
    /// All of them, in the order of AWS's answers.
    pub(crate) const ALL: [Self; 4] = [Self::Symbol, Self::Number, Self::Uppercase, Self::Lowercase];

    fn contains(self, character: char) -> bool {
        match self {
            Self::Symbol => character.is_ascii_punctuation(),
            Self::Number => character.is_ascii_digit(),
            Self::Uppercase => character.is_uppercase(),
            Self::Lowercase => character.is_lowercase(),
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Symbol => "Password should have at least one symbol",
            Self::Number => "Password should have at least one number",
            Self::Uppercase => "Password should have at least one uppercase letter",
            Self::Lowercase => "Password should have at least one lowercase letter",
        }
    }
}

impl Account {
    /// A user's password.
    pub(crate) fn login_profile(&self, user: &str) -> Result<&LoginProfile, IamError> {
        let user = self.user(user)?;
        user.login.as_ref().ok_or_else(|| no_login(&user.name))
    }

    /// Gives a user a password.
    pub(crate) fn create_login_profile(
        &mut self,
        user: &str,
        password: Option<&str>,
        reset: PasswordReset,
        now: Timestamp,
    ) -> Result<(), IamError> {
        let present = self.user(user)?;
        if present.login.is_some() {
            let message = format!("Login Profile for user {} already exists.", present.name);
            return Err(IamError::already_exists(message));
        }
        let password = password.map(|password| self.accept(user, password)).transpose()?;
        self.user_mut(user)?.login = Some(LoginProfile { created: now, reset, password });
        Ok(())
    }

    /// Changes a password, or whether another must be chosen; `None` keeps what is there.
    pub(crate) fn update_login_profile(
        &mut self,
        user: &str,
        password: Option<&str>,
        reset: Option<PasswordReset>,
        now: Timestamp,
    ) -> Result<(), IamError> {
        self.settled_login(user, now)?;
        let password = password.map(|password| self.accept(user, password)).transpose()?;
        if let Some(login) = &mut self.user_mut(user)?.login {
            login.password = password.or(login.password.take());
            login.reset = reset.unwrap_or(login.reset);
        }
        Ok(())
    }

    /// Takes a user's password away.
    pub(crate) fn delete_login_profile(&mut self, user: &str, now: Timestamp) -> Result<(), IamError> {
        self.settled_login(user, now)?;
        self.user_mut(user)?.login = None;
        Ok(())
    }

    /// Lets a user change its own password.
    pub(crate) fn change_password(&mut self, user: &str, old: &str, new: &str) -> Result<(), IamError> {
        let login = self.login_profile(user)?;
        if login.password.as_ref() != Some(&digest(user, old)) {
            let message = "The old password was incorrect.";
            return Err(IamError::new(403, "AccessDenied", message));
        }
        let password = self.accept(user, new)?;
        if let Some(login) = &mut self.user_mut(user)?.login {
            login.password = Some(password);
            login.reset = PasswordReset::NotRequired;
        }
        Ok(())
    }

    /// A login profile that was made just now cannot be changed yet; the switch says how long that lasts.
    fn settled_login(&self, user: &str, now: Timestamp) -> Result<(), IamError> {
        let login = self.login_profile(user)?;
        let settles = SignedDuration::from_secs(i64::from(self.quotas.login_profile_settles));
        if login.created.checked_add(settles).is_ok_and(|settled| now < settled) {
            let message =
                format!("Login Profile for User {user} cannot be modified while login profile is being created.");
            return Err(IamError::new(409, "EntityTemporarilyUnmodifiable", message));
        }
        Ok(())
    }

    /// Checks a password and returns its digest.
    fn accept(&self, user: &str, password: &str) -> Result<String, IamError> {
        let refuse = |message: &str| Err(IamError::new(400, "PasswordPolicyViolation", message));
        let has = |kind: CharacterKind| password.chars().any(|character| kind.contains(character));
        let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
        match &self.password_policy {
            // AWS's own policy: eight characters of three kinds, and not the user's name.
            None => {
                let kinds = CharacterKind::ALL.into_iter().filter(|kind| has(*kind)).count();
                if length < 8 || kinds < 3 || password.eq_ignore_ascii_case(user) {
                    return refuse("Password does not conform to the account password policy.");
                }
            }
            Some(policy) => {
                if length < policy.minimum_length {
                    let least = policy.minimum_length;
                    return refuse(&format!("Password should have a minimum length of {least}"));
                }
                if let Some(missing) = policy.required.iter().find(|kind| !has(**kind)) {
                    return refuse(missing.missing());
                }
            }
        }
        Ok(digest(user, password))
    }
}

fn digest(user: &str, password: &str) -> String {
    hex(&["password", &user.to_lowercase(), password])
}

fn no_login(user: &str) -> IamError {
    IamError::no_such_entity(format!("Login Profile for User {user} cannot be found."))
}
