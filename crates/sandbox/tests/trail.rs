//! CloudTrail over real connections: which calls are told, and of whom.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test that needs it")]

mod support;

use rolecall_sandbox::Running;
use serde_json::{Value, json};
use support::{PUT, call, faults, send, start, steady};

const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
/// As the SDK for Rust has it.
const SHORT_TARGET: &str = "CloudTrail_20131101.LookupEvents";
const ROLE: &str = "OrganizationAccountAccessRole";

/// The events of an account that name something, newest first, with their records.
async fn events(running: &Running, key: &str, region: &str, name: &str) -> Vec<(Value, Value)> {
    let headers = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={key}/20261120/{region}/cloudtrail/aws4_request, Signature=0\r\n\
         X-Amz-Target: {TARGET}\r\n"
    );
    let body = json!({ "LookupAttributes": [{ "AttributeKey": "ResourceName", "AttributeValue": name }] }).to_string();
    let address = running.address();
    let answer = tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, &body)).await.unwrap();
    let answer = answer.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    let events = answer["Events"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    let read = |event: Value| {
        let record = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
        (event, record)
    };
    events.into_iter().map(read).collect()
}

#[tokio::test]
async fn both_names_of_the_operation_are_taken() {
    let running = start(steady()).await;
    for (target, status) in [(TARGET, "200"), (SHORT_TARGET, "200"), ("CloudTrail.LookupEvents", "400")] {
        let headers = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=x/20261120/us-east-1/cloudtrail/aws4_request, Signature=0\r\n\
             X-Amz-Target: {target}\r\n"
        );
        let address = running.address();
        let answer = tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, "{}")).await.unwrap();
        let answer = answer.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {answer}");
    }
    running.shutdown().await.unwrap();
}

/// Long enough for events to be seen.
fn wait(running: &Running) {
    running.advance(600);
}

#[tokio::test]
async fn a_write_is_told_with_who_sent_what() {
    let running = start(steady()).await;
    let refused =
        "Action=DetachRolePolicy&RoleName=OrganizationAccountAccessRole&PolicyArn=arn:aws:iam::aws:policy/None";
    call(&running, "222222222222", "iam", PUT).await.unwrap();
    call(&running, "222222222222", "iam", refused).await.unwrap();
    call(&running, "222222222222", "iam", "Action=GetRole&RoleName=OrganizationAccountAccessRole").await.unwrap();
    assert!(events(&running, "222222222222", "us-east-1", ROLE).await.is_empty(), "they are not seen at once");
    wait(&running);
    let told = events(&running, "222222222222", "us-east-1", ROLE).await;
    let names: Vec<&str> = told.iter().map(|(event, _)| event["EventName"].as_str().unwrap()).collect();
    assert_eq!(names, ["DetachRolePolicy", "TagRole"], "reading is not told");
    let (event, record) = &told[1];
    assert_eq!((&event["Username"], &event["ReadOnly"]), (&json!("Administrator"), &json!("false")));
    assert_eq!(event["EventId"], record["eventID"]);
    let parameters = json!({ "roleName": ROLE, "tags": [{ "key": "k", "value": "v" }] });
    for (member, is) in [
        ("eventName", json!("TagRole")),
        ("eventSource", json!("iam.amazonaws.com")),
        ("awsRegion", json!("us-east-1")),
        ("sourceIPAddress", json!("127.0.0.1")),
        ("requestParameters", parameters),
        ("responseElements", Value::Null),
        ("readOnly", json!(false)),
        ("managementEvent", json!(true)),
        ("recipientAccountId", json!("222222222222")),
        ("errorCode", Value::Null),
    ] {
        assert_eq!(record[member], is, "{member}");
    }
    let identity = &record["userIdentity"];
    assert_eq!((&identity["type"], &identity["userName"]), (&json!("IAMUser"), &json!("Administrator")));
    assert_eq!(identity["arn"], "arn:aws:iam::222222222222:user/Administrator");
    let (_, record) = &told[0];
    assert_eq!(record["errorCode"], "NoSuchEntity");
    assert!(record["errorMessage"].as_str().unwrap().contains("arn:aws:iam::aws:policy/None"));
    assert!(events(&running, "222222222222", "eu-west-1", ROLE).await.is_empty(), "IAM is told in us-east-1 only");
    assert!(events(&running, "111111111111", "us-east-1", ROLE).await.is_empty(), "it is another account's");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_session_is_told_with_the_role_that_issued_it() {
    let running = start(steady()).await;
    let assume =
        "Action=AssumeRole&RoleArn=arn:aws:iam::222222222222:role/OrganizationAccountAccessRole&RoleSessionName=me";
    let assumed = call(&running, "111111111111", "sts", assume).await.unwrap();
    let text = |name: &str| {
        let (_, rest) = assumed.split_once(&format!("<{name}>")).unwrap();
        rest.split_once("</").unwrap().0.to_owned()
    };
    let (key, token) = (text("AccessKeyId"), text("SessionToken"));
    let headers = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={key}/20261120/us-east-1/iam/aws4_request, Signature=0\r\n\
         X-Amz-Security-Token: {token}\r\nUser-Agent: console\r\n"
    );
    let address = running.address();
    tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, PUT)).await.unwrap().unwrap();
    wait(&running);
    let told = events(&running, "222222222222", "us-east-1", ROLE).await;
    let (event, record) = &told[0];
    assert_eq!((&event["Username"], &event["AccessKeyId"]), (&json!("me"), &json!(key)));
    let identity = &record["userIdentity"];
    assert_eq!(identity["type"], "AssumedRole");
    assert_eq!(identity["arn"], "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/me");
    let issuer = &identity["sessionContext"]["sessionIssuer"];
    assert_eq!((&issuer["type"], &issuer["userName"]), (&json!("Role"), &json!(ROLE)));
    assert_eq!(identity["principalId"].as_str().unwrap(), format!("{}:me", issuer["principalId"].as_str().unwrap()));
    assert_eq!(record["userAgent"], "console");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_someone_else_does_by_a_fault_is_told_too() {
    let running = start(steady()).await;
    let specs = [
        r#"iam:GetRole=call(iam:TagRole@222222222222 {"RoleName": "OrganizationAccountAccessRole", "Tags": [{"Key": "a", "Value": "b"}]}):1"#,
    ];
    running.set_faults(faults(&specs));
    call(&running, "222222222222", "iam", "Action=GetRole&RoleName=OrganizationAccountAccessRole").await.unwrap();
    wait(&running);
    let told = events(&running, "222222222222", "us-east-1", ROLE).await;
    assert_eq!(told[0].1["requestParameters"]["tags"], json!([{ "key": "a", "value": "b" }]));
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn secrets_and_templates_are_not_told() {
    let running = start(steady()).await;
    for body in [
        "Action=CreateUser&UserName=u",
        "Action=CreateLoginProfile&UserName=u&Password=Very-Secret-1234",
        "Action=CreateAccessKey&UserName=u",
    ] {
        let answer = call(&running, "222222222222", "iam", body).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    wait(&running);
    let told = events(&running, "222222222222", "us-east-1", "u").await;
    let records: Vec<String> =
        told.iter().map(|(event, _)| event["CloudTrailEvent"].as_str().unwrap().to_owned()).collect();
    assert_eq!(records.len(), 3);
    assert!(
        !records.iter().any(|record| record.contains("Very-Secret") || record.contains("ecretAccessKey")),
        "{records:?}"
    );
    assert!(records[0].contains("\"accessKeyId\""), "{}", records[0]);
    running.shutdown().await.unwrap();
}
