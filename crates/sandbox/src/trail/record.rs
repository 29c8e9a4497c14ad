//! From a call to a record (CloudTrail User Guide, "CloudTrail record contents").

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::actor::Actor;
use super::model::Event;
use super::resources::resources;
use crate::wire::{Caller, Service, WireError};
use crate::world::{World, iso_time};

/// The Region in whose history the events of global services stand.
const GLOBAL: &str = "us-east-1";

/// A writing call, before it was answered: what is asked for may be what names the caller.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) actor: Actor,
    /// `requestParameters`.
    pub(super) parameters: Value,
    pub(super) request_id: String,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) enum Outcome<'a> {
    /// It was done, with these `responseElements`.
    Done(Value),
    /// It was refused.
    Refused(&'a WireError),
}

impl Asked {
    /// A call that somebody made over the wire.
    pub(crate) fn by(
        world: &World,
        caller: &Caller,
        (access_key, user_agent, request_id): (&str, &str, &str),
        (service, operation, region): (Service, &str, &str),
        parameters: Value,
    ) -> Self {
        Self {
            service,
            operation: operation.to_owned(),
            account: caller.account.clone(),
            region: region.to_owned(),
            actor: Actor::caller(world, caller, access_key, user_agent),
            parameters,
            request_id: request_id.to_owned(),
        }
    }
}

/// Adds a call to the history of its account.
pub(crate) fn record(world: &mut World, asked: Asked, outcome: Outcome<'_>, time: Timestamp) {
    if !world.trail.is_on() {
        return;
    }
    let Asked { service, operation, account, region, actor, parameters, request_id } = asked;
    let (n, id) = world.trail.next(&world.seed);
    let source = format!("{}.amazonaws.com", service.name());
    let region = match service {
        Service::Iam | Service::Organizations => GLOBAL.to_owned(),
        Service::Sts | Service::CloudFormation | Service::Ssm | Service::CloudTrail => region,
    };
    let (response, refused) = match outcome {
        Outcome::Done(response) => (response, None),
        Outcome::Refused(error) => (Value::Null, Some(error)),
    };
    let resources = resources(service, &parameters, &response);
    let Actor { identity, username, access_key, address, user_agent } = actor;
    let mut written = Map::new();
    let mut set = |key: &str, value: Value| drop(written.insert(key.to_owned(), value));
    set("eventVersion", json!("1.11"));
    set("userIdentity", identity);
    set("eventTime", json!(iso_time(time)));
    set("eventSource", json!(source));
    set("eventName", json!(operation));
    set("awsRegion", json!(region));
    set("sourceIPAddress", json!(address));
    set("userAgent", json!(user_agent));
    if let Some(error) = refused {
        set("errorCode", json!(error.code));
        set("errorMessage", json!(error.message));
    }
    set("requestParameters", parameters);
    set("responseElements", response);
    set("requestID", json!(request_id));
    set("eventID", json!(id));
    set("readOnly", json!(false));
    set("eventType", json!("AwsApiCall"));
    set("managementEvent", json!(true));
    set("recipientAccountId", json!(account));
    set("eventCategory", json!("Management"));
    let record = Value::Object(written).to_string();
    let event =
        Event { n, time, account, region, id, name: operation, source, username, access_key, resources, record };
    world.trail.keep(event);
}
