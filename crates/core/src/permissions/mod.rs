//! Which IAM permissions planning and applying take: one table of AWS operations, from which least-privilege policies
//! are written and the caller's permissions are checked.
//!
//! The actions and the kinds of resources that each takes are those of AWS's Service Authorization Reference.

mod policy;
mod setting;
mod table;
#[cfg(test)]
mod tests;

pub use self::policy::{Policy, policy};
pub use self::setting::{ManagedRole, Scene, Setting};
pub use self::table::{CALLS, Call, Calling};

/// What the permissions are for. Each takes what planning takes, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// `plan`, `status` and `accounts`: reading only.
    Plan,
    /// `drift`, which can say who changed a role: reading only.
    Drift,
    /// `apply`.
    Apply,
    /// `doctor`, which simulates policies: reading only.
    Doctor,
}

impl Purpose {
    /// Whether what `other` takes is part of it.
    pub fn includes(self, other: Self) -> bool {
        other == self || other == Self::Plan
    }
}

/// Whose permissions they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The role or user that runs the program.
    Caller,
    /// `access.member_role`, which the caller assumes in other accounts.
    Member,
}

/// What an action is allowed on, by the kinds of resources for which IAM can tell resources apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Everything: the action cannot be narrowed.
    Any,
    /// The root and the units of the organization.
    Units,
    /// Our stack sets.
    StackSets,
    /// Our stack sets, what they are deployed to, and the resource type of their template: an operation takes all three.
    StackSetOperations,
    /// The stacks of our stack sets.
    Stacks,
    /// The service-linked role with which StackSets act in the organization.
    ServiceLinkedRole,
    /// The roles that the file describes.
    Roles,
    /// The customer-managed policies that are made for the roles.
    Policies,
    /// The member role in any account.
    MemberRole,
    /// The roles and users whose policies are simulated: the caller and the member role.
    Principals,
    /// The parameter that holds the lock of a run.
    Lock,
    /// The history of an account, which cannot be narrowed. Without it `drift` only says less.
    History,
}

/// An action that must be allowed, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// On what.
    pub kind: Kind,
    /// The action, like `iam:PutRolePolicy`.
    pub action: &'static str,
}

/// The calls that somebody makes for a purpose.
pub fn calls(purpose: Purpose, part: Part, setting: &Setting) -> impl Iterator<Item = &'static Call> {
    CALLS.iter().filter(move |call| purpose.includes(call.purpose) && call.calling.concerns(part, setting))
}

/// What somebody must be allowed for a purpose: sorted, each once.
pub fn needs(purpose: Purpose, part: Part, setting: &Setting) -> Vec<Need> {
    let mut needs: Vec<Need> = calls(purpose, part, setting).flat_map(Call::needs).collect();
    needs.sort_unstable();
    needs.dedup();
    needs
}
