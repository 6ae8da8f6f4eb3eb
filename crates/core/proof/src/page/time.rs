//! Where the time went, as a picture: a bar for each attempt and each check along the run's own clock.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::check::Verdict;
use domain::{Body, Timestamp, figures};

use super::text_html::line;
use crate::history::History;

/// Columns of the names, of the bars, and pixels of a row.
const NAMES: f64 = 180.0;
const BARS: f64 = 760.0;
const ROW: f64 = 22.0;
/// Bars that are drawn, at most; a run with more says so.
const MOST: usize = 60;

struct Bar {
    name: String,
    class: &'static str,
    from: Timestamp,
    to: Timestamp,
}

pub(super) fn picture(told: &History) -> String {
    let bars = bars(told);
    let span = bars.iter().map(|bar| bar.from).min().zip(bars.iter().map(|bar| bar.to).max());
    let Some((first, last)) = span.filter(|(first, last)| last > first) else {
        return "<p>Nothing of it took any time that is known.</p>".to_owned();
    };
    let whole = last.since(first);
    let at = |time: Timestamp| NAMES + BARS * (time.since(first) as f64) / (whole as f64);
    let shown = bars.len().min(MOST);
    let height = ROW * (shown as f64 + 1.5);
    let mut svg = format!(
        "<svg viewBox=\"0 0 1000 {height:.0}\" role=\"img\" aria-label=\"attempts and checks over {}\">\n",
        figures::seconds(whole)
    );
    let mut put = |part: std::fmt::Arguments<'_>| writeln!(svg, "{part}").expect("writing to a string can't fail");
    for (n, bar) in bars.iter().take(MOST).enumerate() {
        let y = ROW * n as f64;
        let (x, width) = (at(bar.from), (at(bar.to) - at(bar.from)).max(1.5));
        put(format_args!("<text x=\"0\" y=\"{:.0}\">{}</text>", y + 15.0, line(&bar.name)));
        put(format_args!(
            "<rect class=\"{}\" x=\"{x:.1}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"14\" rx=\"2\"/>",
            bar.class,
            y + 3.0
        ));
        let took = figures::seconds(bar.to.since(bar.from));
        // Beside the bar, and before it where there is no room behind it.
        let (x, anchor) = if x + width < 930.0 { (x + width + 4.0, "start") } else { (x - 4.0, "end") };
        put(format_args!("<text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{took}</text>", y + 15.0));
    }
    let y = ROW * shown as f64 + 4.0;
    put(format_args!("<line class=\"rule\" x1=\"{NAMES}\" x2=\"{}\" y1=\"{y:.0}\" y2=\"{y:.0}\"/>", NAMES + BARS));
    put(format_args!("<text x=\"{NAMES}\" y=\"{:.0}\">{first}</text>", y + 16.0));
    put(format_args!("<text x=\"{}\" y=\"{:.0}\" text-anchor=\"end\">{last}</text>", NAMES + BARS, y + 16.0));
    svg.push_str("</svg>\n");
    let more = match bars.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!(" {more} more are in the timeline."),
        _ => String::new(),
    };
    let times = told.state.times.says();
    svg.push_str(&format!("<p class=\"dim\">In attempts: {}.{more}</p>", line(&times)));
    svg
}

#[expect(clippy::wildcard_enum_match_arm, reason = "bars begin and end with these kinds")]
fn bars(told: &History) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    let last = told.events.last().map_or(Timestamp::default(), |event| event.at);
    for event in &told.events {
        let key = event.attempt_key().map(|key| key.to_string()).unwrap_or_default();
        let mut begin = |name: String, class| {
            open.insert(name.clone(), bars.len());
            bars.push(Bar { name, class, from: event.at, to: last });
        };
        match &event.body {
            Body::AttemptStarted(_) => begin(key, "work"),
            Body::CheckStarted(data) => begin(format!("check {} {}", data.name, data.n), "check"),
            Body::WaitingStarted(data) => begin(format!("waits {}", data.id), "wait"),
            Body::AttemptFinished(_) => end(&mut bars, &mut open, &key, event.at, None),
            Body::CheckFinished(data) => {
                let class = if data.verdict == Verdict::Pass { "check" } else { "failed" };
                end(&mut bars, &mut open, &format!("check {} {}", data.name, data.n), event.at, Some(class));
            }
            Body::WaitingEnded(data) => end(&mut bars, &mut open, &format!("waits {}", data.id), event.at, None),
            _ => {}
        }
    }
    bars
}

fn end(bars: &mut [Bar], open: &mut BTreeMap<String, usize>, name: &str, at: Timestamp, class: Option<&'static str>) {
    let Some(bar) = open.remove(name).and_then(|n| bars.get_mut(n)) else { return };
    bar.to = at;
    if let Some(class) = class {
        bar.class = class;
    }
}
