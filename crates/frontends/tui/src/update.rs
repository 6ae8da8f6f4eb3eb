//! What each action makes of the model; the only code that changes it.

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::model::{Model, Tab};
use crate::overlays;
use crate::screens::{attach, calls, checks, details, diff, output, runs, timeline};

/// Changes the model and returns what is to be done outside.
pub(crate) fn update(model: &mut Model, action: Action) -> Vec<CockpitEffect> {
    let mut effects = match action {
        Action::AllRows(rows) => runs::replace(model, rows),
        Action::Rows(rows) => {
            let effects = runs::take_up(model, rows);
            runs::tell_merge_anew(model);
            effects
        }
        Action::Observed(rows) => runs::take_up_observed(model, rows),
        Action::Started(rows) => overlays::started(model, rows),
        Action::Events { run, lines } => {
            calls::heard(model, &run, &lines);
            timeline::events(model, &run, lines)
        }
        Action::Output { run, number, output } => output::piece(model, &run, number, output),
        Action::NoOutput { number, why } => output::refused(model, number, why),
        Action::Diff { run, diff } => diff::loaded(model, &run, diff),
        Action::Coloured { diff, colours } => diff::coloured(model, &diff, colours),
        Action::Choices(choices) => overlays::choices(model, choices),
        Action::Removable { runs, rows } => overlays::removable(model, &runs, &rows),
        Action::NotRemovable { runs, why } => overlays::not_removable(model, &runs, why),
        Action::Mistake { field, why } => overlays::mistake(model, field, why),
        Action::Refused(why) => overlays::refused(model, why),
        Action::Notice(text) => with(model, |model| model.notice = Some(text)),
        Action::Read => Vec::new(),
        Action::Degraded(reason) => with(model, |model| model.degraded = reason),
        Action::CheckOutput { run, check, text } => checks::loaded(model, &run, &check, &text),
        Action::Calls { run, reply } => calls::loaded(model, &run, reply),
        Action::Spend => overlays::spend(model),
        Action::Spent(reply) => overlays::spent(model, reply),
        Action::Disk(disk) => with(model, |model| model.disk = Some(disk)),
        Action::Today(today) => with(model, |model| model.today = Some(today)),
        Action::Base(base) => with(model, |model| model.base = Some(base)),
        Action::Connected(connected) => reconnected(model, connected),
        Action::Regroup => runs::regroup(model),
        Action::Minute(now) => with(model, |model| {
            model.now = now;
            attach::hear_anew(model);
        }),
        Action::Resized(columns, rows) => resized(model, columns, rows),
        Action::Move(by) => runs::go(model, by),
        Action::Select(run) => runs::select(model, run),
        Action::NextInNeed => runs::next_in_need(model),
        Action::Mark => runs::mark(model),
        Action::MarkAll => runs::mark_all(model),
        Action::Sort => runs::sort(model),
        Action::ShowFinished => runs::show_finished(model),
        Action::ByRepository => runs::by_repository(model),
        Action::Open => details::open(model),
        Action::Zoom => details::zoom(model),
        Action::Back => details::back(model),
        Action::Tab(by) => details::tab(model, by),
        Action::ShowDiff => details::show_diff(model),
        Action::ShowChecks => details::show_checks(model),
        Action::ShowTab(tab) => details::show(model, tab),
        Action::Line(by) if model.overlay.is_some() => overlays::line(model, by),
        Action::Page(by) if model.overlay.is_some() => overlays::line(model, by * 10),
        Action::Line(by) => details::line(model, by),
        Action::Page(by) => details::page(model, by),
        Action::Jump(to, by) => diff::jump(model, to, by),
        Action::Match(by) => details::go_to_match(model, by),
        Action::Unfold => timeline::unfold(model),
        Action::FoldAll => timeline::fold_all(model),
        Action::Kinds => timeline::kinds(model),
        Action::Wrap => with(model, |model| model.output.wrap = !model.output.wrap),
        Action::Attempt(by) => output::attempt(model, by),
        Action::Pan(by) => diff::pan(model, by),
        Action::SideBySide => diff::side_by_side(model),
        Action::Find => overlays::find(model),
        Action::Palette => overlays::palette(model),
        Action::Help => overlays::help(model),
        Action::NewRun => overlays::new_run(model),
        Action::ChooseCheckpoint => overlays::checkpoints(model),
        Action::AskAnswer => overlays::ask_answer(model),
        Action::AskChanges => overlays::ask_changes(model),
        Action::Comment => overlays::ask_comment(model),
        Action::PullRequest => runs::pull_request(model),
        Action::Verb(verb) => runs::verb(model, verb),
        Action::Answer(answer) => runs::answer(model, answer),
        Action::Editor => runs::editor(model),
        Action::CopyPath => runs::copy(model, |row| row.worktree.clone()),
        Action::CopyBranch => runs::copy(model, |row| row.branch.clone()),
        Action::CopyId => runs::copy(model, |row| Some(row.id.to_string())),
        Action::Mouse => mouse(model),
        Action::Redraw => vec![CockpitEffect::Redraw],
        Action::Suspend => vec![CockpitEffect::Suspend],
        Action::Accept => overlays::accept(model),
        Action::Close => overlays::close(model),
        Action::Edit(key) => overlays::edit(model, key),
        Action::Paste(text) => overlays::paste(model, &text),
        Action::Field(by) => overlays::field(model, by),
        Action::Choice(by) => overlays::choice(model, by),
        Action::NewLine => overlays::new_line(model),
        Action::Clear => overlays::clear(model),
        Action::EditOutside => overlays::edit_outside(model),
        Action::Edited(text) => overlays::edited(model, &text),
        Action::Attach => attach::attach(model),
        Action::Attached { run, columns, rows } => attach::attached(model, run, columns, rows),
        Action::Terminal { run, text, size, live } => attach::shown(model, &run, &text, size, live),
        Action::Detached { run, why } => attach::detached(model, &run, why),
        Action::Typed(data) => attach::typed(model, data),
        Action::ScrollBack(by) => attach::scroll_back(model, by),
        Action::Detach => attach::detach(model),
        Action::Leave => vec![CockpitEffect::Leave],
    };
    runs::keep_in_view(model);
    // What has come into view is loaded.
    effects.extend(details::look(model));
    effects
}

