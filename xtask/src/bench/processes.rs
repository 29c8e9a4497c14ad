//! What running processes take, as the kernel tells in `/proc`.

use std::fs;
use std::time::Duration;

/// A process and all that came from it, as far as they are still there.
pub(super) fn tree(id: u32) -> Vec<u32> {
    // Each thread lists the children that it started.
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let text: String = lists.collect::<Vec<_>>().join(" ");
    let children = text.split_whitespace().filter_map(|word| word.parse().ok());
    std::iter::once(id).chain(children.flat_map(tree)).collect()
}

/// Bytes of memory that a process shares with nobody.
pub(super) fn private(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let lines = text.lines().filter(|line| line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"));
    Some(lines.filter_map(kilobytes).sum::<u64>() * 1024)
}

/// The most bytes of memory that a process has ever had resident.
pub(super) fn peak(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    Some(text.lines().find(|line| line.starts_with("VmHWM:")).and_then(kilobytes)? * 1024)
}

fn kilobytes(line: &str) -> Option<u64> {
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What a process has had of the processors so far, in the kernel's ticks of ten milliseconds.
pub(super) fn processor_time(id: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th words after it.
    let mut words = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = words.next()?.parse().ok()?;
    let system: u64 = words.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}
