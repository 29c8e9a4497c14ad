//! The server over real connections: what holds of faults, time, the audit log and the kept state.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test that needs it")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rolecall_sandbox::{
    CallAccess, Clock, FaultEffect, FaultRule, FaultWhen, Options, OrganizationFile, Running, Sandbox, Service,
    StateFile, StateFileError, World, fingerprint,
};

const FILE: &str = r#"
organization: o-test123456
management_account: "111111111111"
accounts: [{ id: "222222222222", name: member }]
"#;

async fn start(options: Options) -> Running {
    let file = OrganizationFile::parse(FILE).unwrap();
    let world = World::new(&file, jiff::Timestamp::now()).unwrap();
    Sandbox::start(world, options).await.unwrap()
}

fn steady() -> Options {
    Options { clock: Clock::PerRequest { seconds: 1 }, ..Options::default() }
}

/// Sends one request on its own connection and reads to the end of it.
fn send(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(answer)
}

async fn page(running: &Running, method: &'static str, path: &'static str, body: &'static str) -> String {
    let address = running.address();
    tokio::task::spawn_blocking(move || send(address, method, path, "", body)).await.unwrap().unwrap()
}

async fn call(running: &Running, key: &str, service: &str, body: &str) -> io::Result<String> {
    let address = running.address();
    let headers = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={key}/20261120/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n"
    );
    let body = body.to_owned();
    tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, &body)).await.unwrap()
}

fn rule(operation: &str, when: FaultWhen, effect: FaultEffect) -> FaultRule {
    FaultRule { service: Some(Service::Iam), operation: Some(operation.to_owned()), account: None, when, effect }
}

const ONCE: FaultWhen = FaultWhen { skip: 0, times: Some(1) };
const PUT: &str = "Action=TagRole&RoleName=OrganizationAccountAccessRole&Tags.member.1.Key=k&Tags.member.1.Value=v";
const LIST: &str = "Action=ListRoleTags&RoleName=OrganizationAccountAccessRole";

#[tokio::test]
async fn requests_are_routed_by_their_credential_scope() {
    let running = start(steady()).await;
    let answer = call(&running, "222222222222", "sts", "Action=GetCallerIdentity").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: text/xml"), "{answer}");
    assert!(answer.contains("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"));
    assert!(answer.contains("<Account>222222222222</Account>"));
    let unsigned = send_unsigned(&running).await;
    assert!(unsigned.starts_with("HTTP/1.1 403"), "{unsigned}");
    assert!(unsigned.contains("<Code>MissingAuthenticationToken</Code>"), "{unsigned}");
    let elsewhere = call(&running, "x", "s3", "Action=ListBuckets").await.unwrap();
    assert!(elsewhere.contains("<Code>InvalidAction</Code>"), "{elsewhere}");
    running.shutdown().await.unwrap();
}

async fn send_unsigned(running: &Running) -> String {
    page(running, "POST", "/", "Action=GetCallerIdentity").await
}

