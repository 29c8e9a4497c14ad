//! Faults as data.

use serde::{Deserialize, Serialize};

use crate::wire::{Service, WireError};

/// A fault, and the calls it happens to. A member that is left out does not narrow them down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// The operation, for example `GetRole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The account acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which of the calls that match.
    #[serde(default)]
    pub when: FaultWhen,
    /// What happens to them.
    pub effect: FaultEffect,
}

/// Which of the matching calls a fault happens to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultWhen {
    /// How many go well first.
    pub skip: u64,
    /// How many then fail; all when absent.
    pub times: Option<u64>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultEffect {
    /// The service's own throttling error; nothing is done.
    Throttle,
    /// This error; nothing is done.
    Error {
        /// The error code.
        code: String,
        /// HTTP status.
        status: u16,
        /// The text.
        message: String,
    },
    /// An internal error; nothing is done.
    ServerErrorBefore,
    /// An internal error after the call took effect.
    ServerErrorAfter,
    /// The connection is reset; nothing is done.
    ResetBefore,
    /// The connection is reset after the call took effect.
    ResetAfter,
    /// The answer takes this many milliseconds longer.
    HangMs(u64),
}

impl FaultEffect {
    /// The error that a service answers with for this effect, when it answers with one.
    pub(super) fn error(&self, service: Service) -> Option<WireError> {
        match self {
            Self::Throttle => Some(match service {
                Service::Organizations => WireError::new(400, "TooManyRequestsException", "Rate exceeded"),
                Service::Ssm => WireError::new(400, "ThrottlingException", "Rate exceeded"),
                Service::Iam | Service::Sts | Service::CloudFormation => {
                    WireError::new(400, "Throttling", "Rate exceeded")
                }
            }),
            Self::Error { code, status, message } => {
                // Anything else could not be sent as a status line.
                let status = if (400..=599).contains(status) { *status } else { 500 };
                Some(WireError::new(status, code.clone(), message.clone()))
            }
            Self::ServerErrorBefore | Self::ServerErrorAfter => Some(match service {
                Service::Organizations => {
                    WireError::new(500, "ServiceException", "AWS Organizations can't complete your request.")
                }
                Service::Ssm => WireError::new(500, "InternalServerError", "An error occurred on the server side."),
                Service::Iam | Service::Sts | Service::CloudFormation => {
                    WireError::new(500, "InternalFailure", "The request processing has failed.")
                }
            }),
            Self::ResetBefore | Self::ResetAfter | Self::HangMs(_) => None,
        }
    }
}

/// The rules in force, with how many calls each has matched.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<(FaultRule, u64)>,
}

impl Faults {
    pub(super) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: rules.into_iter().map(|rule| (rule, 0)).collect() }
    }

    /// The rules in force.
    pub(super) fn rules(&self) -> impl Iterator<Item = &FaultRule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    /// What happens to a call: the effect of the first rule that is due. Every rule that matches counts it.
    pub(super) fn strike(&mut self, service: Service, operation: &str, account: &str) -> Option<FaultEffect> {
        let mut struck = None;
        for (rule, seen) in &mut self.rules {
            let matches = rule.service.is_none_or(|wanted| wanted == service)
                && rule.operation.as_deref().is_none_or(|wanted| wanted == operation)
                && rule.account.as_deref().is_none_or(|wanted| wanted == account);
            if !matches {
                continue;
            }
            let FaultWhen { skip, times } = rule.when;
            let due = *seen >= skip && times.is_none_or(|times| *seen - skip < times);
            *seen += 1;
            if due && struck.is_none() {
                struck = Some(rule.effect.clone());
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_skips_then_strikes_then_is_spent() {
        let text = r#"[{"service":"iam","operation":"GetRole","when":{"skip":1,"times":2},"effect":"throttle"}]"#;
        let mut faults = Faults::new(serde_json::from_str(text).unwrap());
        let mut strikes = || faults.strike(Service::Iam, "GetRole", "111111111111").is_some();
        assert_eq!([strikes(), strikes(), strikes(), strikes()], [false, true, true, false]);
        assert_eq!(faults.strike(Service::Sts, "GetRole", "111111111111"), None);
    }

    #[test]
    fn effects_with_data_are_read() {
        let text = r#"{"effect":{"error":{"code":"X","status":403,"message":"no"}}}"#;
        let rule: FaultRule = serde_json::from_str(text).unwrap();
        let error = rule.effect.error(Service::Iam).unwrap();
        assert_eq!((error.status, error.code.as_ref()), (403, "X"));
        assert!(serde_json::from_str::<FaultRule>(r#"{"effect":"explode"}"#).is_err());
        let rule: FaultRule = serde_json::from_str(r#"{"effect":{"hang_ms":5}}"#).unwrap();
        assert_eq!(rule.effect, FaultEffect::HangMs(5));
    }
}
