//! How stack sets behave where AWS's documentation is silent. Each enum's first value is the default.

use serde::{Deserialize, Serialize};

/// Defines choices: enums that an organization file spells in snake case.
macro_rules! choices {
    ($($(#[$outer:meta])* $enum:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$inner:meta])* $variant:ident,)+ })+) => {
        $(
            $(#[$outer])*
            #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "snake_case")]
            pub enum $enum {
                $(#[$first_doc])*
                #[default]
                $first,
                $($(#[$inner])* $variant,)+
            }
        )+
    };
}

choices! {
    /// What a request comes to whose operation id is taken.
    OperationReplay {
        /// `OperationIdAlreadyExistsException`, whatever it asks for.
        Refused,
        /// The same answer again for the same request; `StaleRequestException` when there was an operation since; and
        /// `OperationIdAlreadyExistsException` for another request.
        Accepted,
    }
    /// What becomes of the stack of an account that moves from one target of a stack set to another of the same.
    MoveBetweenTargets {
        /// Nothing.
        Kept,
        /// It is deleted and made again.
        Recreated,
    }
    /// What becomes of the stack of an account that leaves the organization.
    DepartedAccounts {
        /// The instance goes, the stack stays.
        Retained,
        /// Both go.
        Deleted,
        /// The stack cannot be reached any more: the instance is inoperable.
        Stuck,
    }
    /// What an update with the template that is there already does to instances.
    IdenticalTemplate {
        /// They are outdated first, as with any template.
        Outdates,
        /// They stay as they are.
        Ignored,
    }
    /// What `CreateStackInstances` does to instances that are current.
    CreateOverCurrent {
        /// They are deployed to again, with the overrides of the request.
        Deployed,
        /// Nothing.
        Ignored,
    }
    /// What a unit without accounts is as a target of `CreateStackInstances`.
    EmptyUnit {
        /// A target like others, for accounts to come.
        Accepted,
        /// Refused.
        Refused,
    }
    /// Which unit is recorded of an account that two targets cover.
    RecordedUnit {
        /// The one nearer to the account.
        Nearest,
        /// The one nearer to the root.
        Outermost,
    }
    /// By which unit an instance is reached whose account has moved to another.
    MovedInstances {
        /// By either of them.
        EitherUnit,
        /// By the one that is recorded of it.
        RecordedUnit,
        /// By the one that the account is in.
        PresentUnit,
    }
    /// Whether stacks are deployed to an account that waits for its activation.
    PendingActivation {
        /// It is skipped like a suspended one.
        Skipped,
        /// It is deployed to like an active one.
        Deployed,
    }
    /// What `CreateStackInstances` leaves of a suspended account.
    SuspendedAccounts {
        /// Nothing.
        LeftOut,
        /// An instance without a stack, skipped.
        Recorded,
    }
    /// Whether a unit stays a target when accounts of it are taken away by a filter, until none is left.
    FilteredDelete {
        /// It does: only units that are named as a whole cease to be targets.
        KeepsTarget,
        /// It does not.
        DropsTarget,
    }
    /// What deleting the stack of an inoperable instance comes to.
    InoperableDelete {
        /// It fails as before; only retaining the stack helps.
        Fails,
        /// It is tried again.
        TriedAgain,
    }
    /// What becomes of stacks of a stack set whose name would have more than 128 characters.
    LongStackNames {
        /// They fail.
        Refused,
        /// They are made.
        Allowed,
    }
    /// How drift detection takes a list that the template declares as empty.
    EmptyLists {
        /// As any other: what was added to it is drift.
        Compared,
        /// As if it was not declared.
        Ignored,
    }
}