#[tokio::test]
async fn a_reset_after_the_write_leaves_the_write_and_one_before_does_not() {
    for (effect, tags) in [(FaultEffect::ResetBefore, 0), (FaultEffect::ResetAfter, 1)] {
        let running = start(steady()).await;
        running.set_faults(vec![rule("TagRole", ONCE, effect.clone())]);
        assert!(call(&running, "222222222222", "iam", PUT).await.is_err(), "{effect:?}");
        let listed = call(&running, "222222222222", "iam", LIST).await.unwrap();
        assert_eq!(listed.matches("<Key>k</Key>").count(), tags, "{effect:?}");
        let again = call(&running, "222222222222", "iam", PUT).await.unwrap();
        assert!(again.starts_with("HTTP/1.1 200"), "the rule is spent: {again}");
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn server_errors_come_before_or_after_the_write() {
    for (effect, tags) in [(FaultEffect::ServerErrorBefore, 0), (FaultEffect::ServerErrorAfter, 1)] {
        let running = start(steady()).await;
        running.set_faults(vec![rule("TagRole", ONCE, effect.clone())]);
        let failed = call(&running, "222222222222", "iam", PUT).await.unwrap();
        assert!(failed.starts_with("HTTP/1.1 500") && failed.contains("<Type>Receiver</Type>"), "{failed}");
        let listed = call(&running, "222222222222", "iam", LIST).await.unwrap();
        assert_eq!(listed.matches("<Key>k</Key>").count(), tags, "{effect:?}");
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn faults_are_set_over_http_for_one_account_only() {
    let running = start(steady()).await;
    let rules = r#"[{"service":"iam","account":"222222222222","effect":"throttle"}]"#;
    assert!(page(&running, "POST", "/_sandbox/faults", rules).await.starts_with("HTTP/1.1 200"));
    let throttled = call(&running, "222222222222", "iam", LIST).await.unwrap();
    assert!(throttled.starts_with("HTTP/1.1 400") && throttled.contains("<Code>Throttling</Code>"), "{throttled}");
    let other = call(&running, "111111111111", "iam", "Action=ListRoles").await.unwrap();
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    let nonsense = page(&running, "POST", "/_sandbox/faults", r#"[{"effect":"explode"}]"#).await;
    assert!(nonsense.starts_with("HTTP/1.1 400"), "{nonsense}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_audit_log_tells_reads_from_writes_and_whom_they_touched() {
    let running = start(steady()).await;
    call(&running, "222222222222", "iam", PUT).await.unwrap();
    let assume =
        "Action=AssumeRole&RoleSessionName=me&RoleArn=arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";
    call(&running, "any", "sts", assume).await.unwrap();
    call(&running, "222222222222", "iam", "Action=UploadServerCertificate").await.unwrap();
    let entries = running.audit_since(0);
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry.operation.as_str(), entry.account.as_str(), entry.access, entry.result.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("TagRole", "222222222222", CallAccess::Write, "OK"),
            ("AssumeRole", "222222222222", CallAccess::Read, "OK"),
            ("UploadServerCertificate", "222222222222", CallAccess::Write, "InvalidAction"),
        ]
    );
    assert_eq!(entries[1].caller, "arn:aws:iam::111111111111:user/Administrator");
    assert_eq!(running.audit_since(entries[1].n).len(), 1);
    assert_eq!(running.stats().calls.get("iam:TagRole"), Some(&1));
    assert_eq!(running.stats().connections, 3);
    running.reset_audit();
    assert!(running.audit_since(0).is_empty());
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn latency_and_hangs_delay_answers() {
    let running = start(Options { latency: Duration::from_millis(80), ..steady() }).await;
    let begun = Instant::now();
    let (one, two) =
        tokio::join!(call(&running, "x", "iam", "Action=ListRoles"), call(&running, "x", "iam", "Action=ListRoles"));
    assert!(one.is_ok() && two.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(80));
    running.set_faults(vec![rule("ListRoles", ONCE, FaultEffect::HangMs(150))]);
    let begun = Instant::now();
    call(&running, "x", "iam", "Action=ListRoles").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(230));
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_state_goes_on_after_a_stop_and_belongs_to_its_organization_file() {
    let directory = tempfile::tempdir().unwrap();
    let state =
        |text: &str| StateFile { path: directory.path().join("kept/state.json"), fingerprint: fingerprint(text) };
    let options = |text: &str| Options { state: Some(state(text)), ..steady() };
    let running = start(options(FILE)).await;
    call(&running, "222222222222", "iam", PUT).await.unwrap();
    running.shutdown().await.unwrap();
    let running = start(options(FILE)).await;
    let listed = call(&running, "222222222222", "iam", LIST).await.unwrap();
    assert!(listed.contains("<Key>k</Key>"), "{listed}");
    running.shutdown().await.unwrap();
    let file = OrganizationFile::parse(FILE).unwrap();
    let world = World::new(&file, jiff::Timestamp::now()).unwrap();
    let error = Sandbox::start(world, options("another text")).await.unwrap_err();
    let rolecall_sandbox::StartError::State(error) = error else { panic!("{error}") };
    assert!(matches!(error, StateFileError::OtherOrganization { .. }), "{error}");
}

#[tokio::test]
async fn the_state_is_kept_without_a_stop_too() {
    let directory = tempfile::tempdir().unwrap();
    let state = StateFile { path: directory.path().join("state.json"), fingerprint: fingerprint(FILE) };
    let running = start(Options { state: Some(state.clone()), ..steady() }).await;
    call(&running, "222222222222", "iam", PUT).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let saved = std::fs::read_to_string(&state.path).unwrap_or_default();
        if saved.contains(r#""tags":{"k":"v"}"#) {
            break;
        }
        assert!(Instant::now() < deadline, "not saved: {saved}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn time_passes_by_requests_and_on_demand() {
    let running = start(steady()).await;
    let create = "Action=GetCallerIdentity";
    for _ in 0..3 {
        call(&running, "x", "sts", create).await.unwrap();
    }
    page(&running, "POST", "/_sandbox/advance?seconds=100", "").await;
    call(&running, "x", "sts", create).await.unwrap();
    let times: Vec<i64> = running.audit_since(0).iter().map(|entry| entry.time.as_second()).collect();
    let steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps, [1, 1, 101]);
    running.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_and_its_answer_are_recorded_except_the_sandboxs_own_pages() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    let cut = FaultRule {
        service: None,
        operation: Some("ListRoles".to_owned()),
        account: None,
        when: FaultWhen::default(),
        effect: FaultEffect::ResetAfter,
    };
    let running = start(Options { record: Some(path.clone()), faults: vec![cut], ..steady() }).await;
    call(&running, "me", "sts", "Action=GetCallerIdentity&Version=2011-06-15").await.unwrap();
    call(&running, "me", "iam", "Action=GetRole&RoleName=Nobody&Version=2010-05-08").await.unwrap();
    call(&running, "me", "iam", "Action=ListRoles&Version=2010-05-08").await.unwrap_err();
    page(&running, "GET", "/_sandbox/health", "").await;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |line: &serde_json::Value| {
        let body = line["request"]["body"].as_str().unwrap().split('&').next().unwrap().to_owned();
        (body, line["response"]["status"].as_u64().unwrap())
    };
    let expected = [("Action=GetCallerIdentity".to_owned(), 200), ("Action=GetRole".to_owned(), 404)];
    assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), expected);
    assert!(lines[1]["response"]["body"].as_str().unwrap().contains("NoSuchEntity"));
    assert!(lines[1]["request"]["headers"]["authorization"].as_str().unwrap().contains("Credential=me/"));
}
