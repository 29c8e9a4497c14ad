//! The server over real connections: what holds of requests, time, the audit log and the kept state.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test that needs it")]

mod support;

use std::time::{Duration, Instant};

use rolecall_sandbox::{
    CallAccess, Clock, Forgotten, Holder, Options, OrganizationFile, Running, Sandbox, StartError, StateFile,
    StateFileError, World, fingerprint, forget,
};
use support::{FILE, LIST, PUT, call, faults, page, send, start, steady};

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

#[tokio::test]
async fn requests_are_refused_in_the_words_of_aws() {
    let running = start(steady()).await;
    let sent = |scope: &'static str, body: String| {
        let address = running.address();
        let headers = format!("Authorization: AWS4-HMAC-SHA256 Credential={scope}\r\n");
        tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, &body))
    };
    let sts = "me/20261120/us-east-1/sts/aws4_request";
    let identity = "Action=GetCallerIdentity";
    for (scope, body, wanted) in [
        (sts, "Action=MakeCoffee&Version=2011-06-15", "Could not find operation MakeCoffee for version 2011-06-15"),
        (sts, "Action=GetCallerIdentity&Version=2010-05-08", "GetCallerIdentity for version 2010-05-08"),
        (sts, "Action=GetWebIdentityToken", "is not simulated by the Rolecall sandbox"),
        (sts, "Version=2011-06-15", "<Code>MissingAction</Code>"),
        ("me/20261120/nowhere/sts/aws4_request", identity, "Credential should be scoped to a valid region. <"),
        ("me/20261120/us-east-1/sts/aws3_request", identity, "<Code>SignatureDoesNotMatch</Code>"),
        ("me/20261120/us-east-1", identity, "<Code>IncompleteSignature</Code>"),
        ("me/20261120/us-east-1/s3/aws4_request", identity, "<Code>InvalidAction</Code>"),
    ] {
        let answer = sent(scope, body.to_owned()).await.unwrap().unwrap();
        assert!(answer.contains(wanted), "{scope} {body}\n{answer}");
    }
    let longest = format!("{identity}&x={}", "a".repeat(10_000_000 - identity.len() - 3));
    assert!(sent(sts, longest.clone()).await.unwrap().unwrap().starts_with("HTTP/1.1 200"));
    let longer = sent(sts, format!("{longest}a")).await.unwrap().unwrap();
    assert!(longer.starts_with("HTTP/1.1 413") && longer.ends_with("\r\n\r\n"), "{longer}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn sts_answers_get_and_presigned_requests() {
    let running = start(steady()).await;
    let address = running.address();
    let scope = "222222222222/20261120/us-east-1/sts/aws4_request";
    let get = |path: String, headers: String| {
        tokio::task::spawn_blocking(move || send(address, "GET", &path, &headers, "").unwrap())
    };
    let signed = get(
        "/?Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
        format!("Authorization: AWS4-HMAC-SHA256 Credential={scope}\r\n"),
    );
    let presigned =
        get(format!("/?Action=GetCallerIdentity&X-Amz-Credential={}", scope.replace('/', "%2F")), String::new());
    for answer in [signed.await.unwrap(), presigned.await.unwrap()] {
        assert!(answer.contains("<Account>222222222222</Account>"), "{answer}");
    }
    running.shutdown().await.unwrap();
}

async fn send_unsigned(running: &Running) -> String {
    page(running, "POST", "/", "Action=GetCallerIdentity").await
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
    let StartError::State(error) = error else { panic!("{error}") };
    assert!(matches!(error, StateFileError::OtherOrganization { .. }), "{error}");
}

#[tokio::test]
async fn a_state_belongs_to_one_process_at_a_time_and_is_not_forgotten_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.json");
    let options =
        || Options { state: Some(StateFile { path: path.clone(), fingerprint: fingerprint(FILE) }), ..steady() };
    start(options()).await.shutdown().await.unwrap();
    let running = start(options()).await;
    let world = World::new(&OrganizationFile::parse(FILE).unwrap(), jiff::Timestamp::now()).unwrap();
    let error = Sandbox::start(world, options()).await.unwrap_err();
    let StartError::State(StateFileError::InUse { path: _, by }) = error else { panic!("{error}") };
    assert_eq!(by, Holder::Process(std::process::id()));
    assert!(matches!(forget(&path), Err(StateFileError::InUse { .. })));
    running.shutdown().await.unwrap();
    assert_eq!(forget(&path).unwrap(), Forgotten::State);
    assert_eq!(forget(&path).unwrap(), Forgotten::Nothing);
    start(options()).await.shutdown().await.unwrap();
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
async fn the_same_seed_clock_and_time_give_the_same_answers() {
    let run = |seed: &'static str| async move {
        let mut file = OrganizationFile::parse(FILE).unwrap();
        file.seed = Some(seed.to_owned());
        let time = "2030-01-01T00:00:00Z".parse().unwrap();
        let options = Options { clock: Clock::PerRequest { seconds: 60 }, time: Some(time), ..Options::default() };
        let running = Sandbox::start(World::new(&file, time).unwrap(), options).await.unwrap();
        let assume =
            "Action=AssumeRole&RoleSessionName=me&RoleArn=arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";
        let answer = call(&running, "x", "sts", assume).await.unwrap();
        running.shutdown().await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    };
    let (one, again, other) = (run("one").await, run("one").await, run("two").await);
    assert!(one.contains("<Expiration>2030-01-01T01:01:00Z</Expiration>"), "{one}");
    assert_eq!(one, again);
    assert_ne!(one, other);
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
    let cut = faults(&["*:ListRoles=reset_after"]);
    let running = start(Options { record: Some(path.clone()), faults: cut, ..steady() }).await;
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
