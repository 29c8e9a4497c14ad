//! Log lines on standard error, when asked for with `-v`.

use std::io;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::output::{Output, Verbosity};

/// Starts logging. Only Rolecall's own events are shown: the SDK's would hold credentials and whole requests.
pub(crate) fn start(output: &Output) {
    let level = match output.verbosity() {
        Verbosity::Quiet | Verbosity::Normal => return,
        Verbosity::Verbose => Level::INFO,
        Verbosity::Calls => Level::DEBUG,
    };
    let targets = ["rolecall", "rolecall_aws", "rolecall_sandbox"].map(|target| (target, level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(output.colours_messages())
        .with_target(false)
        .compact();
    // It fails only when logging was started before, and then it is there.
    let _ = tracing_subscriber::registry().with(lines).with(Targets::new().with_targets(targets)).try_init();
}
