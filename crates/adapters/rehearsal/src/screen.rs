//! The rehearsal agent with a screen of its own: it works while a person watches and can be typed to.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::files::own;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcgetwinsize, tcsetattr};

/// The time that a step of the agent's work takes.
const STEP: Duration = Duration::from_millis(500);

/// Works until it is told `done` or `fail`; everything else that is typed is written down.
pub(crate) fn play(task: &str) -> io::Result<ExitCode> {
    let (input, mut output) = (io::stdin(), io::stdout());
    let before = tcgetattr(&input)?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(&input, OptionalActions::Now, &raw)?;
    write!(output, "\x1b[?1049h\x1b[?2004h")?;
    let ended = work(task, &input, &mut output);
    write!(output, "\x1b[?2004l\x1b[?1049l")?;
    output.flush()?;
    tcsetattr(&input, OptionalActions::Now, &before)?;
    ended
}

struct ScreenState {
    steps: usize,
    line: String,
    said: Vec<String>,
}

fn work(task: &str, input: &io::Stdin, output: &mut io::Stdout) -> io::Result<ExitCode> {
    let mut told = ScreenState { steps: 0, line: String::new(), said: Vec::new() };
    note(&format!("# {}\n", task.lines().next().unwrap_or_default()))?;
    let mut next = Instant::now();
    loop {
        draw(task, &told, output)?;
        let left = next.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(input, PollFlags::IN)];
        let wait = rustix::event::Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(0),
            tv_nsec: left.subsec_nanos().into(),
        };
        // A signal that interrupts the wait says that the size may be another.
        let typed = poll(&mut fds, Some(&wait)).unwrap_or(0);
        if typed > 0 {
            let mut bytes = [0u8; 4096];
            let n = input.lock().read(&mut bytes)?;
            if n == 0 {
                return Ok(ExitCode::FAILURE);
            }
            let text = String::from_utf8_lossy(&bytes[..n]).replace("\x1b[200~", "").replace("\x1b[201~", "");
            for c in text.chars() {
                match c {
                    '\r' | '\n' => match std::mem::take(&mut told.line).as_str() {
                        "done" => return Ok(ExitCode::SUCCESS),
                        "fail" => return Ok(ExitCode::FAILURE),
                        line => {
                            note(&format!("- told: {line}\n"))?;
                            told.said.push(line.to_owned());
                        }
                    },
                    '\u{7f}' => drop(told.line.pop()),
                    '\u{3}' => return Ok(ExitCode::from(130)),
                    c if !c.is_control() => told.line.push(c),
                    _ => {}
                }
            }
        } else if Instant::now() >= next {
            next = Instant::now() + STEP;
            told.steps += 1;
        }
    }
}

fn note(text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(own("REHEARSAL", "md"))?.write_all(text.as_bytes())
}

fn draw(task: &str, told: &ScreenState, output: &mut io::Stdout) -> io::Result<()> {
    let size = tcgetwinsize(&*output)?;
    let task: String = task.lines().next().unwrap_or_default().chars().take(usize::from(size.ws_col)).collect();
    let mut frame = format!("\x1b[2J\x1b[H\x1b[1;36mrehearsal\x1b[0m {}x{}\r\n{task}\r\n", size.ws_col, size.ws_row);
    frame.push_str(&format!(
        "\x1b[32mstep {}\x1b[0m; type and press enter; `done` ends it well, `fail` badly\r\n",
        told.steps
    ));
    let room = usize::from(size.ws_row).saturating_sub(5);
    for line in told.said.iter().skip(told.said.len().saturating_sub(room)) {
        frame.push_str(&format!("you said: {line}\r\n"));
    }
    frame.push_str(&format!("> {}", told.line));
    output.write_all(frame.as_bytes())?;
    output.flush()
}
