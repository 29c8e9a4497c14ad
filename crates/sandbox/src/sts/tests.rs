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

#[test]
fn session_policies_narrow_a_session_and_fill_their_space() {
    let mut world = world();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}"#;
    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE), ("Policy", policy)]).unwrap();
    assert_eq!(text(&assumed, "PackedPolicySize"), Some("5"));
    let mut call = |operation: &str, params: &[(&str, &str)]| {
        let caller = session(&world, &assumed).unwrap();
        query_as(&mut world, Service::Iam, caller, operation, params)
    };
    call("ListRoles", &[]).unwrap();
    let error = call("ListUsers", &[]).unwrap_err();
    assert!(error.message.ends_with("because no session policy allows the iam:ListUsers action"), "{}", error.message);

    let read_only = ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE), read_only]).unwrap();
    let caller = session(&world, &assumed).unwrap();
    query_as(&mut world, Service::Iam, caller.clone(), "ListUsers", &[]).unwrap();
    let error = query_as(&mut world, Service::Iam, caller, "DeleteUser", &[("UserName", "x")]).unwrap_err();
    assert!(error.message.ends_with("because no session policy allows the iam:DeleteUser action"));

    let plain = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE)]).unwrap();
    assert_eq!(text(&plain, "PackedPolicySize"), None);
    let mut refused = |params: &[(&str, &str)]| {
        let all: Vec<_> = [("RoleArn", MEMBER_ROLE)].into_iter().chain(params.iter().copied()).collect();
        let error = assume(&mut world, MANAGEMENT, &all).unwrap_err();
        (error.status, error.code.into_owned())
    };
    assert_eq!(refused(&[("Policy", "{")]), (400, "MalformedPolicyDocument".to_owned()));
    let full = policy.replace("iam:ListRoles", &format!("iam:{}", "L".repeat(1_980)));
    assert_eq!(refused(&[("Policy", &full)]), (400, "ValidationError".to_owned()), "the schema's own limit");
    let long = policy.replace("iam:ListRoles", &format!("iam:{}", "L".repeat(1_900)));
    let tag = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", &*"v".repeat(200))];
    assert_eq!(refused(&[("Policy", &long), tag[0], tag[1]]), (400, "PackedPolicyTooLarge".to_owned()));
}

#[test]
fn tags_and_a_source_identity_need_their_own_actions_and_are_passed_on() {
    let mut world = world();
    let arn = vendor_role(&mut world, "{}");
    let vendor = "232136659152";
    let tagged = [("RoleArn", arn), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    let refused = |result: Result<String, WireError>| result.unwrap_err().message;
    assert!(refused(assume(&mut world, vendor, &tagged)).contains("perform: sts:TagSession on resource"));
    let named = [("RoleArn", arn), ("SourceIdentity", "alice")];
    assert!(refused(assume(&mut world, vendor, &named)).contains("perform: sts:SetSourceIdentity on resource"));

    let trust = |statement: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"*"}},{statement}}}]}}"#
        )
    };
    let all = trust(r#""Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#);
    let update = [("RoleName", "Vendor"), ("PolicyDocument", all.as_str())];
    query(&mut world, Service::Iam, MEMBER, "UpdateAssumeRolePolicy", &update).unwrap();
    let mut params = tagged.to_vec();
    params.extend([("TransitiveTagKeys.member.1", "team"), ("SourceIdentity", "alice")]);
    let assumed = assume(&mut world, vendor, &params).unwrap();
    assert_eq!(text(&assumed, "SourceIdentity"), Some("alice"));

    // The next role sees the tag that was passed on, and its trust policy must allow both.
    let bare = trust(r#""Action":"sts:AssumeRole""#);
    let next = trust(
        r#""Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"aws:PrincipalTag/team":"red","aws:SourceIdentity":"alice"}}"#,
    );
    for (name, document) in [("Bare", &bare), ("Next", &next)] {
        let create = [("RoleName", name), ("AssumeRolePolicyDocument", document.as_str())];
        query(&mut world, Service::Iam, MEMBER, "CreateRole", &create).unwrap();
    }
    let mut chain = |role: &str, more: &[(&str, &str)]| {
        let caller = session(&world, &assumed).unwrap();
        let arn = format!("arn:aws:iam::222222222222:role/{role}");
        let mut params = vec![("RoleSessionName", "again"), ("RoleArn", arn.as_str())];
        params.extend(more);
        query_as(&mut world, Service::Sts, caller, "AssumeRole", &params)
    };
    assert!(refused(chain("Bare", &[])).contains("perform: sts:TagSession"));
    let chained = chain("Next", &[]).unwrap();
    assert_eq!(text(&chained, "SourceIdentity"), Some("alice"));
    assert!(refused(chain("Next", &[("SourceIdentity", "mallory")])).contains("perform: sts:SetSourceIdentity"));
    let again = chain("Next", &[("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "blue")]).unwrap_err();
    assert_eq!(again.code, "InvalidParameterValue");
}

#[test]
fn a_policy_revokes_sessions_by_the_time_they_were_made() {
    let mut world = world();
    let assumed = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE)]).unwrap();
    pass(&mut world, 60);
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-20T00:00:30Z"}}}]}"#;
    let put = [("RoleName", "OrganizationAccountAccessRole"), ("PolicyName", "p"), ("PolicyDocument", document)];
    query(&mut world, Service::Iam, MEMBER, "PutRolePolicy", &put).unwrap();
    let mut list = |assumed: &str| {
        let caller = session(&world, assumed).unwrap();
        query_as(&mut world, Service::Iam, caller, "ListRoles", &[])
    };
    assert!(list(&assumed).unwrap_err().message.ends_with("with an explicit deny in an identity-based policy"));
    let later = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE)]).unwrap();
    let caller = session(&world, &later).unwrap();
    query_as(&mut world, Service::Iam, caller, "ListRoles", &[]).unwrap();
}

