//! What those hear who follow the organization.

/// What happened to an account, for those who follow the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountEvent {
    /// It was created; it is in the root.
    Created,
    /// It was moved from one parent to another.
    Moved {
        /// The id of the root or unit it was in.
        from: String,
        /// The id of the root or unit it is in now.
        to: String,
    },
    /// It was closed: it is pending closure, then suspended.
    Closed,
    /// It left the organization.
    Left {
        /// The id of the root or unit it was in.
        from: String,
    },
}
