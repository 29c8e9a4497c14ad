//! From an HTTP request to an operation and its input.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::wire::{Params, Protocol, Service, WireError};

/// A request whose service and operation are known.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) input: Input,
    pub(super) access_key: String,
    pub(super) session_token: Option<String>,
    pub(super) region: String,
    pub(super) user_agent: String,
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

/// Reads a request. `query` is the query string of the URL, which may stand in place of a body.
pub(super) fn read(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Incoming, Refused> {
    let target = header(headers, TARGET);
    let dialect = if target.is_some() { Dialect::Json } else { Dialect::Query(Service::Sts) };
    let refuse = |error| Refused { dialect, error };
    let text = if body.is_empty() { query.unwrap_or_default().as_bytes() } else { body };
    let signed = Signed::read(headers, text).map_err(refuse)?;
    let Scope { access_key, region, service } = scope(&signed.credential).map_err(refuse)?;
    let Some(service) = Service::from_signing_name(service) else {
        let message = format!("The service {service} is not simulated by the Rolecall sandbox.");
        return Err(refuse(WireError::new(400, "InvalidAction", message)));
    };
    if !is_region(region) {
        return Err(refuse(bad_scope("Credential should be scoped to a valid region. ")));
    }
    let (operation, input) = match service.protocol() {
        Protocol::Json => json(service, target.unwrap_or_default(), body)
            .map_err(|error| Refused { dialect: Dialect::Json, error })?,
        Protocol::Query => form(service, text).map_err(|error| Refused { dialect: Dialect::Query(service), error })?,
    };
    let (access_key, region) = (access_key.to_owned(), region.to_owned());
    let user_agent = header(headers, "user-agent").unwrap_or_default().to_owned();
    Ok(Incoming { service, operation, input, access_key, session_token: signed.session_token, region, user_agent })
}

/// How a request is signed: by its headers, or by its parameters (presigned URLs).
struct Signed {
    /// `KEY/DATE/REGION/SERVICE/aws4_request`
    credential: String,
    session_token: Option<String>,
}

impl Signed {
    fn read(headers: &HeaderMap, text: &[u8]) -> Result<Self, WireError> {
        let incomplete =
            || WireError::new(400, "IncompleteSignature", "Authorization header requires 'Credential' parameter.");
        if let Some(authorization) = header(headers, "authorization") {
            let (_, rest) = authorization.split_once("Credential=").ok_or_else(incomplete)?;
            let credential = rest.split([',', ' ']).next().unwrap_or_default().to_owned();
            return Ok(Self { credential, session_token: header(headers, "x-amz-security-token").map(str::to_owned) });
        }
        let params = Params::parse(text).unwrap_or_default();
        let credential = params.get("X-Amz-Credential").map(str::to_owned).ok_or_else(|| {
            WireError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        Ok(Self { credential, session_token: params.get("X-Amz-Security-Token").map(str::to_owned) })
    }
}

fn form(service: Service, body: &[u8]) -> Result<(String, Input), WireError> {
    let params =
        Params::parse(body).ok_or_else(|| WireError::new(400, "MalformedInput", "The request is not UTF-8."))?;
    let operation = params.get("Action").unwrap_or_default().to_owned();
    if operation.is_empty() {
        return Err(WireError::new(400, "MissingAction", "The request must contain the parameter Action."));
    }
    if let Some(version) = params.get("Version").filter(|version| *version != service.version()) {
        let message = format!("Could not find operation {operation} for version {version}");
        return Err(WireError::new(400, "InvalidAction", message));
    }
    Ok((operation, Input::Query(params)))
}

fn json(service: Service, target: &str, body: &[u8]) -> Result<(String, Input), WireError> {
    let operation = service
        .targets()
        .find_map(|prefix| target.strip_prefix(prefix)?.strip_prefix('.'))
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

/// The parts of `KEY/DATE/REGION/SERVICE/aws4_request`.
fn scope(credential: &str) -> Result<Scope<'_>, WireError> {
    let parts: Vec<&str> = credential.split('/').collect();
    match parts.as_slice() {
        [access_key, _date, region, service, "aws4_request"] => Ok(Scope { access_key, region, service }),
        [_, _, _, _, _] => Err(bad_scope("Credential should be scoped with a valid terminator: 'aws4_request'.")),
        _ => Err(WireError::new(
            400,
            "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        )),
    }
}

fn bad_scope(message: &str) -> WireError {
    WireError::new(403, "SignatureDoesNotMatch", message)
}

/// Whether a text has the form of a Region's name, for example `us-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            words.len() >= 2 && words.iter().all(is_word) && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        [] => false,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
