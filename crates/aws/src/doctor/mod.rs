//! Whether planning and applying can work: checked beforehand, by reading only.

mod check;
mod members;
mod organization;
mod permissions;
mod probe;
mod simulate;

use rolecall_core::desired::resolve;
use rolecall_core::permissions::{Part, Purpose, Scene, Setting};
use rolecall_core::spec::Spec;

pub use self::check::{Check, Diagnosis, Subject, Verdict};
use self::members::Member;
use self::permissions::{OwnPolicies, Principal};
use crate::connect::Connection;
use crate::error::CallError;
use crate::events::ObserveEvent;

/// Checks the caller, the organization, trusted access, the member role in every target account, and each permission
/// that a purpose takes, in the caller's account and in the target accounts.
///
/// Nothing is changed: it reads, assumes the member role, and has IAM simulate policies. Fails only when the caller's
/// credentials end in the middle; everything else is a finding. What builds on something that failed is not checked.
pub async fn diagnose(
    connection: &Connection,
    spec: &Spec,
    purpose: Purpose,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Diagnosis, CallError> {
    let told = |call: &str| watch(ObserveEvent::Throttled { call });
    connection.paces.telling(told, Box::pin(check(connection, spec, purpose, watch))).await
}

async fn check(
    connection: &Connection,
    spec: &Spec,
    purpose: Purpose,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Diagnosis, CallError> {
    let caller = connection.caller();
    let mut checks = vec![Check::ok(Subject::Caller, format!("{} in account {}", caller.arn, caller.account))];
    let found = organization::check(connection, spec, &mut checks).await?;
    if let Some(org) = found {
        watch(ObserveEvent::Organization { accounts: org.accounts.len() });
        match resolve(spec, &org) {
            Ok(desired) => {
                let scene = Scene { account: &caller.account, org: &org };
                let setting = Setting {
                    partition: caller.partition,
                    member_role: connection.access.member_role.to_string(),
                    ..Setting::of(spec)
                };
                let trial = permissions::Trial { connection, setting: &setting, purpose };
                let accounts = members::targets(&desired, &caller.account);
                watch(ObserveEvent::Roles { accounts: accounts.len() });
                let own = trial.of(Principal::Caller, scene).await?;
                let members: Vec<Member> = members::check(&trial, accounts, &org, watch).await?;
                members::report(connection, &org, &members, &mut checks);
                let own_policies = OwnPolicies::of(&desired);
                permissions::report(purpose, own_policies, Part::Caller, [(&caller.account, &own)], &mut checks);
                let readings = members.iter().filter_map(Member::permissions);
                permissions::report(purpose, own_policies, Part::Member, readings, &mut checks);
            }
            Err(errors) => {
                let problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
                let check = Check::failed(Subject::Targets, problems.join("; "));
                checks.push(check.advise("`rolecall accounts` shows the units, `rolecall plan` the lines of the file"));
            }
        }
    }
    Ok(Diagnosis { caller: caller.clone(), checks })
}
