//! Ctrl-C and its like: nothing new is started, what was done is told, and the state of a simulated organization is kept.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ORGANIZATION: &str = r#"
organization: o-tiny123456
management_account: "111111111111"
trusted_access: false
accounts:
  - { id: "111111111111", name: Management }
  - { id: "222222222222", name: payments }
  - { id: "333333333333", name: search }
  - { id: "444444444444", name: catalog }
"#;

const CONFIGURATION: &str = r#"
version: 1
organization: { id: o-tiny123456 }
integrations:
  prowler:
    external_id: ext-1234
    role:
      name: ProwlerScan
      trust: { principals: ["232136659152"] }
      managed_policies: [SecurityAudit, ReadOnlyAccess, IAMReadOnlyAccess]
    targets: { organizational_units: [Root] }
    rollout: { delivery: direct }
"#;

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("organization.yaml"), ORGANIZATION).unwrap();
    std::fs::write(place.path().join("rolecall.yaml"), CONFIGURATION).unwrap();
    place
}

fn start(directory: &Path, line: &str, url: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.args(line.split_whitespace()).current_dir(directory).env("NO_COLOR", "1").stdin(Stdio::null());
    command.env("AWS_ENDPOINT_URL", url).env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Reads lines until one holds the text.
fn wait_for(stream: &mut impl std::io::BufRead, text: &str) -> String {
    let mut line = String::new();
    while stream.read_line(&mut line).unwrap() > 0 {
        if line.contains(text) {
            return line;
        }
        line.clear();
    }
    panic!("the stream ended before `{text}`");
}

/// A server on which every call takes a while, and its URL.
fn serve(directory: &Path, options: &str) -> (Child, String) {
    let line = format!("sandbox serve --org organization.yaml --listen 127.0.0.1:0 {options}");
    let mut server = start(directory, &line, "http://127.0.0.1:1");
    let said = wait_for(&mut BufReader::new(server.stdout.take().unwrap()), "http://");
    let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    (server, url)
}

#[test]
fn an_interrupted_apply_says_what_was_not_done_and_the_next_one_does_it() {
    let place = place();
    let (mut server, url) = serve(place.path(), "--latency 150ms");
    let mut apply = start(place.path(), "apply --auto-approve --parallelism 1", &url);
    let mut stderr = BufReader::new(apply.stderr.take().unwrap());
    wait_for(&mut stderr, "roles by IAM");
    signal(&apply, "-INT");
    wait_for(&mut stderr, "Interrupted: nothing new is started");
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    let ended = apply.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(said.contains("Apply incomplete"), "{said}");
    assert!(told.contains("changes were not completed") && told.contains("run `rolecall apply` again"), "{told}");

    let again = start(place.path(), "apply --auto-approve", &url).wait_with_output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    let clean = start(place.path(), "plan --detailed-exitcode", &url).wait_with_output().unwrap();
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn an_interrupted_plan_leaves_at_once() {
    let place = place();
    let (mut server, url) = serve(place.path(), "--latency 5s");
    let mut plan = start(place.path(), "plan", &url);
    // Its first call takes five seconds.
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    signal(&plan, "-TERM");
    assert_eq!(plan.wait().unwrap().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_server_that_is_told_to_end_keeps_its_state() {
    let place = place();
    let (mut server, url) = serve(place.path(), "--state state.json");
    let apply = start(place.path(), "apply --auto-approve", &url).wait_with_output().unwrap();
    assert_eq!(apply.status.code(), Some(0), "{apply:?}");
    signal(&server, "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
    let (mut server, url) = serve(place.path(), "--state state.json");
    let plan = start(place.path(), "plan --detailed-exitcode", &url).wait_with_output().unwrap();
    assert_eq!(plan.status.code(), Some(0), "{plan:?}");
    server.kill().unwrap();
    server.wait().unwrap();
}
