//! Stored screens of the windows over the screen, and what their keys do.

mod drafts;

use domain::RunId;
use domain::budget::Budget;
use domain::command::{Answer, Command};
use domain::event::RunReady;
use domain::money::Usd;
use domain::spend::Spent;
use domain::tokens::Tokens;
use protocol::{AgentChoice, Choices, Field, LastChoice, RemovableRow, SpendReply, SpendRow};

use super::Overlay;
use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::glyphs::Glyphs;
use crate::testing::play::Play;
use crate::testing::{TestCockpit, stored};

fn id(text: &str) -> RunId {
    RunId::parse(text).expect("an id")
}

fn choices() -> Choices {
    let agent = |name: &str, models: &[&str]| AgentChoice {
        name: name.to_owned(),
        doc: "an agent".to_owned(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        program: Some(name.to_owned()),
        missing: name == "codex",
    };
    Choices {
        agents: vec![agent("rehearsal", &["success", "slow"]), agent("other", &[]), agent("codex", &[])],
        agent: "rehearsal".to_owned(),
        bases: vec!["main".to_owned(), "next".to_owned()],
        phases: vec!["plan".to_owned(), "build".to_owned()],
        last: Some(LastChoice {
            policy: None,
            agent: "rehearsal".to_owned(),
            model: Some("slow".to_owned()),
            base: String::new(),
            phases: Vec::new(),
            budget_tokens: Some(500_000),
            budget_usd: None,
        }),
    }
}

fn form() -> TestCockpit {
    let mut cockpit = TestCockpit::open().keys("n");
    assert!(cockpit.effects.contains(&CockpitEffect::Choices("/home/dev/acme/shop".into())));
    cockpit.act(Action::Choices(choices()));
    cockpit
}

#[test]
fn help_names_every_key_and_is_scrolled() {
    stored!(TestCockpit::open().keys("?"), "help");
    let mut cockpit = TestCockpit::open().keys("?G");
    assert!(cockpit.screen(80, 24).contains("In a run's own terminal"));
    cockpit.press("k");
    assert!(!cockpit.screen(80, 24).contains("goes back to the runs"), "one key up is one line up");
}

#[test]
fn a_form_begins_with_the_last_choices() {
    stored!(form().keys("Add a search box⇥↓"), "new-run");
    let mut cockpit = form().keys("Add a search box⏎");
    let Some(CockpitEffect::Run(request)) = cockpit.effects.last() else { panic!("{:?}", cockpit.effects) };
    assert_eq!((request.model.as_deref(), request.budget_tokens), (Some("slow"), None), "a budget is of one task");
    cockpit.press("⎋n");
    assert!(cockpit.screen(80, 24).contains("Add a search box"), "what was not yet started is kept");
}

// By the form and by the daemon.
#[test]
fn a_mistake_is_said_at_its_field() {
    stored!(form().keys("⏎"), "new-run-mistake");
    let mut cockpit = form().keys("Do it⏎");
    let why = "there is no branch called nowhere".to_owned();
    cockpit.act(Action::Mistake { field: Field::Base, why });
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("!Base") && screen.contains("no branch called nowhere"), "{screen}");
    cockpit.press("main⏎");
    assert_eq!(
        cockpit.effects.iter().filter(|e| matches!(e, CockpitEffect::Run(_))).count(),
        2,
        "it can be sent again"
    );
}

#[test]
fn a_vanished_daemon_leaves_the_form() {
    let mut cockpit = form().keys("Do it⏎");
    cockpit.act(Action::Connected(false));
    cockpit.act(Action::Connected(true));
    assert!(cockpit.screen(80, 24).contains("went away before it answered"));
    cockpit.press("⏎");
    assert_eq!(cockpit.effects.iter().filter(|e| matches!(e, CockpitEffect::Run(_))).count(), 2);
}

