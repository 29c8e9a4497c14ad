//! The sandbox itself: how fast and how large it is with 10,000 accounts and five stack sets over them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::load::Load;
use super::processes::{peak, processor_time, tree};
use super::rows::{megabytes, seconds, verdict};
use super::scene::rolecall;
use super::table::Row;
use crate::http;
use crate::run::{self, Failure};
use crate::sandbox::Sandbox;

const ACCOUNTS: usize = 10_000;
const SETS: usize = 5;
const CONNECTIONS: usize = 16;
const READING: Duration = Duration::from_secs(5);
/// Among how many of the accounts the reads change.
const READ_ACCOUNTS: usize = 1000;

/// How long seeding may take, how much memory, and how many reads a second there must be.
const SEEDED: Duration = Duration::from_secs(10);
const MEMORY: u64 = 1_500_000_000;
const RATE: f64 = 15_000.0;

/// Seeds a sandbox, then reads from it.
///
/// # Errors
/// When the sandbox does not start, or refuses something.
pub(super) fn rows() -> Result<[Row; 2], Failure> {
    let directory = run::target()?.join("bench/sandbox");
    fs::create_dir_all(&directory)?;
    let organization = directory.join("organization.yaml");
    let start = Instant::now();
    generate(&organization)?;
    let sandbox = Sandbox::start(&rolecall()?, &organization, &["--clock", "1-seconds-per-request"])?;
    let members = members(&fs::read_to_string(&organization)?);
    let calls = seed(&sandbox)?;
    let wall = start.elapsed();
    let server = *tree(std::process::id()).get(1).ok_or("the sandbox is no child of this process")?;
    let memory = peak(server).ok_or("the sandbox's memory is unknown")?;
    let mut seeded = Row::without_numbers("sandbox: 10,000 accounts seeded, 5 stack sets over them", "");
    seeded.cells[0] = seconds(wall);
    seeded.cells[3] = seconds(processor_time(server).unwrap_or_default());
    seeded.cells[4] = megabytes(memory);
    seeded.cells[5] = calls.to_string();
    seeded.remark = verdict(wall < SEEDED && memory < MEMORY, "10 s, 1,500 MB");
    Ok([seeded, reading(&sandbox, &members, server)?])
}

fn generate(organization: &Path) -> Result<(), Failure> {
    let mut command = Command::new(rolecall()?);
    command.args(["sandbox", "generate", "--ous", "60", "--depth", "3", "--seed", "1", "--accounts"]);
    run::run(command.arg(ACCOUNTS.to_string()).arg("--out").arg(organization), run::HOUR)?;
    // All stack sets are deployed at once, which AWS's quota would not have.
    let text = fs::read_to_string(organization)?;
    fs::write(organization, format!("{text}switches: {{ instances_at_once: {} }}\n", ACCOUNTS * SETS))?;
    Ok(())
}

/// The ids of accounts in an organization file; the first is that of the management account.
fn members(organization: &str) -> Vec<String> {
    let words = organization.split(|letter: char| !letter.is_ascii_digit());
    words.filter(|word| word.len() == 12).skip(2).take(READ_ACCOUNTS).map(str::to_owned).collect()
}

