//! Answers as HTTP.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::request::Dialect;
use crate::wire::{Fault, Reply, Service, WireError, Xml};

/// What a service answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// Query.
    Xml(Reply),
    /// JSON 1.1.
    Json(Value),
}

/// A successful answer.
pub(super) fn success(answer: Answer, service: Service, operation: &str, request_id: &str) -> Response<Body> {
    let (kind, body) = match answer {
        Answer::Xml(reply) => ("text/xml", reply.envelope(service, operation, request_id)),
        Answer::Json(value) => ("application/x-amz-json-1.1", value.to_string()),
    };
    response(StatusCode::OK, kind, body, request_id)
}

/// An error answer, in the protocol the request was in.
pub(super) fn failure(error: &WireError, dialect: Dialect, request_id: &str) -> Response<Body> {
    let WireError { status, code, message, reason, fault } = error;
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match dialect {
        Dialect::Json => {
            let mut body = json!({ "__type": code, "Message": message });
            if let (Some(reason), Value::Object(members)) = (reason, &mut body) {
                members.insert("Reason".to_owned(), json!(reason));
            }
            response(status, "application/x-amz-json-1.1", body.to_string(), request_id)
        }
        Dialect::Query(service) => {
            let mut xml = Xml::default();
            xml.element("Error", |xml| {
                let kind = match fault {
                    Fault::Sender => "Sender",
                    Fault::Receiver => "Receiver",
                };
                xml.text("Type", kind);
                xml.text("Code", code);
                xml.text("Message", message);
            });
            xml.text("RequestId", request_id);
            let namespace = service.namespace();
            let body = format!("<ErrorResponse xmlns=\"{namespace}\">{}</ErrorResponse>", xml.finish());
            response(status, "text/xml", body, request_id)
        }
    }
}

/// JSON for the sandbox's own pages.
pub(super) fn page(status: StatusCode, body: String) -> Response<Body> {
    response(status, "application/json", body, "")
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn response(status: StatusCode, kind: &'static str, body: String, request_id: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(id) = HeaderValue::from_str(request_id)
        && !id.is_empty()
    {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
