//! Changes in words, and how many there are.

use std::collections::BTreeSet;

use rolecall_core::ids::AccountId;
use rolecall_core::plan::{Action, Change, Custody, Edit, InstanceAction, Plan, Subject, Why};
use rolecall_core::template::Definition;

use super::hold::held;
use super::words;

/// What becomes of it.
pub(super) fn verdict(change: &Change) -> &'static str {
    match (&change.subject, change.action()) {
        (Subject::Instances { action: InstanceAction::Retry, .. }, _) => "will be tried again",
        (Subject::Instances { action: InstanceAction::Recreate, .. }, _) => "will be taken out and made anew",
        (Subject::Instances { action: InstanceAction::Abandon, .. }, _) => {
            "will be taken out, and their stacks left behind"
        }
        (Subject::Role { custody: Custody::Adopted, .. } | Subject::StackSet { custody: Custody::Adopted, .. }, _) => {
            "will be adopted"
        }
        (
            Subject::Role { custody: Custody::Released, .. } | Subject::StackSet { custody: Custody::Released, .. },
            _,
        ) => "will be let go",
        (_, Action::Create) => "will be created",
        (_, Action::Update) => "will be updated in-place",
        (_, Action::Replace) => "must be replaced",
        (_, Action::Delete) => "will be destroyed",
    }
}

/// What a reader must not miss.
pub(super) fn warning(change: &Change) -> Option<&'static str> {
    let text = match (&change.subject, change.action()) {
        (Subject::Role { .. }, Action::Replace) => {
            "the role is deleted and made anew: in between, the vendor has no access"
        }
        (Subject::Role { .. }, Action::Delete) if change.why == Why::DeliveryChanged => {
            "the role is deleted here and made anew by a stack: in between, the vendor has no access"
        }
        (Subject::Role { .. }, Action::Create) if change.why == Why::DeliveryChanged => {
            "the role is made anew when its stack has deleted it: in between, the vendor has no access"
        }
        (Subject::StackSet { edit, .. }, Action::Replace) if is_same_name(edit) => {
            "the path changes: every role is deleted and then made anew; in between, the vendor has no access"
        }
        (Subject::StackSet { .. }, Action::Replace) => {
            "the role is made under its new name and the old one deleted: the vendor must use the new name"
        }
        (Subject::Instances { action: InstanceAction::Recreate, .. }, _) => {
            "what is left of the role is deleted and the role made anew: in between, the vendor has no access"
        }
        (Subject::Instances { action: InstanceAction::Abandon, .. }, _) => match change.why {
            Why::AccountGone => {
                "the role stays there and the vendor keeps its access; only the account itself can end that"
            }
            Why::ImportFailed => "the stack and its role stay as they are",
            _ => "if an account comes back into use, so does the role in it",
        },
        (Subject::Instances { .. }, Action::Delete) => "the role in these accounts is deleted with them",
        _ => return None,
    };
    Some(text)
}

/// Whether the role keeps its name.
fn is_same_name(edit: &Edit<Box<Definition>>) -> bool {
    let name = |definition: Option<&Box<Definition>>| Some(definition?.template.roles()?.default.name.clone());
    name(edit.before()) == name(edit.after())
}

/// The accounts in which a plan changes something.
pub(super) fn reach(plan: &Plan) -> usize {
    plan.changes.iter().flat_map(Change::accounts).collect::<BTreeSet<&AccountId>>().len()
}

/// What is not planned though it may have to be: `2 things are held back`, `1 account could not be read`.
pub(super) fn left_out(plan: &Plan) -> Vec<String> {
    let held = held(plan);
    let unknown = plan.unknown.len();
    let held = (held > 0).then(|| match held {
        1 => "1 thing is held back".to_owned(),
        _ => format!("{held} things are held back"),
    });
    let unknown = (unknown > 0).then(|| format!("{} could not be read", words::count(unknown, "account")));
    held.into_iter().chain(unknown).collect()
}
