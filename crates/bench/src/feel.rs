//! How a screen feels: from a key to what it does, and from what an agent writes to where it can be read.

use std::time::{Duration, Instant, SystemTime};

use color_eyre::eyre::OptionExt;
use testkit::TerminalSeat;

pub(crate) const RUNS: usize = 100;
pub(crate) const KEYS: usize = 500;
/// The first of them, told apart: a program that has just been opened asks for memory that it has later.
pub(crate) const FIRST: usize = 100;
/// How long events are looked at.
const LOOK: Duration = Duration::from_secs(8);

/// Between two keys, so that they fall into every moment between two frames.
pub(crate) fn pause(n: usize) -> Duration {
    Duration::from_millis(5 + (n as u64 * 7) % 23)
}

/// Median, 99th per cent and worst, in milliseconds.
pub(crate) fn spread(mut figures: Vec<f64>) -> String {
    figures.sort_by(f64::total_cmp);
    let at = |part: f64| figures.get(((figures.len() as f64 * part) as usize).min(figures.len().saturating_sub(1)));
    let said = |figure: Option<&f64>| figure.map_or_else(|| "—".to_owned(), |ms| format!("{ms:.1} ms"));
    let [median, p99, worst] = [at(0.5), at(0.99), figures.last()].map(said);
    format!("median {median}, p99 {p99}, worst {worst}")
}

/// Words the figures of [`keys`]: those just after the beginning, and the later ones.
pub(crate) fn told(what: &str, took: &[f64]) -> [String; 2] {
    let (first, later) = took.split_at(FIRST.min(took.len()));
    let said = |when: &str, part: &[f64]| format!("{what}: {} ({} keys {when})", spread(part.to_vec()), part.len());
    [said("after the beginning", later), said("just after it was opened", first)]
}

/// The row that the cursor is on; `sign` is what marks it in the first column.
fn cursor(seat: &TerminalSeat, sign: &str) -> Option<usize> {
    (0..40).find(|row| seat.emulator().cell(*row, 0).is_some_and(|cell| cell.contents() == sign)).map(usize::from)
}

/// From each key until its effect stands on the screen.
pub(crate) fn keys(seat: &mut TerminalSeat, sign: &str) -> color_eyre::Result<Vec<f64>> {
    let mut took = Vec::new();
    for n in 0..KEYS {
        let before = cursor(seat, sign).ok_or_eyre("a cursor")?;
        let pressed = Instant::now();
        seat.press(if n % 2 == 0 { "j" } else { "k" });
        let mut at = pressed;
        while cursor(seat, sign) == Some(before) || cursor(seat, sign).is_none() {
            at = seat.next_bytes(Duration::from_secs(10)).ok_or_eyre("a frame")?;
        }
        took.push(at.duration_since(pressed).as_secs_f64() * 1e3);
        seat.listen(pause(n));
    }
    Ok(took)
}

/// From the moment an agent writes a message until it can be read.
pub(crate) fn events(seat: &mut TerminalSeat) -> Vec<f64> {
    let (began, mut last, mut took) = (Instant::now(), 0u64, Vec::new());
    while began.elapsed() < LOOK {
        if seat.next_bytes(Duration::from_secs(2)).is_none() {
            break;
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3;
        let screen = seat.screen();
        let newest = screen.lines().filter_map(sent).max();
        if let Some(newest) = newest.filter(|newest| *newest > last) {
            if last > 0 {
                took.push(now - newest as f64);
            }
            last = newest;
        }
    }
    took
}

/// When the message of this line was written, in milliseconds since the epoch.
fn sent(line: &str) -> Option<u64> {
    line.split_once("written at ")?.1.split(',').next()?.parse().ok()
}
