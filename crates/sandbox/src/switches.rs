//! Behaviours of the simulated AWS that can be chosen.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cfn::switches::{
    CreateOverCurrent, DepartedAccounts, EmptyLists, EmptyUnit, FilteredDelete, IdenticalTemplate, InoperableDelete,
    LongStackNames, MoveBetweenTargets, MovedInstances, OperationReplay, PendingActivation, RecordedUnit,
    SuspendedAccounts,
};
use crate::iam;

/// Behaviours of the simulated AWS that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Whether accounts and organizational units carry their `Paths` and `Path` (new in 2026).
    pub paths: Presence,
    /// Whether accounts carry `State`.
    pub state: Presence,
    /// Whether accounts carry `Status`, which AWS retires in September 2026.
    pub status: Presence,
    /// The quota on the size of a trust policy in characters, whitespace not counted.
    pub trust_policy_size: usize,
    /// What IAM does to the text of a trust policy.
    pub trust_form: iam::TrustForm,
    /// The quota on roles in an account.
    pub roles_per_account: usize,
    /// The quota on managed policies of a role.
    pub policies_per_role: usize,
    /// What `UpdateRole` with an empty description does.
    pub empty_description: iam::EmptyDescription,
    /// For how many simulated seconds a login profile cannot be changed after it was made.
    pub login_profile_settles_seconds: u32,
    /// For how many simulated seconds readers of IAM still see what was before a change. Principals that were just made
    /// are unknown to trust policies and to STS for as long.
    pub iam_delay_seconds: u32,
    /// The accounts in which STS is not active, by Region.
    pub sts_disabled: BTreeMap<String, BTreeSet<String>>,
    /// Whether IAM's lists end a page early.
    pub short_pages: ShortPages,
    /// How long the lists of a stack set's operations and of their results lag behind, in simulated seconds.
    pub results_lag_seconds: u32,
    /// How long what is said of a stack set's instances lags behind, in simulated seconds.
    pub instances_lag_seconds: u32,
    /// How many instances of a stack set an operation works on at the same time at most.
    pub concurrent_instances: usize,
    /// How many stack sets there can be in a Region.
    pub stack_sets_quota: usize,
    /// How many instances a stack set can have.
    pub instances_quota: usize,
    /// How many instances all stack sets of a Region can work on at the same time.
    pub instances_at_once: usize,
    /// What a request comes to whose operation id is taken.
    pub operation_replay: OperationReplay,
    /// What becomes of the stack of an account that moves from one target of a stack set to another of the same.
    pub move_between_targets: MoveBetweenTargets,
    /// What becomes of the stack of an account that leaves the organization.
    pub departed_accounts: DepartedAccounts,
    /// What an update with the template that is there already does to instances.
    pub identical_template: IdenticalTemplate,
    /// What `CreateStackInstances` does to instances that are current.
    pub create_over_current: CreateOverCurrent,
    /// What a unit without accounts is as a target of `CreateStackInstances`.
    pub empty_unit: EmptyUnit,
    /// Which unit is recorded of an account that two targets cover.
    pub recorded_unit: RecordedUnit,
    /// By which unit an instance is reached whose account has moved to another.
    pub moved_instances: MovedInstances,
    /// Whether stacks are deployed to an account that waits for its activation.
    pub pending_activation: PendingActivation,
    /// What `CreateStackInstances` leaves of a suspended account.
    pub suspended_accounts: SuspendedAccounts,
    /// Whether a unit stays a target when accounts of it are taken away by a filter.
    pub filtered_delete: FilteredDelete,
    /// What deleting the stack of an inoperable instance comes to.
    pub inoperable_delete: InoperableDelete,
    /// Whether `ListAccountsForParent` carries `Paths` as `ListAccounts` does; AWS documents the shape only.
    pub paths_for_parent: Presence,
    /// Whether an empty page with a token comes before every page of Organizations that has rows.
    pub empty_pages: Presence,
    /// Whether calls are throttled by the documented rates.
    pub token_buckets: TokenBuckets,
    /// How much of those rates there is, in percent.
    pub token_bucket_percent: u32,
    /// Calls to IAM a second for each calling account; 0 is no limit. AWS documents none.
    pub iam_rate: u32,
    /// Calls to STS a second for each account; 0 is no limit.
    pub sts_rate: u32,
    /// Whose calls `AssumeRole` into another account counts among.
    pub sts_rate_account: RateAccount,
    /// Reading calls to CloudFormation a second for each calling account; 0 is no limit. AWS documents none.
    pub cloudformation_read_rate: u32,
    /// The most accounts that the organization may have.
    pub account_limit: usize,
    /// How long it takes to create an account, in simulated seconds.
    pub account_creation_seconds: u32,
    /// How long a closed account is pending closure, in simulated seconds.
    pub account_closure_seconds: u32,
    /// The `State` of an account whose closure is complete; its `Status` is `SUSPENDED` in any case.
    pub closed_account_state: ClosedState,
    /// For how many days such an account is still listed.
    pub closed_account_days: u32,
    /// How many simulated seconds it takes to make, update or delete a stack that is no stack set's.
    pub stack_seconds: u32,
    /// Whether a stack set whose name is so long that a stack's would have more than 128 characters gets its stacks.
    pub long_stack_names: LongStackNames,
    /// Whether drift detection sees what was added to a list that the template declares as empty.
    pub empty_lists: EmptyLists,
    /// How many simulated seconds pass before an event can be looked up.
    pub trail_delay_seconds: u32,
}

