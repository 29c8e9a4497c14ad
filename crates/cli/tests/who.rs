//! `drift` says who changed a role without ever waiting long for it: CloudTrail hangs or is throttled in one account.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads files, and may fail")]

#[path = "cases/aws.rs"]
#[expect(dead_code, reason = "the cases read answers, too")]
mod aws;
#[path = "../../../tests/support/http.rs"]
mod http;
#[path = "../../../tests/support/sandbox.rs"]
#[expect(dead_code, reason = "the cases read the audit, too")]
mod sandbox;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sandbox::Sandbox;
use serde_json::{Value, json};

const ROLECALL: &str = env!("CARGO_BIN_EXE_rolecall");

/// The time that looking up may take, and far more than the rest of a run takes on a busy machine.
const MOST: Duration = Duration::from_secs(10 + 15);

fn world() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/worlds/small")
}

/// Runs the program and gives its exit code and its document, if it writes one.
fn run(sandbox: &Sandbox, words: &str) -> (Option<i32>, Value) {
    let mut command = Command::new(ROLECALL);
    command.args(words.split(' ')).current_dir(world()).env_clear();
    command.env("AWS_ENDPOINT_URL", &sandbox.url).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ACCESS_KEY_ID", "111111111111").env("AWS_SECRET_ACCESS_KEY", "any");
    let output = command.output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

/// Roles drifted in three accounts; in one of them CloudTrail does not answer as it should.
fn drift_where(trouble: &Value) {
    let options = ["--clock", "10-seconds-per-request"];
    let sandbox = Sandbox::start(Path::new(ROLECALL), &world().join("organization.yaml"), &options).unwrap();
    assert_eq!(run(&sandbox, "apply --auto-approve").0, Some(0));
    for account in ["111111111111", "222222222222", "333333333333"] {
        let tags = json!({ "RoleName": "ScannerRole", "Tags": [{ "Key": "by", "Value": "hand" }] });
        assert_eq!(aws::call(&sandbox.url, account, "iam", "TagRole", &tags).unwrap().status, 200);
    }
    sandbox::post(&sandbox.url, "/_sandbox/advance?seconds=900", "").unwrap();
    let rule = json!([{ "service": "cloudtrail", "account": "222222222222", "effect": trouble }]);
    sandbox::post(&sandbox.url, "/_sandbox/faults", &rule.to_string()).unwrap();

    let began = Instant::now();
    let (code, document) = run(&sandbox, "drift --format json");
    let took = began.elapsed();
    assert!(took < MOST, "{took:?}");
    assert_eq!((code, &document["summary"]["findings"], &document["complete"]), (Some(2), &json!(3), &json!(true)));
    let who = &document["who"];
    let told: Vec<_> =
        who["roles"].as_array().unwrap().iter().map(|role| (&role["account"], &role["calls"][0]["event"])).collect();
    let event = json!("TagRole");
    assert_eq!(told, [(&json!("111111111111"), &event), (&json!("333333333333"), &event)], "{who:#}");
    assert_eq!(who["left_out"], json!([{ "account": "222222222222", "role": "ScannerRole" }]));
    assert_eq!(who["denied"], json!([]));
}

#[test]
fn a_history_that_hangs_holds_the_report_for_ten_seconds_and_the_others_are_told() {
    drift_where(&json!({ "hang_ms": 120_000 }));
}

#[test]
fn a_history_that_is_throttled_without_end_holds_the_report_for_ten_seconds_and_the_others_are_told() {
    drift_where(&json!("throttle"));
}
