//! Each permission that a purpose takes, of one principal at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolecall_core::desired::Desired;
use rolecall_core::ids::AccountId;
use rolecall_core::permissions::{Kind, Need, Part, Purpose, Scene, Setting, needs};
use rolecall_core::role::Role;

use super::check::{Check, Subject, Verdict};
use super::probe;
use super::simulate::simulate;
use crate::connect::Connection;
use crate::error::CallError;
use crate::sessions::Iam;

/// Whether something is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It is.
    Allowed,
    /// It is not, by this kind of policy.
    Denied(Denial),
    /// It could not be found out, for this reason.
    Unknown(String),
}

/// What denies something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Denial {
    /// No policy allows it.
    Implicit,
    /// A policy of the principal denies it.
    Explicit,
    /// The permissions boundary does not allow it.
    Boundary,
    /// A service control policy does not allow it.
    Organization,
}

/// What is needed, and whether it is allowed.
pub(super) type Standings = BTreeMap<Need, Standing>;

/// Whose permissions are tried out.
pub(super) enum Principal {
    /// The caller's, in its own account.
    Caller,
    /// The member role's, by a session of it.
    Member(Iam),
}

/// What is tried out.
pub(super) struct Trial<'a> {
    pub(super) connection: &'a Connection,
    pub(super) setting: &'a Setting,
    pub(super) purpose: Purpose,
}

impl Trial<'_> {
    /// What a principal may do of what the purpose takes: as IAM simulates its policies, or where it may not be asked, as
    /// reading shows.
    pub(super) async fn of(&self, principal: Principal, scene: Scene<'_>) -> Result<Standings, CallError> {
        let (part, iam) = match principal {
            Principal::Caller => (Part::Caller, self.connection.sessions.iam(scene.account).await?),
            Principal::Member(iam) => (Part::Member, iam),
        };
        let mut wanted: Vec<Need> = needs(self.purpose, part, self.setting);
        // Assuming the member role is tried out by assuming it.
        wanted.retain(|need| !matches!(need.kind, Kind::MemberRole | Kind::Principals));
        match simulate(self, part, &iam, &wanted, scene).await {
            Ok(standings) => Ok(standings),
            Err(error) if error.stops_everything() => Err(error),
            Err(error) => probe::read(self, part, &iam, &wanted, scene, &error).await,
        }
    }
}

/// Whether an inline policy of the files does not fit into its role, so that customer-managed policies are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnPolicies {
    Needed,
    NotNeeded,
}

impl OwnPolicies {
    /// What the roles of an organization take.
    pub(super) fn of(desired: &Desired) -> Self {
        let outgrown = |role: &Arc<Role>| !role.managed.is_empty();
        let is_needed = desired.integrations.values().any(|integration| {
            let management = integration.management.iter().map(|(_, role)| role);
            management.chain(integration.members.values()).any(outgrown)
        });
        if is_needed { Self::Needed } else { Self::NotNeeded }
    }

    /// Whether something is only needed when a policy outgrows its role, which none does.
    fn excuses(self, need: &Need) -> bool {
        self == Self::NotNeeded && need.kind == Kind::Policies
    }
}

/// Adds the checks of what planning takes, and of what applying takes besides, for one or many principals.
pub(super) fn report<'a>(
    purpose: Purpose,
    own_policies: OwnPolicies,
    part: Part,
    principals: impl IntoIterator<Item = (&'a AccountId, &'a Standings)>,
    checks: &mut Vec<Check>,
) {
    let principals: Vec<_> = principals.into_iter().collect();
    let planning: BTreeSet<Need> = rolecall_core::permissions::CALLS
        .iter()
        .filter(|call| call.purpose == Purpose::Plan)
        .flat_map(rolecall_core::permissions::Call::needs)
        .collect();
    let (plan, apply) = match part {
        Part::Caller => (Subject::PlanAsCaller, Subject::ApplyAsCaller),
        Part::Member => (Subject::PlanAsMember, Subject::ApplyAsMember),
    };
    grouped(plan, part, &principals, |need| planning.contains(need), checks);
    if purpose == Purpose::Apply {
        let is_demanded = |need: &Need| !planning.contains(need) && !own_policies.excuses(need);
        grouped(apply, part, &principals, is_demanded, checks);
        excused(own_policies, apply, part, &principals, checks);
    }
    if purpose == Purpose::Drift {
        history(part, &principals, checks);
    }
}

/// Says what is not allowed and would be needed only if a policy outgrew its role.
fn excused(
    own_policies: OwnPolicies,
    subject: Subject,
    part: Part,
    principals: &[(&AccountId, &Standings)],
    checks: &mut Vec<Check>,
) {
    let mut accounts: BTreeMap<BTreeSet<&'static str>, BTreeSet<AccountId>> = BTreeMap::new();
    for (account, standings) in principals {
        let is_missing =
            |(need, standing): &(&Need, &Standing)| own_policies.excuses(need) && **standing != Standing::Allowed;
        let actions: BTreeSet<&str> = standings.iter().filter(is_missing).map(|(need, _)| need.action).collect();
        if !actions.is_empty() {
            accounts.entry(actions).or_default().insert((*account).clone());
        }
    }
    for (actions, accounts) in accounts {
        let message = format!(
            "{}, not allowed or not checked, needed only where an inline policy does not fit into its role, or did not \
             before",
            counted(actions.len())
        );
        let check = Check { actions, ..Check::new(subject, Verdict::Ok, message) };
        checks.push(match part {
            Part::Caller => check,
            Part::Member => check.within(accounts),
        });
    }
}