#[test]
fn a_long_task_is_written_outside() {
    let mut cockpit = form();
    cockpit.act(Action::Paste("one\rtwo\r\nthree \u{1b}[31mred".to_owned()));
    cockpit.act(Action::EditOutside);
    assert_eq!(cockpit.effects.last(), Some(&CockpitEffect::EditText("one\ntwo\nthree red".to_owned())));
    cockpit.act(Action::Edited("another\ntask\n".to_owned()));
    let cockpit = cockpit.keys("⏎");
    let Some(CockpitEffect::Run(request)) = cockpit.effects.last() else { panic!("{:?}", cockpit.effects) };
    assert_eq!(request.task, "another\ntask");
}

#[test]
fn the_palette_finds_by_few_letters() {
    stored!(TestCockpit::open().keys(":term"), "palette");
    let cockpit = TestCockpit::open().keys("jjj:trmnt⏎");
    assert!(matches!(cockpit.model.overlay, Some(Overlay::Confirm(_))), "the first that fits is done");
    let cockpit = TestCockpit::open().keys(":upgrade-deps⏎");
    assert_eq!(cockpit.model.selected().expect("a run").name, "upgrade-deps");
    let cockpit = TestCockpit::open().keys("j:allow⏎");
    assert_eq!(cockpit.model.notice.as_deref(), Some("allow: add-audit asks nothing"));
}

#[test]
fn a_typed_answer_binds_to_its_question() {
    stored!(TestCockpit::open().keys("suse the staging registry"), "answer");
    let cockpit = TestCockpit::open().keys("suse staging⏎");
    let answer = Answer::Text("use staging".to_owned());
    assert_eq!(
        cockpit.effects.last(),
        Some(&CockpitEffect::Answer { run: id("aaaaa2"), question: Some("q1".to_owned()), answer })
    );
}

#[test]
fn each_question_takes_an_answer() {
    let open = || {
        let play = Play::new("aaaaa2", "fix-login", "asks", 22).at_work().asks_each();
        TestCockpit::with(vec![play], Glyphs::Unicode)
    };
    stored!(open(), "questions");
    stored!(open().keys("y"), "questions-open");
    stored!(open().keys("ys"), "questions-first");
    // A yes is no answer: it asks for one.
    stored!(open().keys("yy9⏎"), "questions-no-answer");
    stored!(open().keys("yy9⏎⌫2⏎"), "questions-second");
    let mut cockpit = open().keys("yy2⏎⏎");
    assert!(!cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Answer { .. })), "one is open");
    cockpit = cockpit.keys("look up⏎");
    let answer = Answer::Each(vec!["library=2".to_owned(), "name=look up".to_owned()]);
    let sent = CockpitEffect::Answer { run: id("aaaaa2"), question: Some("q1".to_owned()), answer };
    assert_eq!(cockpit.effects.last(), Some(&sent));
}

#[test]
fn last_words_are_answered() {
    let open = || {
        let play = Play::new("aaaaa2", "fix-login", "asks", 22)
            .at_work()
            .says("I looked.\nShall I go on?")
            .ends(true, "")
            .add(true, RunReady { changed: true });
        TestCockpit::with(vec![play], Glyphs::Unicode)
    };
    stored!(open(), "last-words");
    stored!(open().keys("s"), "last-words-answered");
    let cockpit = open().keys("sgo on⏎");
    let answer = Answer::Text("go on".to_owned());
    assert_eq!(cockpit.effects.last(), Some(&CockpitEffect::Answer { run: id("aaaaa2"), question: None, answer }));
}

#[test]
fn terminating_tells_ended_kept_and_lost() {
    stored!(TestCockpit::open().keys("jjjx"), "terminate");
}

