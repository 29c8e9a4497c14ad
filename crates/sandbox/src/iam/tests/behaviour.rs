//! What can be chosen, and the policy simulator.

use super::{INLINE, TRUST, decoded, error, failure, iam, role};
use crate::iam::{EmptyDescription, TrustForm};
use crate::switches::ShortPages;
use crate::testing::{MANAGEMENT, MEMBER, pass, query, query_as, session, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

#[test]
fn readers_see_changes_after_the_delay_and_writers_at_once() {
    let mut world = world();
    world.switches.iam_delay_seconds = 10;
    let get = |world: &mut World| iam(world, "GetRole", &[("RoleName", "R")]);
    role(&mut world, "R").unwrap();
    assert_eq!(error(get(&mut world)).1, "NoSuchEntity");
    assert_eq!(error(role(&mut world, "R")).1, "EntityAlreadyExists");
    let put = [("RoleName", "R"), ("PolicyName", "p"), ("PolicyDocument", INLINE)];
    pass(&mut world, 4);
    iam(&mut world, "PutRolePolicy", &put).unwrap();
    pass(&mut world, 6);
    get(&mut world).unwrap();
    let listed = |world: &mut World| iam(world, "ListRolePolicies", &[("RoleName", "R")]).unwrap();
    assert!(!listed(&mut world).contains("<member>"), "the policy came four seconds later");
    pass(&mut world, 4);
    assert!(listed(&mut world).contains("<member>p</member>"));
    iam(&mut world, "DeleteRolePolicy", &put[..2]).unwrap();
    iam(&mut world, "DeleteRole", &put[..1]).unwrap();
    get(&mut world).unwrap();
    pass(&mut world, 10);
    assert_eq!(error(get(&mut world)).1, "NoSuchEntity");
}

#[test]
fn a_fresh_principal_is_unknown_for_the_delay() {
    let mut world = world();
    world.switches.iam_delay_seconds = 10;
    let trust = TRUST.replace(r#"["232136659152"]"#, r#""*""#).replace("StringEquals", "StringEqualsIfExists");
    iam(&mut world, "CreateRole", &[("RoleName", "Fresh"), ("AssumeRolePolicyDocument", &trust)]).unwrap();
    let arn = "arn:aws:iam::222222222222:role/Fresh";
    let trusting = TRUST.replace("232136659152", arn);
    let name = |world: &mut World| {
        iam(world, "CreateRole", &[("RoleName", "Trusting"), ("AssumeRolePolicyDocument", &trusting)])
    };
    let enter = |world: &mut World| {
        query(world, Service::Sts, MEMBER, "AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "test")])
    };
    let message = format!(r#"Invalid principal in policy: "AWS":"{arn}""#);
    assert_eq!(error(name(&mut world)), failure(400, "MalformedPolicyDocument", &message));
    assert_eq!(error(enter(&mut world)).1, "AccessDenied");
    pass(&mut world, 10);
    enter(&mut world).unwrap();
    name(&mut world).unwrap();
}

#[test]
fn short_pages_hold_half_and_lose_nothing() {
    let mut world = world();
    world.switches.short_pages = ShortPages::Always;
    for number in 0..6 {
        role(&mut world, &format!("R{number}")).unwrap();
    }
    let (mut rows, mut pages, mut marker) = (0, 0, String::new());
    loop {
        let params = [("MaxItems", "4"), ("Marker", marker.as_str())];
        let page = iam(&mut world, "ListRoles", &params[..if marker.is_empty() { 1 } else { 2 }]).unwrap();
        let found = page.matches("<RoleName>").count();
        assert!(found <= 2, "{page}");
        (rows, pages) = (rows + found, pages + 1);
        match text(&page, "Marker") {
            Some(next) => marker = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((rows, pages), (7, 4));
}

#[test]
fn an_empty_description_clears_or_keeps() {
    for (behaviour, left) in [(EmptyDescription::Clears, None), (EmptyDescription::Keeps, Some("old"))] {
        let mut world = world();
        world.switches.empty_description = behaviour;
        role(&mut world, "R").unwrap();
        iam(&mut world, "UpdateRole", &[("RoleName", "R"), ("Description", "old")]).unwrap();
        iam(&mut world, "UpdateRole", &[("RoleName", "R"), ("Description", "")]).unwrap();
        let read = iam(&mut world, "GetRole", &[("RoleName", "R")]).unwrap();
        assert_eq!(text(&read, "Description"), left);
    }
}

#[test]
fn a_trust_policy_may_come_back_as_submitted_but_for_its_principals() {
    let mut world = world();
    world.switches.trust_form = TrustForm::AsSubmitted;
    role(&mut world, "Trusted").unwrap();
    let arn = "arn:aws:iam::222222222222:role/Trusted";
    let submitted = format!(
        r#"{{ "Statement": [ {{ "Sid": "", "Principal": {{ "AWS": ["{arn}", "232136659152"] }}, "Effect": "Allow",
            "Action": ["sts:AssumeRole"], "Condition": {{"StringEquals": {{"aws:SourceAccount": "232136659152"}}}} }} ],
            "Version": "2012-10-17" }}"#
    );
    let created = [("RoleName", "R"), ("AssumeRolePolicyDocument", submitted.as_str())];
    iam(&mut world, "CreateRole", &created).unwrap();
    let shown =
        |world: &mut World| decoded(&iam(world, "GetRole", &[("RoleName", "R")]).unwrap(), "AssumeRolePolicyDocument");
    let root = submitted.replacen(r#""232136659152""#, r#""arn:aws:iam::232136659152:root""#, 1);
    assert_eq!(shown(&mut world), root);
    iam(&mut world, "DeleteRole", &[("RoleName", "Trusted")]).unwrap();
    let orphaned = shown(&mut world);
    assert!(orphaned.contains(r#"["AROA"#) && !orphaned.contains(arn), "{orphaned}");
}

#[test]
fn quotas_are_switches() {
    let mut world = world();
    world.switches.roles_per_account = 2;
    world.switches.policies_per_role = 20;
    role(&mut world, "R").unwrap();
    let over = failure(409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 2");
    assert_eq!(error(role(&mut world, "S")), over);
    for arn in crate::iam::aws_managed::arns().take(20) {
        iam(&mut world, "AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", &arn)]).unwrap();
    }
}

#[test]
fn a_policy_for_service_linked_roles_attaches_to_no_other() {
    let mut world = world();
    role(&mut world, "R").unwrap();
    let arn = "arn:aws:iam::aws:policy/aws-service-role/CloudFormationStackSetsOrgAdminServiceRolePolicy";
    let attached = iam(&mut world, "AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", arn)]);
    let message = "Cannot attach a Service Role Policy to a Customer Role.";
    assert_eq!(error(attached), failure(400, "PolicyNotAttachable", message));
}

#[test]
fn a_service_linked_role_is_made_and_deleted_by_its_own_operations() {
    let mut world = world();
    let service = ("AWSServiceName", "guardduty.amazonaws.com");
    let made = iam(&mut world, "CreateServiceLinkedRole", &[service]).unwrap();
    let name = "AWSServiceRoleForAmazonGuardDuty";
    assert_eq!(text(&made, "RoleName"), Some(name));
    let again = error(iam(&mut world, "CreateServiceLinkedRole", &[service]));
    assert_eq!((again.0, again.1.as_str()), (400, "InvalidInput"));
    assert!(again.2.contains("has been taken in this account, please try a different suffix."));
    let by_hand = error(iam(&mut world, "TagRole", &[("RoleName", name), ("Tags", "")]));
    assert_eq!(by_hand.1, "UnmodifiableEntity");
    let deleted = iam(&mut world, "DeleteServiceLinkedRole", &[("RoleName", name)]).unwrap();
    let task = ("DeletionTaskId", text(&deleted, "DeletionTaskId").unwrap());
    let status = iam(&mut world, "GetServiceLinkedRoleDeletionStatus", &[task]).unwrap();
    assert_eq!(text(&status, "Status"), Some("SUCCEEDED"));
    assert_eq!(error(iam(&mut world, "GetRole", &[("RoleName", name)])).1, "NoSuchEntity");
}

#[test]
fn a_role_in_an_instance_profile_stays() {
    let mut world = world();
    role(&mut world, "R").unwrap();
    let (profile, role) = (("InstanceProfileName", "P"), ("RoleName", "R"));
    iam(&mut world, "CreateInstanceProfile", &[profile]).unwrap();
    iam(&mut world, "AddRoleToInstanceProfile", &[profile, role]).unwrap();
    let listed = iam(&mut world, "ListInstanceProfilesForRole", &[role]).unwrap();
    assert_eq!(text(&listed, "InstanceProfileName"), Some("P"));
    let held = "Cannot delete entity, must remove roles from instance profile first.";
    assert_eq!(error(iam(&mut world, "DeleteRole", &[role])), failure(409, "DeleteConflict", held));
    assert_eq!(error(iam(&mut world, "DeleteInstanceProfile", &[profile])), failure(409, "DeleteConflict", held));
    let second = error(iam(&mut world, "AddRoleToInstanceProfile", &[profile, role]));
    let message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
    assert_eq!(second, failure(409, "LimitExceeded", message));
    iam(&mut world, "RemoveRoleFromInstanceProfile", &[profile, role]).unwrap();
    iam(&mut world, "DeleteInstanceProfile", &[profile]).unwrap();
    iam(&mut world, "DeleteRole", &[role]).unwrap();
}

#[test]
fn providers_are_made_read_and_deleted() {
    let mut world = world();
    let create =
        [("Url", "https://token.actions.githubusercontent.com"), ("ClientIDList.member.1", "sts.amazonaws.com")];
    let made = iam(&mut world, "CreateOpenIDConnectProvider", &create).unwrap();
    let arn = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com";
    assert_eq!(text(&made, "OpenIDConnectProviderArn"), Some(arn));
    assert_eq!(error(iam(&mut world, "CreateOpenIDConnectProvider", &create)).1, "EntityAlreadyExists");
    let named = ("OpenIDConnectProviderArn", arn);
    iam(&mut world, "AddClientIDToOpenIDConnectProvider", &[named, ("ClientID", "other")]).unwrap();
    iam(&mut world, "TagOpenIDConnectProvider", &[named, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")])
        .unwrap();
    let read = iam(&mut world, "GetOpenIDConnectProvider", &[named]).unwrap();
    assert!(read.contains("<ClientIDList><member>other</member><member>sts.amazonaws.com</member></ClientIDList>"));
    assert_eq!(text(&read, "Url"), Some("token.actions.githubusercontent.com"));
    assert_eq!(text(&read, "Key"), Some("k"));
    iam(&mut world, "DeleteOpenIDConnectProvider", &[named]).unwrap();
    iam(&mut world, "DeleteOpenIDConnectProvider", &[named]).unwrap();
    let gone = failure(404, "NoSuchEntity", &format!("OpenIDConnect Provider not found for arn {arn}"));
    assert_eq!(error(iam(&mut world, "GetOpenIDConnectProvider", &[named])), gone);
}

fn decisions(answer: &str) -> Vec<&str> {
    answer.split("<EvalDecision>").skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

#[test]
fn the_simulator_says_what_a_role_may_do() {
    let mut world = world();
    role(&mut world, "R").unwrap();
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::222222222222:role/v/*"},{"Effect":"Deny","Action":"iam:DeleteRole","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red","s3:prefix":"a"}}}]}"#;
    iam(&mut world, "PutRolePolicy", &[("RoleName", "R"), ("PolicyName", "p"), ("PolicyDocument", document)]).unwrap();
    let source = ("PolicySourceArn", "arn:aws:iam::222222222222:role/R");
    let actions = [("ActionNames.member.1", "iam:GetRole"), ("ActionNames.member.2", "iam:DeleteRole")];
    let resources = [("ResourceArns.member.1", "arn:aws:iam::222222222222:role/v/X"), ("ResourceArns.member.2", "*")];
    let params = [source, actions[0], actions[1], resources[0], resources[1]];
    let answer = iam(&mut world, "SimulatePrincipalPolicy", &params).unwrap();
    assert_eq!(decisions(&answer), ["allowed", "implicitDeny", "explicitDeny", "explicitDeny"]);
    assert_eq!((text(&answer, "SourcePolicyId"), text(&answer, "SourcePolicyType")), (Some("p"), Some("role")));

    let read = [source, ("ActionNames.member.1", "s3:GetObject")];
    let missing = iam(&mut world, "SimulatePrincipalPolicy", &read).unwrap();
    assert_eq!(decisions(&missing), ["implicitDeny"]);
    assert!(missing.contains("<member>aws:PrincipalTag/team</member><member>s3:prefix</member>"), "{missing}");
    let entries = [
        ("ContextEntries.member.1.ContextKeyName", "aws:PrincipalTag/team"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "red"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        ("ContextEntries.member.2.ContextKeyName", "s3:prefix"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "a"),
        ("ContextEntries.member.2.ContextKeyType", "string"),
    ];
    let params: Vec<_> = read.into_iter().chain(entries).collect();
    assert_eq!(decisions(&iam(&mut world, "SimulatePrincipalPolicy", &params).unwrap()), ["allowed"]);

    let boundary = ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    iam(&mut world, "PutRolePermissionsBoundary", &[("RoleName", "R"), boundary]).unwrap();
    let bounded = iam(&mut world, "SimulatePrincipalPolicy", &params).unwrap();
    assert_eq!(
        (decisions(&bounded), text(&bounded, "AllowedByPermissionsBoundary")),
        (vec!["implicitDeny"], Some("false"))
    );

    let wrong = |world: &mut World, arn: &str| {
        error(iam(world, "SimulatePrincipalPolicy", &[("PolicySourceArn", arn), actions[0]]))
    };
    assert_eq!(wrong(&mut world, "arn:aws:sts::222222222222:assumed-role/R/x").1, "InvalidInput");
    assert_eq!(wrong(&mut world, "arn:aws:iam::222222222222:role/Nobody").1, "NoSuchEntity");
}

#[test]
fn the_simulator_knows_the_organizations_denials() {
    let mut world = world();
    let trust = ("AssumeRolePolicyDocument", TRUST);
    let denied = "444444444444";
    query(&mut world, Service::Iam, denied, "CreateRole", &[("RoleName", "R"), trust]).unwrap();
    let attach = [("RoleName", "R"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    query(&mut world, Service::Iam, denied, "AttachRolePolicy", &attach).unwrap();
    let params = [
        ("PolicySourceArn", "arn:aws:iam::444444444444:role/R"),
        ("ActionNames.member.1", "iam:GetRole"),
        ("ActionNames.member.2", "iam:ListRoles"),
    ];
    let answer = query(&mut world, Service::Iam, denied, "SimulatePrincipalPolicy", &params).unwrap();
    assert_eq!(decisions(&answer), ["explicitDeny", "allowed"]);
    assert_eq!(text(&answer, "AllowedByOrganizations"), Some("false"));
}

#[test]
fn conditions_see_what_a_request_asks_for() -> Result<(), WireError> {
    let mut world = world();
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/SecurityAudit"}}},
        {"Effect":"Allow","Action":["iam:CreateRole","iam:TagRole"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"red"}}},
        {"Effect":"Allow","Action":"iam:DeleteRole","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}]}"#;
    let name = ("RoleName", "OrganizationAccountAccessRole");
    iam(&mut world, "DetachRolePolicy", &[name, ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")])?;
    iam(&mut world, "PutRolePolicy", &[name, ("PolicyName", "p"), ("PolicyDocument", document)])?;
    let arn = ("RoleArn", "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole");
    let assumed = query(&mut world, Service::Sts, MANAGEMENT, "AssumeRole", &[arn, ("RoleSessionName", "x1")])?;
    let mut call = |operation: &str, params: &[(&str, &str)]| {
        let caller = session(&world, &assumed)?;
        query_as(&mut world, Service::Iam, caller, operation, params)
    };
    let trust = ("AssumeRolePolicyDocument", TRUST);
    let red = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    assert_eq!(error(call("CreateRole", &[("RoleName", "R"), trust])).1, "AccessDenied");
    call("CreateRole", &[("RoleName", "R"), trust, red[0], red[1]])?;
    let attach = |policy| [("RoleName", "R"), ("PolicyArn", policy)];
    assert_eq!(
        error(call("AttachRolePolicy", &attach("arn:aws:iam::aws:policy/AdministratorAccess"))).1,
        "AccessDenied"
    );
    call("AttachRolePolicy", &attach("arn:aws:iam::aws:policy/SecurityAudit"))?;
    assert_eq!(error(call("DeleteRole", &[name])).1, "AccessDenied");
    assert_eq!(
        error(call("DeleteRole", &[("RoleName", "R")])).1,
        "DeleteConflict",
        "it may, but something is in the way"
    );
    Ok(())
}
