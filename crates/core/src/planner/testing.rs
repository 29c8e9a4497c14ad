//! Tiny worlds: an organization, a file, and what AWS holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use crate::desired::{Desired, resolve};
use crate::ids::{AccountId, OuId, Partition, RoleId};
use crate::observed::{LiveRole, Observed, ReadFailure, Reading, TrustedAccess};
use crate::org::{Account, AccountState, Org, Unit};
use crate::policy::{PolicyDoc, PolicyKind};
use crate::role::Role;
use crate::spec::{
    Access, Adopt, Amount, AutoDeployment, CallAs, Delivery, Integration, Limits, Located, Location, LockUse,
    ManagementAccount, OrganizationSpec, OuRef, Overlay, RoleSpec, Rollout, Spec, Targets, Tolerate, TrustSpec,
};

pub(crate) const MANAGEMENT: &str = "111111111111";

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub(crate) fn ou(name: &str) -> OuId {
    id(&format!("ou-root-{name:0>8}"))
}

/// An account number as an id: 2 is `000000000002`.
pub(crate) fn account(number: usize) -> AccountId {
    id(&format!("{number:012}"))
}

/// Root: management; `prod` and `dev` below `work`; `sec` beside it.
pub(crate) fn org(members: &[(usize, &str, AccountState)]) -> Org {
    let unit = |name: &str, parent: OuId| (ou(name), Unit { name: Some(name.to_owned()), parent });
    let root: OuId = id("r-root");
    let member = |name: String, parent: &OuId, state: AccountState| Account {
        email: format!("{name}@example.com"),
        name,
        state,
        parent: parent.clone(),
    };
    let mut accounts: BTreeMap<AccountId, Account> = members
        .iter()
        .map(|(number, unit, state)| {
            let parent = if *unit == "root" { root.clone() } else { ou(unit) };
            (account(*number), member(format!("account-{number}"), &parent, state.clone()))
        })
        .collect();
    accounts.insert(id(MANAGEMENT), member("management".to_owned(), &root, AccountState::Active));
    Org {
        id: id("o-abc123def4"),
        management_account: id(MANAGEMENT),
        units: BTreeMap::from([
            unit("work", root.clone()),
            unit("prod", ou("work")),
            unit("dev", ou("work")),
            unit("sec", root.clone()),
        ]),
        root,
        accounts,
    }
}

pub(crate) fn document(action: &str) -> PolicyDoc {
    let value =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] });
    PolicyDoc::from_value(&value, PolicyKind::Permission, Partition::Aws).unwrap()
}

pub(crate) fn integration(role: &str, units: &[OuRef]) -> Integration {
    let at = Location { file: "rolecall.yaml".to_owned(), line: 1, column: 1, bytes: (0, 1) };
    Integration {
        external_id: id("vendor-external-id"),
        external_id_overrides: BTreeMap::new(),
        role: RoleSpec {
            name: id(role),
            path: id("/"),
            description: "a vendor".to_owned(),
            max_session: 3600.try_into().unwrap(),
            trust: TrustSpec {
                principals: BTreeSet::from(["arn:aws:iam::999999999999:root".to_owned()]),
                conditions: json!({ "StringLike": { "aws:PrincipalArn": "arn:aws:iam::999999999999:role/vendor*" } }),
            },
            boundary: None,
            managed_policies: BTreeSet::from([id("arn:aws:iam::aws:policy/SecurityAudit")]),
            inline_policies: BTreeMap::from([(id("vendor"), document("s3:ListBucket"))]),
            tags: BTreeMap::from([(id("service"), id("vendor"))]),
        },
        management_account: ManagementAccount::Covered(Overlay {
            inline_policies: BTreeMap::from([(id("organization"), document("organizations:ListAccounts"))]),
            ..Overlay::default()
        }),
        targets: Targets {
            organizational_units: units.iter().map(|unit| Located { value: unit.clone(), at: at.clone() }).collect(),
            exclude_organizational_units: Vec::new(),
            exclude_accounts: BTreeSet::new(),
        },
        rollout: Rollout {
            delivery: Delivery::StackSet,
            auto_deployment: AutoDeployment::On,
            max_concurrent: Amount::Percent(100),
            failure_tolerance: Amount::Percent(10),
        },
        tolerate: Tolerate::default(),
        adopt: Adopt::default(),
        renamed_from: None,
        limits: None,
    }
}

pub(crate) fn spec(integrations: &[(&str, Integration)]) -> Spec {
    Spec {
        organization: OrganizationSpec { id: id("o-abc123def4"), management_account: None },
        access: Access {
            lock: LockUse::On,
            member_role: id("OrganizationAccountAccessRole"),
            profile: None,
            role_arn: None,
            call_as: CallAs::Management,
            region: id("us-east-1"),
        },
        ignores: Vec::new(),
        limits: Limits::default(),
        integrations: integrations.iter().map(|(name, wanted)| (id(name), wanted.clone())).collect(),
        released: BTreeSet::new(),
    }
}

/// An organization in which Rolecall has never run: every account was read and holds nothing of interest.
pub(crate) fn fresh(org: Org) -> Observed {
    let roles = org
        .accounts
        .iter()
        .filter(|(_, account)| account.state == AccountState::Active)
        .map(|(id, _)| (id.clone(), Reading::Known(BTreeMap::new())))
        .collect();
    Observed {
        org,
        trusted_access: Reading::Known(TrustedAccess::Disabled),
        stack_sets: Reading::Known(BTreeMap::new()),
        roles,
        foreign_policies: BTreeMap::new(),
    }
}

pub(crate) fn desired(spec: &Spec, observed: &Observed) -> Desired {
    resolve(spec, &observed.org).unwrap()
}

pub(crate) fn denied() -> ReadFailure {
    ReadFailure {
        call: "sts:AssumeRole".to_owned(),
        code: "AccessDenied".to_owned(),
        message: "no".to_owned(),
        request_id: Some("req-1".to_owned()),
        advice: None,
    }
}

pub(crate) fn live(role: Role, unique: &str) -> LiveRole {
    LiveRole { id: id::<RoleId>(unique), role: Arc::new(role) }
}

/// A role that someone made by hand.
pub(crate) fn foreign(name: &str) -> Role {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::888888888888:root" }, "Action": "sts:AssumeRole" }] });
    Role {
        name: id(name),
        path: id("/"),
        description: String::new(),
        trust: PolicyDoc::from_value(&trust, PolicyKind::Trust, Partition::Aws).unwrap(),
        max_session: 3600.try_into().unwrap(),
        boundary: None,
        attached: BTreeSet::new(),
        managed: BTreeMap::new(),
        inline: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

/// Changes the live role of an account.
pub(crate) fn tamper(observed: &mut Observed, account: &AccountId, name: &str, change: impl FnOnce(&mut Role)) {
    let Some(Reading::Known(roles)) = observed.roles.get_mut(account) else { panic!("{account} was not read") };
    let live = roles.get_mut(&id(name)).unwrap_or_else(|| panic!("{account} has no role {name}"));
    change(Arc::make_mut(&mut live.role));
}

/// The role of [`integration`] in a member.
pub(crate) fn role() -> Role {
    let file = spec(&[("prowler", integration("ProwlerScan", &[OuRef::Root]))]);
    let world = fresh(org(&[(2, "prod", AccountState::Active)]));
    let wanted = desired(&file, &world);
    let members = &wanted.integrations.values().next().unwrap().members;
    (*members[&account(2)]).clone()
}