/// Creates the stack sets and waits until every account has their stacks; how many calls that took.
fn seed(sandbox: &Sandbox) -> Result<usize, Failure> {
    let roots = call(sandbox, "organizations", "ListRoots", "{}")?;
    let root = roots.split('"').find(|word| word.starts_with("r-")).ok_or("there is no root")?.to_owned();
    call(sandbox, "cloudformation", "ActivateOrganizationsAccess", "")?;
    let mut calls = 2;
    for number in 1..=SETS {
        let set = format!("&StackSetName=set-{number}");
        let template = template(number);
        let create = "&PermissionModel=SERVICE_MANAGED&AutoDeployment.Enabled=true\
                      &AutoDeployment.RetainStacksOnAccountRemoval=false&Capabilities.member.1=CAPABILITY_NAMED_IAM";
        let body = format!("{set}{create}&TemplateBody={template}");
        call(sandbox, "cloudformation", "CreateStackSet", &body)?;
        let deploy = "&Regions.member.1=us-east-1&OperationPreferences.MaxConcurrentPercentage=100\
                      &OperationPreferences.ConcurrencyMode=SOFT_FAILURE_TOLERANCE\
                      &OperationPreferences.FailureTolerancePercentage=0&OperationId=deploy";
        let body = format!("{set}{deploy}&DeploymentTargets.OrganizationalUnitIds.member.1={root}");
        call(sandbox, "cloudformation", "CreateStackInstances", &body)?;
        calls += 2;
    }
    for number in 1..=SETS {
        let body = format!("&StackSetName=set-{number}&OperationId=deploy");
        loop {
            calls += 1;
            let operation = call(sandbox, "cloudformation", "DescribeStackSetOperation", &body)?;
            if operation.contains("<Status>SUCCEEDED</Status>") {
                break;
            }
            if !operation.contains("<Status>RUNNING</Status>") {
                return Err(format!("the operation on set-{number} went wrong: {operation}").into());
            }
            crate::sandbox::post(&sandbox.url, "/_sandbox/advance?seconds=3600", "")?;
        }
    }
    Ok(calls)
}

/// A template of one role, percent-encoded. Its size is that of a vendor's.
fn template(number: usize) -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::232136659152:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"5f3e0f3c-9d7b-4c22-9a35"}}}]}"#;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["account:Get*","backup:List*","glue:GetConnections"],"Resource":"*"}]}"#;
    let text = format!(
        r#"{{"Resources":{{"Role":{{"Type":"AWS::IAM::Role","Properties":{{"RoleName":"Vendor{number}Access","AssumeRolePolicyDocument":{trust},"ManagedPolicyArns":["arn:aws:iam::aws:policy/SecurityAudit"],"Policies":[{{"PolicyName":"additions","PolicyDocument":{policy}}}]}}}}}}}}"#
    );
    text.bytes().fold(String::new(), |mut encoded, byte| {
        // Writing to a string cannot fail.
        let _ = write!(encoded, "%{byte:02X}");
        encoded
    })
}

fn call(sandbox: &Sandbox, service: &str, operation: &str, params: &str) -> Result<String, Failure> {
    let authorization = authorization("me", service);
    let answer = if service == "organizations" {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        let headers = [("Authorization", authorization.as_str()), ("X-Amz-Target", target.as_str())];
        http::request(&sandbox.url, "POST", "/", &headers, params)?
    } else {
        let body = format!("Action={operation}{params}");
        http::request(&sandbox.url, "POST", "/", &[("Authorization", &authorization)], &body)?
    };
    match answer.status {
        200 => Ok(answer.body),
        status => Err(format!("{operation}: {status} {}", answer.body).into()),
    }
}

fn authorization(key: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn reading(sandbox: &Sandbox, members: &[String], server: u32) -> Result<Row, Failure> {
    let requests: Vec<Vec<u8>> =
        members.iter().enumerate().map(|(n, account)| get_role(account, n % SETS + 1)).collect();
    let before = processor_time(server).unwrap_or_default();
    let load = Load::put(&sandbox.url, &requests, CONNECTIONS, READING)?;
    let rate = load.rate();
    let mut row = Row::without_numbers("sandbox: GetRole from 16 connections", "");
    row.cells[0] = seconds(load.wall);
    row.cells[3] = seconds(processor_time(server).unwrap_or_default().saturating_sub(before));
    row.cells[4] = megabytes(peak(server).unwrap_or_default());
    row.cells[5] = load.answers.to_string();
    row.cells[7] = CONNECTIONS.to_string();
    row.remark = format!("{rate:.0} a second; {}", verdict(rate >= RATE, "15,000"));
    Ok(row)
}

fn get_role(account: &str, number: usize) -> Vec<u8> {
    let body = format!("Action=GetRole&Version=2010-05-08&RoleName=Vendor{number}Access");
    let authorization = authorization(account, "iam");
    format!(
        "POST / HTTP/1.1\r\nHost: sandbox\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
