//! How many calls the services take: token buckets.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::audit::CallAccess;
use super::request::Input;
use crate::switches::{RateAccount, Switches, TokenBuckets};
use crate::wire::{Call, Service, WireError};
use crate::world::World;

/// A bucket that holds `burst` calls and is filled by `rate` a second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rate {
    rate: f64,
    burst: f64,
}

/// Operations with the same limits, for each account and for all accounts of an organization together.
struct Row {
    operations: &'static [&'static str],
    account: Rate,
    organization: Option<Rate>,
}

const fn rate(rate: f64, burst: f64) -> Rate {
    Rate { rate, burst }
}

const fn row(operations: &'static [&'static str], account: Rate, organization: Option<Rate>) -> Row {
    Row { operations, account, organization }
}

/// AWS Organizations User Guide, "Quotas for AWS Organizations", throttle limits.
const ORGANIZATIONS: [Row; 15] = [
    row(&["ListAccounts"], rate(8.0, 12.0), Some(rate(9.0, 15.0))),
    row(&["ListChildren"], rate(6.0, 10.0), Some(rate(7.0, 12.0))),
    row(
        &["ListParents", "ListAccountsForParent", "ListOrganizationalUnitsForParent"],
        rate(5.0, 8.0),
        Some(rate(6.0, 10.0)),
    ),
    row(&["DescribeAccount"], rate(20.0, 30.0), Some(rate(24.0, 36.0))),
    row(&["DescribeOrganizationalUnit"], rate(2.0, 2.0), Some(rate(2.0, 3.0))),
    row(&["DescribeOrganization", "CreateOrganizationalUnit"], rate(1.0, 2.0), None),
    row(&["ListRoots"], rate(1.0, 2.0), Some(rate(1.0, 3.0))),
    row(&["ListTagsForResource"], rate(10.0, 15.0), Some(rate(12.0, 18.0))),
    row(&["MoveAccount", "UpdateOrganizationalUnit", "DeleteOrganizationalUnit"], rate(2.0, 3.0), None),
    row(&["ListDelegatedAdministrators"], rate(5.0, 8.0), Some(rate(6.0, 10.0))),
    row(
        &["ListAWSServiceAccessForOrganization", "ListDelegatedServicesForAccount"],
        rate(1.0, 3.0),
        Some(rate(1.0, 4.0)),
    ),
    row(
        &[
            "EnableAWSServiceAccess",
            "DisableAWSServiceAccess",
            "RegisterDelegatedAdministrator",
            "DeregisterDelegatedAdministrator",
        ],
        rate(1.0, 2.0),
        None,
    ),
    row(&["CreateAccount"], rate(0.1, 3.0), None),
    row(&["CloseAccount"], rate(0.05, 1.0), None),
    row(&["DescribeCreateAccountStatus"], rate(2.0, 2.0), Some(rate(2.0, 3.0))),
];

/// CloudTrail API Reference, `LookupEvents`: two a second for each account and Region. A burst is not documented.
const LOOKUPS: Rate = rate(2.0, 2.0);

/// Which bucket is meant: that of a service, of a row or of an operation, of an account or of the organization.
type Key = (Service, &'static str, Option<String>);

/// All buckets that were drawn from.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    levels: BTreeMap<Key, Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Buckets {
    /// Takes what a call needs, by the clients' clock, or refuses it with the service's throttling error.
    pub(super) fn take(&mut self, world: &World, service: Service, call: &Call<Input>) -> Result<(), WireError> {
        if world.switches.token_buckets == TokenBuckets::Off {
            return Ok(());
        }
        let needed = needed(world, service, call);
        let filled: Vec<(Key, Level)> = needed.into_iter().map(|(key, rate)| self.filled(key, rate, world)).collect();
        if filled.iter().any(|(_, level)| level.tokens < 1.0) {
            return Err(service.throttled());
        }
        for (key, level) in filled {
            self.levels.insert(key, Level { tokens: level.tokens - 1.0, ..level });
        }
        Ok(())
    }

    /// A bucket as it is by now.
    fn filled(&self, key: Key, Rate { rate, burst }: Rate, world: &World) -> (Key, Level) {
        let at = world.wall;
        let tokens = self.levels.get(&key).map_or(burst, |level| {
            let passed = at.duration_since(level.at).as_secs_f64().max(0.0);
            (level.tokens + passed * rate).min(burst)
        });
        (key, Level { tokens, at })
    }
}

