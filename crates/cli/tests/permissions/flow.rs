//! What is done with the policies: first run, change, repair, retry, removal.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::policies::{Part, Policies};
use crate::process::Ended;
use crate::sandbox::{self, Sandbox};
use crate::world::{self, CallAs, DELEGATE, MANAGEMENT, MEMBER};
use crate::{aws, process};

/// Why a flow ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The program did not do what it should.
    Program(String),
    /// The stage could not be set.
    Test(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(problem) => write!(f, "the program failed: {problem}"),
            Self::Test(problem) => write!(f, "the test is broken: {problem}"),
        }
    }
}

impl From<String> for Failure {
    fn from(problem: String) -> Self {
        Self::Test(problem)
    }
}

/// Reads an organization in which nothing is as it should be, and one in which everything is.
pub(crate) fn planning(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(&Policies::print("apply", CallAs::Own)?, CallAs::Own)?;
    stage.grant(policies)?;
    stage.run("plan --detailed-exitcode", 2)?;
    stage.grant(&Policies::print("apply", CallAs::Own)?)?;
    stage.run("apply --auto-approve", 0)?;
    stage.grant(policies)?;
    stage.run("plan --detailed-exitcode", 0)?;
    stage.run("status", 0)?;
    stage.run("accounts", 0)?;
    stage.edit_out("  auditor:")?;
    stage.run("plan --detailed-exitcode", 2)?;
    stage.run("apply --auto-approve", 1)
}

/// Tells drift, and who did it, at home and in members.
pub(crate) fn drifting(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(&Policies::print("apply", CallAs::Own)?, CallAs::Own)?;
    stage.run("apply --auto-approve", 0)?;
    stage.grant(policies)?;
    stage.run_to_say("drift", 0, "No drift.")?;
    stage.change_by_hand()?;
    let Ended { code, stdout, stderr } = stage.ended("drift")?;
    let told = stdout.matches("TagRole by user Administrator").count();
    if code != Some(2) || told != 3 || stdout.contains("not told") {
        return Err(Failure::Program(format!("{code:?}, and {told} of 3 calls are told\n{stdout}\n{stderr}")));
    }
    stage.run("status", 0)?;
    stage.run("snapshot -o snapshot.json", 0)?;
    stage.run("apply --only drift --auto-approve", 1)
}

/// Takes one action after the other away from what `drift` needs: it names each that it misses. The actions that it does not
/// call are those with which `apply` looks at what came of a call.
pub(crate) fn drifting_with_less(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(&Policies::print("apply", CallAs::Own)?, CallAs::Own)?;
    stage.run("apply --auto-approve", 0)?;
    stage.change_by_hand()?;
    for (part, action) in policies.actions() {
        stage.grant(&policies.without(part, &action))?;
        stage.forget_calls()?;
        let Ended { code, stdout, stderr } = stage.ended("drift")?;
        let is_named = stdout.contains(&action) || stderr.contains(&action);
        let called = stage.has_called(&action)?;
        if called != is_named || is_named && code == Some(0) {
            let problem = format!("without {action} of the {}: {code:?}, called: {called}", part.words());
            return Err(Failure::Program(format!("{problem}\n{stdout}\n{stderr}")));
        }
        if !called && !LOOKS_OF_APPLY.contains(&action.as_str()) {
            return Err(Failure::Program(format!("{action} of the {} is not called", part.words())));
        }
    }
    Ok(())
}

/// What `apply` looks at roles with, beside what `plan` reads; the policies for reading have it, too.
const LOOKS_OF_APPLY: [&str; 4] =
    ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"];

