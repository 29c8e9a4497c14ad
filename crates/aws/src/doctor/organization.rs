//! The organization, the caller's place in it, and trusted access.

use aws_sdk_organizations::types as sdk;
use rolecall_core::ids::AccountId;
use rolecall_core::observed::TrustedAccess;
use rolecall_core::org::Org;
use rolecall_core::spec::{CallAs, Delivery, Spec};

use super::check::{Check, Subject};
use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::observe::{unfit, wanted_units};
use crate::org::{Features, OrgIdentity, UnitNames, describe_org, read_tree};
use crate::stack_sets::trusted_access;

/// The service as which delegated administrators for StackSets are registered (CloudFormation User Guide, "Register a
/// delegated administrator").
const SERVICE: &str = "member.org.stacksets.cloudformation.amazonaws.com";

/// Checks everything up to the accounts; `None` when what comes later cannot be checked.
pub(super) async fn check(
    connection: &Connection,
    spec: &Spec,
    checks: &mut Vec<Check>,
) -> Result<Option<Org>, CallError> {
    let Some(identity) = identify(connection, spec, checks).await? else { return Ok(None) };
    let may_call = is_in_place(connection, &identity.management_account, checks).await?;
    if may_call {
        checks.push(check_access(connection, spec).await?);
    } else {
        let message = "StackSets answer only to the accounts named above";
        checks.push(Check::not_checked(Subject::TrustedAccess, message));
    }
    let (names, ids) = wanted_units(spec, UnitNames::NotNeeded);
    match settled(read_tree(connection, identity, names, &ids).await)? {
        Ok(org) => {
            let message = match org.accounts.len() {
                1 => "the one account and the units can be read".to_owned(),
                number => format!("{number} accounts and their units can be read"),
            };
            checks.push(Check::ok(Subject::Accounts, message));
            Ok(may_call.then_some(org))
        }
        Err(error) => {
            checks.push(of_error(Subject::Accounts, &error));
            Ok(None)
        }
    }
}

/// An error that stops everything stays one; any other is a finding.
pub(super) fn settled<T>(result: Result<T, CallError>) -> Result<Result<T, CallError>, CallError> {
    match result {
        Err(error) if error.stops_everything() => Err(error),
        other => Ok(other),
    }
}

/// What a failed call says: a refusal is a failure, and anything else leaves open what there is.
pub(super) fn of_error(subject: Subject, error: &CallError) -> Check {
    let check = match error.kind() {
        CallErrorKind::Throttled
        | CallErrorKind::Service
        | CallErrorKind::Timeout
        | CallErrorKind::Unreachable
        | CallErrorKind::BadAnswer => Check::not_checked(subject, error.to_string()),
        _ => Check::failed(subject, error.to_string()),
    };
    match error.advice() {
        Some(advice) => check.advise(advice),
        None => check,
    }
}

async fn identify(
    connection: &Connection,
    spec: &Spec,
    checks: &mut Vec<Check>,
) -> Result<Option<OrgIdentity>, CallError> {
    let identity = match settled(describe_org(connection).await)? {
        Ok(identity) => identity,
        Err(error) => {
            checks.push(of_error(Subject::Organization, &error));
            return Ok(None);
        }
    };
    let check = match (unfit(&spec.organization, &identity), identity.features) {
        (Some(error), _) => Check::failed(Subject::Organization, error.to_string())
            .advise("use credentials of that organization, or the configuration of this one"),
        (None, Features::ConsolidatedBilling) => {
            let message = format!("{} has consolidated billing only, and StackSets need all features", identity.id);
            Check::failed(Subject::Organization, message)
                .advise("enable all features, in the management account: `aws organizations enable-all-features`")
        }
        (None, Features::All) => {
            let OrgIdentity { id, management_account, features: _ } = &identity;
            Check::ok(Subject::Organization, format!("{id}, all features, management account {management_account}"))
        }
    };
    let goes_on = check.verdict == super::Verdict::Ok;
    checks.push(check);
    Ok(goes_on.then_some(identity))
}