// And what is left out of it.
#[test]
fn removing_tells_the_snapshots_content() {
    let mut cockpit = TestCockpit::open().keys("j⌦⏎");
    assert!(
        !cockpit.effects.iter().any(|e| matches!(e, CockpitEffect::Act { .. })),
        "not before it is known what is kept"
    );
    let row = |run: &str, may_go: bool| RemovableRow {
        path: "/w".to_owned(),
        run: Some(run.to_owned()),
        name: Some("add-audit".to_owned()),
        may_go,
        why: "an editor works in it".to_owned(),
        bytes: Some(120_000),
        left_out: vec!["node_modules (1.1G)".to_owned()],
    };
    let other = Action::Removable { runs: vec![id("aaaaa4")], rows: vec![row("aaaaa4", true)] };
    cockpit.act(other);
    assert!(cockpit.screen(80, 24).contains("looking at what is there"), "another run's answer is not for it");
    cockpit.act(Action::Removable { runs: vec![id("aaaaa3")], rows: vec![row("aaaaa3", true)] });
    cockpit.press("⏎");
    assert_eq!(
        cockpit.effects.last(),
        Some(&CockpitEffect::Act { runs: vec![id("aaaaa3")], command: Command::Rm, asked: true })
    );

    let mut cockpit = TestCockpit::open().keys("j⌦");
    cockpit.act(Action::Removable { runs: vec![id("aaaaa3")], rows: vec![row("aaaaa3", true)] });
    stored!(cockpit, "remove");
    let mut cockpit = TestCockpit::open().keys("j⌦");
    cockpit.act(Action::Removable { runs: vec![id("aaaaa3")], rows: vec![row("aaaaa3", false)] });
    assert!(cockpit.screen(80, 24).contains("an editor works in it"), "what one should know is said");
}

#[test]
fn a_checkpoint_is_chosen() {
    let mut cockpit = TestCockpit::open();
    let mut row = cockpit.night[1].row();
    let at = domain::Timestamp::from_millis(crate::testing::play::NOW);
    let point = |n, why: &str| protocol::CheckpointRow { n, why: why.to_owned(), at };
    row.checkpoints = vec![point(0, "the base, before build"), point(1, "before the retry of build")];
    cockpit.act(Action::Rows(vec![row]));
    let mut cockpit = cockpit.keys("jbj");
    cockpit.press("⏎");
    let wanted = CockpitEffect::Act { runs: vec![id("aaaaa3")], command: Command::Rollback { to: 0 }, asked: true };
    assert_eq!(cockpit.effects.last(), Some(&wanted));
    cockpit.press("b");
    stored!(cockpit, "checkpoints");
}

#[test]
fn a_question_names_all_marked_runs() {
    let mut cockpit = TestCockpit::open().keys("†x");
    let names = cockpit.screen(80, 24);
    assert!(names.contains("Terminate 5 runs?") && names.contains("rename-user"), "{names}");
    stored!(cockpit, "terminate-many");
}

// Also commands that can't be used now.
#[test]
fn the_palette_puts_exact_names_first() {
    for (typed, name) in [("pause", "pause"), ("rest", "restore"), ("quit", "leave")] {
        let cockpit = TestCockpit::open().keys("j:").keys(typed);
        let Some(Overlay::Palette(palette)) = &cockpit.model.overlay else { panic!("no palette") };
        let entries = super::palette::entries(&cockpit.model, palette);
        let first = match entries.first() {
            Some(super::palette::PaletteEntry::Command(command)) => command.name,
            _ => "a run",
        };
        assert_eq!(first, name, "{typed}");
    }
}

#[test]
fn todays_use_is_plotted_and_summed() {
    let mut cockpit = TestCockpit::open().keys("$");
    assert!(cockpit.effects.contains(&CockpitEffect::Spend));
    let midnight = cockpit.model.now.as_millis().div_euclid(86_400_000) * 96;
    let spent = |hour: i64, agent: &str, model: Option<&str>, output: u64, cents: u64| Spent {
        quarter: midnight + hour * 4,
        agent: agent.to_owned(),
        model: model.map(str::to_owned),
        metered: agent != "gemini",
        calls: u64::from(agent != "gemini") * 3,
        tokens: Tokens { input: 20, output, cache_read: 40_000, cache_write: 800 },
        usd: Usd::from_pico(cents * 10_000_000_000),
        unpriced: if model.is_some() { 0 } else { 40_820 + output },
        cut: u64::from(hour == 3),
        at_most: domain::budget::Used::NOTHING,
    };
    let spend = vec![
        spent(-1, "claude", Some("claude-opus-4-8"), 9_000, 900),
        spent(1, "claude", Some("claude-opus-4-8"), 3_000, 120),
        spent(2, "claude", Some("claude-opus-4-8"), 9_000, 460),
        spent(3, "codex", Some("gpt-6-astra"), 1_500, 85),
        spent(3, "gemini", None, 700, 0),
    ];
    let run = RunId::parse("aaaaa1").expect("an id");
    let runs = vec![SpendRow { run, name: "one".to_owned(), repo: "/r".to_owned(), spend }];
    let day = Budget { usd: Usd::new(50.0), tokens: None };
    cockpit.act(Action::Spent(SpendReply { runs, day }));
    stored!(cockpit, "spend");
}