/// Whether a page of a list has fewer rows than were asked for although there are more, which AWS allows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortPages {
    /// No page but the last has.
    Never,
    /// Every page has half of them, at least one.
    Always,
}

/// Whether calls are throttled by the documented rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenBuckets {
    /// They are not.
    Off,
    /// They are; each operation has a bucket of its own.
    On,
    /// They are; operations in the same row of the Organizations quotas share a bucket.
    SharedRows,
}

/// Whose calls a call counts among.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateAccount {
    /// The caller's account's.
    Caller,
    /// The role's account's.
    Role,
}

/// The `State` of an account whose closure is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedState {
    /// `SUSPENDED`, as the reference of `CloseAccount` says.
    Suspended,
    /// `CLOSED`, as the list of states says.
    Closed,
}

/// Whether a member is part of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            paths: Presence::Present,
            state: Presence::Present,
            status: Presence::Present,
            trust_policy_size: 2048,
            trust_form: iam::TrustForm::Reserialised,
            roles_per_account: 1000,
            policies_per_role: 10,
            empty_description: iam::EmptyDescription::Clears,
            login_profile_settles_seconds: 0,
            iam_delay_seconds: 0,
            sts_disabled: BTreeMap::new(),
            short_pages: ShortPages::Never,
            results_lag_seconds: 5,
            instances_lag_seconds: 0,
            concurrent_instances: 100,
            stack_sets_quota: 1_000,
            instances_quota: 100_000,
            instances_at_once: 10_000,
            operation_replay: OperationReplay::default(),
            move_between_targets: MoveBetweenTargets::default(),
            departed_accounts: DepartedAccounts::default(),
            identical_template: IdenticalTemplate::default(),
            create_over_current: CreateOverCurrent::default(),
            empty_unit: EmptyUnit::default(),
            recorded_unit: RecordedUnit::default(),
            moved_instances: MovedInstances::default(),
            pending_activation: PendingActivation::default(),
            suspended_accounts: SuspendedAccounts::default(),
            filtered_delete: FilteredDelete::default(),
            inoperable_delete: InoperableDelete::default(),
            paths_for_parent: Presence::Present,
            empty_pages: Presence::Absent,
            token_buckets: TokenBuckets::Off,
            token_bucket_percent: 100,
            iam_rate: 0,
            sts_rate: 600,
            sts_rate_account: RateAccount::Caller,
            cloudformation_read_rate: 0,
            account_limit: 50_000,
            account_creation_seconds: 20,
            account_closure_seconds: 60,
            closed_account_state: ClosedState::Suspended,
            closed_account_days: 90,
            stack_seconds: 0,
            long_stack_names: LongStackNames::default(),
            empty_lists: EmptyLists::default(),
            trail_delay_seconds: 300,
        }
    }
}

impl Switches {
    /// The part that IAM needs where it makes changes.
    pub(crate) fn iam_quotas(&self) -> iam::Quotas {
        iam::Quotas {
            roles_per_account: self.roles_per_account,
            policies_per_role: self.policies_per_role,
            empty_description: self.empty_description,
            login_profile_settles: self.login_profile_settles_seconds,
        }
    }
}
