//! For tests: an endpoint that answers every request alike and counts them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rolecall_core::spec::{Access, CallAs, LockUse};

use crate::attempts::Limits;
use crate::connect::{CALL_TIMEOUT, ConnectOptions, Endpoint, load};
use crate::error::{Identity, Site};
use crate::keeper::Keeper;
use crate::line::Line;
use crate::paces::{Paces, Rates};
use crate::retry::Patience;

/// An endpoint on this machine; it ends with the test.
pub(crate) struct Canned {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Canned {
    /// Answers every request with this status and body.
    pub(crate) fn start(status: u16, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
                // A client that hangs up early is its own affair.
                let _ = stream.and_then(|stream| answer(stream, status, body));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn site(&self) -> Site {
        site(&self.url)
    }

    pub(crate) async fn line(&self) -> Line {
        line(&self.url).await
    }
}

/// Calls to an endpoint in the caller's name.
pub(crate) fn site(url: &str) -> Site {
    let account = Some("111111111111".parse().unwrap());
    Site { account, identity: Identity::Caller, endpoint: Some(url.into()), credentials: Keeper::new(Duration::ZERO) }
}

/// What the clients of an endpoint are made from, as the connection makes it.
pub(crate) async fn line(url: &str) -> Line {
    let key = || "test".to_owned();
    let options = ConnectOptions {
        access: Access {
            lock: LockUse::Off,
            member_role: "OrganizationAccountAccessRole".parse().unwrap(),
            call_as: CallAs::Management,
            region: "us-east-1".parse().unwrap(),
            profile: None,
            role_arn: None,
        },
        parallelism: NonZeroUsize::MIN,
        endpoint: Some(Endpoint { url: url.to_owned(), access_key_id: key(), secret_access_key: key() }),
        call_timeout: CALL_TIMEOUT,
    };
    let limits = Limits::new(Patience::LOCAL, options.call_timeout);
    Line::of_caller(&load(&options).await, limits, &Arc::new(Paces::new(Rates::Unknown)))
}

fn answer(mut stream: TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        request.read_line(&mut line)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    request.read_exact(&mut vec![0; length])?;
    write!(
        stream,
        "HTTP/1.1 {status} Canned\r\nx-amzn-requestid: canned-1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
