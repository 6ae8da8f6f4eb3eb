//! `pilothouse send`: answers the question that a run waits on.

use client::Places;
use domain::command::Answer;
use protocol::{Code, Reply, Request};

use super::{here, report};
use crate::args::SendArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn send(args: SendArgs, places: &Places) -> Result<Code, CliError> {
    if args.answer.text.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Err(CliError::new(Code::Usage, "the answer is empty; say --allow, --deny or something in words"));
    }
    let (answer, done) = match args.answer.text {
        Some(text) => (Answer::Text(text), "answered"),
        None if args.answer.allow => (Answer::Allow, "allowed once"),
        None if args.answer.allow_run => (Answer::AllowRun, "allowed for this run"),
        None => (Answer::Deny, "denied"),
    };
    let mut connection = client::connect(places).await?;
    let request = Request::Answer { run: args.run, scope: here()?, question: None, answer };
    let Reply::Acted(acted) = connection.ask(request).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    report(&mut Out::stdout(args.json), &acted, done)
}
