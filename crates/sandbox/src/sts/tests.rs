//! What holds of sessions.

use crate::testing::{MANAGEMENT, MEMBER, pass, query, query_as, session, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

const MEMBER_ROLE: &str = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";

fn assume(world: &mut World, account: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let mut all = vec![("RoleSessionName", "test")];
    all.extend(params);
    query(world, Service::Sts, account, "AssumeRole", &all)
}

fn vendor_role(world: &mut World, condition: &str) -> &'static str {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"232136659152"}},"Action":"sts:AssumeRole","Condition":{condition}}}]}}"#
    );
    let params = [("RoleName", "Vendor"), ("Path", "/v/"), ("AssumeRolePolicyDocument", trust.as_str())];
    query(world, Service::Iam, MEMBER, "CreateRole", &params).unwrap();
    "arn:aws:iam::222222222222:role/v/Vendor"
}

#[test]
fn the_management_account_gets_into_its_members_and_acts_there() {
    let mut world = world();
    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE)]).unwrap();
    let caller = session(&world, &assumed).unwrap();
    assert_eq!(caller.arn, "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/test");
    let role = [("RoleName", "OrganizationAccountAccessRole")];
    let got = query_as(&mut world, Service::Iam, caller, "GetRole", &role).unwrap();
    assert!(got.contains("<LastUsedDate>"));
}

#[test]
fn a_missing_role_a_wrong_external_id_and_a_stranger_get_the_same_answer() {
    let mut world = world();
    let arn = vendor_role(&mut world, r#"{"StringEquals":{"sts:ExternalId":"right"}}"#);
    let vendor = "232136659152";
    assume(&mut world, vendor, &[("RoleArn", arn), ("ExternalId", "right")]).unwrap();
    let missing = "arn:aws:iam::222222222222:role/Missing";
    let cases: [(&str, &str, Option<&str>); 5] = [
        (vendor, arn, Some("wrong")),
        (vendor, arn, None),
        (vendor, missing, Some("right")),
        (MANAGEMENT, arn, Some("right")),
        (vendor, "arn:aws:iam::222222222222:role/Vendor", Some("right")),
    ];
    for (account, arn, external_id) in cases {
        let mut params = vec![("RoleArn", arn)];
        params.extend(external_id.map(|id| ("ExternalId", id)));
        let error = assume(&mut world, account, &params).unwrap_err();
        assert_eq!((error.status, error.code.as_ref()), (403, "AccessDenied"));
        assert_eq!(
            error.message,
            format!(
                "User: arn:aws:iam::{account}:user/Administrator is not authorized to perform: sts:AssumeRole on \
                 resource: {arn}"
            )
        );
    }
}

#[test]
fn suspended_accounts_cannot_be_entered_and_denials_name_their_policy() {
    let mut world = world();
    let role = |account: &str| format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let error = assume(&mut world, MANAGEMENT, &[("RoleArn", &role("333333333333"))]).unwrap_err();
    assert_eq!(error.code, "AccessDenied");
    let error = assume(&mut world, MANAGEMENT, &[("RoleArn", &role("555555555555"))]).unwrap_err();
    assert!(error.message.ends_with("with an explicit deny in a resource control policy"), "{}", error.message);
    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", &role("444444444444"))]).unwrap();
    let caller = session(&world, &assumed).unwrap();
    let error = query_as(&mut world, Service::Iam, caller, "GetRole", &[("RoleName", "X")]).unwrap_err();
    assert_eq!(
        error.message,
        "User: arn:aws:sts::444444444444:assumed-role/OrganizationAccountAccessRole/test is not authorized to \
         perform: iam:GetRole on resource: arn:aws:iam::444444444444:role/X with an explicit deny in a service \
         control policy"
    );
}

#[test]
fn durations_are_checked_against_the_schema_the_role_and_chaining() {
    let mut world = world();
    let with = |seconds| [("RoleArn", MEMBER_ROLE), ("DurationSeconds", seconds)];
    let message = |result: Result<String, WireError>| result.unwrap_err().message;
    assert_eq!(
        message(assume(&mut world, MANAGEMENT, &with("899"))),
        "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value greater than or equal to 900"
    );
    assert_eq!(
        message(assume(&mut world, MANAGEMENT, &with("3601"))),
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    let long = [("RoleName", "OrganizationAccountAccessRole"), ("MaxSessionDuration", "43200")];
    query(&mut world, Service::Iam, MEMBER, "UpdateRole", &long).unwrap();
    assume(&mut world, MANAGEMENT, &with("43200")).unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    let trusting = [("RoleName", "OrganizationAccountAccessRole"), ("PolicyDocument", trust)];
    query(&mut world, Service::Iam, MEMBER, "UpdateAssumeRolePolicy", &trusting).unwrap();
    let first = assume(&mut world, MANAGEMENT, &with("3600")).unwrap();
    let mut chained = |seconds| {
        let caller = session(&world, &first).unwrap();
        let params = [("RoleSessionName", "again"), with(seconds)[0], with(seconds)[1]];
        query_as(&mut world, Service::Sts, caller, "AssumeRole", &params)
    };
    chained("3600").unwrap();
    assert_eq!(
        message(chained("3601")),
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    );
}

#[test]
fn sessions_end_and_die_with_their_role() {
    let mut world = world();
    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE), ("DurationSeconds", "900")]).unwrap();
    let key = text(&assumed, "AccessKeyId").unwrap().to_owned();
    assert_eq!(crate::sts::caller(&world, &key, None).unwrap_err().code, "InvalidClientTokenId");
    pass(&mut world, 899);
    assert!(session(&world, &assumed).is_ok());
    pass(&mut world, 1);
    assert_eq!(session(&world, &assumed).unwrap_err().code, "ExpiredToken");
    world.sts.clear();
    assert_eq!(session(&world, &assumed).unwrap_err().code, "ExpiredToken", "a forgotten session is no administrator");

    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE)]).unwrap();
    let name = ("RoleName", "OrganizationAccountAccessRole");
    let policy = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    query(&mut world, Service::Iam, MEMBER, "DetachRolePolicy", &[name, policy]).unwrap();
    let caller = session(&world, &assumed).unwrap();
    let error = query_as(&mut world, Service::Iam, caller, "ListRoles", &[]).unwrap_err();
    assert_eq!(
        error.message,
        "User: arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/test is not authorized to \
         perform: iam:ListRoles on resource: arn:aws:iam::222222222222:role/ because no identity-based policy allows \
         the iam:ListRoles action"
    );
    query(&mut world, Service::Iam, MEMBER, "DeleteRole", &[name]).unwrap();
    assert_eq!(session(&world, &assumed).unwrap_err().code, "InvalidClientTokenId");
}

