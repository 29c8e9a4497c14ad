//! Faults over real connections.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test that needs it")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rolecall_sandbox::{CallAccess, CallSource, Options, Running};
use support::{LIST, PUT, call, faults, page, send, start, steady};

/// A server with these faults, as the command line names them.
async fn faulty(specs: &[&str]) -> Running {
    start(Options { faults: faults(specs), ..steady() }).await
}

async fn tags(running: &Running) -> usize {
    let listed = call(running, "222222222222", "iam", LIST).await.unwrap();
    listed.matches("<Key>k</Key>").count()
}

#[tokio::test]
async fn a_reset_after_the_write_leaves_the_write_and_one_before_does_not() {
    for (spec, left) in [("iam:TagRole=reset_before:1", 0), ("iam:TagRole=reset_after:1", 1)] {
        let running = faulty(&[spec]).await;
        assert!(call(&running, "222222222222", "iam", PUT).await.is_err(), "{spec}");
        assert_eq!(tags(&running).await, left, "{spec}");
        let again = call(&running, "222222222222", "iam", PUT).await.unwrap();
        assert!(again.starts_with("HTTP/1.1 200"), "the rule is spent: {again}");
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn errors_come_before_or_after_the_write() {
    for (spec, status, left) in [
        ("iam:TagRole=server_error_before:1", "500", 0),
        ("iam:TagRole=server_error_after:1", "500", 1),
        ("iam:TagRole=error(ServiceUnavailable):1", "503", 0),
        ("iam:TagRole=error_after(ServiceUnavailable):1", "503", 1),
        ("iam:TagRole=throttle:1", "400", 0),
        ("iam:TagRole=deny:1", "403", 0),
    ] {
        let running = faulty(&[spec]).await;
        let failed = call(&running, "222222222222", "iam", PUT).await.unwrap();
        assert!(failed.starts_with(&format!("HTTP/1.1 {status}")), "{spec}: {failed}");
        assert_eq!(tags(&running).await, left, "{spec}");
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_that_gives_up_undoes_the_call_only_when_it_hangs_before() {
    for (spec, left) in [("iam:TagRole=hang(2s):1", 0), ("iam:TagRole=hang_after(2s):1", 1)] {
        let running = faulty(&[spec]).await;
        let address = running.address();
        let answered = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let head = "POST / HTTP/1.1\r\nHost: sandbox\r\nAuthorization: AWS4-HMAC-SHA256 \
                        Credential=222222222222/20261120/us-east-1/iam/aws4_request\r\n";
            write!(stream, "{head}Content-Length: {}\r\n\r\n{PUT}", PUT.len()).unwrap();
            stream.read(&mut [0]).is_ok()
        });
        assert!(!answered.await.unwrap(), "{spec}: it answered at once");
        assert_eq!(tags(&running).await, left, "{spec}");
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn latency_and_hangs_delay_answers() {
    let running = start(Options { latency: Duration::from_millis(80), ..steady() }).await;
    let begun = Instant::now();
    let (one, two) =
        tokio::join!(call(&running, "x", "iam", "Action=ListRoles"), call(&running, "x", "iam", "Action=ListRoles"));
    assert!(one.is_ok() && two.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(80));
    running.set_faults(faults(&["iam:ListRoles=hang(150ms):1"]));
    let begun = Instant::now();
    call(&running, "x", "iam", "Action=ListRoles").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(230));
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn faults_are_set_over_http_as_json_or_yaml_for_one_account_only() {
    let running = start(steady()).await;
    let json = r#"[{"service":"iam","account":"222222222222","effect":"throttle"}]"#;
    let yaml = "- service: iam\n  account: \"222222222222\"\n  effect: throttle\n";
    for rules in [json, yaml] {
        assert!(page(&running, "POST", "/_sandbox/faults", rules).await.starts_with("HTTP/1.1 200"));
        assert!(
            page(&running, "GET", "/_sandbox/faults", "")
                .await
                .ends_with(r#"[{"service":"iam","account":"222222222222","when":{"skip":0},"effect":"throttle"}]"#)
        );
        let throttled = call(&running, "222222222222", "iam", LIST).await.unwrap();
        assert!(throttled.starts_with("HTTP/1.1 400") && throttled.contains("<Code>Throttling</Code>"), "{throttled}");
        let other = call(&running, "111111111111", "iam", "Action=ListRoles").await.unwrap();
        assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    }
    let nonsense = page(&running, "POST", "/_sandbox/faults", r#"[{"effect":"explode"}]"#).await;
    assert!(nonsense.starts_with("HTTP/1.1 400") && nonsense.contains("line 1 column 12"), "{nonsense}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_denied_account_denies_every_call_into_it() {
    let running = faulty(&["@222222222222=deny"]).await;
    let assume =
        "Action=AssumeRole&RoleSessionName=me&RoleArn=arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";
    for (key, service, body) in [("any", "sts", assume), ("222222222222", "iam", LIST)] {
        let denied = call(&running, key, service, body).await.unwrap();
        assert!(denied.starts_with("HTTP/1.1 403") && denied.contains("is not authorized to perform"), "{denied}");
    }
    let own = call(&running, "any", "sts", "Action=GetCallerIdentity").await.unwrap();
    assert!(own.starts_with("HTTP/1.1 200"), "{own}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn sessions_expire_at_a_call_and_new_ones_can_be_had() {
    let running = faulty(&["iam:ListRoleTags=expire_sessions:1+1"]).await;
    let list = || async {
        let assume =
            "Action=AssumeRole&RoleSessionName=me&RoleArn=arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";
        let assumed = call(&running, "any", "sts", assume).await.unwrap();
        let text = |name: &str| {
            let (_, rest) = assumed.split_once(&format!("<{name}>")).unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        };
        let headers = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={}/20261120/us-east-1/iam/aws4_request\r\n\
             X-Amz-Security-Token: {}\r\n",
            text("AccessKeyId"),
            text("SessionToken")
        );
        let address = running.address();
        tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, LIST)).await.unwrap().unwrap()
    };
    assert!(list().await.starts_with("HTTP/1.1 200"));
    let expired = list().await;
    assert!(expired.starts_with("HTTP/1.1 403") && expired.contains("<Code>ExpiredToken</Code>"), "{expired}");
    assert!(list().await.starts_with("HTTP/1.1 200"));
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn someone_else_changes_things_just_before_a_call() {
    let call_of = r#"call(iam:TagRole@222222222222 {"RoleName":"OrganizationAccountAccessRole","Tags":[{"Key":"k","Value":"theirs"}]})"#;
    let running = faulty(&[&format!("iam:ListRoleTags={call_of}:1+1")]).await;
    assert_eq!(tags(&running).await, 0);
    assert_eq!(tags(&running).await, 1);
    let entries = running.audit_since(0);
    let seen: Vec<_> =
        entries.iter().map(|entry| (entry.operation.as_str(), entry.source, entry.fault.as_deref())).collect();
    assert_eq!(
        seen,
        [
            ("ListRoleTags", CallSource::Client, None),
            ("TagRole", CallSource::Fault, None),
            ("ListRoleTags", CallSource::Client, Some("calls")),
        ]
    );
    assert_eq!((entries[1].access, entries[1].result.as_str()), (CallAccess::Write, "OK"));
    assert_eq!(running.stats().calls.get("iam:TagRole"), None, "clients did not call it");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn switches_are_set_by_a_fault_and_at_run_time() {
    let running = faulty(&["iam:ListRoles=switch(paths=absent)"]).await;
    assert!(page(&running, "GET", "/_sandbox/switches", "").await.contains(r#""paths":"present""#));
    call(&running, "any", "iam", "Action=ListRoles").await.unwrap();
    assert!(page(&running, "GET", "/_sandbox/switches", "").await.contains(r#""paths":"absent""#));
    let set = page(&running, "POST", "/_sandbox/switches", r#"{"paths":"present","sts_rate":5}"#).await;
    assert!(set.contains(r#""paths":"present""#) && set.contains(r#""sts_rate":5"#), "{set}");
    let refused = page(&running, "POST", "/_sandbox/switches", r#"{"sky":"green"}"#).await;
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("unknown field `sky`"), "{refused}");
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_audit_log_names_the_fault_and_the_request() {
    let running = faulty(&["iam:ListRoleTags=server_error_after"]).await;
    let failed = call(&running, "222222222222", "iam", LIST).await.unwrap();
    let entry = running.audit_since(0).remove(0);
    assert_eq!((entry.result.as_str(), entry.fault.as_deref()), ("InternalFailure", Some("server_error_after")));
    assert!(failed.contains(&format!("<RequestId>{}</RequestId>", entry.request_id)), "{failed}");
    running.shutdown().await.unwrap();
}
