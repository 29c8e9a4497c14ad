//! How long a program takes, how much of the processors and how much memory.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::run::{Failure, describe};

/// What one run of a program took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of all processors, in user and in system mode, of the program and what it started.
    pub(crate) cpu: Duration,
    /// The largest resident set of any one of these processes, in bytes.
    pub(crate) peak: u64,
}

const MARK: &str = "measured:";

/// Runs a program and measures it.
///
/// The kernel sums up children only over the whole life of a process, so this program starts itself for one measurement;
/// see [`child`].
///
/// # Errors
/// When the program cannot be run or fails; the error holds what it said.
pub(crate) fn measure(command: &Command) -> Result<Usage, Failure> {
    let mut outer = Command::new(std::env::current_exe()?);
    outer.arg("measure").arg(command.get_program()).args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        outer.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    let output = outer.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let numbers = said.lines().rev().find_map(|line| line.strip_prefix(MARK));
    match numbers.and_then(parse) {
        Some(usage) if output.status.success() => Ok(usage),
        _ => {
            let result = String::from_utf8_lossy(&output.stdout);
            Err(format!("{}: {}\n{said}\n{result}", describe(command), output.status).into())
        }
    }
}

fn parse(numbers: &str) -> Option<Usage> {
    let mut numbers = numbers.split_whitespace().map(|number| number.parse::<u64>().ok());
    let mut next = || numbers.next().flatten();
    let (wall, cpu, peak) = (next()?, next()?, next()?);
    Some(Usage { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), peak })
}

/// `xtask measure PROGRAM ARGUMENT...`: the inner half of [`measure`], whose last line says what the kernel counted.
///
/// # Errors
/// When the program cannot be run or fails.
pub(crate) fn child(words: &[&str]) -> Result<(), Failure> {
    let [program, arguments @ ..] = words else { return Err("measure what?".into()) };
    let start = Instant::now();
    let mut process = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn()?;
    // Kept until the end, so that printing is not part of what is measured.
    let mut said = String::new();
    if let Some(mut stdout) = process.stdout.take() {
        stdout.read_to_string(&mut said)?;
    }
    let status = process.wait()?;
    let wall = start.elapsed().as_micros();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let cpu = (user.tv_sec() + system.tv_sec()) * 1_000_000 + user.tv_usec() + system.tv_usec();
    print!("{said}");
    eprintln!("{MARK} {wall} {cpu} {}", usage.max_rss() * 1024);
    if status.success() { Ok(()) } else { Err(format!("{program}: {status}").into()) }
}
