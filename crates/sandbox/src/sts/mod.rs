//! STS: sessions of roles.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
