//! Commands on a simulated organization inside the program: exit codes, saved plans, kept state.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

const ORGANIZATION: &str = r#"
organization: o-tiny123456
management_account: "111111111111"
root: r-tiny
trusted_access: false
accounts:
  - { id: "111111111111", name: Management }
units:
  - name: Workloads
    accounts:
      - { id: "222222222222", name: payments }
      - { id: "333333333333", name: search }
  - name: Old
    accounts:
      - { id: "444444444444", name: legacy, state: SUSPENDED }
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
      managed_policies: [SecurityAudit]
    targets: { organizational_units: [Root] }
    rollout: { delivery: direct }
"#;

/// A directory with an organization and a configuration.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("organization.yaml", ORGANIZATION);
        place.write("rolecall.yaml", CONFIGURATION);
        place
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn exists(&self, name: &str) -> bool {
        self.0.path().join(name).exists()
    }

    /// Runs a command line on the simulated organization, in an environment that would lead nowhere.
    fn run(&self, line: &str) -> Ended {
        let mut command = command(self.0.path(), line);
        command.args(["--sandbox", "organization.yaml"]);
        Ended(command.output().unwrap())
    }

    /// Runs a command line as it stands.
    fn run_plain(&self, line: &str) -> Ended {
        Ended(command(self.0.path(), line).output().unwrap())
    }
}

fn command(directory: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.args(line.split_whitespace()).current_dir(directory).stdin(Stdio::null());
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").env("AWS_ACCESS_KEY_ID", "none").env("NO_COLOR", "1");
    command
}

struct Ended(Output);

impl Ended {
    fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "{}\n{}", self.stdout(), self.stderr());
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "`{text}` is not in:\n{}", self.stdout());
        self
    }

    #[track_caller]
    fn tells(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "`{text}` is not in:\n{}", self.stderr());
        self
    }
}

#[test]
fn a_plan_is_applied_once_and_then_there_are_no_changes() {
    let place = Place::new();
    let plan = place.run("plan --detailed-exitcode").expect(2).says("Plan: 3 to add, 0 to change, 0 to destroy.");
    plan.tells("Using the simulated organization o-tiny123456 (organization.yaml)");
    place.run("plan").expect(0);
    let applied = place.run("apply --auto-approve").expect(0);
    applied.says("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.");
    let clean = "No changes. Your organization matches the configuration.";
    place.run("plan --detailed-exitcode").expect(0).says(clean);
    place.run("apply --auto-approve").expect(0).says(clean);
}

#[test]
fn the_state_is_kept_until_it_is_reset() {
    let place = Place::new();
    place.run("apply --auto-approve").expect(0);
    assert!(place.exists(".rolecall/.gitignore"));
    place.run_plain("sandbox reset --org organization.yaml").expect(0).says("as its file says again");
    place.run("plan --detailed-exitcode").expect(2);
    place.run_plain("sandbox reset").expect(0).says("as its file says again");
    place.run_plain("sandbox reset").expect(0).says("Nothing to forget");
}

#[test]
fn a_state_of_another_organization_file_is_refused_with_the_way_out() {
    let place = Place::new();
    place.run("plan").expect(0);
    place.write("organization.yaml", &ORGANIZATION.replace("search", "lookup"));
    place.run("plan").expect(1).tells("rolecall sandbox reset --org organization.yaml");
    place.run_plain("sandbox reset --org organization.yaml").expect(0);
    place.run("plan").expect(0);
}

#[test]
fn a_saved_plan_is_shown_applied_and_then_stale() {
    let place = Place::new();
    place.run("plan -o plan.json").expect(0).tells("rolecall apply plan.json --sandbox organization.yaml");
    place.run_plain("show plan.json").expect(0).says("Plan: 3 to add").says("payments");
    let shown: serde_json::Value =
        serde_json::from_str(&place.run_plain("show plan.json --format json").expect(0).stdout()).unwrap();
    assert_eq!(shown["summary"]["add"], 3);
    // The plan holds what the file said when it was reviewed.
    place.write("rolecall.yaml", "version: 1\n");
    place.run("apply plan.json").expect(0).says("Apply complete! Resources: 3 added");
    let stale = place.run("apply plan.json").expect(1).tells("Saved plan is stale; nothing was changed");
    stale.tells("prowler.management_role: needs no change any more").tells("prowler.role[\"222222222222\"] and 1 more");
}

