//! What the gateway adds: latency of each event of a stream, and memory, against the same streams without it in the same run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{OptionExt, bail};
use domain::attempt::AttemptKey;
use gateway::{CallLog, GatewayStart, KeySource, Limits, Pass, Route, name_of};

/// Events of one stream, and how far apart they are.
const EVENTS: u32 = 150;
const APART: Duration = Duration::from_millis(20);
/// The first ones are left out: a connection is being made, and caches are cold.
const WARM: usize = 10;

pub(crate) fn run(binary: &Path) -> color_eyre::Result<Vec<String>> {
    let epoch = Instant::now();
    let server = serve(epoch)?;
    let mut lines = Vec::new();
    for streams in [1, 50, 200] {
        let direct = latencies(&server, streams, epoch)?;
        let house = BenchGateway::start(binary, &server)?;
        // One call warms it up, so that memory is that of streams.
        latencies(&house.url, 1, epoch)?;
        let before = house.resident()?;
        let (through, during) = house.watched(streams, epoch)?;
        let each = during.saturating_sub(before) / streams as u64;
        let [p50, p99] = [50, 99].map(|part| (percentile(&direct, part), percentile(&through, part)));
        lines.push(format!(
            "{streams:>3} streams: event p50 {} ms direct, {} ms through (+{}); p99 {} ms direct, {} ms through (+{}); \
             {} kB of memory a stream, {:.1} MB before",
            ms(p50.0),
            ms(p50.1),
            ms(p50.1.saturating_sub(p50.0)),
            ms(p99.0),
            ms(p99.1),
            ms(p99.1.saturating_sub(p99.0)),
            each / 1024,
            before as f64 / f64::from(1 << 20),
        ));
    }
    Ok(lines)
}

fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

fn percentile(sorted: &[Duration], part: usize) -> Duration {
    let at = (sorted.len() * part / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// Starts a provider that writes into each event when it was sent; returns its base URL.
fn serve(epoch: Instant) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for (n, stream) in listener.incoming().flatten().enumerate() {
            // Streams of different agents are not in step.
            let offset = APART / 50 * u32::try_from(n * 7 % 50).unwrap_or(0);
            thread::spawn(move || stream_events(stream, epoch, offset));
        }
    });
    Ok(format!("http://{address}"))
}

fn stream_events(mut stream: TcpStream, epoch: Instant, offset: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    thread::sleep(offset);
    for _ in 0..EVENTS {
        thread::sleep(APART);
        let sent = epoch.elapsed().as_nanos();
        let event =
            format!("event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"sent\":{sent}}}\n\n");
        stream.write_all(event.as_bytes())?;
    }
    Ok(())
}

/// The time from sending to reading of every event of so many streams at once, sorted.
fn latencies(url: &str, streams: usize, epoch: Instant) -> color_eyre::Result<Vec<Duration>> {
    let readers: Vec<_> = (0..streams)
        .map(|_| {
            let url = url.to_owned();
            thread::Builder::new().stack_size(128 << 10).spawn(move || read(&url, epoch))
        })
        .collect::<io::Result<_>>()?;
    let mut all = Vec::new();
    for reader in readers {
        all.extend(reader.join().map_err(|_| io::Error::other("a reader panicked"))??);
    }
    all.sort_unstable();
    if all.len() != streams * (EVENTS as usize - WARM) {
        bail!("{} events came of {streams} streams", all.len());
    }
    Ok(all)
}

fn read(url: &str, epoch: Instant) -> io::Result<Vec<Duration>> {
    let place = url.strip_prefix("http://").unwrap_or(url);
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let body = r#"{"model":"claude-opus-4-8","stream":true,"messages":[]}"#;
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    write!(
        stream,
        "POST {path}/v1/messages HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut found = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let Some((_, sent)) = line.split_once("\"sent\":") else { continue };
        let digits: String = sent.chars().take_while(char::is_ascii_digit).collect();
        let sent = Duration::from_nanos(digits.parse().unwrap_or(0));
        found.push(epoch.elapsed().saturating_sub(sent));
    }
    Ok(found.split_off(WARM.min(found.len())))
}

/// A gateway of the shipped binary in a state folder of its own.
struct BenchGateway {
    home: tempfile::TempDir,
    child: Child,
    url: String,
}

impl BenchGateway {
    fn start(binary: &Path, upstream: &str) -> color_eyre::Result<Self> {
        let home = tempfile::Builder::new().prefix("pilothouse-bench-").tempdir()?;
        let folder = home.path().join("runs/aaaaaa");
        fs::create_dir_all(&folder)?;
        CallLog::of(&folder).make()?;
        let pass = Pass {
            run: "aaaaaa".to_owned(),
            attempt: AttemptKey { phase: "build".to_owned(), attempt: 1 },
            repo: "/r".to_owned(),
            folder,
            routes: BTreeMap::from([(
                "anthropic".to_owned(),
                Route { upstream: upstream.to_owned(), key: KeySource::Own },
            )]),
            limits: Limits::default(),
            frozen: false,
            refuse: None,
        };
        let token = "aaaaaa-bench";
        let start = GatewayStart { passes: BTreeMap::from([(name_of(token), pass)]), ..GatewayStart::default() };
        let mut child = Command::new(binary)
            .arg("__gateway")
            .env("PILOTHOUSE_HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        child.stdin.take().ok_or_eyre("its input")?.write_all(&serde_json::to_vec(&start)?)?;
        let mut ready = String::new();
        child.stdout.take().ok_or_eyre("its output")?.read_to_string(&mut ready)?;
        let serving = gateway::serving(home.path())?.ok_or_eyre("a gateway that serves")?;
        let url = format!("http://127.0.0.1:{}/t/{token}/anthropic", serving.port);
        Ok(Self { home, child, url })
    }

    /// Bytes of memory that it has.
    fn resident(&self) -> color_eyre::Result<u64> {
        let status = fs::read_to_string(PathBuf::from(format!("/proc/{}/status", self.child.id())))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kilobytes.ok_or_eyre("a figure")? * 1024)
    }

    /// The latencies, and its memory in the middle of them.
    fn watched(&self, streams: usize, epoch: Instant) -> color_eyre::Result<(Vec<Duration>, u64)> {
        thread::scope(|scope| {
            let reading = scope.spawn(|| latencies(&self.url, streams, epoch));
            thread::sleep(APART * EVENTS / 2);
            let during = self.resident()?;
            let all = reading.join().map_err(|_| io::Error::other("a reader panicked"))??;
            Ok((all, during))
        })
    }
}

impl Drop for BenchGateway {
    fn drop(&mut self) {
        // It has nothing to lose, and its folder goes next.
        let _gone = self.child.kill().and_then(|()| self.child.wait());
        let _folder = self.home.path();
    }
}
