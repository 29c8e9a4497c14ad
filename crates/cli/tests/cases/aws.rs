//! AWS calls to the sandbox without an SDK, so that what a case does to the world does not go through what it tests.

use std::fmt::Write as _;
use std::io::{Error, Result};

use serde_json::Value;

use crate::http::{self, Answer};

/// Calls an operation as the administrator of an account; the sandbox does not check signatures.
///
/// # Errors
/// When the sandbox does not answer, or the service is not one of the six.
pub(crate) fn call(url: &str, account: &str, service: &str, operation: &str, params: &Value) -> Result<Answer> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let authorization = ("Authorization", authorization.as_str());
    let target = match service {
        "organizations" => Some("AWSOrganizationsV20161128"),
        "ssm" => Some("AmazonSSM"),
        "cloudtrail" => Some("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
        _ => None,
    };
    if let Some(prefix) = target {
        let target = format!("{prefix}.{operation}");
        let headers = [authorization, ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", &target)];
        let body = if params.is_null() { "{}".to_owned() } else { params.to_string() };
        return http::request(url, "POST", "/", &headers, &body);
    }
    let version = match service {
        "iam" => "2010-05-08",
        "sts" => "2011-06-15",
        "cloudformation" => "2010-05-15",
        other => return Err(Error::other(format!("not a service of the sandbox: {other}"))),
    };
    let mut body = format!("Action={operation}&Version={version}");
    flatten("", params, &mut body);
    let headers = [authorization, ("Content-Type", "application/x-www-form-urlencoded")];
    http::request(url, "POST", "/", &headers, &body)
}

/// Writes parameters as the Query protocol does: `Tags.member.1.Key=team`.
fn flatten(name: &str, value: &Value, body: &mut String) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (key, value) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, body);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                flatten(&format!("{name}.member.{}", n + 1), value, body);
            }
        }
        Value::String(text) => pair(name, text, body),
        Value::Bool(_) | Value::Number(_) => pair(name, &value.to_string(), body),
    }
}

fn pair(name: &str, value: &str, body: &mut String) {
    body.push('&');
    body.push_str(name);
    body.push('=');
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => body.push(byte.into()),
            // Writing to a string cannot fail.
            _ => drop(write!(body, "%{byte:02X}")),
        }
    }
}

/// Undoes percent-encoding and the XML entities of quotes, so that documents can be looked for as they were written.
pub(crate) fn readable(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let code = after.get(..2).filter(|_| *byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(code) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).replace("&quot;", "\"").replace("&amp;", "&")
}