/// Undoes drift and nothing else; without an action that it takes, the error names the action.
pub(crate) fn healing(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(policies, CallAs::Own)?;
    stage.run("apply --auto-approve", 0)?;
    stage.change_by_hand()?;
    for (part, action) in [
        (Part::Caller, "iam:UntagRole"),
        (Part::Member, "iam:UntagRole"),
        (Part::Caller, "sts:AssumeRole"),
        (Part::Caller, "ssm:PutParameter"),
        (Part::Caller, "cloudformation:ListStackSets"),
    ] {
        stage.grant(&policies.without(part, action))?;
        let Ended { code, stdout, stderr } = stage.ended("apply --only drift --auto-approve")?;
        if code != Some(1) || !(stdout.contains(action) || stderr.contains(action)) {
            let problem = format!("without {action} of the {}: {code:?}", part.words());
            return Err(Failure::Program(format!("{problem}\n{stdout}\n{stderr}")));
        }
        stage.change_by_hand()?;
    }
    stage.grant(policies)?;
    stage.run_to_say("drift --who off", 2, "3 differences in 2 of 3 accounts")?;
    stage.run("apply --only drift --auto-approve", 0)?;
    stage.run_to_say("drift", 0, "No drift.")
}

/// Keeps what is there in files, which takes what planning takes.
pub(crate) fn keeping(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(&Policies::print("apply", CallAs::Own)?, CallAs::Own)?;
    stage.run("apply --auto-approve", 0)?;
    stage.grant(policies)?;
    stage.run("snapshot -o snapshot.json", 0)?;
    stage.run("import -o imported.yaml", 0)
}

/// Deletes everything at once.
pub(crate) fn destroying(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(policies, CallAs::Own)?;
    stage.run("apply --auto-approve", 0)?;
    stage.run("destroy --auto-approve", 0)?;
    for account in [MANAGEMENT, DELEGATE, MEMBER] {
        stage.is_gone(account, "ScannerRole")?;
        stage.is_gone(account, "AuditorRole")?;
    }
    Ok(())
}

/// Takes a stack set over that has a name of someone else's, changes it and deletes it.
pub(crate) fn adopting() -> Result<(), Failure> {
    let (line, adopt) =
        ("    management_account: {}\n", "    adopt: { stack_set: VendorSet }\n    management_account: {}\n");
    let configuration = world::configuration(CallAs::Own).replace(line, adopt);
    let stage = Stage::set(&Policies::print_for("apply", &configuration)?, CallAs::Own)?;
    stage.edit_first(line, adopt)?;
    stage.vendor_set()?;
    stage.run("plan --detailed-exitcode", 2)?;
    stage.run("apply --auto-approve", 0)?;
    stage.edit_first("# scanner", "description: another")?;
    stage.run("apply --auto-approve", 0)?;
    stage.run("destroy --auto-approve", 0)?;
    stage.is_gone(MEMBER, "ScannerRole")
}

/// Has everything checked; of what applying takes it finds that it is missing.
pub(crate) fn checking(policies: &Policies) -> Result<(), Failure> {
    let stage = Stage::set(policies, CallAs::Own)?;
    stage.run("doctor --for plan", 0)?;
    stage.run("doctor", 1)
}

/// Everything that `apply` does.
pub(crate) fn applying(policies: &Policies, call_as: CallAs) -> Result<(), Failure> {
    let stage = Stage::set(policies, call_as)?;
    first_run(&stage, call_as)?;
    change(&stage, call_as)?;
    retry(&stage)?;
    recreate(&stage)?;
    repair(&stage)?;
    remove(&stage)
}

/// The answers to the first creation of a role are lost, so that the roles are found and looked at. Meanwhile someone
/// gives them a policy.
fn first_run(stage: &Stage, call_as: CallAs) -> Result<(), Failure> {
    let at_home = match call_as {
        CallAs::Own => "ScannerRole",
        CallAs::DelegatedAdmin => "AuditorRole",
    };
    let mut rules = lost_creation(call_as.account(), at_home);
    rules.extend(lost_creation(MEMBER, "AuditorRole"));
    stage.faults(&Value::Array(rules))?;
    stage.run("apply --auto-approve", 0)?;
    stage.faults(&json!([]))
}

