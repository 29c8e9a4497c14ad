//! An organization looked at in parts: the documents of all parts make the report of the whole, and the calls are shared.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads files, and may fail")]

#[path = "cases/aws.rs"]
mod aws;
#[path = "../../../tests/support/http.rs"]
mod http;
#[path = "../../../tests/support/sandbox.rs"]
mod sandbox;

use std::fs;
use std::path::Path;
use std::process::Command;

use sandbox::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;

const ROLECALL: &str = env!("CARGO_BIN_EXE_rolecall");

/// The small world.
struct World {
    directory: TempDir,
    sandbox: Sandbox,
}

impl World {
    fn applied() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/worlds/small");
        fs::copy(small.join("rolecall.yaml"), directory.path().join("rolecall.yaml")).unwrap();
        let organization = small.join("organization.yaml");
        let options = ["--clock", "10-seconds-per-request"];
        let world = Self { directory, sandbox: Sandbox::start(Path::new(ROLECALL), &organization, &options).unwrap() };
        world.run("apply --auto-approve", 0);
        world
    }

    /// Applied, then with two drifted roles and an account that cannot be read.
    fn troubled() -> Self {
        let world = Self::applied();
        let policy = json!({ "RoleName": "ScannerRole", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" });
        world.call("222222222222", "AttachRolePolicy", &policy);
        let member = json!({ "RoleName": "OrganizationAccountAccessRole", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" });
        world.call("555555555555", "DetachRolePolicy", &member);
        world.call("333333333333", "UpdateRole", &json!({ "RoleName": "ScannerRole", "Description": "changed" }));
        // CloudTrail shows it some minutes late.
        sandbox::post(&world.sandbox.url, "/_sandbox/advance?seconds=1200", "").unwrap();
        world
    }

    fn call(&self, account: &str, operation: &str, params: &Value) {
        let answer = aws::call(&self.sandbox.url, account, "iam", operation, params).unwrap();
        assert_eq!(answer.status, 200, "{}", aws::readable(&answer.body));
    }

    /// What is written to standard output, or, when it fails, to standard error.
    fn run(&self, words: &str, code: i32) -> String {
        let (ended, said) = self.run_any(words);
        assert_eq!(ended, code, "{words}: {said}");
        said
    }

    fn run_any(&self, words: &str) -> (i32, String) {
        let mut command = Command::new(ROLECALL);
        command.args(words.split(' ')).current_dir(self.directory.path()).env_clear().env("NO_COLOR", "1");
        command.env("AWS_ENDPOINT_URL", &self.sandbox.url).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ACCESS_KEY_ID", "111111111111").env("AWS_SECRET_ACCESS_KEY", "any");
        let ended = command.output().unwrap();
        let code = ended.status.code().unwrap();
        let said = if code == 1 { ended.stderr } else { ended.stdout };
        (code, String::from_utf8(said).unwrap())
    }

    fn calls(&self) -> Vec<Value> {
        serde_json::from_str(&sandbox::get(&self.sandbox.url, "/_sandbox/audit").unwrap()).unwrap()
    }

    /// How many roles were assumed, one for each member that is looked at.
    fn assumed(&self) -> usize {
        self.calls().iter().filter(|call| call["operation"] == "AssumeRole").count()
    }

    fn forget_calls(&self) {
        sandbox::post(&self.sandbox.url, "/_sandbox/audit/reset", "").unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn change(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.directory.path().join("rolecall.yaml")).unwrap();
        assert!(text.contains(old), "{text}");
        self.write("rolecall.yaml", &text.replace(old, new));
    }

    /// Writes the document of a part and returns its name.
    fn part(&self, shard: &str) -> String {
        let name = format!("{}.json", shard.replace('/', "-of-"));
        let (_, said) = self.run_any(&format!("drift --shard {shard} --output json={name}"));
        assert!(said.contains(&format!("part {shard}; the others were not looked at.")), "{said}");
        name
    }
}

/// A document without the ids of requests, which no two runs share.
fn document(text: &str) -> Value {
    fn forget_requests(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("request_id");
                members.values_mut().for_each(forget_requests);
            }
            Value::Array(items) => items.iter_mut().for_each(forget_requests),
            _ => {}
        }
    }
    let mut document = serde_json::from_str(text).unwrap();
    forget_requests(&mut document);
    document
}

/// A report by another run of the same world: without what tells runs apart.
fn report(text: &str) -> Value {
    let mut document = document(text);
    let members = document.as_object_mut().unwrap();
    for member in ["facts", "part"] {
        members.remove(member);
    }
    document
}

#[test]
fn the_documents_of_all_parts_make_the_report_of_the_whole_and_share_its_calls() {
    let world = World::troubled();
    world.change("2h", "3h");
    world.forget_calls();
    let whole = report(&world.run("drift --format json", 2));
    let calls = world.assumed();
    assert_eq!(whole["summary"]["accounts_drifted"], json!(2), "{:#}", whole["summary"]);
    assert_eq!((&whole["summary"]["unknown"], &whole["portion"]), (&json!(1), &Value::Null));
    assert_ne!(whole["pending"], json!([]));
    for of in 1..=5 {
        world.forget_calls();
        let mut names: Vec<String> = (1..=of).map(|number| world.part(&format!("{number}/{of}"))).collect();
        // The order in which the parts are named does not matter.
        names.reverse();
        assert_eq!(world.assumed(), calls, "no account is looked at twice in {of} parts");
        world.forget_calls();
        let merged = world.run(&format!("report merge {} --format json", names.join(" ")), 2);
        assert!(report(&merged) == whole, "{of} parts: {merged}");
        assert_eq!(serde_json::from_str::<Value>(&merged).unwrap()["facts"]["source"], json!("parts"));
        assert!(world.calls().is_empty());
    }
}

#[test]
fn the_report_of_all_parts_is_had_in_every_format() {
    let world = World::troubled();
    let parts: Vec<String> = (1..=3).map(|number| world.part(&format!("{number}/3"))).collect();
    let outputs =
        ["json=all.json", "markdown=all.md", "html=all.html", "junit=all.xml"].map(|to| format!("--output {to}"));
    let text = world.run(&format!("report merge {} {}", parts.join(" "), outputs.join(" ")), 2);
    assert!(text.contains("Drift: ") && text.contains("This rests on parts that were read from"), "{text}");
    let read = |name: &str| fs::read_to_string(world.directory.path().join(name)).unwrap();
    assert!(read("all.md").contains("AdministratorAccess"));
    assert!(read("all.html").contains("Drift in 2 accounts."));
    assert!(read("all.xml").contains("<failure"));
}

#[test]
fn a_stack_set_that_was_changed_between_two_parts_is_unknown() {
    let world = World::applied();
    let first = world.part("1/2");
    let text = fs::read_to_string(world.directory.path().join("rolecall.yaml")).unwrap();
    world.write("newer.yaml", &text.replace("SecurityAudit", "ReadOnlyAccess"));
    world.run("apply -f newer.yaml --auto-approve", 0);
    let second = world.part("2/2");
    let text = world.run(&format!("report merge {first} {second}"), 3);
    assert!(text.contains("it was changed while the parts of the organization were read"), "{text}");
}

#[test]
fn parts_that_are_missing_doubled_or_of_something_else_are_refused() {
    let world = World::applied();
    for shard in ["1/3", "2/3", "1/2"] {
        world.part(shard);
    }
    world.run("drift --output json=whole.json", 0);
    world.run("drift --shard 3/3 --target scanner --output json=target.json", 0);
    world.run("drift --shard 3/3 --accounts Workloads --output json=places.json", 0);
    world.run("status --output json=status.json", 0);
    world.change("2h", "3h");
    world.run("drift --shard 3/3 --output json=other.json", 0);
    world.write("torn.json", &fs::read_to_string(world.directory.path().join("1-of-3.json")).unwrap()[..900]);
    for (files, said) in [
        ("1-of-3.json 2-of-3.json", "of o-small12345 are missing: 3/3"),
        ("1-of-3.json 1-of-3.json 2-of-3.json", "part 1/3 is there twice"),
        ("1-of-3.json 1-of-2.json", "different numbers of parts"),
        ("1-of-3.json 2-of-3.json other.json", "the configuration was another"),
        ("1-of-3.json 2-of-3.json target.json", "--target was another"),
        ("1-of-3.json 2-of-3.json places.json", "--accounts was another"),
        ("whole.json", "whole.json is not the document of a part: it is `drift` of all accounts"),
        ("status.json", "status.json is not the document of a part"),
        ("torn.json", "torn.json is not the document of a part"),
        ("rolecall.yaml", "rolecall.yaml is not the document of a part"),
        ("none.json", "cannot read none.json"),
        ("1-of-3.json 2-of-3.json --output json=1-of-3.json", "a result would be written over it"),
    ] {
        let told = world.run(&format!("report merge {files}"), 1);
        assert!(told.contains(said), "{files}: {told}");
    }
}

#[test]
fn only_the_accounts_that_are_named_are_asked_anything_and_the_others_are_said_to_be_left_out() {
    let world = World::troubled();
    world.forget_calls();
    let text = world.run("drift --accounts Workloads/Prod --accounts 444444444444 --output html=some.html", 2);
    assert!(text.contains("This is about 3 of 7 accounts; the others were not looked at."), "{text}");
    assert!(!text.contains("555555555555"), "{text}");
    assert_eq!(world.assumed(), 3);
    let page = fs::read_to_string(world.directory.path().join("some.html")).unwrap();
    assert!(page.contains("222222222222") && !page.contains("555555555555"));
    assert!(world.run("drift --accounts Nowhere", 1).contains("no unit `Nowhere`"));
    assert!(world.run("drift --accounts 999999999999", 1).contains("no account 999999999999"));
    assert!(world.run("drift --shard 3/2", 1).contains("is not a part like 2/5"));
}
