//! A server on a free port, and HTTP to it without a client library.

#![allow(dead_code, reason = "every test binary uses a part of this")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rolecall_sandbox::{Clock, FaultRule, Options, OrganizationFile, Running, Sandbox, World};

pub(crate) const FILE: &str = r#"
organization: o-test123456
management_account: "111111111111"
accounts: [{ id: "222222222222", name: member }]
"#;

pub(crate) async fn start(options: Options) -> Running {
    let file = OrganizationFile::parse(FILE).unwrap();
    let world = World::new(&file, jiff::Timestamp::now()).unwrap();
    Sandbox::start(world, options).await.unwrap()
}

pub(crate) fn steady() -> Options {
    Options { clock: Clock::PerRequest { seconds: 1 }, ..Options::default() }
}

/// Sends one request on its own connection and reads to the end of it.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(answer)
}

pub(crate) async fn page(running: &Running, method: &'static str, path: &'static str, body: &'static str) -> String {
    let address = running.address();
    tokio::task::spawn_blocking(move || send(address, method, path, "", body)).await.unwrap().unwrap()
}

pub(crate) async fn call(running: &Running, key: &str, service: &str, body: &str) -> io::Result<String> {
    let address = running.address();
    let headers = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={key}/20261120/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n"
    );
    let body = body.to_owned();
    tokio::task::spawn_blocking(move || send(address, "POST", "/", &headers, &body)).await.unwrap()
}

/// Faults as they are written on the command line.
pub(crate) fn faults(specs: &[&str]) -> Vec<FaultRule> {
    specs.iter().map(|spec| spec.parse().unwrap()).collect()
}

pub(crate) const PUT: &str =
    "Action=TagRole&RoleName=OrganizationAccountAccessRole&Tags.member.1.Key=k&Tags.member.1.Value=v";
pub(crate) const LIST: &str = "Action=ListRoleTags&RoleName=OrganizationAccountAccessRole";