#[test]
fn sts_may_be_switched_off_in_a_region_of_an_account() {
    let mut world = world();
    world.switches.sts_disabled.insert("us-east-1".to_owned(), [MEMBER.to_owned()].into());
    let error = assume(&mut world, MANAGEMENT, &[("RoleArn", MEMBER_ROLE)]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (403, "RegionDisabledException"));
    assert!(error.message.starts_with("STS is not activated in this region for account:222222222222."));
    query(&mut world, Service::Sts, MANAGEMENT, "GetSessionToken", &[]).unwrap();
}

fn user_key(world: &mut World, policy: &str) -> String {
    let iam = |world: &mut World, operation: &str, params: &[(&str, &str)]| {
        query(world, Service::Iam, MEMBER, operation, params).unwrap()
    };
    iam(world, "CreateUser", &[("UserName", "Alice")]);
    let put = [("UserName", "Alice"), ("PolicyName", "p"), ("PolicyDocument", policy)];
    iam(world, "PutUserPolicy", &put);
    let made = iam(world, "CreateAccessKey", &[("UserName", "Alice")]);
    text(&made, "AccessKeyId").unwrap().to_owned()
}

const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[test]
fn a_session_token_is_its_user_and_needs_a_code_for_iam() {
    let mut world = world();
    let key = user_key(&mut world, ALL);
    let user = crate::sts::caller(&world, &key, None).unwrap();
    let plain = query_as(&mut world, Service::Sts, user.clone(), "GetSessionToken", &[]).unwrap();
    let caller = session(&world, &plain).unwrap();
    assert_eq!(caller.arn, "arn:aws:iam::222222222222:user/Alice");
    let refused = query_as(&mut world, Service::Iam, caller.clone(), "ListRoles", &[]).unwrap_err();
    assert_eq!(refused.code, "InvalidClientTokenId");
    let nested = query_as(&mut world, Service::Sts, caller, "GetSessionToken", &[]).unwrap_err();
    assert_eq!(nested.message, "Cannot call GetSessionToken with session credentials");

    let code = ("TokenCode", "123456");
    let serial = ("SerialNumber", "arn:aws:iam::222222222222:mfa/phone");
    let foreign = query_as(&mut world, Service::Sts, user.clone(), "GetSessionToken", &[serial, code]).unwrap_err();
    assert!(foreign.message.starts_with("MultiFactorAuthentication failed"), "{}", foreign.message);
    query(&mut world, Service::Iam, MEMBER, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]).unwrap();
    let enable = [("UserName", "Alice"), serial, ("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")];
    query(&mut world, Service::Iam, MEMBER, "EnableMFADevice", &enable).unwrap();
    let strong = query_as(&mut world, Service::Sts, user, "GetSessionToken", &[serial, code]).unwrap();
    let caller = session(&world, &strong).unwrap();
    query_as(&mut world, Service::Iam, caller, "ListRoles", &[]).unwrap();
}

