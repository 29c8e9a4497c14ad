//! A fault, and what it happens to.

use serde::{Deserialize, Serialize};

use super::effect::{FaultEffect, OutOfBandCall};
use crate::access::matches;
use crate::iam::is_account_id;
use crate::wire::Service;

/// A fault, and the calls it happens to. A member that is left out does not narrow them down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct FaultRule {
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// The operation, for example `GetRole`; `*` and `?` are wildcards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The account acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which of the calls that match.
    pub when: FaultWhen,
    /// What happens to them.
    pub effect: FaultEffect,
}

/// Which of the matching calls a fault happens to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultWhen {
    /// How many go well first.
    pub skip: u64,
    /// How many it then happens to; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely it is to happen to each of them, from 0 to 1; certain when absent. The sandbox's seed decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
}

/// A rule as it is written, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    service: Option<Service>,
    operation: Option<String>,
    account: Option<String>,
    #[serde(default)]
    when: FaultWhen,
    effect: FaultEffect,
}

impl TryFrom<Written> for FaultRule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { service, operation, account, when, effect } = written;
        let rule = Self { service, operation, account, when, effect };
        rule.check()?;
        Ok(rule)
    }
}

/// What happens to stacks, whoever is behind it.
const STACK_OPERATIONS: [&str; 3] = ["CreateStack", "UpdateStack", "DeleteStack"];

impl FaultRule {
    /// Whether a call matches.
    pub(super) fn matches(&self, service: Service, operation: &str, account: &str) -> bool {
        self.service.is_none_or(|wanted| wanted == service)
            && self.operation.as_deref().is_none_or(|wanted| matches(wanted, operation))
            && self.account.as_deref().is_none_or(|wanted| wanted == account)
    }

    /// Refuses what could never happen; the error says why.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { service, operation, account, when, effect } = self;
        if let Some(account) = account.as_deref().filter(|account| !is_account_id(account)) {
            return Err(format!("`{account}` is not an account id of twelve digits; in YAML it belongs in quotes"));
        }
        if let Some(rate) = when.rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return Err(format!("a rate is between 0 and 1, not {rate}"));
        }
        if let Some(operation) = operation {
            check_operation(*service, operation)?;
        }
        match effect {
            FaultEffect::FailStack(_) => check_stack_fault(*service, operation.as_deref()),
            FaultEffect::Calls(calls) => calls.iter().try_for_each(check_call),
            FaultEffect::Throttle
            | FaultEffect::Deny
            | FaultEffect::Error(_)
            | FaultEffect::ErrorAfter(_)
            | FaultEffect::ServerErrorBefore
            | FaultEffect::ServerErrorAfter
            | FaultEffect::ResetBefore
            | FaultEffect::ResetAfter
            | FaultEffect::HangMs(_)
            | FaultEffect::HangAfterMs(_)
            | FaultEffect::ExpireSessions
            | FaultEffect::Switches(_) => Ok(()),
        }
    }
}

fn check_operation(service: Option<Service>, pattern: &str) -> Result<(), String> {
    let known = |service: Service| service.operations().any(|operation| matches(pattern, operation));
    match service {
        Some(service) if known(service) => Ok(()),
        Some(service) => Err(format!("{} has no operation `{pattern}`", service.name())),
        None if Service::ALL.into_iter().any(known) => Ok(()),
        None => Err(format!("no service has an operation `{pattern}`")),
    }
}

fn check_stack_fault(service: Option<Service>, operation: Option<&str>) -> Result<(), String> {
    let happens = service.is_none_or(|service| service == Service::CloudFormation)
        && operation.is_none_or(|pattern| STACK_OPERATIONS.into_iter().any(|known| matches(pattern, known)));
    if happens {
        return Ok(());
    }
    Err(format!("`fail_stack` happens to {} of cloudformation only", STACK_OPERATIONS.join(", ")))
}

fn check_call(call: &OutOfBandCall) -> Result<(), String> {
    let OutOfBandCall { service, operation, account, params } = call;
    if !service.operations().any(|known| known == operation) {
        return Err(format!("{} has no operation `{operation}`", service.name()));
    }
    if let Some(account) = account.as_deref().filter(|account| !is_account_id(account)) {
        return Err(format!("`{account}` is not an account id of twelve digits; in YAML it belongs in quotes"));
    }
    if !params.is_null() && !params.is_object() {
        return Err(format!("the params of {operation} are not an object"));
    }
    Ok(())
}
