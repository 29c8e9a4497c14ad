//! What the unit tests of several services need.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::file::OrganizationFile;
use crate::wire::{Call, Caller, Params, Reply, Service, WireError};
use crate::world::World;
use crate::{iam, org, ssm, sts, trail};

/// The management account of [`world`].
pub(crate) const MANAGEMENT: &str = "111111111111";
/// An active member.
pub(crate) const MEMBER: &str = "222222222222";

/// A small organization: a unit with two members, one of them suspended, one account that denies, and an empty unit.
pub(crate) fn world() -> World {
    let file = OrganizationFile::parse(
        r#"
organization: o-test123456
root: r-test
management_account: "111111111111"
units:
  - name: Work
    id: ou-test-work0000
    accounts:
      - { id: "222222222222", name: member }
      - { id: "333333333333", name: gone, state: SUSPENDED }
      - { id: "444444444444", name: denied, deny: ["iam:Get*"] }
      - { id: "555555555555", name: closed-off, deny: ["sts:AssumeRole"] }
    units: [{ name: Empty, id: ou-test-empty000 }]
"#,
    )
    .unwrap();
    World::new(&file, "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap()).unwrap()
}

/// Lets simulated time pass.
pub(crate) fn pass(world: &mut World, seconds: i64) {
    let passed = SignedDuration::from_secs(seconds);
    world.now += passed;
    world.wall += passed;
    org::tick(world);
}

/// A call of the administrator of an account.
pub(crate) fn query(
    world: &mut World,
    service: Service,
    account: &str,
    operation: &str,
    params: &[(&str, &str)],
) -> Result<String, WireError> {
    query_as(world, service, sts::administrator(account), operation, params)
}

/// A call of anyone.
pub(crate) fn query_as(
    world: &mut World,
    service: Service,
    caller: Caller,
    operation: &str,
    params: &[(&str, &str)],
) -> Result<String, WireError> {
    let call = Call {
        operation: operation.to_owned(),
        params: Params::from_pairs(params.iter().copied()),
        caller,
        region: "us-east-1".to_owned(),
    };
    let reply = match service {
        Service::Iam => iam::handle(world, &call),
        Service::Sts => sts::handle(world, &call),
        Service::CloudFormation => crate::cfn::handle(world, &call),
        Service::Organizations | Service::Ssm | Service::CloudTrail => panic!("{} speaks JSON", service.name()),
    }?;
    Ok(match reply {
        Reply::Nothing => String::new(),
        Reply::Result(xml) => xml,
    })
}

/// A call of the administrator of an account to Organizations.
pub(crate) fn organizations(
    world: &mut World,
    account: &str,
    operation: &str,
    params: Value,
) -> Result<Value, WireError> {
    json(world, Service::Organizations, account, operation, params)
}

/// A call of the administrator of an account to a service that speaks JSON.
pub(crate) fn json(
    world: &mut World,
    service: Service,
    account: &str,
    operation: &str,
    params: Value,
) -> Result<Value, WireError> {
    let call = Call {
        operation: operation.to_owned(),
        params,
        caller: sts::administrator(account),
        region: "us-east-1".to_owned(),
    };
    match service {
        Service::Organizations => org::handle(world, &call),
        Service::Ssm => ssm::handle(world, &call),
        Service::CloudTrail => trail::handle(world, &call),
        Service::Iam | Service::Sts | Service::CloudFormation => panic!("{} speaks XML", service.name()),
    }
}

/// The text of the first element of this name.
pub(crate) fn text<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// The caller whose credentials an answer of `AssumeRole` holds.
pub(crate) fn session(world: &World, assumed: &str) -> Result<Caller, WireError> {
    sts::caller(world, text(assumed, "AccessKeyId").unwrap(), text(assumed, "SessionToken"))
}