fn with(model: &mut Model, change: impl FnOnce(&mut Model)) -> Vec<CockpitEffect> {
    change(model);
    Vec::new()
}

fn reconnected(model: &mut Model, connected: bool) -> Vec<CockpitEffect> {
    model.connected = connected;
    // A daemon that can't write says so anew.
    model.degraded = None;
    if !connected {
        return Vec::new();
    }
    // What was said of its absence is over.
    model.notice = None;
    overlays::asked_in_vain(model);
    let mut effects = details::look_again(model);
    effects.extend(attach::again(model));
    effects
}

fn resized(model: &mut Model, columns: u16, rows: u16) -> Vec<CockpitEffect> {
    let line = diff::top_line(model);
    model.size = (columns, rows);
    diff::show_again(model, line);
    let beside = if columns >= runs::WIDE { columns * 2 / 5 } else { 0 };
    model.timeline.width = usize::from(columns.saturating_sub(beside + 23));
    if !model.tabs().contains(&model.open_tab()) {
        model.tab = Tab::Timeline;
    }
    attach::resized(model)
}

fn mouse(model: &mut Model) -> Vec<CockpitEffect> {
    model.mouse = !model.mouse;
    let says = if model.mouse { "the mouse selects runs" } else { "the mouse selects text; shift-m takes it back" };
    model.notice = Some(says.to_owned());
    vec![CockpitEffect::Mouse(model.mouse)]
}