/// The answer to the first `CreateRole` in an account is lost, and before the second someone gives the role a policy.
fn lost_creation(account: &str, role: &str) -> Vec<Value> {
    let allowed = json!([{ "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" }]);
    let document = json!({ "Version": "2012-10-17", "Statement": allowed });
    let params = json!({ "RoleName": role, "PolicyName": "meanwhile", "PolicyDocument": document });
    let call = json!({ "service": "iam", "operation": "PutRolePolicy", "account": account, "params": params });
    let effects = [json!("reset_after"), json!({ "calls": [call] })];
    let strike = |(skip, effect)| {
        let when = json!({ "skip": skip, "times": 1 });
        json!({ "service": "iam", "operation": "CreateRole", "account": account, "when": when, "effect": effect })
    };
    effects.into_iter().enumerate().map(strike).collect()
}

/// Every attribute of the roles is set, and set otherwise. The answers to the first creation of a policy are lost.
fn change(stage: &Stage, call_as: CallAs) -> Result<(), Failure> {
    let role = |description: &str, policy: &str, inline: &str, tag: &str| {
        format!(
            "description: {description}\n      max_session_duration: 2h\n      managed_policies: [{policy}]\n      \
             permissions_boundary: ReadOnlyAccess\n      tags: {{ {tag}: security }}\n      inline_policies: {{ {inline}: \
             {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"s3:Get*\", Resource: \"*\" }}] }}{} }}",
            large(inline)
        )
    };
    let before = role("first", "SecurityAudit", "first", "team");
    let after = role("second", "ReadOnlyAccess", "second", "owner");
    let bare = ["# scanner", "# auditor"];
    for name in bare {
        stage.edit(name, &before)?;
    }
    let lost = [call_as.account(), MEMBER].map(|account| {
        let when = json!({ "skip": 0, "times": 1 });
        json!({ "service": "iam", "operation": "CreatePolicy", "account": account, "when": when, "effect": "reset_after" })
    });
    stage.faults(&json!(lost))?;
    stage.run("apply --auto-approve", 0)?;
    stage.faults(&json!([]))?;
    let after = after.replace("      permissions_boundary: ReadOnlyAccess\n", "");
    stage.edit_all(&before, &after)?;
    stage.edit_all("principals: [\"232136659152\"]", "principals: [\"464622532012\"]")?;
    stage.run("apply --auto-approve", 0)?;
    stage.edit_all(&large("second"), "")?;
    stage.run("apply --auto-approve", 0)
}

/// An inline policy that does not fit into a role.
fn large(name: &str) -> String {
    let statement = |index: usize| {
        let resource = format!("arn:aws:s3:::{index}-{name}-{}", "x".repeat(5_400));
        format!("{{ Effect: Allow, Action: \"s3:Get*\", Resource: \"{resource}\" }}")
    };
    format!(", large: {{ Version: \"2012-10-17\", Statement: [{}, {}] }}", statement(1), statement(2))
}

/// An instance that could not be updated, as its role had as many policies as AWS allows, is updated when it has fewer.
fn retry(stage: &Stage) -> Result<(), Failure> {
    let policies = [
        "AmazonEC2ReadOnlyAccess",
        "AmazonS3ReadOnlyAccess",
        "AmazonVPCReadOnlyAccess",
        "AWSCloudTrail_ReadOnlyAccess",
        "AmazonRDSReadOnlyAccess",
        "AmazonSNSReadOnlyAccess",
        "AmazonSQSReadOnlyAccess",
        "AmazonDynamoDBReadOnlyAccess",
        "CloudWatchReadOnlyAccess",
    ];
    let params =
        |name: &str| json!({ "RoleName": "ScannerRole", "PolicyArn": format!("arn:aws:iam::aws:policy/{name}") });
    for name in policies {
        stage.call(MEMBER, "iam", "AttachRolePolicy", &params(name))?;
    }
    stage.edit_first("managed_policies: [ReadOnlyAccess]", "managed_policies: [ReadOnlyAccess, IAMReadOnlyAccess]")?;
    // Why it failed is read off AWS.
    stage.run_to_say("apply --auto-approve", 1, "PoliciesPerRole")?;
    stage.call(MEMBER, "iam", "DetachRolePolicy", &params(policies[0]))?;
    stage.run("apply --auto-approve", 0)
}

