//! Temporary credentials.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::iam::TagMap;
use crate::wire::Xml;
use crate::world::{World, hex, iso_time};

/// The sessions that were handed out, by access key id.
pub(crate) type Sessions = BTreeMap<String, Session>;

/// What every access key id begins with that STS hands out here, so that one it has forgotten is not taken for a
/// foreign one.
pub(super) const KEY_PREFIX: &str = "ASIARLCL";

/// How long ago a session must have ended before it is forgotten.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Temporary credentials, and what they are bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The account they act in.
    pub(crate) account: String,
    /// Who they stand for.
    pub(crate) principal: SessionPrincipal,
    /// When they were made, by the clients' clock.
    pub(crate) issued: Timestamp,
    /// When they end, by the clients' clock.
    pub(crate) expires: Timestamp,
    /// The documents of the session policies, which narrow the principal's own; `None` when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policies: Option<Vec<String>>,
    /// Session tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: TagMap,
    /// The keys of the tags that sessions made from this one inherit.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) transitive: BTreeSet<String>,
    /// The source identity, which sessions made from this one inherit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_identity: Option<String>,
    /// Whether a code of an MFA device was given.
    #[serde(default)]
    pub(crate) with_mfa: bool,
}

/// Who temporary credentials stand for. What was deleted is not revived by another of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionPrincipal {
    /// A session of a role.
    Role {
        /// The role's name as written in IAM.
        role: String,
        /// The role's unique id.
        role_id: String,
        /// The session's name.
        session: String,
    },
    /// The account's administrator.
    Administrator,
    /// A user.
    User {
        /// The user's name as written in IAM.
        user: String,
        /// The user's unique id.
        user_id: String,
    },
    /// A federated user that a user (the administrator, when none is named) vouches for.
    Federated {
        /// The federated user's name.
        name: String,
        /// The user's name as written in IAM, and its unique id.
        user: Option<(String, String)>,
    },
}

/// The session token that belongs to an access key id.
pub(super) fn token(world: &World, access_key: &str) -> String {
    format!("IQoJrolecall{}", hex(&[&world.seed, "token", access_key]))
}

/// The end of a session of so many seconds that begins now.
pub(super) fn end(world: &World, seconds: u32) -> Timestamp {
    world.wall.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MAX)
}

/// Keeps a session and returns its access key id.
pub(super) fn keep(world: &mut World, session: Session) -> String {
    let digits = world.next_hex();
    let access_key = format!("{KEY_PREFIX}{}", &digits[..12].to_ascii_uppercase());
    let forgotten = world.wall.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    // Going through all of them is paid for by the thousand sessions since the last time.
    if world.sts.len() % 1024 == 1023 {
        world.sts.retain(|_, session| session.expires > forgotten);
    }
    world.sts.insert(access_key.clone(), session);
    access_key
}

/// `Credentials`.
pub(super) fn show(xml: &mut Xml, world: &World, access_key: &str) {
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", access_key);
        xml.text("SecretAccessKey", &hex(&[&world.seed, "secret", access_key])[..40]);
        xml.text("SessionToken", token(world, access_key));
        xml.maybe("Expiration", world.sts.get(access_key).map(|session| iso_time(session.expires)));
    });
}
