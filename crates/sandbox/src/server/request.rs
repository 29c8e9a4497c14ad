//! From an HTTP request to an operation and its input.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::wire::{Params, Service, WireError};

/// A request whose service and operation are known.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) input: Input,
    pub(super) access_key: String,
    pub(super) session_token: Option<String>,
    pub(super) region: String,
}

/// The input, in the form of the service's protocol.
#[derive(Debug, Clone)]
pub(super) enum Input {
    Query(Params),
    Json(Value),
}

/// Which protocol an answer must be in when the service is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// XML.
    Query(Service),
    /// JSON.
    Json,
}

/// A request that cannot be understood.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) dialect: Dialect,
    pub(super) error: WireError,
}

const TARGET: &str = "x-amz-target";

/// Reads a request. `query` is the query string of the URL, which STS accepts in place of a body.
pub(super) fn read(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Incoming, Refused> {
    let target = header(headers, TARGET);
    let dialect = if target.is_some() { Dialect::Json } else { Dialect::Query(Service::Sts) };
    let refuse = |error| Refused { dialect, error };
    let Scope { access_key, region, service } = scope(headers).map_err(refuse)?;
    let Some(service) = Service::from_signing_name(service) else {
        let message = format!("The service {service} is not simulated by the Rolecall sandbox.");
        return Err(refuse(WireError::new(400, "InvalidAction", message)));
    };
    let (operation, input) = match service {
        Service::Organizations | Service::Ssm => {
            let target = target.unwrap_or_default();
            json(service, target, body).map_err(|error| Refused { dialect: Dialect::Json, error })?
        }
        Service::Iam | Service::Sts | Service::CloudFormation => {
            let text = if body.is_empty() { query.unwrap_or_default().as_bytes() } else { body };
            form(text).map_err(|error| Refused { dialect: Dialect::Query(service), error })?
        }
    };
    Ok(Incoming {
        service,
        operation,
        input,
        access_key: access_key.to_owned(),
        session_token: header(headers, "x-amz-security-token").map(str::to_owned),
        region: region.to_owned(),
    })
}

fn form(body: &[u8]) -> Result<(String, Input), WireError> {
    let params =
        Params::parse(body).ok_or_else(|| WireError::new(400, "MalformedInput", "The request is not UTF-8."))?;
    let operation = params.get("Action").unwrap_or_default().to_owned();
    if operation.is_empty() {
        return Err(WireError::new(400, "MissingAction", "The request must contain the parameter Action."));
    }
    Ok((operation, Input::Query(params)))
}

fn json(service: Service, target: &str, body: &[u8]) -> Result<(String, Input), WireError> {
    let prefix = if service == Service::Ssm { "AmazonSSM." } else { "AWSOrganizationsV20161128." };
    let operation = target
        .strip_prefix(prefix)
        .ok_or_else(|| WireError::new(400, "UnknownOperationException", format!("Unknown target {target}.")))?;
    let value = if body.is_empty() { Value::Object(Map::new()) } else { parse(body)? };
    if !value.is_object() {
        return Err(WireError::new(400, "SerializationException", "The input is not an object."));
    }
    Ok((operation.to_owned(), Input::Json(value)))
}

fn parse(body: &[u8]) -> Result<Value, WireError> {
    serde_json::from_slice(body).map_err(|error| WireError::new(400, "SerializationException", error.to_string()))
}

struct Scope<'a> {
    access_key: &'a str,
    region: &'a str,
    service: &'a str,
}

/// The credential scope of `Authorization: AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ..`.
fn scope(headers: &HeaderMap) -> Result<Scope<'_>, WireError> {
    let authorization = header(headers, "authorization")
        .ok_or_else(|| WireError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"))?;
    let incomplete =
        || WireError::new(400, "IncompleteSignature", "Authorization header requires 'Credential' parameter.");
    let (_, rest) = authorization.split_once("Credential=").ok_or_else(incomplete)?;
    let credential = rest.split([',', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = credential.split('/').collect();
    match parts.as_slice() {
        [access_key, _date, region, service, "aws4_request"] => Ok(Scope { access_key, region, service }),
        _ => Err(incomplete()),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