#[test]
fn identity_policies_narrow_a_session_by_action_and_resource() {
    let mut world = world();
    let arn = vendor_role(&mut world, r#"{"StringLike":{"sts:ExternalId":"ab*"}}"#);
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:get*","Resource":"arn:aws:iam::*:role/v/*"},{"Effect":"Deny","Action":"iam:GetRolePolicy","Resource":"*"}]}"#;
    let put = [("RoleName", "Vendor"), ("PolicyName", "p"), ("PolicyDocument", document)];
    query(&mut world, Service::Iam, MEMBER, "PutRolePolicy", &put).unwrap();
    let assumed = assume(&mut world, "232136659152", &[("RoleArn", arn), ("ExternalId", "abc")]).unwrap();
    let mut call = |operation: &str, params: &[(&str, &str)]| {
        let caller = session(&world, &assumed).unwrap();
        query_as(&mut world, Service::Iam, caller, operation, params)
    };
    call("GetRole", &[("RoleName", "Vendor")]).unwrap();
    let elsewhere = call("GetRole", &[("RoleName", "OrganizationAccountAccessRole")]).unwrap_err();
    assert!(elsewhere.message.contains("because no identity-based policy allows the iam:GetRole action"));
    let denied = call("GetRolePolicy", &[("RoleName", "Vendor"), ("PolicyName", "p")]).unwrap_err();
    assert!(denied.message.ends_with("with an explicit deny in an identity-based policy"));
}

#[test]
fn credentials_select_the_account() {
    let world = world();
    let account = |key: &str| crate::sts::caller(&world, key, None).unwrap().account;
    assert_eq!(account("AKIAEXAMPLE"), MANAGEMENT);
    assert_eq!(account("ASIANOTOURS"), MANAGEMENT);
    assert_eq!(account("222222222222"), MEMBER);
}
