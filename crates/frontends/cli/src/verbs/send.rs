//! `pilothouse send`: answers the question that a run waits on.

use client::Places;
use domain::command::Answer;
use domain::question::{QuestionKind, handle};
use domain::{figures, text};
use protocol::{Code, QuestionRow, Reply, Request, Row};

use super::find::here;
use super::report::report;
use crate::args::{Answering, SendArgs};
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn send(args: SendArgs, places: &Places) -> Result<Code, CliError> {
    if args.answer.text.iter().any(|text| text.trim().is_empty()) {
        return Err(CliError::new(Code::Usage, "the answer is empty; say --allow, --deny or something in words"));
    }
    let (answer, done) = answer(args.answer);
    let mut connection = client::connect(places).await?;
    let request = Request::Answer { run: args.run, scope: here()?, question: args.question, answer };
    let Reply::Acted(acted) = connection.ask(request).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    report(&mut Out::stdout(args.json), &acted, done)
}

fn answer(said: Answering) -> (Answer, &'static str) {
    match said {
        Answering { allow: true, .. } => (Answer::Allow, "allowed once"),
        Answering { allow_run: true, .. } => (Answer::AllowRun, "allowed for this run"),
        Answering { cancel: true, .. } => (Answer::Cancel, "cancelled"),
        Answering { mut text, .. } if text.len() == 1 => (Answer::Text(text.remove(0)), "answered"),
        Answering { text, .. } if !text.is_empty() => (Answer::Each(text), "answered"),
        _ => (Answer::Deny, "denied"),
    }
}

/// Returns what a person would type to answer the question, the likeliest first; `None` where it is answered elsewhere.
pub(super) fn ways(row: &Row) -> Option<Vec<String>> {
    let question = row.question.as_ref().filter(|_| row.is_answered_here())?;
    let to = format!("send {} --question {}", row.id, handle(&question.id));
    let words = |named: bool| {
        // What may be left out is left out, where there is anything else.
        let all_optional = question.asks.iter().all(|ask| ask.optional);
        let asks = question.asks.iter().filter(|ask| all_optional || !ask.optional);
        let word = |id: &str| if named { shell_word(&format!("{id}=ANSWER")) } else { "ANSWER".to_owned() };
        asks.map(|ask| word(&ask.id)).collect::<Vec<_>>().join(" ")
    };
    let ways = match question.kind {
        QuestionKind::Permission => {
            vec!["--allow".to_owned(), "--deny".to_owned(), "TEXT".to_owned()]
        }
        QuestionKind::Questions => vec![words(false), "--deny".to_owned()],
        QuestionKind::Form => {
            let accept = if question.asks.is_empty() { "--allow".to_owned() } else { words(true) };
            vec![accept, "--deny".to_owned(), "--cancel".to_owned()]
        }
    };
    Some(ways.into_iter().map(|way| format!("{to} {way}")).collect())
}

/// All of what is asked, as lines; none where the row's reason says it all.
pub(super) fn in_full(question: &QuestionRow) -> Vec<String> {
    let Some(full) = &question.full else { return Vec::new() };
    full.split('\n').map(text::shown).collect()
}

/// A word that a shell takes as it is: what an agent wrote may be anything.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let word = text::line(word);
    if word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The choices of a question in one line.
pub(super) fn choices(question: &QuestionRow) -> String {
    if question.choices.is_empty() { figures::NONE.to_owned() } else { question.choices.join(", ") }
}
