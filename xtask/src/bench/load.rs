//! Many reads at once: connections that stay open, each with one request under way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::run::Failure;

/// What came of it.
pub(super) struct Load {
    /// Answers with status 200.
    pub(super) answers: usize,
    /// How long it took.
    pub(super) wall: Duration,
}

impl Load {
    /// Sends requests over a number of connections for a time. Each connection goes round the requests from a place of its
    /// own. A request is everything that is sent, to the last byte of the body.
    ///
    /// # Errors
    /// When a connection breaks, or an answer is not 200.
    pub(super) fn put(url: &str, requests: &[Vec<u8>], connections: usize, time: Duration) -> Result<Self, Failure> {
        let host = url.trim_start_matches("http://");
        let start = Instant::now();
        let end = start + time;
        let counts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..connections)
                .map(|number| {
                    let first = number * requests.len() / connections;
                    let mine = requests.iter().cycle().skip(first);
                    scope.spawn(move || one(host, mine, end))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(Err("a connection panicked".to_owned()))).collect()
        });
        let counts: Result<Vec<usize>, String> = counts;
        Ok(Self { answers: counts?.into_iter().sum(), wall: start.elapsed() })
    }

    /// Answers a second.
    #[expect(clippy::cast_precision_loss, reason = "counts of answers are far below 2^52")]
    pub(super) fn rate(&self) -> f64 {
        self.answers as f64 / self.wall.as_secs_f64()
    }
}

fn one<'a>(host: &str, requests: impl Iterator<Item = &'a Vec<u8>>, end: Instant) -> Result<usize, String> {
    let stream = TcpStream::connect(host).map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let mut reader = BufReader::new(stream);
    let mut answers = 0;
    let mut text = Vec::new();
    for request in requests {
        if Instant::now() > end {
            break;
        }
        reader.get_mut().write_all(request).map_err(|error| error.to_string())?;
        answer(&mut reader, &mut text).map_err(|error| error.to_string())?;
        answers += 1;
    }
    Ok(answers)
}

/// Reads one answer to its end into `text`, which is kept from one to the next.
fn answer(reader: &mut BufReader<TcpStream>, text: &mut Vec<u8>) -> Result<(), Failure> {
    let mut length = 0;
    let mut status = String::new();
    reader.read_line(&mut status)?;
    loop {
        text.clear();
        reader.read_until(b'\n', text)?;
        let line = text.trim_ascii();
        if line.is_empty() {
            break;
        }
        let field = std::str::from_utf8(line)?.split_once(':').ok_or("not a header field")?;
        if field.0.eq_ignore_ascii_case("content-length") {
            length = field.1.trim().parse()?;
        }
    }
    text.resize(length, 0);
    reader.read_exact(text)?;
    if status.starts_with("HTTP/1.1 200") {
        Ok(())
    } else {
        Err(format!("{}: {}", status.trim(), String::from_utf8_lossy(text)).into())
    }
}