/// An instance whose stack could not be deleted is inoperable; it leaves the stack set, its stack goes, and it is made again.
fn recreate(stage: &Stage) -> Result<(), Failure> {
    let (all, less) = (
        "organizational_units: [Workloads] }",
        "organizational_units: [Workloads], exclude_accounts: [\"333333333333\"] }",
    );
    let effect = json!({ "fail_stack": { "reason": "no luck", "stack": "StackSet-rolecall-scanner-*" } });
    let rule =
        json!({ "account": MEMBER, "operation": "DeleteStack", "when": { "skip": 0, "times": 1 }, "effect": effect });
    stage.faults(&json!([rule]))?;
    stage.edit_first(all, less)?;
    stage.run("apply --auto-approve", 1)?;
    stage.faults(&json!([]))?;
    stage.edit_first(less, all)?;
    stage.run("apply --auto-approve", 0)
}

/// What someone did to the stack set is undone.
fn repair(stage: &Stage) -> Result<(), Failure> {
    let tags = json!([{ "Key": "rolecall:integration", "Value": "scanner" }, { "Key": "cost-centre", "Value": "7" }]);
    let params = json!({ "StackSetName": "rolecall-scanner", "UsePreviousTemplate": true, "Capabilities": ["CAPABILITY_NAMED_IAM"], "Tags": tags });
    stage.call(MANAGEMENT, "cloudformation", "UpdateStackSet", &params)?;
    stage.pass(600)?;
    stage.run("apply --auto-approve", 0)
}

/// One integration leaves the file after the other.
fn remove(stage: &Stage) -> Result<(), Failure> {
    stage.edit_out("  auditor:")?;
    stage.run("apply --auto-approve", 0)?;
    stage.run("plan --detailed-exitcode", 0)?;
    stage.edit_out("  scanner:")?;
    stage.edit("integrations:", "integrations: {}")?;
    stage.run("apply --auto-approve", 0)?;
    for account in [MANAGEMENT, DELEGATE, MEMBER] {
        stage.is_gone(account, "ScannerRole")?;
        stage.is_gone(account, "AuditorRole")?;
    }
    Ok(())
}

/// A session of the role with the printed policy.
struct Session {
    key: String,
    secret: String,
    token: String,
}

/// A directory with the configuration, a sandbox, and a session of the role.
struct Stage {
    _files: TempDir,
    directory: PathBuf,
    sandbox: Sandbox,
    call_as: CallAs,
}

impl Stage {
    fn set(policies: &Policies, call_as: CallAs) -> Result<Self, Failure> {
        let files = tempfile::tempdir().map_err(|error| error.to_string())?;
        let directory = files.path().to_owned();
        let organization = directory.join("organization.yaml");
        let write = |path: &Path, text: String| fs::write(path, text).map_err(|error| error.to_string());
        write(&organization, world::organization(policies, call_as))?;
        write(&directory.join("rolecall.yaml"), world::configuration(call_as))?;
        let rolecall = Path::new(env!("CARGO_BIN_EXE_rolecall"));
        let sandbox = Sandbox::start(rolecall, &organization, &["--clock", "10-seconds-per-request"]);
        let sandbox = sandbox.map_err(|error| error.to_string())?;
        if call_as == CallAs::DelegatedAdmin {
            let params = json!({ "AccountId": DELEGATE, "ServicePrincipal": "member.org.stacksets.cloudformation.amazonaws.com" });
            call(&sandbox, MANAGEMENT, "organizations", "RegisterDelegatedAdministrator", &params)?;
        }
        Ok(Self { _files: files, directory, sandbox, call_as })
    }

    /// A session of the role. Simulated time goes by so fast that each run has one of its own.
    fn session(&self) -> Result<Session, Failure> {
        let account = self.call_as.account();
        let params = json!({ "RoleArn": format!("arn:aws:iam::{account}:role/Pipeline"), "RoleSessionName": "test" });
        let answer = call(&self.sandbox, account, "sts", "AssumeRole", &params)?;
        Ok(Session {
            key: element(&answer, "AccessKeyId")?,
            secret: element(&answer, "SecretAccessKey")?,
            token: element(&answer, "SessionToken")?,
        })
    }

