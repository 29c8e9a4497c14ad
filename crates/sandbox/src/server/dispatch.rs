//! One request from end to end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use serde_json::Value;

use super::audit::{Audit, AuditEntry, CallAccess, CallSource};
use super::clock::Ticking;
use super::limits::Buckets;
use super::listener::Connection;
use super::request::{self, Dialect, Incoming, Input};
use super::respond::{self, Answer};
use crate::faults::{FaultEffect, OutOfBandCall, Strike};
use crate::wire::{Call, Caller, Params, Protocol, Reply, Service, WireError};
use crate::world::{World, hex, uuid};
use crate::{cfn, iam, org, ssm, sts, trail};

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
    pub(super) buckets: Buckets,
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
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let request_id = shared.request_id();
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    // Too long, or cut off; AWS says no more than this either.
    let Ok(body) = body else { return respond::empty(StatusCode::PAYLOAD_TOO_LARGE) };
    let incoming = match request::read(&headers, uri.query(), &body) {
        Ok(incoming) => incoming,
        Err(refused) => return respond::failure(&refused.error, refused.dialect, &request_id),
    };
    let strike = shared.core().strike(&incoming);
    if let Some(FaultEffect::HangMs(milliseconds)) = strike.answer {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let delay = match strike.answer {
        Some(FaultEffect::HangAfterMs(milliseconds)) => Some(Duration::from_millis(milliseconds)),
        _ => None,
    };
    let (service, operation) = (incoming.service, incoming.operation.clone());
    let outcome = shared.core().perform(incoming, &strike, &request_id);
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    match outcome {
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
    match service.protocol() {
        Protocol::Json => Dialect::Json,
        Protocol::Query => Dialect::Query(service),
    }
}

impl Core {
    fn strike(&mut self, incoming: &Incoming) -> Strike {
        if self.world.faults.is_empty() {
            return Strike::default();
        }
        let caller = sts::caller(&self.world, &incoming.access_key, incoming.session_token.as_deref()).ok();
        let account = acted_on(&incoming.operation, &incoming.input, caller.as_ref());
        self.world.faults.strike(&self.world.seed, incoming.service, &incoming.operation, &account)
    }

    /// Lets time pass, does what the call asks for, unless a fault prevents it, and records it.
    fn perform(&mut self, incoming: Incoming, strike: &Strike, request_id: &str) -> Outcome {
        self.clock.advance(&mut self.world);
        org::tick(&mut self.world);
        cfn::tick(&mut self.world);
        for change in &strike.changes {
            self.change(change);
        }
        let Incoming { service, operation, input, access_key, session_token, region, user_agent } = incoming;
        let caller = sts::caller(&self.world, &access_key, session_token.as_deref());
        let caller = caller.map_err(|refused| service.denied(refused));
        let mut entry = AuditEntry {
            n: 0,
            time: self.world.now,
            service,
            operation: operation.clone(),
            account: acted_on(&operation, &input, caller.as_ref().ok()),
            caller: caller.as_ref().map_or_else(|_| String::new(), |caller| caller.arn.clone()),
            access: CallAccess::of(&operation),
            result: String::new(),
            request_id: request_id.to_owned(),
            fault: strike.names(),
            source: CallSource::Client,
        };
        let outcome = match caller {
            Err(refused) => self.faulty(strike.answer.as_ref(), service, &operation, None, |_| Err(refused)),
            Ok(caller) => {
                let call = Call { operation: operation.clone(), params: input, caller: caller.clone(), region };
                let sent = Sent { access_key: &access_key, user_agent: &user_agent, request_id };
                let answer = |core: &mut Self| core.answer(service, call, sent);
                self.faulty(strike.answer.as_ref(), service, &operation, Some(&caller), answer)
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

    /// What becomes of a call that a fault may have struck; `act` does what it asks for.
    fn faulty(
        &mut self,
        fault: Option<&FaultEffect>,
        service: Service,
        operation: &str,
        caller: Option<&Caller>,
        act: impl FnOnce(&mut Self) -> Result<Answer, WireError>,
    ) -> Outcome {
        let Some(fault) = fault else { return Outcome::Answered(act(self)) };
        match fault {
            FaultEffect::HangMs(_) | FaultEffect::HangAfterMs(_) => return Outcome::Answered(act(self)),
            FaultEffect::ErrorAfter(_) | FaultEffect::ServerErrorAfter | FaultEffect::ResetAfter => {
                // Lost on the way: whether it worked is what the client cannot know.
                let _ = act(self);
            }
            FaultEffect::Throttle
            | FaultEffect::Deny
            | FaultEffect::Error(_)
            | FaultEffect::ServerErrorBefore
            | FaultEffect::ResetBefore
            | FaultEffect::ExpireSessions
            | FaultEffect::Calls(_)
            | FaultEffect::Switches(_)
            | FaultEffect::FailStack(_) => {}
        }
        fault.error(service, operation, caller).map_or(Outcome::Reset, |error| Outcome::Answered(Err(error)))
    }

    fn answer(&mut self, service: Service, call: Call<Input>, sent: Sent<'_>) -> Result<Answer, WireError> {
        self.buckets.take(&self.world, service, &call)?;
        self.unsaved |= CallAccess::of(&call.operation) == CallAccess::Write || service == Service::Sts;
        recorded(&mut self.world, service, call, sent)
    }

    /// What someone or something else does just before a call.
    fn change(&mut self, change: &FaultEffect) {
        self.unsaved = true;
        match change {
            FaultEffect::ExpireSessions => sts::expire_sessions(&mut self.world),
            FaultEffect::Switches(switches) => self.world.switches = switches.apply(&self.world.switches),
            FaultEffect::Calls(calls) => {
                for call in calls {
                    self.out_of_band(call);
                }
            }
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
            | FaultEffect::FailStack(_) => {}
        }
    }

    fn out_of_band(&mut self, call: &OutOfBandCall) {
        let OutOfBandCall { service, operation, account, params } = call;
        let account = account.clone().unwrap_or_else(|| self.world.org.management_account.clone());
        let caller = sts::administrator(&account);
        let params = match service.protocol() {
            Protocol::Query => Input::Query(Params::from_json(params)),
            Protocol::Json if params.is_null() => Input::Json(serde_json::json!({})),
            Protocol::Json => Input::Json(params.clone()),
        };
        let mut entry = AuditEntry {
            n: 0,
            time: self.world.now,
            service: *service,
            operation: operation.clone(),
            account: acted_on(operation, &params, Some(&caller)),
            caller: caller.arn.clone(),
            access: CallAccess::of(operation),
            result: "OK".to_owned(),
            request_id: uuid(&hex(&["out of band", &self.world.seed, &self.audit.last().to_string()])),
            fault: None,
            source: CallSource::Fault,
        };
        let call = Call { operation: operation.clone(), params, caller, region: "us-east-1".to_owned() };
        let sent = Sent { access_key: &account, user_agent: "rolecall-sandbox", request_id: &entry.request_id };
        if let Err(error) = recorded(&mut self.world, *service, call, sent) {
            entry.result = error.code.into_owned();
        }
        self.audit.record(entry);
    }
}

/// The account a call acts on: the role's for `AssumeRole`, else the caller's.
fn acted_on(operation: &str, input: &Input, caller: Option<&Caller>) -> String {
    if operation == "AssumeRole"
        && let Input::Query(params) = input
        && let Some(account) = params.get("RoleArn").and_then(|arn| arn.split(':').nth(4))
    {
        return account.to_owned();
    }
    caller.map_or_else(String::new, |caller| caller.account.clone())
}

/// What CloudTrail tells of a request besides what it asks for.
#[derive(Debug, Clone, Copy)]
struct Sent<'a> {
    access_key: &'a str,
    user_agent: &'a str,
    request_id: &'a str,
}

/// Answers a call; CloudTrail records it when it writes.
fn recorded(world: &mut World, service: Service, call: Call<Input>, sent: Sent<'_>) -> Result<Answer, WireError> {
    if CallAccess::of(&call.operation) == CallAccess::Read {
        return answer(world, service, call);
    }
    let parameters = match &call.params {
        Input::Query(params) => trail::of_query(params),
        Input::Json(input) => trail::of_json(&call.operation, input),
    };
    let Sent { access_key, user_agent, request_id } = sent;
    let what = (service, call.operation.as_str(), call.region.as_str());
    let asked = trail::Asked::by(world, &call.caller, (access_key, user_agent, request_id), what, parameters);
    let answered = answer(world, service, call);
    let outcome = match &answered {
        Ok(Answer::Xml(Reply::Nothing)) => trail::Outcome::Done(Value::Null),
        Ok(Answer::Xml(Reply::Result(xml))) => trail::Outcome::Done(trail::of_xml(xml)),
        Ok(Answer::Json(value)) => trail::Outcome::Done(trail::lower_members(value)),
        Err(error) => trail::Outcome::Refused(error),
    };
    let now = world.now;
    trail::record(world, asked, outcome, now);
    answered
}

fn answer(world: &mut World, service: Service, call: Call<Input>) -> Result<Answer, WireError> {
    let Call { operation, params, caller, region } = call;
    sts::note_use(world, &caller, service, &region);
    let name = operation.clone();
    let answered = match (service, params) {
        (Service::Organizations, Input::Json(params)) => {
            org::handle(world, &Call { operation, params, caller, region }).map(Answer::Json)
        }
        (Service::Ssm, Input::Json(params)) => {
            ssm::handle(world, &Call { operation, params, caller, region }).map(Answer::Json)
        }
        (Service::CloudTrail, Input::Json(params)) => {
            trail::handle(world, &Call { operation, params, caller, region }).map(Answer::Json)
        }
        (_, Input::Query(params)) => {
            let call = Call { operation, params, caller, region };
            let reply = match service {
                Service::Iam => iam::handle(world, &call),
                Service::Sts => sts::handle(world, &call),
                Service::CloudFormation => cfn::handle(world, &call),
                Service::Organizations | Service::Ssm | Service::CloudTrail => Err(service.not_simulated(&name)),
            };
            reply.map(Answer::Xml)
        }
        (_, Input::Json(_)) => Err(service.not_simulated(&name)),
    };
    // What AWS does not have either is refused in AWS's words.
    answered.map_err(|error| service.unknown_operation(&name).unwrap_or(error))
}
