//! `proof.html`: the pack as one page that needs nothing but a browser: no script, nothing from outside.

mod diff;
mod text_html;
mod time;

use std::fmt::Write as _;

use domain::{docs, figures, text};

use self::text_html::{block, line};
use crate::facts::{Origin, SummaryFact, facts, unknown};
use crate::history::History;

/// The whole style of the page, which may load none from elsewhere.
const STYLE: &str = include_str!("style.css");

/// The page. `patch` is that from the base to the work.
pub(crate) fn write(told: &History, patch: &[u8], version: &str) -> String {
    let run = told.spec();
    let (name, repo) = (line(&run.name), line(run.repo.rsplit('/').next().unwrap_or(&run.repo)));
    let mut html = String::new();
    let mut put = |part: std::fmt::Arguments<'_>| writeln!(html, "{part}").expect("writing to a string can't fail");
    put(format_args!("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"));
    put(format_args!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    ));
    put(format_args!("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    put(format_args!("<meta name=\"color-scheme\" content=\"light dark\">"));
    put(format_args!("<title>{name} · proof</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"));
    put(format_args!("<header><p class=\"of\">{repo} · run {}</p><h1>{name}</h1>", line(run.id.as_str())));
    let (class, word) = verdict(told);
    put(format_args!(
        "<p class=\"verdict {class}\"><strong>{word}</strong> score {}, 1.00 at most</p></header>",
        figures::share(told.score.score)
    ));
    put(format_args!("<section><h2>What was asked</h2>\n<pre class=\"task\">{}</pre></section>", block(&run.task)));
    put(format_args!("<section><h2>What came of it</h2>\n<table class=\"facts\">"));
    for fact in facts(told) {
        put(format_args!("{}", row(&fact)));
    }
    put(format_args!("</table></section>"));
    put(format_args!("<section><h2>What was checked</h2>\n{}</section>", checks(told)));
    put(format_args!("<section><h2>Where the time went</h2>\n{}</section>", time::picture(told)));
    put(format_args!("<section><h2>The score</h2>\n{}</section>", score(told)));
    put(format_args!("<section><h2>What is not known</h2>\n{}</section>", not_known(told)));
    put(format_args!("<section class=\"changes\"><h2>What changed</h2>\n{}</section>", diff::html(patch)));
    put(format_args!(
        "<footer><p>Events 1 to {} of the run, the last one with SHA-256 <code>{}</code>. <code>pilothouse proof verify</code> \
         computes all of this again; {} says how to do it without pilothouse. \
         <span class=\"tag witnessed\">witnessed</span> is what pilothouse saw or measured, \
         <span class=\"tag declared\">declared</span> what the agent said. Written by pilothouse {}.</p></footer>",
        told.state.seq,
        line(&told.chain),
        docs::VERIFY_BY_HAND,
        line(version)
    ));
    put(format_args!("</main>\n</body>\n</html>"));
    html
}

/// The class and the word of the verdict, by the required checks and by how the run ended.
fn verdict(told: &History) -> (&'static str, &'static str) {
    let [_, _, failed] = crate::statement::sorted(told);
    let any = told.spec().checks.iter().any(|check| check.required);
    match (&told.state.status, failed.is_empty(), any) {
        (domain::Status::Failed { .. }, _, _) => ("bad", "The run failed."),
        (domain::Status::Terminated { .. }, _, _) => ("bad", "The run was ended before it was done."),
        (_, false, _) => ("bad", "Required checks did not pass."),
        (_, true, false) => ("open", "No check was required."),
        (_, true, true) => ("good", "Every required check passed."),
    }
}

fn tag(origin: Origin) -> String {
    format!("<span class=\"tag {0}\">{0}</span>", origin.word())
}

fn row(fact: &SummaryFact) -> String {
    format!("<tr><th>{}</th><td>{}</td><td>{}</td></tr>", fact.name, line(&fact.value), tag(fact.origin))
}

fn checks(told: &History) -> String {
    let specs = &told.spec().checks;
    if specs.is_empty() {
        return "<p>No check is defined, so nothing but its agent says that it is done.</p>".to_owned();
    }
    let mut html = String::from("<div class=\"checks\">\n");
    for spec in specs {
        let last = told.state.last_check(&spec.name);
        let why = domain::score::why_not(Some(&told.work), last);
        let class = if why.is_none() { "good" } else { "bad" };
        let required = if spec.required { "required" } else { "optional" };
        let says = match (&why, last) {
            (None, Some(last)) => last.says(),
            (Some(why), _) => why.clone(),
            (None, None) => String::new(),
        };
        let took = last.map(|last| figures::seconds(last.duration_ms)).unwrap_or_default();
        let on = last.map(|last| format!("on {}", text::short(&last.head))).unwrap_or_default();
        let open = if why.is_some() { " open" } else { "" };
        let tail = last.map(|last| block(&last.tail)).unwrap_or_default();
        writeln!(
            html,
            "<details class=\"{class}\"{open}><summary><b>{}</b> {} <span class=\"dim\">{required}, weight {}, {took} {}</span>\
             </summary><p><code>{}</code> {}</p><pre>{tail}</pre></details>",
            line(&spec.name),
            line(&says),
            spec.weight,
            line(&on),
            line(&spec.run),
            tag(Origin::Witnessed)
        )
        .expect("writing to a string can't fail");
    }
    html.push_str("</div>");
    html
}

fn score(told: &History) -> String {
    let mut html =
        String::from("<table class=\"score\"><tr><th>part</th><th>weight</th><th>value</th><th>why</th></tr>\n");
    for part in &told.score.parts {
        let (value, class) = match part.value {
            None => (figures::UNKNOWN.to_owned(), "open"),
            Some(value) => (figures::share(value), if value == 100 { "good" } else { "bad" }),
        };
        writeln!(
            html,
            "<tr class=\"{class}\"><td>{}</td><td>{}</td><td>{value}</td><td>{}</td></tr>",
            line(&part.name),
            figures::share(part.weight),
            line(&part.reason)
        )
        .expect("writing to a string can't fail");
    }
    html.push_str("</table>");
    html
}

fn not_known(told: &History) -> String {
    let unknown = unknown(told);
    if unknown.is_empty() {
        return "<p>Nothing of what is asked for here.</p>".to_owned();
    }
    let items: String = unknown.iter().map(|what| format!("<li>{}</li>", line(what))).collect();
    format!("<ul>{items}</ul>")
}