    /// Runs the program with the printed policy, and demands an exit code.
    fn run(&self, words: &str, exit: i32) -> Result<(), Failure> {
        self.run_to_say(words, exit, "")
    }

    /// The same, and demands a text in its output.
    fn run_to_say(&self, words: &str, exit: i32, text: &str) -> Result<(), Failure> {
        let Ended { code, stdout, stderr } = self.ended(words)?;
        if code == Some(exit) && stdout.contains(text) {
            return Ok(());
        }
        Err(Failure::Program(format!("{words}: {code:?}, not {exit} with {text:?}\n{stdout}\n{stderr}")))
    }

    /// Runs the program with the printed policy.
    fn ended(&self, words: &str) -> Result<Ended, Failure> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(words.split(' ')).current_dir(&self.directory);
        command.env_clear().env("HOME", &self.directory).env("PATH", "").env("NO_COLOR", "1");
        command.env("AWS_ENDPOINT_URL", &self.sandbox.url).env("AWS_EC2_METADATA_DISABLED", "true");
        let Session { key, secret, token } = self.session()?;
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret).env("AWS_SESSION_TOKEN", token);
        Ok(process::run(&mut command).map_err(|error| error.to_string())?)
    }

    fn call(&self, account: &str, service: &str, operation: &str, params: &Value) -> Result<(), Failure> {
        Ok(call(&self.sandbox, account, service, operation, params).map(drop)?)
    }

    /// Gives the roles other policies.
    fn grant(&self, policies: &Policies) -> Result<(), Failure> {
        let params = |role: &str, policy: &Value| json!({ "RoleName": role, "PolicyName": "rolecall", "PolicyDocument": policy.to_string() });
        self.call(self.call_as.account(), "iam", "PutRolePolicy", &params("Pipeline", &policies.caller))?;
        [DELEGATE, MEMBER].into_iter().try_for_each(|account| {
            self.call(account, "iam", "PutRolePolicy", &params("RolecallMember", &policies.member))
        })
    }

    /// A stack set that a vendor's template made, with an instance in each member.
    fn vendor_set(&self) -> Result<(), Failure> {
        self.call(MANAGEMENT, "cloudformation", "ActivateOrganizationsAccess", &json!({}))?;
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": "232136659152" }, "Action": "sts:AssumeRole" },
        ]});
        let properties = json!({ "RoleName": "ScannerRole", "AssumeRolePolicyDocument": trust });
        let template = json!({ "Resources": { "Access": { "Type": "AWS::IAM::Role", "Properties": properties } } });
        let set = json!({
            "StackSetName": "VendorSet",
            "PermissionModel": "SERVICE_MANAGED",
            "AutoDeployment": { "Enabled": true, "RetainStacksOnAccountRemoval": false },
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "TemplateBody": template.to_string(),
        });
        self.call(MANAGEMENT, "cloudformation", "CreateStackSet", &set)?;
        let targets = json!({ "OrganizationalUnitIds": ["ou-perm-workload"] });
        let instances = json!({ "StackSetName": "VendorSet", "DeploymentTargets": targets, "Regions": ["us-east-1"] });
        self.call(MANAGEMENT, "cloudformation", "CreateStackInstances", &instances)?;
        self.pass(600)
    }

    /// What somebody does to a role in each of the ways in which roles are kept.
    fn change_by_hand(&self) -> Result<(), Failure> {
        for (account, role) in [(MANAGEMENT, "ScannerRole"), (MEMBER, "ScannerRole"), (MEMBER, "AuditorRole")] {
            let tags = json!([{ "Key": "by", "Value": "hand" }]);
            self.call(account, "iam", "TagRole", &json!({ "RoleName": role, "Tags": tags }))?;
        }
        // CloudTrail shows it some minutes later.
        self.pass(900)
    }

    /// Whether the program called the action since the audit log was emptied.
    fn has_called(&self, action: &str) -> Result<bool, Failure> {
        let text = sandbox::get(&self.sandbox.url, "/_sandbox/audit").map_err(|error| error.to_string())?;
        let log: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let name = |call: &Value| Some(format!("{}:{}", call["service"].as_str()?, call["operation"].as_str()?));
        Ok(log.iter().any(|call| name(call).as_deref() == Some(action)))
    }

    fn forget_calls(&self) -> Result<(), Failure> {
        let posted = sandbox::post(&self.sandbox.url, "/_sandbox/audit/reset", "");
        Ok(posted.map(drop).map_err(|error| error.to_string())?)
    }

    fn is_gone(&self, account: &str, role: &str) -> Result<(), Failure> {
        let answer = aws::call(&self.sandbox.url, account, "iam", "GetRole", &json!({ "RoleName": role }));
        let answer = answer.map_err(|error| error.to_string())?;
        let gone = answer.body.contains("NoSuchEntity");
        if gone { Ok(()) } else { Err(Failure::Program(format!("{role} is still in {account}"))) }
    }

    fn faults(&self, rules: &Value) -> Result<(), Failure> {
        let posted = sandbox::post(&self.sandbox.url, "/_sandbox/faults", &rules.to_string());
        Ok(posted.map(drop).map_err(|error| error.to_string())?)
    }

    fn pass(&self, seconds: u32) -> Result<(), Failure> {
        let posted = sandbox::post(&self.sandbox.url, &format!("/_sandbox/advance?seconds={seconds}"), "");
        Ok(posted.map(drop).map_err(|error| error.to_string())?)
    }

    fn rewrite(&self, with: impl FnOnce(String) -> Result<String, String>) -> Result<(), Failure> {
        let path = self.directory.join("rolecall.yaml");
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        Ok(fs::write(path, with(text)?).map_err(|error| error.to_string())?)
    }

    /// Replaces a text that is there exactly once.
    fn edit(&self, text: &str, with: &str) -> Result<(), Failure> {
        self.rewrite(|before| match before.matches(text).count() {
            1 => Ok(before.replace(text, with)),
            count => Err(format!("{text:?} is {count} times in the configuration")),
        })
    }

    /// Replaces a text wherever it is.
    fn edit_all(&self, text: &str, with: &str) -> Result<(), Failure> {
        self.rewrite(|before| match before.matches(text).count() {
            0 => Err(format!("{text:?} is not in the configuration")),
            _ => Ok(before.replace(text, with)),
        })
    }

    /// Replaces a text where it is first.
    fn edit_first(&self, text: &str, with: &str) -> Result<(), Failure> {
        self.rewrite(|before| match before.matches(text).count() {
            0 => Err(format!("{text:?} is not in the configuration")),
            _ => Ok(before.replacen(text, with, 1)),
        })
    }

    /// Takes out everything from a line on.
    fn edit_out(&self, line: &str) -> Result<(), Failure> {
        self.rewrite(|before| {
            let (kept, _) = before.split_once(line).ok_or_else(|| format!("{line:?} is not in the configuration"))?;
            Ok(kept.to_owned())
        })
    }
}

fn call(sandbox: &Sandbox, account: &str, service: &str, operation: &str, params: &Value) -> Result<String, String> {
    let answer = aws::call(&sandbox.url, account, service, operation, params).map_err(|error| error.to_string())?;
    if answer.status == 200 { Ok(answer.body) } else { Err(format!("{operation}: {} {}", answer.status, answer.body)) }
}

/// The text of an element of an XML answer.
fn element(answer: &str, name: &str) -> Result<String, String> {
    let after = answer.split_once(&format!("<{name}>")).map(|(_, after)| after);
    let text = after.and_then(|after| after.split_once('<')).map(|(text, _)| text.to_owned());
    text.ok_or_else(|| format!("no {name} in {answer}"))
}
