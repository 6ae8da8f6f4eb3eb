//! Every command there is, in the order of help and hints.

use domain::command::Answer;

use super::available::*;
use super::{CommandKind, KeyCommand};
use crate::action::{Action, Jump, RunVerb};
use crate::model::Model;

type When = fn(&Model) -> Option<String>;

const fn run(
    name: &'static str,
    doc: &'static str,
    hint: Option<&'static str>,
    unavailable: When,
    action: fn() -> Action,
) -> KeyCommand {
    KeyCommand { name, kind: CommandKind::Run, doc, hint, unavailable, action }
}

const fn view(
    name: &'static str,
    doc: &'static str,
    hint: Option<&'static str>,
    unavailable: When,
    action: fn() -> Action,
) -> KeyCommand {
    KeyCommand { name, kind: CommandKind::View, doc, hint, unavailable, action }
}

const fn motion(
    name: &'static str,
    doc: &'static str,
    hint: Option<&'static str>,
    action: fn() -> Action,
) -> KeyCommand {
    KeyCommand { name, kind: CommandKind::Motion, doc, hint, unavailable: always, action }
}

pub(crate) const ALL: &[KeyCommand] = &[
    view("next-in-need", "go to the next run that needs you", Some("next"), none_in_need, || Action::NextInNeed),
    run("allow", "allow what the run asks for, once", None, asks_nothing, || Action::Answer(Answer::Allow)),
    run("allow-run", "allow it for the rest of this run, after a look at all of it", None, asks_nothing, || {
        Action::Answer(Answer::AllowRun)
    }),
    run("deny", "say no to what the run asks for", None, asks_nothing, || Action::Answer(Answer::Deny)),
    run("answer", "type an answer to what the run asks", None, says_nothing, || Action::AskAnswer),
    motion("next-match", "go to the next match", Some("match"), || Action::Match(1)),
    motion("previous-match", "go to the match before", None, || Action::Match(-1)),
    view("new-run", "start a run", Some("new"), nowhere, || Action::NewRun),
    view("open", "give the details the keys", Some("open"), no_run, || Action::Open),
    run("pause", "freeze every process of the run, or let them go on", Some("pause"), not_running, || {
        Action::Verb(RunVerb::PauseOrResume)
    }),
    run(
        "retry",
        "try the phase again from its beginning; what is there now is kept",
        Some("retry"),
        not_over_with_worktree,
        || Action::Verb(RunVerb::Retry),
    ),
    run(
        "continue",
        "go on in the agent's own session, with the files as they are",
        None,
        not_over_with_worktree,
        || Action::Verb(RunVerb::Continue),
    ),
    run("terminate", "end the run; its worktree and branch stay", Some("terminate"), not_running, || {
        Action::Verb(RunVerb::Terminate)
    }),
    run("restore", "bring back a worktree that was removed", Some("restore"), not_removed, || {
        Action::Verb(RunVerb::Restore)
    }),
    run("rollback", "go back to one of the run's checkpoints", None, no_checkpoints, || Action::ChooseCheckpoint),
    run("remove", "take the run's worktree away; a snapshot keeps what is in it", None, not_over_with_worktree, || {
        Action::Verb(RunVerb::Remove)
    }),
    run("dismiss", "put a run that is over out of sight", None, not_over, || Action::Verb(RunVerb::Dismiss)),
    run("diff", "show what the run has changed", Some("diff"), none_of_ours, || Action::ShowDiff),
    run("checks", "show what the run's checks came to", Some("checks"), none_of_ours, || Action::ShowChecks),
    run("check", "run the checks again, on the worktree as it is", Some("check again"), not_checkable, || {
        Action::Verb(RunVerb::Check)
    }),
    run("merge", "bring the run's work into its base, when the gate is open", Some("merge"), not_proven, || {
        Action::Verb(RunVerb::Merge)
    }),
    run("pull-request", "open the page of the run's pull request, or copy where it is", None, no_pull_request, || {
        Action::PullRequest
    }),
    run("approve", "approve the commit that was proven", Some("approve"), not_proven, || {
        Action::Verb(RunVerb::Approve)
    }),
    run("ask-changes", "type what the run's agent is to change", Some("ask for changes"), not_proven, || {
        Action::AskChanges
    }),
    run("attach", "show the agent's own terminal, or what it writes", None, none_of_ours, || Action::Attach),
    run("editor", "open your editor in the run's worktree", None, no_worktree, || Action::Editor),
    run("copy-path", "copy the path of the run's worktree", None, no_worktree, || Action::CopyPath),
    run("copy-branch", "copy the name of the run's branch", None, no_run, || Action::CopyBranch),
    run("copy-id", "copy the run's id", None, no_run, || Action::CopyId),
    motion("mark", "mark the run for the next verb, or take its mark away", None, || Action::Mark),
    motion("mark-all", "mark every run that is shown, or none", None, || Action::MarkAll),
    view("find", "filter the runs, or search in the details", Some("find"), always, || Action::Find),
    view("sort", "sort the runs by something else", None, no_run, || Action::Sort),
    view("spend", "show what was used today, over the hours", None, always, || Action::Spend),
    view("finished", "show dismissed runs too, or hide finished ones", None, always, || Action::ShowFinished),
    view("by-repository", "group by repository, or by what needs you", None, one_repository, || Action::ByRepository),
    motion("unfold", "show all of an event, or fold a phase", Some("all of it"), || Action::Unfold),
    motion("fold-all", "fold every phase, or unfold them", None, || Action::FoldAll),
    view("kinds", "show other kinds of events", Some("kinds"), not_timeline, || Action::Kinds),
    motion("wrap", "wrap long lines, or cut them", Some("wrap"), || Action::Wrap),
    motion("earlier-attempt", "the attempt before", None, || Action::Attempt(-1)),
    motion("later-attempt", "the attempt after", None, || Action::Attempt(1)),
    motion("side-by-side", "old and new side by side, or one below the other", Some("side by side"), || {
        Action::SideBySide
    }),
    run(
        "comment",
        "say something of this line; it goes to the agent when you ask for changes, and not with an approval",
        Some("comment"),
        not_in_a_diff,
        || Action::Comment,
    ),
    motion("next-hunk", "go to the next change", Some("change"), || Action::Jump(Jump::Hunk, 1)),
    motion("previous-hunk", "go to the change before", None, || Action::Jump(Jump::Hunk, -1)),
    motion("next-file", "go to the next file", Some("file"), || Action::Jump(Jump::File, 1)),
    motion("previous-file", "go to the file before", None, || Action::Jump(Jump::File, -1)),
    motion("pan-right", "show what stands further right", None, || Action::Pan(1)),
    motion("pan-left", "show what stands further left", None, || Action::Pan(-1)),
    view("next-tab", "go to the next tab of the details", Some("next"), no_other_tab, || Action::Tab(1)),
    view("previous-tab", "go to the tab before", None, no_other_tab, || Action::Tab(-1)),
    view("zoom", "give the details the whole screen, or take it back", None, no_run, || Action::Zoom),
    motion("next", "go to the next run", None, || Action::Move(1)),
    motion("previous", "go to the run before", None, || Action::Move(-1)),
    motion("first", "go to the first run", None, || Action::Move(isize::MIN)),
    motion("last", "go to the last run", None, || Action::Move(isize::MAX)),
    motion("line-down", "go down", None, || Action::Line(1)),
    motion("line-up", "go up", None, || Action::Line(-1)),
    motion("top", "go to the beginning", None, || Action::Line(isize::MIN)),
    motion("bottom", "go to the end", None, || Action::Line(isize::MAX)),
    motion("scroll-down", "go down by a page", None, || Action::Page(1)),
    motion("scroll-up", "go up by a page", None, || Action::Page(-1)),
    motion("accept", "do it", None, || Action::Accept),
    motion("close", "leave it", None, || Action::Close),
    motion("next-field", "go to the next field", None, || Action::Field(1)),
    motion("previous-field", "go to the field before", None, || Action::Field(-1)),
    motion("choice-down", "the next choice, or the line below", None, || Action::Choice(1)),
    motion("choice-up", "the choice before, or the line above", None, || Action::Choice(-1)),
    motion("new-line", "begin a new line", None, || Action::NewLine),
    motion("clear", "take away what stands in the field", Some("clear"), || Action::Clear),
    motion("edit-outside", "write the task, the answer or what is to change in your editor", None, || {
        Action::EditOutside
    }),
    view("mouse", "give the mouse to the terminal, or take it back", None, always, || Action::Mouse),
    view("redraw", "draw the whole screen anew", None, always, || Action::Redraw),
    view("suspend", "go to the shell; fg comes back", None, always, || Action::Suspend),
    view("palette", "find a command or a run by name", Some("palette"), always, || Action::Palette),
    view("help", "show all keys", Some("help"), always, || Action::Help),
    motion("detach", "go back to the runs; the agent goes on", Some("goes back"), || Action::Detach),
    motion("back", "leave what is open", None, || Action::Back),
    view("leave", "quit the cockpit; runs go on", Some("leave"), always, || Action::Leave),
];