/// Whether StackSets take calls from the caller's account.
async fn is_in_place(
    connection: &Connection,
    management_account: &AccountId,
    checks: &mut Vec<Check>,
) -> Result<bool, CallError> {
    let account = &connection.caller().account;
    let is_management = account == management_account;
    let check = match connection.access.call_as {
        CallAs::Management if is_management => Check::ok(Subject::CallerAccount, "the management account"),
        CallAs::Management => {
            let message = format!("{account} is not the management account, which is {management_account}");
            Check::failed(Subject::CallerAccount, message).advise(
                "use credentials of the management account, or set `access.call_as: delegated_admin` if this account \
                 is a delegated administrator for StackSets",
            )
        }
        CallAs::DelegatedAdmin if is_management => {
            let message = format!("{account} is the management account, which is no delegated administrator");
            Check::failed(Subject::CallerAccount, message)
                .advise("set `access.call_as: self`, or use credentials of a delegated administrator")
        }
        CallAs::DelegatedAdmin => check_delegation(connection, management_account).await?,
    };
    let is_in_place = check.verdict != super::Verdict::Failed;
    checks.push(check);
    Ok(is_in_place)
}

/// CloudFormation finds out in the caller's name whether its account is a delegated administrator; a caller who may not
/// list them is taken for none.
async fn check_delegation(connection: &Connection, management_account: &AccountId) -> Result<Check, CallError> {
    let account = &connection.caller().account;
    let register = format!(
        "register it, in the management account {management_account}: `aws organizations \
         register-delegated-administrator --account-id {account} --service-principal {SERVICE}`"
    );
    Ok(match settled(delegated(connection).await)? {
        Ok(accounts) if accounts.contains(account) => {
            Check::ok(Subject::CallerAccount, "a delegated administrator for StackSets")
        }
        Ok(_) => {
            let message = format!("{account} is not registered as a delegated administrator for StackSets");
            Check::failed(Subject::CallerAccount, message).advise(register)
        }
        Err(error) if error.kind() == CallErrorKind::Denied => {
            let message = format!(
                "{account} is not a delegated administrator, or the caller may not call \
                 organizations:ListDelegatedAdministrators, which StackSets need to find out"
            );
            Check::failed(Subject::CallerAccount, message).advise(format!("allow it; or {register}"))
        }
        Err(error) => of_error(Subject::CallerAccount, &error),
    })
}

async fn delegated(connection: &Connection) -> Result<Vec<AccountId>, CallError> {
    const CALL: &str = "organizations:ListDelegatedAdministrators";
    let mut accounts = Vec::new();
    let mut token = None;
    loop {
        let _permit = connection.turn(CALL).await;
        let request = connection.organizations.list_delegated_administrators().service_principal(SERVICE);
        let page = request.set_next_token(token).send().await.map_err(failed(&connection.site, CALL))?;
        let ids = page.delegated_administrators().iter().filter_map(sdk::DelegatedAdministrator::id);
        accounts.extend(ids.filter_map(|id| id.parse::<AccountId>().ok()));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(accounts);
        }
    }
}

async fn check_access(connection: &Connection, spec: &Spec) -> Result<Check, CallError> {
    let is_needed = spec.integrations.values().any(|wanted| wanted.rollout.delivery == Delivery::StackSet);
    let activate = "switch it on in the management account: `aws cloudformation activate-organizations-access`";
    Ok(match (settled(trusted_access(connection).await)?, connection.access.call_as) {
        (Ok(TrustedAccess::Enabled), _) => Check::ok(Subject::TrustedAccess, "on"),
        (Ok(TrustedAccess::Disabled), _) if !is_needed => {
            Check::ok(Subject::TrustedAccess, "off, and no integration is delivered by stack sets")
        }
        (Ok(TrustedAccess::Disabled), CallAs::Management) => {
            Check::ok(Subject::TrustedAccess, "off; `rolecall apply` switches it on")
        }
        (Ok(TrustedAccess::Disabled), CallAs::DelegatedAdmin) => {
            let message = "off, and a delegated administrator cannot switch it on";
            Check::failed(Subject::TrustedAccess, message).advise(activate)
        }
        (Ok(TrustedAccess::DisabledPermanently), _) => {
            Check::failed(Subject::TrustedAccess, "AWS switched it off for good").advise("ask AWS Support")
        }
        (Err(error), _) => of_error(Subject::TrustedAccess, &error),
    })
}