#[test]
fn a_plan_for_a_target_is_saved_with_it() {
    let place = Place::new();
    place.run("plan --target prowler.management_role -o plan.json").expect(0).says("Plan: 1 to add");
    place.run("apply plan.json").expect(0).says("Resources: 1 added");
    place.run("plan --detailed-exitcode").expect(2).says("Plan: 2 to add");
}

#[test]
fn a_target_that_names_nothing_is_refused() {
    let place = Place::new();
    place.run("plan --target prowlr").expect(1).tells("there is no integration `prowlr`").tells("prowler");
    let unknown = place.run("plan --target prowler.role[999999999999]").expect(1);
    unknown.tells("the organization has no account 999999999999");
}

#[test]
fn deletes_above_the_limit_are_announced_refused_and_let_through_by_their_number() {
    let place = Place::new();
    place.run("apply --auto-approve").expect(0);
    place.write(
        "rolecall.yaml",
        &CONFIGURATION.replace("integrations", "limits: { max_deletes: 1 }\nintegrations").replace("[Root]", "[Old]"),
    );
    place.run("plan").expect(0).says("pass --allow-deletes 2");
    place.run("apply --auto-approve").expect(1).tells("--allow-deletes 2").tells("nothing was changed");
    place.run("apply --auto-approve --allow-deletes 3").expect(1).tells("--allow-deletes 2");
    place.run("apply --auto-approve --allow-deletes 2").expect(0).says("0 added, 0 changed, 2 destroyed");
}

#[test]
fn an_account_that_cannot_be_read_does_not_stop_the_others_and_is_not_forgotten() {
    let place = Place::new();
    place.write("organization.yaml", &ORGANIZATION.replace("name: search", "name: search, member_role: none"));
    let applied = place.run("apply --auto-approve").expect(1).says("Resources: 2 added");
    applied.tells("1 account could not be read: 333333333333");
    place.run("plan --detailed-exitcode").expect(3).says("No changes.").says("333333333333");
    place.run("plan").expect(0);
}

#[test]
fn a_file_for_another_organization_changes_nothing() {
    let place = Place::new();
    place.write("rolecall.yaml", &CONFIGURATION.replace("o-tiny123456", "o-other12345"));
    let refused = place.run("apply --auto-approve").expect(1);
    refused.tells("these credentials are for organization o-tiny123456, but the configuration is for o-other12345");
}

#[test]
fn an_unknown_unit_is_shown_in_its_line() {
    let place = Place::new();
    place.write("rolecall.yaml", &CONFIGURATION.replace("[Root]", "[Workload]"));
    let refused = place.run("plan").expect(1).tells("the organization has no unit `Workload`");
    refused.tells("rolecall.yaml:11:").tells("did you mean Root/Workloads?");
}

#[test]
fn results_are_documents_for_programs_and_nothing_else_is_on_standard_output() {
    let place = Place::new();
    for (line, kind) in [
        ("plan --format json", "plan"),
        ("accounts --format json", "accounts"),
        ("status --format json", "status"),
        ("apply --auto-approve --format json", "apply"),
    ] {
        let document: serde_json::Value = serde_json::from_str(&place.run(line).expect(0).stdout()).unwrap();
        assert_eq!(document["kind"], kind);
        assert_eq!(document["format_version"], "1.0");
    }
    place.run("apply --format json").expect(1).tells("--auto-approve");
}

#[test]
fn accounts_and_status_name_the_accounts_and_how_they_stand() {
    let place = Place::new();
    place.run("accounts").expect(0).says("Workloads").says("222222222222 payments").says("SUSPENDED").says("prowler");
    place.run("status").expect(0).says("missing").says("payments");
    place.run("apply --auto-approve").expect(0);
    place.run("status").expect(0).says("in sync");
}

#[test]
fn a_generated_organization_can_be_used_at_once() {
    let place = Place::new();
    place.run_plain("sandbox generate --accounts 12 --ous 2 -o organization.yaml").expect(0);
    let text = std::fs::read_to_string(place.0.path().join("organization.yaml")).unwrap();
    let id = text.lines().find_map(|line| line.strip_prefix("organization: ")).unwrap().to_owned();
    place.write("rolecall.yaml", &CONFIGURATION.replace("o-tiny123456", &id));
    place.run("plan --quiet").expect(0).says("Plan: 12 to add");
    let same = place.run_plain("sandbox generate --accounts 12 --ous 2").expect(0).stdout();
    assert_eq!(same, text);
}

#[test]
fn quiet_leaves_results_and_errors() {
    let place = Place::new();
    assert_eq!(place.run("plan --quiet").expect(0).says("Plan: 3 to add").stderr(), "");
}
