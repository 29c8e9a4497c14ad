//! Every request and its answer, word for word, in a file: for whoever wants to know what a program and the sandbox said.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::middleware::Next;
use serde_json::{Map, Value, json};

use super::run::MAX_BODY;

/// The file that exchanges are written to, a JSON object a line.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    file: Arc<Mutex<File>>,
}

impl Recorder {
    /// Makes the file, or empties it.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: Arc::new(Mutex::new(File::create(path)?)) })
    }

    /// Writes one exchange, whole, so that whoever reads meanwhile sees whole lines.
    fn write(&self, exchange: &Value) {
        let line = format!("{exchange}\n");
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not change what the client sees.
        let _ = file.write_all(line.as_bytes());
    }
}

/// Answers a request as without the recorder, and writes both down.
///
/// The sandbox's own pages are left out, and so are answers that no client sees because a fault resets the connection.
pub(super) async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response<Body> {
    if request.uri().path().starts_with("/_sandbox/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(asked) = to_bytes(body, MAX_BODY).await else { return super::respond::empty(StatusCode::PAYLOAD_TOO_LARGE) };
    let said = spoken(&parts.method, &parts.uri, &parts.headers, &asked);
    let response = next.run(Request::from_parts(parts, Body::from(asked))).await;
    let (parts, body) = response.into_parts();
    // The answers are whole in memory anyway.
    let answered = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if parts.headers.contains_key("x-amzn-requestid") {
        let answer = json!({
            "status": parts.status.as_u16(),
            "headers": headers(&parts.headers),
            "body": String::from_utf8_lossy(&answered),
        });
        recorder.write(&json!({ "request": said, "response": answer }));
    }
    Response::from_parts(parts, Body::from(answered))
}

fn spoken(method: &Method, uri: &Uri, fields: &HeaderMap, body: &Bytes) -> Value {
    json!({
        "method": method.as_str(),
        "target": uri.to_string(),
        "headers": headers(fields),
        "body": String::from_utf8_lossy(body),
    })
}

fn headers(fields: &HeaderMap) -> Map<String, Value> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    fields.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()).into())).collect()
}
