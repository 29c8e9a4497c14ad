//! Faults on one line: `iam:CreateRole@222222222222=throttle:2`.

use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

use super::effect::{FaultEffect, FaultError, OutOfBandCall, StackFault, SwitchChange};
use super::rule::{FaultRule, FaultWhen};
use crate::wire::Service;

/// Why a text is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultSpecError(String);

/// The effects that take no argument.
const PLAIN: [(&str, FaultEffect); 7] = [
    ("throttle", FaultEffect::Throttle),
    ("deny", FaultEffect::Deny),
    ("server_error_before", FaultEffect::ServerErrorBefore),
    ("server_error_after", FaultEffect::ServerErrorAfter),
    ("reset_before", FaultEffect::ResetBefore),
    ("reset_after", FaultEffect::ResetAfter),
    ("expire_sessions", FaultEffect::ExpireSessions),
];
const WITH_ARGUMENT: &str = "error(CODE), error_after(CODE), hang(5s), hang_after(5s), fail_stack(REASON), \
                             switch(NAME=VALUE), call(SERVICE:OPERATION@ACCOUNT {PARAMS})";

impl FromStr for FaultRule {
    type Err = FaultSpecError;

    /// Reads `[SERVICE][:OPERATION][@ACCOUNT]=EFFECT[(ARGUMENT)][:WHEN]`, where `*` stands for any call and WHEN is `2`
    /// (twice), `3+2` (three go well, then twice), `3+` (three go well, then always) or `10%` (that likely).
    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        let (place, effect) =
            text.split_once('=').ok_or_else(|| wrong(format!("`{text}` lacks `=` and what is to happen")))?;
        let Place { service, operation, account } = read_place(place)?;
        let (effect, when) = read_effect(effect)?;
        let rule = Self { service, operation, account, when, effect };
        rule.check().map_err(wrong)?;
        Ok(rule)
    }
}

fn wrong(text: impl Into<String>) -> FaultSpecError {
    FaultSpecError(text.into())
}

/// `SERVICE:OPERATION@ACCOUNT`; what is left out, or is a star, stands for any.
struct Place {
    service: Option<Service>,
    operation: Option<String>,
    account: Option<String>,
}

fn read_place(place: &str) -> Result<Place, FaultSpecError> {
    let (calls, account) = place.split_once('@').map_or((place, None), |(calls, account)| (calls, Some(account)));
    let (service, operation) =
        calls.split_once(':').map_or((calls, None), |(service, operation)| (service, Some(operation)));
    let service = match service {
        "" | "*" => None,
        name => Some(
            Service::from_signing_name(name)
                .ok_or_else(|| wrong(format!("`{name}` is not a service of the sandbox")))?,
        ),
    };
    Ok(Place { service, operation: operation.map(str::to_owned), account: account.map(str::to_owned) })
}

fn read_effect(text: &str) -> Result<(FaultEffect, FaultWhen), FaultSpecError> {
    let Some((name, rest)) = text.split_once('(') else {
        let (name, when) = text.split_once(':').map_or((text, None), |(name, when)| (name, Some(when)));
        let effect = PLAIN.into_iter().find(|(known, _)| *known == name).map(|(_, effect)| effect);
        return Ok((effect.ok_or_else(|| unknown(name))?, read_when(when)?));
    };
    let (argument, when) =
        rest.rsplit_once(')').ok_or_else(|| wrong(format!("the parenthesis in `{text}` is not closed")))?;
    let when = match when.strip_prefix(':') {
        Some(when) => read_when(Some(when))?,
        None if when.is_empty() => FaultWhen::default(),
        None => return Err(wrong(format!("`{when}` is not expected after the parenthesis"))),
    };
    Ok((with_argument(name, argument)?, when))
}

fn unknown(name: &str) -> FaultSpecError {
    let plain = PLAIN.map(|(name, _)| name).join(", ");
    wrong(format!("`{name}` is no fault; there are {plain}, {WITH_ARGUMENT}"))
}

fn with_argument(name: &str, argument: &str) -> Result<FaultEffect, FaultSpecError> {
    Ok(match name {
        "error" => FaultEffect::Error(read_error(argument)),
        "error_after" => FaultEffect::ErrorAfter(read_error(argument)),
        "hang" => FaultEffect::HangMs(read_duration(argument)?),
        "hang_after" => FaultEffect::HangAfterMs(read_duration(argument)?),
        "fail_stack" => FaultEffect::FailStack(StackFault { reason: argument.to_owned(), stack: None }),
        "switch" => FaultEffect::Switches(read_switch(argument)?),
        "call" => FaultEffect::Calls(vec![read_call(argument)?]),
        _ => return Err(unknown(name)),
    })
}

/// `CODE` or `CODE MESSAGE`.
fn read_error(argument: &str) -> FaultError {
    let (code, message) = argument.split_once(' ').map_or((argument, None), |(code, text)| (code, Some(text)));
    FaultError { code: code.to_owned(), status: None, message: message.map(str::to_owned) }
}

/// `5s` or `200ms`, as milliseconds.
fn read_duration(argument: &str) -> Result<u64, FaultSpecError> {
    let duration = argument.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    let milliseconds = duration.and_then(|duration| u64::try_from(duration.as_millis()).ok());
    milliseconds.ok_or_else(|| wrong(format!("`{argument}` is not a duration like 200ms or 5s")))
}

fn read_switch(argument: &str) -> Result<SwitchChange, FaultSpecError> {
    let (name, value) =
        argument.split_once('=').ok_or_else(|| wrong(format!("`{argument}` is not like iam_delay_seconds=30")))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    SwitchChange::try_from(Map::from_iter([(name.to_owned(), value)])).map_err(wrong)
}

/// `SERVICE:OPERATION@ACCOUNT {PARAMS}`, the account and the parameters optional.
fn read_call(argument: &str) -> Result<OutOfBandCall, FaultSpecError> {
    let (place, params) = argument.split_once(' ').map_or((argument, None), |(place, params)| (place, Some(params)));
    let Place { service, operation, account } = read_place(place)?;
    let (Some(service), Some(operation)) = (service, operation) else {
        return Err(wrong(format!("`{place}` does not name a service and an operation, like iam:DeleteRole")));
    };
    let params = params.map(serde_json::from_str).transpose();
    let params = params.map_err(|error| wrong(format!("the parameters of {operation} are not JSON: {error}")))?;
    Ok(OutOfBandCall { service, operation, account, params: params.unwrap_or_default() })
}

fn read_when(text: Option<&str>) -> Result<FaultWhen, FaultSpecError> {
    let Some(text) = text else { return Ok(FaultWhen::default()) };
    let malformed = || wrong(format!("`{text}` is neither a number, nor like 3+2, 3+ or 10%"));
    let number = |text: &str| text.parse::<u64>().map_err(|_| malformed());
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.parse().map_err(|_| malformed())?;
        return Ok(FaultWhen { rate: Some(percent / 100.0), ..FaultWhen::default() });
    }
    match text.split_once('+') {
        None => Ok(FaultWhen { times: Some(number(text)?), ..FaultWhen::default() }),
        Some((skip, "")) => Ok(FaultWhen { skip: number(skip)?, ..FaultWhen::default() }),
        Some((skip, times)) => Ok(FaultWhen { skip: number(skip)?, times: Some(number(times)?), rate: None }),
    }
}