#[test]
fn a_federated_user_is_narrowed_to_the_session_policy_and_kept_from_iam() {
    let mut world = world();
    let key = user_key(&mut world, ALL);
    let user = crate::sts::caller(&world, &key, None).unwrap();
    let params = [("Name", "bob"), ("Policy", ALL)];
    let made = query_as(&mut world, Service::Sts, user, "GetFederationToken", &params).unwrap();
    assert_eq!(text(&made, "FederatedUserId"), Some("222222222222:bob"));
    let caller = session(&world, &made).unwrap();
    assert_eq!(caller.arn, "arn:aws:sts::222222222222:federated-user/bob");
    let refused = query_as(&mut world, Service::Iam, caller.clone(), "ListRoles", &[]).unwrap_err();
    assert_eq!(refused.code, "InvalidClientTokenId");
    let who = query_as(&mut world, Service::Sts, caller, "GetCallerIdentity", &[]).unwrap();
    assert_eq!(text(&who, "Arn"), Some("arn:aws:sts::222222222222:federated-user/bob"));
    let info = [("AccessKeyId", key.as_str())];
    let info = query(&mut world, Service::Sts, MANAGEMENT, "GetAccessKeyInfo", &info).unwrap();
    assert_eq!(text(&info, "Account"), Some(MEMBER));
    query(&mut world, Service::Iam, MEMBER, "DeleteUserPolicy", &[("UserName", "Alice"), ("PolicyName", "p")]).unwrap();
    query(&mut world, Service::Iam, MEMBER, "DeleteAccessKey", &[("UserName", "Alice"), ("AccessKeyId", &key)])
        .unwrap();
    query(&mut world, Service::Iam, MEMBER, "DeleteUser", &[("UserName", "Alice")]).unwrap();
    assert_eq!(session(&world, &made).unwrap_err().code, "InvalidClientTokenId", "it ends with its user");
}

#[test]
fn a_user_enters_a_role_that_trusts_it_by_name_and_not_after_it_was_made_again() {
    let mut world = world();
    let nothing = ALL.replacen('*', "s3:GetObject", 1);
    let key = user_key(&mut world, &nothing);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:user/Alice"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}}]}"#;
    let create = [("RoleName", "Own"), ("AssumeRolePolicyDocument", trust)];
    query(&mut world, Service::Iam, MEMBER, "CreateRole", &create).unwrap();
    let enter = |world: &mut World, key: &str, name: &str| {
        let caller = crate::sts::caller(world, key, None).unwrap();
        let params = [("RoleArn", "arn:aws:iam::222222222222:role/Own"), ("RoleSessionName", name)];
        query_as(world, Service::Sts, caller, "AssumeRole", &params)
    };
    enter(&mut world, &key, "Alice").unwrap();
    assert_eq!(enter(&mut world, &key, "Bob").unwrap_err().code, "AccessDenied", "the condition names the user");
    query(&mut world, Service::Iam, MEMBER, "DeleteUserPolicy", &[("UserName", "Alice"), ("PolicyName", "p")]).unwrap();
    query(&mut world, Service::Iam, MEMBER, "DeleteAccessKey", &[("UserName", "Alice"), ("AccessKeyId", &key)])
        .unwrap();
    query(&mut world, Service::Iam, MEMBER, "DeleteUser", &[("UserName", "Alice")]).unwrap();
    let another = user_key(&mut world, ALL);
    assert_eq!(enter(&mut world, &another, "Alice").unwrap_err().code, "AccessDenied");
}

#[test]
fn the_readme_names_every_operation() {
    let readme = include_str!("../../README.md");
    let names: Vec<&str> = readme.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let missing: Vec<&str> = super::handle::operations().filter(|name| !names.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn all_violations_of_the_schema_are_told_at_once() {
    let error = assume(&mut world(), MANAGEMENT, &[("RoleArn", "short"), ("DurationSeconds", "1")]).unwrap_err();
    assert!(error.message.starts_with("2 validation errors detected: Value '1' at 'durationSeconds'"));
    assert!(error.message.contains("; Value 'short' at 'roleArn' failed to satisfy constraint"));
}