/// The buckets that a call takes from.
fn needed(world: &World, service: Service, call: &Call<Input>) -> Vec<(Key, Rate)> {
    let switches = &world.switches;
    let caller = || call.caller.account.clone();
    let flat = |calls: u32, account: String| {
        let calls = f64::from(calls);
        let limited = (calls > 0.0).then(|| ((service, "", Some(account)), scaled(switches, rate(calls, calls))));
        limited.into_iter().collect()
    };
    match service {
        Service::Organizations => organizations(switches, call),
        Service::Iam => flat(switches.iam_rate, caller()),
        Service::Sts => flat(switches.sts_rate, charged(switches, call)),
        Service::CloudFormation => match CallAccess::of(&call.operation) {
            CallAccess::Read => flat(switches.cloudformation_read_rate, caller()),
            CallAccess::Write => Vec::new(),
        },
        Service::Ssm => Vec::new(),
        Service::CloudTrail => {
            let place = format!("{} {}", call.caller.account, call.region);
            vec![((service, "", Some(place)), scaled(switches, LOOKUPS))]
        }
    }
}

fn organizations(switches: &Switches, call: &Call<Input>) -> Vec<(Key, Rate)> {
    let known = |row: &&Row| row.operations.contains(&call.operation.as_str());
    let Some(Row { operations, account, organization }) = ORGANIZATIONS.iter().find(known) else { return Vec::new() };
    let own = operations.iter().find(|operation| **operation == call.operation);
    let name = match switches.token_buckets {
        TokenBuckets::SharedRows => operations.first(),
        TokenBuckets::Off | TokenBuckets::On => own,
    };
    let name = name.copied().unwrap_or_default();
    let mut needed =
        vec![((Service::Organizations, name, Some(call.caller.account.clone())), scaled(switches, *account))];
    if let Some(organization) = organization {
        needed.push(((Service::Organizations, name, None), scaled(switches, *organization)));
    }
    needed
}

fn scaled(switches: &Switches, Rate { rate, burst }: Rate) -> Rate {
    let factor = f64::from(switches.token_bucket_percent) / 100.0;
    Rate { rate: rate * factor, burst: (burst * factor).max(1.0) }
}

