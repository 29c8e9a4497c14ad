//! Where a case plays: a directory of its own and a sandbox of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use rolecall_sandbox::{Clock, Options, Running, World};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::case::{Call, Case, Edit, End, RoleIn, Run, Step};
use crate::process::{self, Ended};
use crate::sandbox::{self, Sandbox};
use crate::{aws, root};

/// A directory with the case's files, and the sandbox that serves its organization.
pub(crate) struct Stage {
    /// Deleted with the last stage that plays in it.
    files: Arc<TempDir>,
    pub(crate) directory: PathBuf,
    pub(crate) url: String,
    management_account: String,
    /// Serves until this is dropped.
    _server: Server,
}

/// What serves the organization.
enum Server {
    /// The program itself, as users run it.
    Program { _serving: Sandbox },
    /// The sandbox inside this process, which starts at once and from any state.
    Here { _serving: Running },
}

/// A case that was played up to its last run, to be played on from there as often as wanted.
pub(crate) struct Prepared {
    files: Arc<TempDir>,
    directory: PathBuf,
    management_account: String,
    world: World,
    clock: Clock,
    /// The command of the last run.
    pub(crate) command: String,
}

/// One call in the sandbox's audit log; it has more fields than are needed here.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    service: String,
    operation: String,
    account: String,
    access: Access,
    source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Client,
    Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Access {
    Read,
    Write,
}

impl Stage {
    /// Copies the case's files to a new directory and starts the sandbox.
    pub(crate) fn set(folder: &Path, case: &Case) -> Result<Self, String> {
        let files = tempfile::tempdir().map_err(|error| error.to_string())?;
        if let Some(from) = &case.from {
            copy(&root().join(from), files.path())?;
        }
        copy(folder, files.path())?;
        let directory = files.path().join(&case.directory);
        let organization = directory.join(&case.organization);
        let text = fs::read_to_string(&organization).map_err(|error| format!("organization.yaml: {error}"))?;
        let file: Value = serde_saphyr::from_str(&text).map_err(|error| format!("organization.yaml: {error}"))?;
        let management_account = file.get("management_account").and_then(Value::as_str);
        let management_account = management_account.ok_or("organization.yaml has no management account")?.to_owned();
        let clock = format!("{}-seconds-per-request", case.seconds_per_request);
        let rolecall = Path::new(env!("CARGO_BIN_EXE_rolecall"));
        let mut options = vec!["--clock".to_owned(), clock];
        options.extend(record().into_iter().flat_map(|file| ["--record".to_owned(), file]));
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let sandbox = Sandbox::start(rolecall, &organization, &options);
        let sandbox = sandbox.map_err(|error| error.to_string())?;
        let url = sandbox.url.clone();
        let server = Server::Program { _serving: sandbox };
        Ok(Self { files: Arc::new(files), directory, url, management_account, _server: server })
    }

    /// Plays a case to its end.
    pub(crate) fn play(&self, case: &Case) -> Result<(), String> {
        self.steps(&case.steps)?;
        match &case.end {
            End::Settled => self.settled().map_err(|problem| format!("at the end\n{problem}")),
            End::Open(why) => check(!why.is_empty(), || "why can it not end settled?".to_owned()),
        }
    }

    /// Plays a case up to its last run.
    pub(crate) fn prepare(self, case: &Case) -> Result<Prepared, String> {
        let Some((Step::Run(last), before)) = case.steps.split_last() else {
            return Err("the last step is not a run".to_owned());
        };
        self.steps(before)?;
        self.faults(&[])?;
        let world = World::from_json(&self.get("/_sandbox/state")?).map_err(|error| error.to_string())?;
        Ok(Prepared {
            files: self.files,
            directory: self.directory,
            management_account: self.management_account,
            world,
            clock: Clock::PerRequest { seconds: case.seconds_per_request },
            command: last.command.clone(),
        })
    }

