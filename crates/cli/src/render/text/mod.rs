//! Text for people.

mod accounts;
mod applied;
mod attribute;
mod doctor;
mod document;
mod drift;
mod hold;
mod instances;
mod listing;
mod organizations;
mod page;
mod plan;
mod role;
mod stack_set;
mod status;
mod unread;
mod who;

pub(crate) use self::accounts::accounts_text;
pub(super) use self::accounts::targeting;
pub(crate) use self::applied::applied_text;
#[cfg(test)]
pub(super) use self::applied::results;
pub(crate) use self::doctor::doctor_text;
pub(crate) use self::drift::drift_text;
pub(super) use self::drift::{differences as drift_differences, sign as drift_sign};
pub(super) use self::hold::group as group_holds;
pub(crate) use self::organizations::organizations_text;
pub(super) use self::page::{Line, Page};
pub(crate) use self::plan::plan_text;
pub(super) use self::plan::{block, verdict, warning};
pub(crate) use self::status::status_text;