#[test]
fn unpriced_spend_shows_no_amount() {
    let mut cockpit = TestCockpit::open().keys("$");
    let quarter = cockpit.model.now.as_millis().div_euclid(86_400_000) * 96;
    let spent = Spent {
        quarter,
        agent: "aider".to_owned(),
        model: None,
        metered: false,
        calls: 0,
        tokens: Tokens { input: 30_000, ..Tokens::default() },
        usd: Usd::ZERO,
        unpriced: 30_000,
        cut: 0,
        at_most: domain::budget::Used::NOTHING,
    };
    let run = RunId::parse("aaaaa1").expect("an id");
    let runs = vec![SpendRow { run, name: "one".to_owned(), repo: "/r".to_owned(), spend: vec![spent] }];
    cockpit.act(Action::Spent(SpendReply { runs, day: Budget::NONE }));
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("— for ~30k tokens, which have no price") && !screen.contains("$0"), "{screen}");
}

#[test]
fn yes_waits_until_everything_was_read() {
    let is_act = |effect: &CockpitEffect| matches!(effect, CockpitEffect::Act { .. });
    let letters = || "bcdefg".chars();
    let ids = letters().flat_map(|a| letters().map(move |b| format!("aaaa{a}{b}")));
    let runs = ids.map(|id| Play::new(&id, &format!("a-long-name-of-a-run-{id}"), "slow", 9));
    let mut cockpit = TestCockpit::with(runs.map(Play::at_work).collect(), Glyphs::Unicode);
    cockpit.screen(50, 12);
    cockpit.press("†x");
    let mut presses = 0;
    while !cockpit.effects.iter().any(is_act) {
        let seen = cockpit.screen(50, 12);
        cockpit.press("⏎");
        presses += 1;
        assert!(!cockpit.effects.iter().any(is_act) || seen.contains("has not written"), "{seen}");
        assert!(presses < 99, "{seen}");
    }
    assert!(presses > 2);
}

#[test]
fn help_begins_at_the_current_screen() {
    let first = |keys: &str| {
        let screen = TestCockpit::open().keys(keys).screen(100, 30);
        screen.lines().find(|line| line.contains("│ In ")).map(str::to_owned).unwrap_or_default()
    };
    assert!(first("?").contains("In the table of runs"), "{}", first("?"));
    assert!(first("d?").contains("In its diff"), "{}", first("d?"));
    let mut cockpit = TestCockpit::open().keys("?/freeze");
    assert!(cockpit.screen(80, 24).contains("let them go on"));
    cockpit.press("⏎");
    stored!(cockpit, "help-found");
    let mut cockpit = TestCockpit::open().keys("?/nothing is called that⏎");
    assert!(cockpit.screen(80, 24).contains("no key does that"));
    cockpit.press("⎋");
    assert!(cockpit.screen(80, 24).contains("more below"), "the search is gone, the help is not");
    cockpit.press("⎋");
    assert!(cockpit.model.overlay.is_none());
}

#[test]
fn what_is_sent_is_seen_whole() {
    let words = "say that the word no is meant, and that nothing is published before the tests of the cart pass";
    for (width, height) in [(40, 24), (80, 24)] {
        let mut cockpit = TestCockpit::open();
        cockpit.screen(width, height);
        cockpit.press(&format!("s{words}"));
        let screen = cockpit.screen(width, height);
        let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words) && flat.contains("asks: Bash: npm publish --dry-run"), "{screen}");
    }
}
