//! `pilothouse logs`: what an agent wrote, as a transcript or as it is.

use client::{Connection, Places};
use domain::attempt::AttemptKey;
use domain::text;
use protocol::{Code, FromDaemon, Output, OutputFile, OutputRange, Reply, Request, Row, Scope};

use super::find::find_run;
use super::report::complain;
use crate::args::LogsArgs;
use crate::error::CliError;
use crate::out::Out;

/// Bytes asked for at once.
const PIECE: u64 = 256 << 10;

pub(super) async fn logs(args: &LogsArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let row = find_run(&mut connection, &args.run).await?;
    let attempt = args.attempt.as_deref().map(attempt).transpose()?;
    let file = if args.stderr { OutputFile::Stderr } else { OutputFile::Stdout };
    let agent = agents::find(&row.agent).map(|agent| agent.dialect);
    let mut printer = Printer { out: Out::stdout(false), transcript: None, part: String::new() };
    if args.follow {
        connection.ask(Request::Watch(Scope::All)).await?;
    }
    let mut from = 0;
    loop {
        let piece = piece(&mut connection, &row, attempt.as_ref(), file, from).await?;
        let told = piece.reads.as_deref().and_then(agents::Dialect::named);
        if let Some(dialect) = told.or(agent).filter(|_| from == 0 && !args.raw && !args.stderr) {
            printer.transcript.get_or_insert_with(|| agents::Transcript::new(dialect));
        }
        printer.print(&piece.text)?;
        let nothing_new = piece.next == from;
        from = piece.next;
        if !nothing_new {
            continue;
        }
        if !args.follow || piece.over {
            if from == 0 && file == OutputFile::Stdout {
                tell_where_words_are(&mut connection, &row, attempt.as_ref()).await?;
            }
            return printer.end();
        }
        // The daemon has taken up new output when the run's row changes.
        loop {
            match connection.next().await {
                Some(FromDaemon::Rows { rows }) if rows.iter().any(|new| new.id == row.id) => break,
                Some(_) => {}
                None => return Err(client::ClientError::Gone.into()),
            }
        }
    }
}

/// Says where the words of an agent are that wrote nothing to standard output.
async fn tell_where_words_are(
    connection: &mut Connection,
    row: &Row,
    attempt: Option<&AttemptKey>,
) -> Result<(), CliError> {
    let name = text::line(&row.name);
    if row.mode == "interactive" {
        complain(&format!("{name} has a terminal of its own: `pilothouse attach {name}` shows it"));
    } else if piece(connection, row, attempt, OutputFile::Stderr, 0).await?.next > 0 {
        complain(&format!("{name} wrote to standard error only: `pilothouse logs {name} --stderr` prints it"));
    }
    Ok(())
}

async fn piece(
    connection: &mut Connection,
    row: &Row,
    attempt: Option<&AttemptKey>,
    file: OutputFile,
    from: u64,
) -> Result<Output, CliError> {
    let (run, attempt, piece) = (row.id.clone(), attempt.cloned(), OutputRange::From(from));
    let request = Request::Output { run, attempt, file, piece, len: PIECE };
    match connection.ask(request).await? {
        Reply::Output(output) => Ok(output),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

/// Reads `build.1`.
fn attempt(text: &str) -> Result<AttemptKey, CliError> {
    let read = text.rsplit_once('.').and_then(|(phase, number)| {
        let plain = !phase.is_empty() && !phase.contains('/') && phase != "..";
        plain.then(|| Some(AttemptKey { phase: phase.to_owned(), attempt: number.parse().ok()? }))?
    });
    read.ok_or_else(|| CliError::new(Code::Usage, format!("{text:?} is no attempt; write it like build.1")))
}

struct Printer {
    out: Out,
    transcript: Option<agents::Transcript>,
    /// A line whose end has not come yet.
    part: String,
}

impl Printer {
    fn print(&mut self, piece: &str) -> Result<(), CliError> {
        let Some(transcript) = &mut self.transcript else {
            let harmless = if self.out.terminal { text::block(piece) } else { piece.to_owned() };
            return Ok(self.out.text(&harmless)?);
        };
        self.part.push_str(piece);
        while let Some(end) = self.part.find('\n') {
            let line: String = self.part.drain(..=end).collect();
            for readable in transcript.read(line.trim_end().as_bytes()) {
                self.out.line(readable)?;
            }
        }
        Ok(())
    }

    fn end(mut self) -> Result<Code, CliError> {
        if !self.part.is_empty() {
            self.print("\n")?;
        }
        for readable in self.transcript.iter_mut().flat_map(agents::Transcript::end) {
            self.out.line(readable)?;
        }
        Ok(Code::Done)
    }
}
