//! The life of an account: created or invited, closed, removed.

mod closure;
mod creation;
mod membership;

pub(super) use closure::close;
pub(super) use creation::{create, describe, list};
pub(super) use membership::{join, leave, remove};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::iam::{IamError, NewRole};
use crate::world::World;

/// Finishes what is due: creations and closures.
pub(crate) fn tick(world: &mut World) {
    creation::finish_due(world);
    closure::finish_due(world);
}

/// Makes the administrator role that trusts the management account, as Organizations does in accounts it creates.
pub(crate) fn create_member_role(world: &mut World, account: &str, name: &str) -> Result<(), IamError> {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", world.org.management_account) },
        "Action": "sts:AssumeRole",
    }]});
    let trust = world.trust(&trust.to_string())?;
    let now = world.now;
    let iam = world.iam_mut(account)?;
    let role = NewRole {
        name: name.to_owned(),
        path: "/".to_owned(),
        trust,
        description: None,
        max_session: 3600,
        boundary: None,
        tags: Vec::new(),
    };
    iam.create_role(role, now)?;
    iam.attach_role_policy(name, "arn:aws:iam::aws:policy/AdministratorAccess")
}

/// A time after another; at the end of time, that end.
fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A span of simulated seconds.
fn seconds(number: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(number))
}