    fn steps(&self, steps: &[Step]) -> Result<(), String> {
        for (n, step) in steps.iter().enumerate() {
            let result = match step {
                Step::Run(run) => self.run(run),
                Step::Call(call) => self.call(call),
                Step::Faults(rules) => self.faults(rules),
                Step::Role(role) => self.role(role),
                Step::Operation(operation) => operation.check(&self.url, &self.management_account),
                Step::Edit(edit) => self.edit(edit),
                Step::File(written) => written.check(&self.directory),
                Step::NoFile(name) => check(!self.directory.join(name).exists(), || format!("there is {name}")),
                Step::Rehearse(rehearsal) => self.rehearse(*rehearsal),
                Step::Pass(seconds) => self.post(&format!("/_sandbox/advance?seconds={seconds}"), ""),
            };
            result.map_err(|problem| format!("step {} {step:?}\n{problem}", n + 1))?;
        }
        Ok(())
    }

    /// The law of every case: a plan finds nothing to do, and applying it again writes nothing.
    pub(crate) fn settled(&self) -> Result<(), String> {
        self.faults(&[])?;
        let (ended, _) = self.rolecall("plan --detailed-exitcode", &Vec::new())?;
        let nothing = ended.code == Some(0) && ended.stdout.contains("No changes.");
        check(nothing, || format!("the plan is not empty\n{}", story(&ended)))?;
        let (ended, calls) = self.rolecall("apply --auto-approve", &Vec::new())?;
        check(ended.code == Some(0), || format!("apply failed\n{}", story(&ended)))?;
        let written = writes(&calls);
        check(written.is_empty(), || format!("apply wrote again: {written:#?}\n{}", story(&ended)))
    }

    /// Runs the program in the directory, against the sandbox; also says which calls it made.
    pub(crate) fn rolecall(
        &self,
        words: &str,
        env: &[(&String, &Option<String>)],
    ) -> Result<(Ended, Vec<Entry>), String> {
        self.post("/_sandbox/audit/reset", "")?;
        let ended = process::run(&mut self.command(words, env)).map_err(|error| error.to_string())?;
        Ok((ended, self.audit()?))
    }

    /// Runs the program and kills it when so many calls were answered; the next ones must hang.
    pub(crate) fn killed(&self, words: &str, calls: usize) -> Result<(Ended, Vec<Entry>), String> {
        self.post("/_sandbox/audit/reset", "")?;
        let is_time = || self.audit().is_ok_and(|answered| answered.len() >= calls);
        let ended = process::run_until(&mut self.command(words, &[]), is_time).map_err(|error| error.to_string())?;
        Ok((ended, self.audit()?))
    }

    /// What the program writes to standard output against a sandbox, which may be another than the case's own.
    pub(crate) fn output(&self, words: &str, url: &str, exits: &[i32]) -> Result<String, String> {
        let mut command = self.command(words, &[]);
        command.env("AWS_ENDPOINT_URL", url);
        let ended = process::run(&mut command).map_err(|error| error.to_string())?;
        check(ended.code.is_some_and(|code| exits.contains(&code)), || format!("{words}\n{}", story(&ended)))?;
        Ok(ended.stdout)
    }

    /// Makes the next run finish, after it freed the lock that the one before left behind, if it did.
    pub(crate) fn finish(&self, command: &str) -> Result<Ended, String> {
        let (again, _) = self.rolecall(command, &[])?;
        let again = match advised_unlock(&again.stderr) {
            None => again,
            Some(unlock) => {
                let (freed, _) = self.rolecall(&format!("{unlock} --auto-approve"), &[])?;
                check(freed.code == Some(0), || format!("the lock was not freed\n{}", story(&freed)))?;
                self.rolecall(command, &[])?.0
            }
        };
        check(again.code == Some(0), || format!("a second run did not finish\n{}", story(&again)))?;
        Ok(again)
    }

    /// Everything in the simulated AWS.
    pub(crate) fn state(&self) -> Result<Value, String> {
        serde_json::from_str(&self.get("/_sandbox/state")?).map_err(|error| error.to_string())
    }

