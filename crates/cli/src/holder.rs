//! Who holds a lock: what this run writes into it, and what people are told of another.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use jiff::Timestamp;
use rolecall_core::ids::RunId;
use rolecall_core::lock::{Holder, Occupant};

use crate::args::Again;

/// The environment variables in which CI systems name the page of the running job.
const JOB_PAGES: [&str; 3] = ["CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL"];

/// This run, as it is written into the lock.
pub(crate) fn this_run(command: &str, caller: &str) -> Holder {
    Holder {
        run: RunId::from(random()),
        caller: caller.to_owned(),
        host: host(),
        process: std::process::id(),
        command: command.to_owned(),
        started: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        job: job_page(|name| std::env::var(name).ok()),
    }
}

/// The keys of the standard library's hash maps come from the system's source of randomness.
fn random() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

fn job_page(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let named = JOB_PAGES.into_iter().find_map(&variable);
    let of_github = || {
        let [server, repository, run] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(&variable);
        Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
    };
    // Parameters refuse `{{`, and are at most 4,096 characters long.
    named.or_else(of_github).filter(|page| page.len() <= 1000 && !page.contains("{{"))
}

/// The name of this machine.
#[cfg(unix)]
fn host() -> String {
    nix::unistd::gethostname().map_or_else(|_| "unknown".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The name of this machine.
#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

/// Who holds a lock, since when, and where to look.
pub(crate) fn describe(occupant: &Occupant) -> String {
    let Occupant::Run(holder) = occupant else {
        return "something wrote it that this version of Rolecall cannot read".to_owned();
    };
    let Holder { run, caller, host, process, command, started, job } = holder;
    let ago = started.parse().map(|since: Timestamp| format!(", {} ago", age(since))).unwrap_or_default();
    let page = job.as_ref().map(|page| format!(", {page}")).unwrap_or_default();
    format!("run {run}: `{command}` by {caller} on {host}, process {process}{page}; since {started}{ago}")
}

/// Whether the run that holds a lock is certain to have ended: it was on this machine, and is not there any more.
pub(crate) fn is_dead(occupant: &Occupant) -> bool {
    matches!(occupant, Occupant::Run(Holder { host, process, .. }) if Liveness::of(host, *process) == Liveness::Dead)
}

/// What to do about a lock that a dead run left; `again` are the options that name the same organization.
pub(crate) fn how_to_free(occupant: &Occupant, again: &Again) -> String {
    let Occupant::Run(Holder { run, host, process, job, .. }) = occupant else {
        return format!("if no run of Rolecall is alive, free the lock with `rolecall unlock{again}`");
    };
    let free = format!("free the lock with `rolecall unlock {run}{again}`");
    match (Liveness::of(host, *process), job) {
        (Liveness::Alive, _) => {
            format!("process {process} runs on this machine; if it is another program's by now, {free}")
        }
        (Liveness::Dead, _) => {
            format!("no process {process} runs on this machine any more, so that run was cut off: {free}")
        }
        (Liveness::Elsewhere, Some(page)) => format!("if {page} says that the run has ended, {free}"),
        (Liveness::Elsewhere, None) => format!("if process {process} does not run on {host} any more, {free}"),
    }
}

/// What can be told from here of the process that holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Liveness {
    /// A process of that number runs on this machine.
    Alive,
    /// None does.
    Dead,
    /// It is on another machine, or in another container.
    Elsewhere,
}

impl Liveness {
    #[cfg(unix)]
    fn of(on: &str, process: u32) -> Self {
        use nix::errno::Errno;
        use nix::sys::signal::kill;
        use nix::unistd::Pid;
        if on != host() {
            return Self::Elsewhere;
        }
        // Signal 0 is sent to nobody: it only asks.
        match i32::try_from(process).map(|number| kill(Pid::from_raw(number), None)) {
            Ok(Ok(()) | Err(Errno::EPERM)) => Self::Alive,
            Ok(Err(_)) | Err(_) => Self::Dead,
        }
    }

    #[cfg(not(unix))]
    fn of(_: &str, _: u32) -> Self {
        Self::Elsewhere
    }
}

/// How long ago, in the largest unit that fits.
fn age(since: Timestamp) -> String {
    let seconds = Timestamp::now().duration_since(since).as_secs().max(0);
    let (number, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(host: &str, process: u32) -> Occupant {
        let run = this_run("rolecall apply", "arn:aws:iam::111111111111:user/ci");
        Occupant::Run(Holder { host: host.to_owned(), process, job: None, ..run })
    }

    #[test]
    fn no_two_runs_have_the_same_id() {
        assert_ne!(this_run("a", "b").run, this_run("a", "b").run);
    }

    #[test]
    fn the_holder_is_told_with_everything_that_finds_it() {
        let text = describe(&other("runner-7", 4711));
        for part in
            ["`rolecall apply`", "arn:aws:iam::111111111111:user/ci", "runner-7", "4711", "since 2", "seconds ago"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_process_is_looked_for_on_its_own_machine_only() {
        assert_eq!(Liveness::of(&host(), std::process::id()), Liveness::Alive);
        assert_eq!(Liveness::of("another-machine", std::process::id()), Liveness::Elsewhere);
        let again = Again::default();
        assert!(how_to_free(&other("another-machine", 1), &again).contains("does not run on another-machine"));
        assert!(!is_dead(&other("another-machine", 1)) && !is_dead(&other(&host(), std::process::id())));
        assert!(is_dead(&other(&host(), 0x7fff_fff0)));
    }

    #[test]
    fn the_job_is_found_where_the_ci_system_names_it() {
        let gitlab = |name: &str| (name == "CI_JOB_URL").then(|| "https://ci/1".to_owned());
        assert_eq!(job_page(gitlab).as_deref(), Some("https://ci/1"));
        let github = |name: &str| name.starts_with("GITHUB").then(|| name.to_owned());
        assert_eq!(job_page(github).as_deref(), Some("GITHUB_SERVER_URL/GITHUB_REPOSITORY/actions/runs/GITHUB_RUN_ID"));
        assert_eq!(job_page(|_| None), None);
        assert_eq!(job_page(|_| Some("https://{{x}}".to_owned())), None);
    }
}