/// Whether it can be looked up who changed a role, which nothing depends on.
fn history(part: Part, principals: &[(&AccountId, &Standings)], checks: &mut Vec<Check>) {
    let subject = match part {
        Part::Caller => Subject::HistoryAsCaller,
        Part::Member => Subject::HistoryAsMember,
    };
    let mut accounts: BTreeMap<bool, BTreeSet<AccountId>> = BTreeMap::new();
    for (account, standings) in principals {
        let may = |need: &Need, standing: &Standing| need.kind == Kind::History && *standing == Standing::Allowed;
        let is_allowed = standings.iter().any(|(need, standing)| may(need, standing));
        accounts.entry(is_allowed).or_default().insert((*account).clone());
    }
    for (is_allowed, accounts) in accounts {
        let message = if is_allowed {
            "cloudtrail:LookupEvents is allowed, so that `drift` can say who changed a role"
        } else {
            "cloudtrail:LookupEvents is not allowed; it is optional: `drift` does not say who changed a role"
        };
        let check = Check::new(subject, Verdict::Ok, message.to_owned());
        checks.push(match part {
            Part::Caller => check,
            Part::Member => check.within(accounts),
        });
    }
}

/// One check for all principals of which the same was found out.
fn grouped(
    subject: Subject,
    part: Part,
    principals: &[(&AccountId, &Standings)],
    concerns: impl Fn(&Need) -> bool,
    checks: &mut Vec<Check>,
) {
    let mut findings: BTreeMap<Vec<Finding>, BTreeSet<AccountId>> = BTreeMap::new();
    for (account, standings) in principals {
        let concerned: Standings = standings
            .iter()
            .filter(|(need, _)| concerns(need))
            .map(|(need, standing)| (*need, standing.clone()))
            .collect();
        findings.entry(Finding::of(&concerned)).or_default().insert((*account).clone());
    }
    for (findings, accounts) in findings {
        for finding in findings {
            let check = finding.check(subject, part);
            checks.push(match part {
                Part::Caller => check,
                Part::Member => check.within(accounts.clone()),
            });
        }
    }
}

/// What came of the needs of one purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    verdict: Verdict,
    message: String,
    actions: BTreeSet<&'static str>,
}

impl Finding {
    fn of(standings: &Standings) -> Vec<Self> {
        let mut denied: BTreeMap<Denial, BTreeSet<&'static str>> = BTreeMap::new();
        let mut unknown: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
        for (need, standing) in standings {
            match standing {
                Standing::Allowed => {}
                Standing::Denied(denial) => {
                    denied.entry(*denial).or_default().insert(need.action);
                }
                Standing::Unknown(reason) => {
                    unknown.entry(reason).or_default().insert(need.action);
                }
            }
        }
        if denied.is_empty() && unknown.is_empty() {
            let actions: BTreeSet<&str> = standings.keys().map(|need| need.action).collect();
            let message = format!("all {} actions are allowed", actions.len());
            return vec![Self { verdict: Verdict::Ok, message, actions: BTreeSet::new() }];
        }
        let denied = denied.into_iter().map(|(denial, actions)| Self {
            verdict: Verdict::Failed,
            message: format!("{} {}", counted(actions.len()), denial.words()),
            actions,
        });
        let unknown = unknown.into_iter().map(|(reason, actions)| Self {
            verdict: Verdict::NotChecked,
            message: format!("{} could not be checked: {reason}", counted(actions.len())),
            actions,
        });
        denied.chain(unknown).collect()
    }

    fn check(self, subject: Subject, part: Part) -> Check {
        let Self { verdict, message, actions } = self;
        let check = Check { actions, ..Check::new(subject, verdict, message) };
        let purpose = match subject {
            Subject::ApplyAsCaller | Subject::ApplyAsMember => "apply",
            _ => "plan",
        };
        let part = match part {
            Part::Caller => "",
            Part::Member => " --part member",
        };
        match verdict {
            Verdict::Ok => check,
            Verdict::Failed => {
                check.advise(format!("`rolecall iam-policy --for {purpose}{part}` prints the policy that allows them"))
            }
            Verdict::NotChecked => check.advise(format!(
                "`rolecall iam-policy --for doctor{part}` prints the policy with which IAM can be asked"
            )),
        }
    }
}

fn counted(actions: usize) -> String {
    if actions == 1 { "1 action".to_owned() } else { format!("{actions} actions") }
}

impl Denial {
    fn words(self) -> &'static str {
        match self {
            Self::Implicit => "not allowed by any policy",
            Self::Explicit => "denied by a policy of the role or user",
            Self::Boundary => "not allowed by the permissions boundary",
            Self::Organization => "not allowed by a service control policy of the organization",
        }
    }
}
