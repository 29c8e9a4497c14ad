//! Ctrl-C and its like: nothing new is started, what was done is told, and the state of a simulated organization is kept.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufReader, Read as _, Write as _};
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

/// A server; it ends when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server with these options, and its URL.
fn serve(directory: &Path, options: &str) -> (Server, String) {
    let line = format!("sandbox serve --org organization.yaml --listen 127.0.0.1:0 {options}");
    let mut server = start(directory, &line, "http://127.0.0.1:1");
    let said = wait_for(&mut BufReader::new(server.stdout.take().unwrap()), "http://");
    let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    (Server(server), url)
}

/// Runs to the end, and says the exit code and everything that was written.
fn run(directory: &Path, line: &str, url: &str) -> (Option<i32>, String) {
    told(start(directory, line, url))
}

fn told(child: Child) -> (Option<i32>, String) {
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ended.status.code(), text(&ended.stdout) + &text(&ended.stderr))
}

fn assert_lock_is_free(directory: &Path, url: &str) {
    let (code, said) = run(directory, "unlock 0123456789abcdef --auto-approve", url);
    assert!(code == Some(0) && said.contains("Nobody holds the lock"), "{said}");
}

fn assert_finishes(directory: &Path, url: &str) {
    let (code, said) = run(directory, "apply --auto-approve", url);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(directory, "plan --detailed-exitcode", url);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn an_apply_that_is_told_once_to_stop_says_what_was_not_done_and_frees_its_lock() {
    for name in ["-INT", "-TERM"] {
        let place = place();
        let (_server, url) = serve(place.path(), "--latency 150ms");
        let mut apply = start(place.path(), "apply --auto-approve --parallelism 1", &url);
        let mut stderr = BufReader::new(apply.stderr.take().unwrap());
        wait_for(&mut stderr, "roles by IAM");
        signal(&apply, name);
        wait_for(&mut stderr, "Interrupted: nothing new is started");
        let mut more = String::new();
        stderr.read_to_string(&mut more).unwrap();
        let (code, said) = told(apply);
        assert_eq!(code, Some(1), "{more}");
        assert!(said.contains("Apply incomplete"), "{said}");
        assert!(more.contains("changes were not completed") && more.contains("run `rolecall apply` again"), "{more}");
        assert_lock_is_free(place.path(), &url);
        assert_finishes(place.path(), &url);
    }
}

#[test]
fn an_apply_that_is_told_twice_to_stop_leaves_at_once_and_names_the_lock_that_stays() {
    let place = place();
    let (_server, url) = serve(place.path(), "--fault iam:CreateRole=hang(60s):1");
    let mut apply = start(place.path(), "apply --auto-approve", &url);
    let mut stderr = BufReader::new(apply.stderr.take().unwrap());
    wait_for(&mut stderr, "roles by IAM");
    signal(&apply, "-INT");
    wait_for(&mut stderr, "Interrupted: nothing new is started");
    let began = Instant::now();
    signal(&apply, "-INT");
    let mut more = String::new();
    stderr.read_to_string(&mut more).unwrap();
    assert_eq!(apply.wait().unwrap().code(), Some(1), "{more}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(more.contains("interrupted twice"), "{more}");
    let (_, unlock) = more.split_once("`rolecall unlock ").unwrap();
    let (id, _) = unlock.split_once('`').unwrap();

    let (code, said) = run(place.path(), "apply --auto-approve", &url);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("another run holds the lock") && said.contains(id), "{said}");
    let (code, said) = run(place.path(), &format!("unlock {id} --auto-approve"), &url);
    assert_eq!(code, Some(0), "{said}");
    assert_finishes(place.path(), &url);
}

#[test]
fn an_interrupted_apply_does_not_wait_for_calls_that_aws_throttles() {
    let place = place();
    let (_server, url) = serve(place.path(), "--fault iam:CreateRole=throttle");
    let mut apply = start(place.path(), "apply --auto-approve", &url);
    let mut stderr = BufReader::new(apply.stderr.take().unwrap());
    wait_for(&mut stderr, "Throttled by IAM (iam:CreateRole)");
    let began = Instant::now();
    signal(&apply, "-INT");
    let mut more = String::new();
    stderr.read_to_string(&mut more).unwrap();
    assert_eq!(apply.wait().unwrap().code(), Some(1), "{more}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_lock_is_free(place.path(), &url);
}

#[test]
fn an_interrupt_while_the_lock_of_another_run_is_waited_for_ends_the_wait() {
    let place = place();
    let (_server, url) = serve(place.path(), "--fault iam:CreateRole=hang(60s):1");
    let mut first = start(place.path(), "apply --auto-approve", &url);
    wait_for(&mut BufReader::new(first.stderr.take().unwrap()), "roles by IAM");
    let mut second = start(place.path(), "apply --auto-approve --lock-timeout 1m", &url);
    let mut stderr = BufReader::new(second.stderr.take().unwrap());
    wait_for(&mut stderr, "Waiting for the lock");
    let began = Instant::now();
    signal(&second, "-INT");
    let mut more = String::new();
    stderr.read_to_string(&mut more).unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(1), "{more}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(more.contains("interrupted; nothing was changed"), "{more}");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn an_interrupt_while_it_is_read_under_the_lock_frees_the_lock() {
    let place = place();
    let (_server, url) = serve(place.path(), "--latency 150ms");
    let mut apply = start(place.path(), "apply --auto-approve", &url);
    let mut stderr = BufReader::new(apply.stderr.take().unwrap());
    wait_for(&mut stderr, "Took the lock");
    signal(&apply, "-INT");
    let mut more = String::new();
    stderr.read_to_string(&mut more).unwrap();
    assert_eq!(apply.wait().unwrap().code(), Some(1), "{more}");
    assert!(more.contains("interrupted; nothing was changed"), "{more}");
    assert_lock_is_free(place.path(), &url);
}

/// On a terminal, which `script` of util-linux makes; Ctrl-C is typed.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_at_the_question_changes_nothing_and_frees_the_lock() {
    let place = place();
    let (_server, url) = serve(place.path(), "");
    let mut script = Command::new("script");
    // A shell that stays would answer the signal with an exit code of its own.
    let line = format!("exec {} apply", env!("CARGO_BIN_EXE_rolecall"));
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(place.path());
    script.env("AWS_ENDPOINT_URL", &url).env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = script.stdout.take().unwrap();
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("Enter a value") {
        let mut byte = [0];
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.extend(byte);
    }
    script.stdin.as_ref().unwrap().write_all(b"\x03").unwrap();
    stdout.read_to_end(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(script.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("interrupted; nothing was changed"), "{said}");
    assert_lock_is_free(place.path(), &url);
}

#[test]
fn an_interrupted_plan_leaves_at_once() {
    let place = place();
    let (_server, url) = serve(place.path(), "--latency 5s");
    let mut plan = start(place.path(), "plan", &url);
    // Its first call takes five seconds.
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    signal(&plan, "-TERM");
    assert_eq!(plan.wait().unwrap().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[test]
fn a_server_that_is_told_to_end_keeps_its_state() {
    let place = place();
    let (mut server, url) = serve(place.path(), "--state state.json");
    let apply = start(place.path(), "apply --auto-approve", &url).wait_with_output().unwrap();
    assert_eq!(apply.status.code(), Some(0), "{apply:?}");
    signal(&server.0, "-TERM");
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    let (_server, url) = serve(place.path(), "--state state.json");
    let plan = start(place.path(), "plan --detailed-exitcode", &url).wait_with_output().unwrap();
    assert_eq!(plan.status.code(), Some(0), "{plan:?}");
}
