//! Starting and stopping.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::DefaultBodyLimit;
use axum::middleware;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::admin;
use super::audit::{Audit, AuditEntry, Stats};
use super::clock::{Clock, Ticking};
use super::dispatch::{self, Core, Shared};
use super::limits::Buckets;
use super::listener::{Connection, Counting};
use super::lock::StateLock;
use super::record::{Recorder, record};
use super::state_file::{StateFile, StateFileError};
use crate::faults::{FaultRule, Faults};
use crate::world::World;

/// STS takes bodies of exactly this many bytes and no more.
pub(super) const MAX_BODY: usize = 10_000_000;
/// How long a stop waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(2);
/// The shortest time between two saves.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// How to run a sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Added to every call.
    pub latency: Duration,
    /// How simulated time passes.
    pub clock: Clock,
    /// The simulated present to begin with, when the kept state is not past it; the real present when `None`.
    pub time: Option<Timestamp>,
    /// Where the state is kept between runs; nowhere when `None`.
    pub state: Option<StateFile>,
    /// The faults to start with.
    pub faults: Vec<FaultRule>,
    /// The file that every request and its answer are written to, a JSON object a line; none when `None`.
    pub record: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            latency: Duration::ZERO,
            clock: Clock::default(),
            time: None,
            state: None,
            faults: Vec::new(),
            record: None,
        }
    }
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file for the record cannot be made.
    #[error("cannot record to {path}")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The kept state cannot be used.
    #[error("cannot go on from the kept state")]
    State(#[source] StateFileError),
}

/// A simulated AWS, not yet running.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Starts a sandbox on the current Tokio runtime: from the kept state when there is one, else from `world`.
    ///
    /// # Errors
    /// An address that cannot be listened on, and a kept state that is unreadable, in use by another process, or started
    /// from another organization file.
    pub async fn start(world: World, options: Options) -> Result<Running, StartError> {
        let Options { listen, latency, clock, time, state, faults, record: record_to } = options;
        let recorder = record_to.map(recorder).transpose()?;
        let lock = state.as_ref().map(StateFile::lock).transpose().map_err(StartError::State)?;
        let kept = state.as_ref().map(StateFile::load).transpose().map_err(StartError::State)?.flatten();
        let mut world = kept.unwrap_or(world);
        let clock = Ticking::start(clock, time, &mut world);
        world.faults = Faults::new(faults);
        let core = Core { world, clock, audit: Audit::default(), buckets: Buckets::default(), unsaved: true };
        let shared = Arc::new(Shared::new(core, latency));
        let listen_error = |cause| StartError::Listen { address: listen, cause };
        let socket = TcpListener::bind(listen).await.map_err(listen_error)?;
        let address = socket.local_addr().map_err(listen_error)?;
        let listener = Counting::new(socket, Arc::clone(&shared.connections));
        let mut router = admin::routes().fallback(dispatch::serve).layer(DefaultBodyLimit::max(MAX_BODY));
        if let Some(recorder) = recorder {
            router = router.layer(middleware::from_fn_with_state(recorder, record));
        }
        let router = router.with_state(Arc::clone(&shared)).into_make_service_with_connect_info::<Connection>();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let until = async move {
                // A dropped handle stops the server like a sent signal.
                let _ = stopped.await;
            };
            axum::serve(listener, router).with_graceful_shutdown(until).await
        });
        let saver = state.clone().map(|file| tokio::spawn(save_now_and_then(Arc::clone(&shared), file)));
        Ok(Running { address, shared, state, stop, server, saver, lock })
    }
}

fn recorder(path: PathBuf) -> Result<Recorder, StartError> {
    Recorder::create(&path).map_err(|cause| StartError::Record { path, cause })
}

/// A running sandbox. Dropping it stops the server without saving; [`Running::shutdown`] saves.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    state: Option<StateFile>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    saver: Option<JoinHandle<()>>,
    lock: Option<StateLock>,
}

impl Running {
    /// The URL to use as `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The calls with a number above `since`, oldest first.
    pub fn audit_since(&self, since: u64) -> Vec<AuditEntry> {
        self.shared.audit_since(since)
    }

    /// Forgets the calls and counts so far.
    pub fn reset_audit(&self) {
        self.shared.reset_audit();
    }

    /// Counts since the start or the last reset.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Puts other faults in force.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        self.shared.set_faults(rules);
    }

    /// Lets simulated time pass.
    pub fn advance(&self, seconds: u32) {
        self.shared.advance(seconds);
    }

    /// Finishes the requests under way, for a short time, then stops and saves the state.
    ///
    /// # Errors
    /// A state that cannot be written.
    pub async fn shutdown(self) -> Result<(), StateFileError> {
        let Self { address: _, shared, state, stop, server, saver, lock } = self;
        // The server may have stopped by itself; then there is nobody to tell.
        let _ = stop.send(());
        let abort = server.abort_handle();
        if tokio::time::timeout(GRACE, server).await.is_err() {
            abort.abort();
        }
        if let Some(saver) = saver {
            saver.abort();
            // It may be in the middle of a write, which must not come after ours.
            let _ = saver.await;
        }
        let Some(file) = state else { return Ok(()) };
        let bytes = file.serialize(&shared.core().world)?;
        let written = file.write(&bytes);
        drop(lock);
        written
    }
}

/// Saves when something changed, at most once a second and at most a tenth of the time.
///
/// A save that fails is tried again; the last one, at shutdown, reports why.
async fn save_now_and_then(shared: Arc<Shared>, file: StateFile) {
    let mut pause = SAVE_EVERY;
    loop {
        tokio::time::sleep(pause).await;
        let begun = Instant::now();
        let bytes = {
            let mut core = shared.core();
            if !core.unsaved {
                continue;
            }
            core.unsaved = false;
            file.serialize(&core.world)
        };
        if bytes.and_then(|bytes| file.write(&bytes)).is_err() {
            shared.core().unsaved = true;
        }
        pause = SAVE_EVERY.max(begun.elapsed() * 10);
    }
}
