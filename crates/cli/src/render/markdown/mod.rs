//! Markdown for comments on pull requests: GitHub Flavored Markdown that is cut to a comment's size. Texts of others never
//! become markup, mentions or references (see [`escape`]); counts are never cut (see [`sheet`]).

mod applied;
mod aside;
mod drift;
mod escape;
mod fold;
mod plan;
mod sheet;
mod status;

use rolecall_core::ids::OrgId;

pub(crate) use self::applied::applied_markdown;
#[cfg(test)]
pub(super) use self::applied::results;
pub(crate) use self::drift::drift_markdown;
pub(super) use self::fold::lines;
pub(crate) use self::plan::plan_markdown;
pub(crate) use self::status::status_markdown;

/// What a comment is about. There is one comment of each kind for an organization, which is edited in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Plan,
    Apply,
    Status,
    Drift,
}

/// The hidden line by which a comment is found again: `<!-- rolecall:plan:o-acme123456 -->`.
fn marker(purpose: Purpose, organization: &OrgId) -> String {
    let purpose = match purpose {
        Purpose::Plan => "plan",
        Purpose::Apply => "apply",
        Purpose::Status => "status",
        Purpose::Drift => "drift",
    };
    format!("<!-- rolecall:{purpose}:{organization} -->\n")
}
