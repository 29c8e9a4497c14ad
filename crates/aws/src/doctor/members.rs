//! The member role in every target account.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rolecall_core::desired::Desired;
use rolecall_core::ids::AccountId;
use rolecall_core::org::Org;
use rolecall_core::permissions::Scene;

use super::check::{Check, Subject};
use super::organization::settled;
use super::permissions::{Principal, Standings, Trial};
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::events::ObserveEvent;

/// What was found out about one account.
pub(super) struct Member {
    account: AccountId,
    /// What the member role may do there, or why it cannot be assumed.
    reading: Result<Standings, CallError>,
}

impl Member {
    /// What the member role may do in the account, where it can be assumed.
    pub(super) fn permissions(&self) -> Option<(&AccountId, &Standings)> {
        self.reading.as_ref().ok().map(|standings| (&self.account, standings))
    }
}

/// The accounts in which the member role is assumed: all targets but the caller's own account.
pub(super) fn targets(desired: &Desired, own: &AccountId) -> BTreeSet<AccountId> {
    let wanted = desired.integrations.values();
    let accounts =
        wanted.flat_map(|wanted| wanted.members.keys().chain(wanted.management.iter().map(|(account, _)| account)));
    accounts.filter(|account| *account != own).cloned().collect()
}

/// Assumes the role in each account, as many at a time as the parallelism allows, and tries out what it may do.
pub(super) async fn check(
    trial: &Trial<'_>,
    accounts: BTreeSet<AccountId>,
    org: &Org,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Vec<Member>, CallError> {
    let mut members: Vec<Member> = stream::iter(accounts)
        .map(|account| async move {
            let scene = Scene { account: &account, org };
            let assumed = {
                let _permit = trial.connection.permit().await;
                settled(trial.connection.sessions.iam(&account).await)?
            };
            let reading = match assumed {
                Ok(iam) => Ok(trial.of(Principal::Member(iam), scene).await?),
                Err(error) => Err(error),
            };
            let failure = reading.as_ref().err().map(|error| error.clone().into());
            watch(ObserveEvent::Account { account: &account, failure: failure.as_ref() });
            Ok::<_, CallError>(Member { account, reading })
        })
        .buffer_unordered(trial.connection.parallelism.get())
        .try_collect()
        .await?;
    members.sort_by(|one, other| one.account.cmp(&other.account));
    Ok(members)
}

/// Where the role can be assumed, and where not, by reason.
pub(super) fn report(connection: &Connection, org: &Org, members: &[Member], checks: &mut Vec<Check>) {
    let role = &connection.access.member_role;
    let mut assumed = BTreeSet::new();
    let mut refused: BTreeMap<String, (BTreeSet<AccountId>, &CallError)> = BTreeMap::new();
    for member in members {
        match &member.reading {
            Ok(_) => {
                assumed.insert(member.account.clone());
            }
            Err(error) => {
                let (accounts, _) = refused.entry(reason(error)).or_insert_with(|| (BTreeSet::new(), error));
                accounts.insert(member.account.clone());
            }
        }
    }
    if !assumed.is_empty() {
        let message = format!("{role} can be assumed");
        checks.push(Check::ok(Subject::MemberRole, message).within(assumed));
    }
    for (reason, (accounts, error)) in refused {
        let has_management = accounts.contains(&org.management_account);
        let message = format!("{role} cannot be assumed: {reason}");
        let check = match error.kind() {
            CallErrorKind::Denied if has_management && accounts.len() == 1 => {
                Check::failed(Subject::MemberRole, message)
                    .advise(of_management(role.as_str(), &connection.caller().arn))
            }
            CallErrorKind::Denied => {
                Check::failed(Subject::MemberRole, message).advise(of_members(role.as_str(), &connection.caller().arn))
            }
            CallErrorKind::DeniedByOrganization => Check::failed(Subject::MemberRole, message)
                .advise("a service or resource control policy forbids it: exempt the caller's role"),
            CallErrorKind::RegionDisabled => Check::failed(Subject::MemberRole, message)
                .advise("activate AWS STS for the Region in the accounts' settings, or choose another `access.region`"),
            _ => Check::not_checked(Subject::MemberRole, message),
        };
        checks.push(check.within(accounts));
    }
}

/// The reason without what differs from account to account.
fn reason(error: &CallError) -> String {
    match error.kind() {
        CallErrorKind::Denied | CallErrorKind::DeniedByOrganization | CallErrorKind::RegionDisabled => {
            error.code().to_owned()
        }
        _ => format!("{}: {}", error.code(), error.message()),
    }
}

/// AWS gives one answer for the three (aws-sdk and IAM User Guide, "Troubleshooting IAM roles").
fn of_members(role: &str, caller: &str) -> String {
    format!(
        "AWS gives one answer for three causes: the role {role} is missing there, as in an account that was invited \
         (make it, or name another with `access.member_role`); its trust policy does not name {caller} or its account; \
         or the caller is not allowed sts:AssumeRole on it (`rolecall iam-policy --for plan` prints the policy)"
    )
}

fn of_management(role: &str, caller: &str) -> String {
    format!(
        "the management account has no such role by itself, and a delegated administrator reaches it in no other way: \
         make a role {role} there that trusts {caller}, or set `management_account: false` in the integrations and keep \
         that account's role by a run with its own credentials"
    )
}
