//! Why something that was found is not in the file.

use crate::ids::InlineName;
use crate::policy::PrincipalType;

/// Why something that was found is not in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Reason {
    /// The trust policy is more, or something else, than a file can say.
    #[error("its trust policy is not of the form that a file can say")]
    Unreadable,
    /// The trust policy has several statements.
    #[error("its trust policy has {0} statements, and a file can say one")]
    Statements(usize),
    /// The trust policy denies.
    #[error("its trust policy denies, which a file cannot say")]
    Denies,
    /// Anybody who has the external ID may assume it.
    #[error("it trusts everybody (`*`), or everybody but some: name the vendor's account")]
    Wildcard,
    /// A principal was deleted.
    #[error("it trusts {0}, the id of a role or user that was deleted: name its ARN")]
    Orphan(String),
    /// Services and identity providers are not supported.
    #[error("it trusts principals of type {}, which are not supported yet", .0.as_str())]
    Principals(PrincipalType),
    /// More than `sts:AssumeRole`.
    #[error("its trust policy allows {0}, and a file can say sts:AssumeRole alone")]
    Actions(String),
    /// The external ID is compared in another way.
    #[error("it compares the external ID by {0}, and a file can say StringEquals alone")]
    Operator(String),
    /// Several external IDs.
    #[error("it accepts {0} external IDs, and a file can say one for each account")]
    ExternalIds(usize),
    /// Not an external ID.
    #[error("`{0}` is not an external ID")]
    ExternalId(String),
    /// None is demanded.
    #[error("it demands no external ID")]
    NoExternalId,
    /// A policy would be refused.
    #[error("its inline policy {name} is not as it should be: {problem}")]
    Policy {
        /// The policy.
        name: InlineName,
        /// What is wrong with it.
        problem: String,
    },
    /// Another one of the same name is in more accounts.
    #[error("it is not like the role of this name above: {0} differ")]
    Differs(String),
    /// `CloudFormation` made the name up.
    #[error("its name was made up by CloudFormation, so it is another in each account")]
    MadeUpName,
    /// The role of a stack set was not found.
    #[error("no role that it makes was found whose name stands in its template")]
    NoRole,
    /// The file would not be accepted.
    #[error("the file would not be accepted: {0}")]
    Refused(String),
    /// It could not be read.
    #[error("it could not be read: {0}")]
    Unread(String),
}
