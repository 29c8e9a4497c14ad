//! Plans, status, accounts and results of `apply`: as text for people and as JSON for programs.
//!
//! Texts hold colours as escape sequences; whoever writes them takes the colours out where they are not wanted. Whatever
//! comes from AWS or from a file is made safe to show first (see [`clean`]).

mod basis;
mod change;
mod chapter;
mod clean;
mod facts;
mod finding;
mod group;
mod hold;
mod html;
mod json;
mod junit;
mod markdown;
mod names;
mod report;
mod sarif;
mod state;
mod text;
mod who;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use self::basis::{Basis, LookedAt};
pub(crate) use self::chapter::{Chapter, Count};
pub(crate) use self::facts::Facts;
pub(crate) use self::hold::held;
pub(crate) use self::html::{HtmlView, drift_html, plan_html, status_html};
pub(crate) use self::json::{
    accounts_json, applied_json, doctor_json, drift_json, organizations_json, plan_json, status_counts, status_json,
    validate_json,
};
pub(crate) use self::junit::drift_junit;
pub(crate) use self::markdown::{applied_markdown, drift_markdown, plan_markdown, status_markdown};
pub(crate) use self::names::Names;
pub(crate) use self::sarif::{Root, validate_sarif};
pub(crate) use self::text::{
    accounts_text, applied_text, doctor_text, drift_text, organizations_text, plan_text, status_text,
};
use crate::survey::Aim;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What a reader needs; long lists are cut, and say so.
    Brief,
    /// Everything.
    Full,
}

/// What a plan is shown with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// The names of accounts and units, as far as they are known.
    pub(crate) names: &'a Names,
    /// How much is shown.
    pub(crate) detail: Detail,
    /// What was planned for.
    pub(crate) aim: Aim,
    /// How many target accounts were looked at, if it is known.
    pub(crate) checked: Option<usize>,
    /// What it rests on.
    pub(crate) basis: Basis<'a>,
}