/// The account that pays for a call of STS.
fn charged(switches: &Switches, call: &Call<Input>) -> String {
    let role = match &call.params {
        Input::Query(params) => params.get("RoleArn").and_then(|arn| arn.split(':').nth(4)),
        Input::Json(_) => None,
    };
    match (switches.sts_rate_account, role) {
        (RateAccount::Role, Some(account)) => account.to_owned(),
        (RateAccount::Role | RateAccount::Caller, _) => call.caller.account.clone(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::sts;
    use crate::testing::{MANAGEMENT, MEMBER, world};
    use crate::wire::Params;

    fn call(account: &str, operation: &str) -> Call<Input> {
        Call {
            operation: operation.to_owned(),
            params: Input::Json(json!({})),
            caller: sts::administrator(account),
            region: "us-east-1".to_owned(),
        }
    }

    fn limited() -> World {
        let mut world = world();
        world.switches.token_buckets = TokenBuckets::On;
        world
    }

    /// How many calls of an operation go through at once.
    fn burst(buckets: &mut Buckets, world: &World, account: &str, operation: &str) -> usize {
        let one = call(account, operation);
        (0..1000).take_while(|_| buckets.take(world, Service::Organizations, &one).is_ok()).count()
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let (mut world, mut buckets) = (limited(), Buckets::default());
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListAccounts"), 12);
        let refused = buckets.take(&world, Service::Organizations, &call(MANAGEMENT, "ListAccounts")).unwrap_err();
        assert_eq!((refused.status, refused.code.as_ref()), (400, "TooManyRequestsException"));
        world.wall += SignedDuration::from_secs(1);
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListAccounts"), 8);
        world.wall += SignedDuration::from_hours(1);
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListAccounts"), 12, "it holds no more than its burst");
    }

    #[test]
    fn accounts_have_buckets_of_their_own_below_that_of_the_organization() {
        let (world, mut buckets) = (limited(), Buckets::default());
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListAccounts"), 12);
        assert_eq!(burst(&mut buckets, &world, MEMBER, "ListAccounts"), 3, "15 for the whole organization");
    }

    #[test]
    fn rows_are_shared_only_when_asked_for() {
        let (mut world, mut buckets) = (limited(), Buckets::default());
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListParents"), 8);
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListAccountsForParent"), 8);
        world.switches.token_buckets = TokenBuckets::SharedRows;
        let mut buckets = Buckets::default();
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListAccountsForParent"), 8);
        assert_eq!(burst(&mut buckets, &world, MANAGEMENT, "ListParents"), 0);
    }

    #[test]
    fn rates_can_be_a_tenth_and_buckets_can_be_off() {
        let mut world = limited();
        world.switches.token_bucket_percent = 10;
        assert_eq!(burst(&mut Buckets::default(), &world, MANAGEMENT, "DescribeAccount"), 3);
        world.switches.token_buckets = TokenBuckets::Off;
        assert_eq!(burst(&mut Buckets::default(), &world, MANAGEMENT, "DescribeAccount"), 1000);
    }

    #[test]
    fn other_services_have_one_bucket_for_each_account() {
        let mut world = limited();
        world.switches.iam_rate = 5;
        world.switches.cloudformation_read_rate = 2;
        let mut buckets = Buckets::default();
        let mut burst = |service: Service, operation: &str| {
            let one = call(MANAGEMENT, operation);
            (0..1000).take_while(|_| buckets.take(&world, service, &one).is_ok()).count()
        };
        assert_eq!(burst(Service::Sts, "GetCallerIdentity"), 600);
        assert_eq!((burst(Service::Iam, "GetRole"), burst(Service::Iam, "ListRoles")), (5, 0));
        assert_eq!(burst(Service::CloudFormation, "DescribeStackSet"), 2);
        assert_eq!(burst(Service::CloudFormation, "CreateStackSet"), 1000);
    }

    #[test]
    fn events_are_looked_up_twice_a_second_for_each_account_and_region() {
        let (mut world, mut buckets) = (limited(), Buckets::default());
        let mut burst = |world: &World, account: &str, region: &str| {
            let one = Call { region: region.to_owned(), ..call(account, "LookupEvents") };
            (0..10).take_while(|_| buckets.take(world, Service::CloudTrail, &one).is_ok()).count()
        };
        assert_eq!(burst(&world, MANAGEMENT, "us-east-1"), 2);
        assert_eq!(burst(&world, MANAGEMENT, "eu-west-1"), 2);
        assert_eq!(burst(&world, MEMBER, "us-east-1"), 2);
        world.wall += SignedDuration::from_secs(1);
        assert_eq!(burst(&world, MANAGEMENT, "us-east-1"), 2);
    }

    #[test]
    fn sessions_are_charged_to_the_caller_or_to_the_roles_account() {
        let arn = "arn:aws:iam::222222222222:role/R";
        let assume =
            Call { params: Input::Query(Params::from_pairs([("RoleArn", arn)])), ..call(MANAGEMENT, "AssumeRole") };
        let mut switches = Switches::default();
        assert_eq!(charged(&switches, &assume), MANAGEMENT);
        switches.sts_rate_account = RateAccount::Role;
        assert_eq!(charged(&switches, &assume), MEMBER);
    }
}