    fn command(&self, words: &str, env: &[(&String, &Option<String>)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(split(words)).current_dir(&self.directory);
        command.env_clear().env("HOME", &self.directory).env("PATH", "");
        command.env("AWS_ENDPOINT_URL", &self.url).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "anyone").env("AWS_SECRET_ACCESS_KEY", "anything");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("NO_COLOR", "1");
        for (name, value) in env {
            match value {
                Some(value) => command.env(name, value.replace("$SANDBOX", &self.url)),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// The calls of clients since the log was emptied.
    fn audit(&self) -> Result<Vec<Entry>, String> {
        let entries: Vec<Entry> =
            serde_json::from_str(&self.get("/_sandbox/audit")?).map_err(|error| format!("the audit log: {error}"))?;
        Ok(entries.into_iter().filter(|entry| entry.source == Source::Client).collect())
    }

    pub(crate) fn get(&self, path: &str) -> Result<String, String> {
        sandbox::get(&self.url, path).map_err(|error| error.to_string())
    }

    fn post(&self, path: &str, body: &str) -> Result<(), String> {
        sandbox::post(&self.url, path, body).map(drop).map_err(|error| error.to_string())
    }

    fn run(&self, run: &Run) -> Result<(), String> {
        let (ended, made) = self.rolecall(&run.command, &run.env.iter().collect::<Vec<_>>())?;
        as_said(run, &ended)
            .and_then(|()| as_called(run, &made))
            .map_err(|problem| format!("{problem}\n{}", story(&ended)))
    }

    fn call(&self, call: &Call) -> Result<(), String> {
        let Call { service, operation, account, params, answer, lacks, fails } = call;
        let account = account.as_ref().unwrap_or(&self.management_account);
        let given = aws::call(&self.url, account, service, operation, params).map_err(|error| error.to_string())?;
        let body = aws::readable(&given.body);
        let wrong = |problem: &str| Err(format!("{problem}: {} {body}", given.status));
        match fails {
            None if given.status != 200 => return wrong("the call failed"),
            Some(code) if given.status == 200 || !body.contains(code) => return wrong(&format!("it is not {code}")),
            _ => {}
        }
        in_order(&body, answer).or_else(|text| wrong(&format!("the answer lacks {text:?}")))?;
        lacks.iter().find(|text| body.contains(*text)).map_or(Ok(()), |text| wrong(&format!("there is {text:?}")))
    }

    pub(crate) fn faults(&self, rules: &[Value]) -> Result<(), String> {
        self.post("/_sandbox/faults", &Value::Array(rules.to_vec()).to_string())
    }

    fn role(&self, RoleIn { name, present, absent }: &RoleIn) -> Result<(), String> {
        check(!present.is_empty() || !absent.is_empty(), || "in which accounts?".to_owned())?;
        let params = serde_json::json!({ "RoleName": name });
        let get = |account: &String| {
            aws::call(&self.url, account, "iam", "GetRole", &params).map_err(|error| error.to_string())
        };
        for account in present {
            let answer = get(account)?;
            check(answer.status == 200, || format!("{name} is not in {account}: {}", answer.body))?;
        }
        for account in absent {
            let answer = get(account)?;
            check(answer.body.contains("NoSuchEntity"), || format!("{name} is in {account}: {}", answer.body))?;
        }
        Ok(())
    }

    fn edit(&self, Edit { file, replace, with }: &Edit) -> Result<(), String> {
        let path = self.directory.join(file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        let count = text.matches(replace.as_str()).count();
        check(count == 1, || format!("{replace:?} is {count} times in {file}"))?;
        fs::write(path, text.replace(replace.as_str(), with)).map_err(|error| format!("{file}: {error}"))
    }
}

/// Whether a run ended and said what it should.
fn as_said(run: &Run, ended: &Ended) -> Result<(), String> {
    let Run { command: _, exit, stdout, stderr, lacks, json, writes: _, calls: _, env: _ } = run;
    check(ended.code == Some(*exit), || format!("exit code {:?} instead of {exit}", ended.code))?;
    in_order(&ended.stdout, stdout).map_err(|text| format!("standard output lacks {text:?}"))?;
    in_order(&ended.stderr, stderr).map_err(|text| format!("standard error lacks {text:?}"))?;
    for text in lacks {
        let there = ended.stdout.contains(text) || ended.stderr.contains(text);
        check(!there, || format!("there is {text:?}"))?;
    }
    values(&ended.stdout, json)
}

/// Whether a JSON document has these values at these pointers.
pub(crate) fn values(text: &str, wanted: &BTreeMap<String, Value>) -> Result<(), String> {
    if wanted.is_empty() {
        return Ok(());
    }
    let document: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    for (pointer, value) in wanted {
        let found = document.pointer(pointer);
        check(found == Some(value), || format!("{pointer} is {found:?} instead of {value}"))?;
    }
    Ok(())
}

impl Prepared {
    /// A stage on which everything is as the prepared steps left it; several do not see each other.
    pub(crate) fn stage(&self) -> Result<Stage, String> {
        static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime can be started"));
        let options = Options { clock: self.clock, ..Options::default() };
        let running = RUNTIME.block_on(rolecall_sandbox::Sandbox::start(self.world.clone(), options));
        let running = running.map_err(|error| error.to_string())?;
        Ok(Stage {
            files: Arc::clone(&self.files),
            directory: self.directory.clone(),
            url: running.url(),
            management_account: self.management_account.clone(),
            _server: Server::Here { _serving: running },
        })
    }
}

impl Entry {
    /// The operation as people and policies name it: `iam:PutRolePolicy`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// Whether it changes anything.
    pub(crate) fn is_write(&self) -> bool {
        self.access == Access::Write
    }
}

/// The command by which a run that found a lock says that it can be freed.
fn advised_unlock(stderr: &str) -> Option<String> {
    let (_, rest) = stderr.split_once("`rolecall unlock ")?;
    Some(format!("unlock {}", rest.split_once('`')?.0))
}

/// The writing calls, as people name them.
fn writes(calls: &[Entry]) -> Vec<String> {
    let writes = calls.iter().filter(|call| call.access == Access::Write);
    writes
        .map(|Entry { service, operation, account, access: _, source: _ }| {
            format!("{service}:{operation} in {account}")
        })
        .collect()
}

/// Whether a run made the calls that it should.
fn as_called(run: &Run, made: &[Entry]) -> Result<(), String> {
    let allowed =
        if ["apply", "destroy"].iter().any(|command| run.command.starts_with(command)) { run.writes } else { Some(0) };
    // Taking and freeing the lock changes nothing that a case is about.
    let written: Vec<String> = writes(made).into_iter().filter(|call| !call.starts_with("ssm:")).collect();
    let within = allowed.is_none_or(|allowed| allowed == written.len());
    check(within, || format!("{} writes: {written:#?}", written.len()))?;
    for (operation, wanted) in &run.calls {
        let count = made.iter().filter(|call| call.name() == *operation).count();
        check(count == *wanted, || format!("{operation} was called {count} times instead of {wanted}"))?;
    }
    Ok(())
}

pub(crate) fn check(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// Whether the texts stand in the whole one after the other; the error is the first that does not.
pub(crate) fn in_order<'a>(whole: &str, texts: &'a [String]) -> Result<(), &'a str> {
    let mut rest = whole;
    for text in texts {
        let at = rest.find(text.as_str()).ok_or(text.as_str())?;
        rest = &rest[at + text.len()..];
    }
    Ok(())
}

pub(crate) fn story(ended: &Ended) -> String {
    let mut story = String::new();
    for (name, text) in [("standard output", &ended.stdout), ("standard error", &ended.stderr)] {
        let _ = writeln!(story, "--- {name}\n{text}");
    }
    let _ = write!(story, "--- exit code {:?}", ended.code);
    story
}

/// Words as a shell would make of them, as far as spaces and double quotes go.
fn split(words: &str) -> Vec<String> {
    let mut split = vec![String::new()];
    let mut quoted = false;
    for letter in words.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => split.push(String::new()),
            _ => split.last_mut().expect("there is always a word").push(letter),
        }
    }
    split.retain(|word| !word.is_empty());
    split
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(problem)?.is_dir() {
            fs::create_dir_all(&target).map_err(problem)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).map_err(problem)?;
        }
    }
    Ok(())
}

/// Where the next sandbox records what it is asked and answers: a file of its own in the directory `ROLECALL_RECORDS`.
fn record() -> Option<String> {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let directory = std::env::var_os("ROLECALL_RECORDS")?;
    let name = format!("case-{}.jsonl", STARTED.fetch_add(1, Ordering::Relaxed));
    Some(Path::new(&directory).join(name).to_string_lossy().into_owned())
}
