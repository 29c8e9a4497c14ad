//! As much HTTP/1.1 as the tests and the benchmark need: one request to a server on this machine.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer: the status code and the body.
pub(crate) struct Answer {
    /// Such as 200.
    pub(crate) status: u16,
    /// The body, as text.
    pub(crate) body: String,
}

/// Sends one request to `url` (`http://HOST:PORT`) and reads the whole answer. The connection is closed after it.
///
/// # Errors
/// When the server cannot be reached, is silent for a minute or does not speak HTTP.
pub(crate) fn request(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    // Sent as one piece: several small ones wait for each other's acknowledgement.
    let mut sent = Vec::new();
    write!(sent, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n")?;
    for (name, value) in headers {
        write!(sent, "{name}: {value}\r\n")?;
    }
    write!(sent, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    stream.write_all(&sent)?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    parse(&raw).ok_or_else(|| Error::new(ErrorKind::InvalidData, format!("{method} {path}: not an HTTP answer")))
}

fn parse(raw: &[u8]) -> Option<Answer> {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&raw[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunk(&raw[end + 4..])? } else { raw[end + 4..].to_vec() };
    Some(Answer { status, body: String::from_utf8(body).ok()? })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}
