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
pub(super) use self::applied::{done, summary, undone};
pub(crate) use self::doctor::doctor_text;
pub(crate) use self::drift::drift_text;
pub(super) use self::drift::{differences as drift_differences, found, sign as drift_sign};
pub(crate) use self::organizations::organizations_text;
pub(super) use self::page::{Line, Page, Sign};
pub(super) use self::plan::block;
pub(crate) use self::plan::plan_text;
pub(crate) use self::status::status_text;
