//! The sandbox's own pages, under `/_sandbox/`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::json;

use super::audit::{AuditEntry, Stats};
use super::clock::skip;
use super::dispatch::Shared;
use super::respond::page;
use crate::faults::{FaultRule, Faults, SwitchChange};
use crate::{cfn, org};

/// The routes of the pages.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_sandbox/health", get(health))
        .route("/_sandbox/audit", get(audit))
        .route("/_sandbox/audit/reset", post(reset_audit))
        .route("/_sandbox/stats", get(stats))
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/faults", get(faults).post(set_faults))
        .route("/_sandbox/switches", get(switches).post(set_switches))
        .route("/_sandbox/advance", post(advance))
}

impl Shared {
    /// The calls with a number above `since`, oldest first.
    pub(super) fn audit_since(&self, since: u64) -> Vec<AuditEntry> {
        self.core().audit.since(since).cloned().collect()
    }

    /// Counts since the start or the last reset.
    pub(super) fn stats(&self) -> Stats {
        Stats { connections: self.connections.load(Ordering::Relaxed), calls: self.core().audit.counts() }
    }

    /// Forgets the calls and the counts.
    pub(super) fn reset_audit(&self) {
        self.core().audit.reset();
        self.connections.store(0, Ordering::Relaxed);
    }

    /// Puts other faults in force; each counts its calls from now.
    pub(super) fn set_faults(&self, rules: Vec<FaultRule>) {
        self.core().world.faults = Faults::new(rules);
    }

    /// Lets simulated time pass, and the clients' time with it.
    pub(super) fn advance(&self, seconds: u32) {
        let mut core = self.core();
        skip(&mut core.world, seconds);
        org::tick(&mut core.world);
        cfn::tick(&mut core.world);
        core.unsaved = true;
    }
}

async fn health() -> Response<Body> {
    page(StatusCode::OK, json!({ "status": "ok" }).to_string())
}

async fn audit(State(shared): State<Arc<Shared>>, uri: Uri) -> Response<Body> {
    match number(&uri, "since") {
        Ok(since) => answer(&shared.audit_since(since.unwrap_or(0))),
        Err(refused) => refused,
    }
}

async fn reset_audit(State(shared): State<Arc<Shared>>) -> Response<Body> {
    shared.reset_audit();
    page(StatusCode::OK, "{}".to_owned())
}

async fn stats(State(shared): State<Arc<Shared>>) -> Response<Body> {
    answer(&shared.stats())
}

async fn state(State(shared): State<Arc<Shared>>) -> Response<Body> {
    answer(&shared.core().world)
}

async fn faults(State(shared): State<Arc<Shared>>) -> Response<Body> {
    answer(&shared.core().world.faults.rules().collect::<Vec<_>>())
}

async fn set_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    match FaultRule::parse_list(&String::from_utf8_lossy(&body)) {
        Ok(rules) => {
            shared.set_faults(rules);
            page(StatusCode::OK, "{}".to_owned())
        }
        Err(error) => refuse(&error.to_string()),
    }
}

async fn switches(State(shared): State<Arc<Shared>>) -> Response<Body> {
    answer(&shared.core().world.switches)
}

async fn set_switches(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    match serde_json::from_slice::<SwitchChange>(&body) {
        Ok(change) => {
            let mut core = shared.core();
            core.world.switches = change.apply(&core.world.switches);
            core.unsaved = true;
            answer(&core.world.switches)
        }
        Err(error) => refuse(&error.to_string()),
    }
}

async fn advance(State(shared): State<Arc<Shared>>, uri: Uri) -> Response<Body> {
    match number(&uri, "seconds").map(|seconds| seconds.and_then(|seconds| u32::try_from(seconds).ok())) {
        Ok(Some(seconds)) => {
            shared.advance(seconds);
            page(StatusCode::OK, "{}".to_owned())
        }
        Ok(None) => refuse("say how far: ?seconds=60"),
        Err(refused) => refused,
    }
}

#[expect(clippy::result_large_err, reason = "the error is the answer to send, made once")]
fn number(uri: &Uri, name: &str) -> Result<Option<u64>, Response<Body>> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, text)) = pairs.into_iter().find(|(key, _)| *key == name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| refuse(&format!("{name} must be a number, not {text}")))
}

fn answer<T: Serialize>(value: &T) -> Response<Body> {
    match serde_json::to_string(value) {
        Ok(text) => page(StatusCode::OK, text),
        Err(error) => page(StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": error.to_string() }).to_string()),
    }
}

fn refuse(why: &str) -> Response<Body> {
    page(StatusCode::BAD_REQUEST, json!({ "error": why }).to_string())
}
