//! Several organizations in one run, each reached with the credentials that its file names: two simulated organizations,
//! each served by itself, and an AWS configuration whose profiles lead to them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads files, and may fail")]

#[path = "cases/aws.rs"]
mod aws;
#[path = "../../../tests/support/http.rs"]
mod http;
#[path = "../../../tests/support/sandbox.rs"]
mod sandbox;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sandbox::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;

const ROLECALL: &str = env!("CARGO_BIN_EXE_rolecall");

/// A directory with `files` and an AWS configuration, and the organizations north and south.
struct Pair {
    directory: TempDir,
    north: Sandbox,
    south: Sandbox,
}

/// What a run wrote, and how it ended.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Pair {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/worlds/pair");
        fs::create_dir(directory.path().join("files")).unwrap();
        for file in ["north.yaml", "south.yaml"] {
            fs::copy(world.join("files").join(file), directory.path().join("files").join(file)).unwrap();
        }
        let serve = |name: &str| {
            let organization = world.join("simulated").join(name);
            Sandbox::start(Path::new(ROLECALL), &organization, &["--clock", "60-seconds-per-request"]).unwrap()
        };
        let pair = Self { directory, north: serve("north.yaml"), south: serve("south.yaml") };
        pair.configure("pipeline");
        // The pipeline's credentials are of a member; the role that it assumes is in the management account.
        let trust = json!({ "Version": "2012-10-17", "Statement":
            [{ "Effect": "Allow", "Principal": { "AWS": "999999999999" }, "Action": "sts:AssumeRole" }] });
        let role = json!({ "RoleName": "Rolecall", "AssumeRolePolicyDocument": trust.to_string() });
        let policy = json!({ "RoleName": "Rolecall", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" });
        for (operation, params) in [("CreateRole", role), ("AttachRolePolicy", policy)] {
            assert_eq!(aws::call(&pair.south.url, "888888888888", "iam", operation, &params).unwrap().status, 200);
        }
        pair
    }

    /// Writes the AWS configuration, in which the profile of the second organization has this name.
    fn configure(&self, pipeline: &str) {
        let profile = |name: &str, key: &str, url: &str| {
            format!("[profile {name}]\naws_access_key_id = {key}\naws_secret_access_key = any\nendpoint_url = {url}\n")
        };
        let north = profile("north", "111111111111", &self.north.url);
        let south = profile(pipeline, "999999999999", &self.south.url);
        fs::write(self.directory.path().join("config"), format!("{north}{south}")).unwrap();
    }

    fn run(&self, words: &str) -> Ended {
        let mut command = Command::new(ROLECALL);
        command.args(words.split(' ')).current_dir(self.directory.path());
        command.env_clear().env("HOME", self.directory.path()).env("NO_COLOR", "1");
        command.env("AWS_CONFIG_FILE", "config").env("AWS_EC2_METADATA_DISABLED", "true");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// The document that a run writes which ends with this code.
    #[track_caller]
    fn json(&self, words: &str, code: i32) -> Value {
        let ended = self.run(words);
        ended.is(code, &[], &[]);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    fn deny(&self, service: &str, operation: &str) {
        let rule = json!([{ "service": service, "operation": operation, "effect": "deny" }]);
        sandbox::post(&self.south.url, "/_sandbox/faults", &rule.to_string()).unwrap();
    }
}

impl Ended {
    /// That the run ended with this code and wrote these texts in this order to standard output and to standard error.
    #[track_caller]
    fn is(&self, code: i32, stdout: &[&str], stderr: &[&str]) {
        let Self { code: found, stdout: said, stderr: told } = self;
        let story = format!("exit code {found}\n--- standard output\n{said}\n--- standard error\n{told}");
        assert_eq!(*found, code, "{story}");
        for (whole, texts) in [(said, stdout), (told, stderr)] {
            let mut rest = whole.as_str();
            for text in texts {
                let at = rest.find(text).unwrap_or_else(|| panic!("there is no {text:?}\n{story}"));
                rest = &rest[at + text.len()..];
            }
        }
    }
}

fn has_role(sandbox: &Sandbox, account: &str) -> bool {
    let role = json!({ "RoleName": "ScannerRole" });
    let answer = aws::call(&sandbox.url, account, "iam", "GetRole", &role).unwrap();
    answer.status == 200 && aws::readable(&answer.body).contains(r#""sts:ExternalId":"scanner-of-"#)
}

fn writes(sandbox: &Sandbox) -> usize {
    let audit: Vec<Value> = serde_json::from_str(&sandbox::get(&sandbox.url, "/_sandbox/audit").unwrap()).unwrap();
    audit.iter().filter(|call| call["access"] == "write").count()
}

#[test]
fn each_organization_is_reached_with_its_own_credentials_and_settled_by_one_run() {
    let pair = Pair::start();
    let doctor =
        ["Organization o-north12345", "0 failed", "assumed-role/Rolecall/rolecall", "0 failed", "2 organizations"];
    pair.run("doctor -f files").is(0, &doctor, &[]);
    let applied = ["4 added", "2 added", "2 organizations:", "in all        6 added, 0 changed, 0 destroyed"];
    pair.run("apply -f files --auto-approve").is(0, &applied, &["Took the lock", "Took the lock"]);
    assert!(has_role(&pair.north, "333333333333") && has_role(&pair.south, "999999999999"));

    for sandbox in [&pair.north, &pair.south] {
        sandbox::post(&sandbox.url, "/_sandbox/audit/reset", "").unwrap();
    }
    pair.run("apply -f files --auto-approve").is(0, &["No changes.", "No changes.", "in all        0 added"], &[]);
    pair.run("plan -f files --detailed-exitcode").is(0, &["No changes.", "No changes."], &[]);
    pair.run("status -f files").is(0, &["scanner  3 in sync", "scanner  2 in sync", "in all        5 in sync"], &[]);
    assert_eq!((writes(&pair.north), writes(&pair.south)), (0, 0));
    pair.run("destroy -f files --auto-approve").is(0, &["4 destroyed", "2 destroyed", "6 destroyed"], &[]);
    assert!(!has_role(&pair.north, "333333333333") && !has_role(&pair.south, "999999999999"));
}

#[test]
fn what_fails_in_one_organization_hides_nothing_of_the_other() {
    let pair = Pair::start();
    pair.deny("organizations", "DescribeOrganization");
    let planned =
        ["Plan: 4 to add", "Organization o-south12345", "Failed: organizations:DescribeOrganization", "1 of 2 failed"];
    let told = [
        "error: o-south12345: organizations:DescribeOrganization",
        "hint:",
        "error: 1 of 2 organizations failed: o-south12345",
    ];
    pair.run("plan -f files --detailed-exitcode").is(1, &planned, &told);

    let document: Value =
        serde_json::from_str(&pair.run("plan -f files --detailed-exitcode --format json").stdout).unwrap();
    let [north, south] = document["organizations"].as_array().unwrap().as_slice() else { panic!("{document:#}") };
    assert_eq!((&north["exit_code"], &north["document"]["summary"]["add"]), (&json!(2), &json!(4)));
    assert_eq!((&south["exit_code"], &south["document"]), (&json!(1), &Value::Null));
    assert!(south["error"]["message"].as_str().unwrap().contains("AccessDenied"), "{south:#}");

    let applied =
        ["Plan: 4 to add", "4 added", "Failed:", "in all        4 added, 0 changed, 0 destroyed; 1 of 2 failed"];
    pair.run("apply -f files --auto-approve").is(1, &applied, &told);
    assert!(has_role(&pair.north, "222222222222") && !has_role(&pair.south, "999999999999"));
}

#[test]
fn drift_is_told_of_each_organization_and_the_worst_exit_code_is_that_of_the_run() {
    let pair = Pair::start();
    pair.run("apply -f files --auto-approve").is(0, &[], &[]);
    let none =
        ["Organization o-north12345", "No drift.", "Organization o-south12345", "No drift.", "in all        0 drifted"];
    pair.run("drift -f files").is(0, &none, &[]);

    let tags = json!({ "RoleName": "ScannerRole", "Tags": [{ "Key": "by", "Value": "hand" }] });
    assert_eq!(aws::call(&pair.north.url, "222222222222", "iam", "TagRole", &tags).unwrap().status, 200);
    sandbox::post(&pair.north.url, "/_sandbox/advance?seconds=900", "").unwrap();
    let drifted =
        ["# TagRole by user Administrator", "Drift: 1 difference in 1 of", "No drift.", "in all        1 drifted"];
    pair.run("drift -f files").is(2, &drifted, &[]);
    let document = pair.json("drift -f files --format json", 2);
    let [north, south] = document["organizations"].as_array().unwrap().as_slice() else { panic!("{document:#}") };
    assert_eq!((&north["exit_code"], &north["document"]["result"]), (&json!(2), &json!("drift")));
    assert_eq!(north["document"]["who"]["roles"][0]["calls"][0]["event"], "TagRole");
    assert_eq!((&south["exit_code"], &south["document"]["result"]), (&json!(0), &json!("none")));

    // An account that cannot be read is unknown there: drift elsewhere is worse, and no drift is not.
    pair.deny("iam", "GetAccountAuthorizationDetails");
    let unknown =
        ["Drift: 1 difference", "GetAccountAuthorizationDetails", "No drift seen, but not everything is known"];
    pair.run("drift -f files").is(2, &unknown, &[]);
    let untag = json!({ "RoleName": "ScannerRole", "TagKeys": ["by"] });
    assert_eq!(aws::call(&pair.north.url, "222222222222", "iam", "UntagRole", &untag).unwrap().status, 200);
    pair.run("drift -f files").is(3, &["No drift.", "GetAccountAuthorizationDetails", "No drift seen"], &[]);
    let document = pair.json("drift -f files --format json", 3);
    assert_eq!(document["organizations"][1]["document"]["result"], "unknown");
}

#[test]
fn an_organization_that_cannot_be_reached_does_not_silence_the_drift_of_the_others() {
    let pair = Pair::start();
    pair.run("apply -f files --auto-approve").is(0, &[], &[]);
    let tags = json!({ "RoleName": "ScannerRole", "Tags": [{ "Key": "by", "Value": "hand" }] });
    assert_eq!(aws::call(&pair.north.url, "222222222222", "iam", "TagRole", &tags).unwrap().status, 200);
    pair.deny("organizations", "DescribeOrganization");
    let told =
        ["error: o-south12345: organizations:DescribeOrganization", "error: 1 of 2 organizations failed: o-south12345"];
    let drifted = [
        "Drift: 1 difference in 1 of",
        "Organization o-south12345",
        "Failed:",
        "in all        1 drifted",
        "1 of 2 failed",
    ];
    pair.run("drift -f files").is(1, &drifted, &told);
    let document = pair.json("drift -f files --format json", 1);
    let [north, south] = document["organizations"].as_array().unwrap().as_slice() else { panic!("{document:#}") };
    assert_eq!((&north["exit_code"], &north["document"]["summary"]["findings"]), (&json!(2), &json!(1)));
    assert_eq!((&south["exit_code"], &south["document"]), (&json!(1), &Value::Null));
}

#[test]
fn a_profile_that_is_missing_and_one_of_another_organization_are_told_beside_the_rest() {
    let pair = Pair::start();
    pair.configure("elsewhere");
    let told = ["error: o-south12345:", "profile `pipeline` gives no credentials"];
    pair.run("plan -f files").is(1, &["Plan: 4 to add", "1 of 2 failed"], &told);

    let south = pair.directory.path().join("files/south.yaml");
    let text = fs::read_to_string(&south).unwrap();
    let access = text.lines().find(|line| line.starts_with("access:")).unwrap();
    fs::write(&south, text.replace(access, "access: { profile: north }")).unwrap();
    pair.run("plan -f files").is(1, &["Plan: 4 to add", "1 of 2 failed"], &["error: o-south12345:", "o-north12345"]);
}

#[test]
fn an_invalid_file_ends_the_run_before_anything_is_asked() {
    let pair = Pair::start();
    let south = pair.directory.path().join("files/south.yaml");
    let text = fs::read_to_string(&south).unwrap();
    fs::write(&south, text.replace("ScannerRole", "Scanner Role").replace("[Root]", "[]")).unwrap();
    for sandbox in [&pair.north, &pair.south] {
        sandbox::post(&sandbox.url, "/_sandbox/audit/reset", "").unwrap();
    }
    pair.run("apply -f files --auto-approve").is(1, &[], &["Scanner Role", "error: 1 error"]);
    let asked = |sandbox: &Sandbox| sandbox::get(&sandbox.url, "/_sandbox/audit").unwrap().len();
    assert_eq!((asked(&pair.north), asked(&pair.south)), ("[]".len(), "[]".len()));
}

#[test]
fn a_saved_plan_holds_all_organizations_and_is_stale_for_each_by_itself() {
    let pair = Pair::start();
    pair.run("plan -f files -o plan.json").is(0, &[], &["Saved the plan"]);
    pair.run("show plan.json").is(0, &["Plan: 4 to add", "Plan: 2 to add", "in all        6 to add"], &[]);
    let trust = json!({ "Version": "2012-10-17", "Statement":
        [{ "Effect": "Allow", "Principal": { "AWS": "222222222222" }, "Action": "sts:AssumeRole" }] });
    let taken = json!({ "RoleName": "ScannerRole", "AssumeRolePolicyDocument": trust.to_string() });
    assert_eq!(aws::call(&pair.north.url, "222222222222", "iam", "CreateRole", &taken).unwrap().status, 200);
    let told = ["error: o-north12345: Saved plan is stale", "error: 1 of 2 organizations failed: o-north12345"];
    pair.run("apply plan.json -f files").is(1, &["2 added", "1 of 2 failed"], &told);
    assert!(!has_role(&pair.north, "333333333333") && has_role(&pair.south, "999999999999"));

    fs::remove_file(pair.directory.path().join("files/south.yaml")).unwrap();
    pair.run("apply plan.json -f files").is(1, &[], &["was not made from what the files say now"]);
}

#[test]
fn a_lock_that_is_held_in_one_organization_does_not_keep_the_other_back() {
    let pair = Pair::start();
    let lock = json!({ "Name": "/rolecall/lock/o-south12345", "Value": "somebody", "Type": "String" });
    assert_eq!(aws::call(&pair.south.url, "888888888888", "ssm", "PutParameter", &lock).unwrap().status, 200);
    let told = ["error: o-south12345: another run holds the lock of o-south12345"];
    let several = ["takes one organization", "o-north12345 (files/north.yaml), o-south12345 (files/south.yaml)"];
    pair.run("apply -f files --auto-approve").is(1, &["4 added", "1 of 2 failed"], &told);
    pair.run("unlock -f files").is(1, &[], &several);
    pair.run("unlock 0123456789abcdef --auto-approve -f files").is(1, &[], &several);
}

#[test]
fn each_organization_has_a_snapshot_of_its_own_from_which_all_are_planned() {
    let pair = Pair::start();
    pair.run("snapshot -f files -o all.json").is(1, &[], &["name a directory with -o"]);
    fs::create_dir(pair.directory.path().join("kept")).unwrap();
    pair.run("snapshot -f files -o kept").is(0, &[], &["kept/o-north12345.json", "kept/o-south12345.json"]);
    pair.deny("sts", "*");
    pair.run("plan -f files --observed kept").is(0, &["Plan: 4 to add", "Plan: 2 to add"], &[]);
    pair.run("accounts -f files --observed kept").is(0, &["warehouse", "in all        5 accounts"], &[]);
    let missing = ["error: o-south12345: kept/o-north12345.json is a snapshot of organization o-north12345"];
    pair.run("plan -f files --observed kept/o-north12345.json").is(1, &["Plan: 4 to add", "1 of 2 failed"], &missing);
}
