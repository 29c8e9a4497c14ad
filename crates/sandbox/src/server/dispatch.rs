//! One request from end to end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::audit::{Audit, AuditEntry, CallAccess};
use super::clock::Ticking;
use super::faults::{FaultEffect, Faults};
use super::listener::Connection;
use super::request::{self, Dialect, Incoming, Input};
use super::respond::{self, Answer};
use crate::wire::{Call, Caller, Service, WireError};
use crate::world::{World, hex, uuid};
use crate::{cfn, iam, org, ssm, sts};

/// What all requests share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) core: Mutex<Core>,
    pub(super) connections: Arc<AtomicU64>,
    pub(super) latency: Duration,
    requests: AtomicU64,
}

/// What one request at a time may touch.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) world: World,
    pub(super) clock: Ticking,
    pub(super) audit: Audit,
    pub(super) faults: Faults,
    /// Whether something changed since the state was last saved.
    pub(super) unsaved: bool,
}

impl Shared {
    pub(super) fn new(core: Core, latency: Duration) -> Self {
        Self { core: Mutex::new(core), connections: Arc::new(AtomicU64::new(0)), latency, requests: AtomicU64::new(0) }
    }

    /// The shared state. A request that panicked leaves it as it was at that point, which is still the best there is.
    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        uuid(&hex(&["request", &number.to_string()]))
    }
}

/// Answers a request to AWS.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let request_id = shared.request_id();
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let incoming = match request::read(&headers, uri.query(), &body) {
        Ok(incoming) => incoming,
        Err(refused) => return respond::failure(&refused.error, refused.dialect, &request_id),
    };
    let struck = shared.core().strike(&incoming);
    if let Some(FaultEffect::HangMs(milliseconds)) = struck {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let (service, operation) = (incoming.service, incoming.operation.clone());
    match shared.core().perform(incoming, struck) {
        Outcome::Answered(Ok(answer)) => respond::success(answer, service, &operation, &request_id),
        Outcome::Answered(Err(error)) => respond::failure(&error, dialect(service), &request_id),
        Outcome::Reset => {
            connection.cut();
            respond::empty(StatusCode::OK)
        }
    }
}

enum Outcome {
    Answered(Result<Answer, WireError>),
    Reset,
}

fn dialect(service: Service) -> Dialect {
    match service {
        Service::Organizations | Service::Ssm => Dialect::Json,
        Service::Iam | Service::Sts | Service::CloudFormation => Dialect::Query(service),
    }
}

impl Core {
    fn strike(&mut self, incoming: &Incoming) -> Option<FaultEffect> {
        let caller = sts::caller(&self.world, &incoming.access_key, incoming.session_token.as_deref()).ok();
        let account = acted_on(incoming, caller.as_ref());
        self.faults.strike(incoming.service, &incoming.operation, &account)
    }

    /// Lets time pass, does what the call asks for, unless a fault prevents it, and records it.
    fn perform(&mut self, incoming: Incoming, struck: Option<FaultEffect>) -> Outcome {
        self.clock.advance(&mut self.world);
        org::tick(&mut self.world);
        cfn::tick(&mut self.world);
        let service = incoming.service;
        let caller = sts::caller(&self.world, &incoming.access_key, incoming.session_token.as_deref());
        let account = acted_on(&incoming, caller.as_ref().ok());
        let mut entry = AuditEntry {
            n: 0,
            time: self.world.now,
            service,
            operation: incoming.operation.clone(),
            account,
            caller: caller.as_ref().map_or_else(|_| String::new(), |caller| caller.arn.clone()),
            access: CallAccess::of(&incoming.operation),
            result: String::new(),
        };
        let access = entry.access;
        let act = |core: &mut Self| {
            core.unsaved |= access == CallAccess::Write || service == Service::Sts;
            caller.and_then(|caller| answer(&mut core.world, incoming, caller))
        };
        let outcome = match struck {
            None | Some(FaultEffect::HangMs(_)) => Outcome::Answered(act(self)),
            Some(FaultEffect::ResetBefore) => Outcome::Reset,
            Some(FaultEffect::ResetAfter) => {
                // Lost on the way: whether it worked is what the client cannot know.
                let _ = act(self);
                Outcome::Reset
            }
            Some(effect) => {
                if effect == FaultEffect::ServerErrorAfter {
                    let _ = act(self);
                }
                match effect.error(service) {
                    Some(error) => Outcome::Answered(Err(error)),
                    None => Outcome::Reset,
                }
            }
        };
        entry.result = match &outcome {
            Outcome::Answered(Ok(_)) => "OK".to_owned(),
            Outcome::Answered(Err(error)) => error.code.clone().into_owned(),
            Outcome::Reset => "connection reset".to_owned(),
        };
        self.audit.record(entry);
        outcome
    }
}

/// The account a call acts on: the role's for `AssumeRole`, else the caller's.
fn acted_on(incoming: &Incoming, caller: Option<&Caller>) -> String {
    if incoming.operation == "AssumeRole"
        && let Input::Query(params) = &incoming.input
        && let Some(account) = params.get("RoleArn").and_then(|arn| arn.split(':').nth(4))
    {
        return account.to_owned();
    }
    caller.map_or_else(String::new, |caller| caller.account.clone())
}

fn answer(world: &mut World, incoming: Incoming, caller: Caller) -> Result<Answer, WireError> {
    let Incoming { service, operation, input, access_key: _, session_token: _, region } = incoming;
    sts::note_use(world, &caller, service, &region);
    match (service, input) {
        (Service::Organizations, Input::Json(params)) => {
            org::handle(world, &Call { operation, params, caller, region }).map(Answer::Json)
        }
        (Service::Ssm, Input::Json(params)) => {
            ssm::handle(world, &Call { operation, params, caller, region }).map(Answer::Json)
        }
        (_, Input::Query(params)) => {
            let call = Call { operation, params, caller, region };
            let reply = match service {
                Service::Iam => iam::handle(world, &call),
                Service::Sts => sts::handle(world, &call),
                Service::CloudFormation => cfn::handle(world, &call),
                Service::Organizations | Service::Ssm => Err(call.not_simulated()),
            };
            reply.map(Answer::Xml)
        }
        (_, Input::Json(_)) => Err(WireError::not_simulated(&operation)),
    }
}
