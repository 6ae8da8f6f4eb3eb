//! What agents ask, whole as a person reads it, and how they hear the answer: each in its own protocol's words.

use agents::{AnswerPlan, Dialect, Session, answer, due, find, is_due, step};
use domain::attempt::AttemptKey;
use domain::command::Answer;
use domain::decide::{self, FittingAnswer, Refusal};
use domain::effect::Effect;
use domain::event::{EffectStarted, WaitingEnded, WordsGiven};
use domain::policy::Policy;
use domain::question::QuestionKind;
use domain::run::Question;
use domain::{Body, Timestamp};
use serde_json::{Value, json};

/// The question that the last of these lines is.
fn asked(session: &mut Session, lines: &[Value]) -> Question {
    let events: Vec<Body> = lines.iter().flat_map(|line| step(session, line.to_string().as_bytes(), 0)).collect();
    let found = events.into_iter().rev().find_map(|event| match event {
        Body::WaitingStarted(asked) => Some(asked),
        _ => None,
    });
    let asked = found.expect("a question");
    Question {
        id: asked.id,
        text: asked.text,
        choices: asked.choices,
        tool: asked.tool,
        input: asked.input,
        kind: asked.kind,
        asks: asked.asks,
        full: asked.full,
        asked_at: Timestamp::from_millis(0),
        answered: false,
    }
}

fn said(dialect: Dialect, question: &Question, said: &Answer) -> Result<AnswerPlan, Refusal> {
    answer(dialect, question, &decide::given(question, said)?, false)
}

/// The first line that is answered.
fn heard(dialect: Dialect, question: &Question, with: &Answer) -> Value {
    let said = said(dialect, question, with).expect("an answer");
    serde_json::from_str(said.line.lines().next().expect("a line")).expect("JSON")
}

fn each(words: &[&str]) -> Answer {
    Answer::Each(words.iter().map(|word| (*word).to_owned()).collect())
}

/// The control request of a recorded stream of Claude Code with this subtype.
fn recorded(text: &str, subtype: &str) -> Value {
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line")["msg"].clone());
    let mut asked = lines.filter(|line| line["type"] == "control_request" && line["request"]["subtype"] == subtype);
    asked.next().expect("a request")
}

const QUESTIONS: [&str; 2] =
    [include_str!("streams/claude-2.1.197/questions.jsonl"), include_str!("streams/claude-2.1.332/questions.jsonl")];
const ELICITATIONS: [&str; 2] = [
    include_str!("streams/claude-2.1.197/elicitation.jsonl"),
    include_str!("streams/claude-2.1.332/elicitation.jsonl"),
];

#[test]
fn several_questions_each_get_their_own_answer() {
    for stream in QUESTIONS {
        let mut session = Session::new(Dialect::ClaudeStream, None);
        let question = asked(&mut session, &[recorded(stream, "can_use_tool")]);
        assert_eq!((question.kind, &question.tool), (QuestionKind::Questions, &None), "no policy allows it");
        let full = question.full.clone().expect("all of it");
        for part in
            ["Library: Which library?", "1 serde — the usual", "2 miniserde — small", "Features", "2 derive — macros"]
        {
            assert!(full.contains(part), "{part}: {full}");
        }
        let answers = |with: &Answer| {
            let heard = heard(Dialect::ClaudeStream, &question, with);
            let response = &heard["response"]["response"];
            assert_eq!(response["behavior"], "allow");
            assert!(response["updatedInput"]["questions"].is_array(), "its input goes back: {heard}");
            response["updatedInput"]["answers"].clone()
        };
        let expected = json!({"Which library?": "miniserde", "Which features?": "std, derive"});
        assert_eq!(answers(&each(&["2", "1,derive"])), expected);
        assert_eq!(answers(&Answer::Text("MiniSerde; std, derive".to_owned())), expected, "in one line");
        assert_eq!(answers(&each(&["features=1, 2", "Library=miniserde"])), expected, "by their names");
        let words = answers(&each(&["neither, write it by hand", "std"]));
        assert_eq!(words["Which library?"], "neither, write it by hand");
        for wrong in
            [Answer::Allow, Answer::AllowRun, Answer::Text("serde".to_owned()), each(&["3", "std"]), Answer::Cancel]
        {
            let refused = said(Dialect::ClaudeStream, &question, &wrong).expect_err("no answer to it");
            let told = refused.next.contains("--question") && refused.next.contains("1 serde, 2 miniserde");
            assert!(told || wrong == Answer::Cancel, "{wrong:?}: {refused}");
        }
        let no = heard(Dialect::ClaudeStream, &question, &Answer::Deny);
        assert_eq!(no["response"]["response"]["behavior"], "deny");
    }
}

#[test]
fn a_form_is_filled_declined_or_cancelled() {
    for stream in ELICITATIONS {
        let mut session = Session::new(Dialect::ClaudeStream, None);
        let question = asked(&mut session, &[recorded(stream, "elicitation")]);
        assert_eq!((question.kind, &question.tool), (QuestionKind::Form, &None));
        assert!(question.text.contains("bank asks: Transfer 500 EUR to Bob?"), "{}", question.text);
        let response = |with: &Answer| heard(Dialect::ClaudeStream, &question, with)["response"]["response"].clone();
        let filled = response(&each(&["confirm=yes", "speed=2"]));
        assert_eq!(filled, json!({"action": "accept", "content": {"confirm": true, "speed": "fast"}}));
        assert_eq!(response(&Answer::Deny), json!({"action": "decline"}));
        assert_eq!(response(&Answer::Cancel), json!({"action": "cancel"}));
        for wrong in
            [Answer::Allow, each(&["confirm=perhaps", "speed=fast"]), each(&["confirm=yes"]), each(&["yes", "7"])]
        {
            let refused = said(Dialect::ClaudeStream, &question, &wrong).expect_err("no such form");
            assert!(refused.next.contains("confirm=…") && refused.next.contains("--cancel"), "{refused}");
        }
    }
}

#[test]
fn codex_hears_forms_by_their_schema() {
    let schema = json!({"type": "object", "required": ["n"], "properties": {
        "n": {"type": "integer", "title": "How many"},
        "kinds": {"type": "array", "items": {"anyOf": [{"const": "a", "title": "Apples"}, {"const": "b", "title": "Pears"}]}},
    }});
    let params = json!({"serverName": "shop", "mode": "form", "message": "Order?", "requestedSchema": schema,
        "threadId": "t", "turnId": "u"});
    let request = json!({"id": 7, "method": "mcpServer/elicitation/request", "params": params});
    let question = asked(&mut Session::new(Dialect::CodexApp, None), &[request]);
    let filled = heard(Dialect::CodexApp, &question, &each(&["n=3", "kinds=pears, 1"]));
    assert_eq!(filled["result"], json!({"action": "accept", "content": {"n": 3, "kinds": ["b", "a"]}}));
    assert_eq!(
        heard(Dialect::CodexApp, &question, &Answer::Text("4".to_owned()))["result"]["content"],
        json!({"n": 4})
    );
    assert!(said(Dialect::CodexApp, &question, &Answer::Allow).is_err());
    assert_eq!(heard(Dialect::CodexApp, &question, &Answer::Cancel)["result"], json!({"action": "cancel"}));
}

#[test]
fn codex_questions_have_answers_of_their_own() {
    let question = |secret: bool| {
        json!({"id": 3, "method": "item/tool/requestUserInput", "params": {"itemId": "i", "threadId": "t", "turnId": "u",
        "questions": [
            {"id": "db", "header": "Store", "question": "Which one?", "options": [{"label": "postgres", "description": "big"}]},
            {"id": "key", "header": "Key", "question": "Which key?", "isSecret": secret},
        ]}})
    };
    let open = asked(&mut Session::new(Dialect::CodexApp, None), &[question(false)]);
    let answered = heard(Dialect::CodexApp, &open, &each(&["1", "none"]));
    assert_eq!(answered["result"]["answers"], json!({"db": {"answers": ["postgres"]}, "key": {"answers": ["none"]}}));
    let open = asked(&mut Session::new(Dialect::CodexApp, None), &[question(true)]);
    let refused = said(Dialect::CodexApp, &open, &each(&["1", "s3cret"])).expect_err("it would be written down");
    assert!(refused.reason.contains("Key is a secret"), "{refused}");
}

#[test]
fn a_codex_side_question_is_no_end() {
    let mut session = Session::new(Dialect::CodexApp, None);
    let item = json!({"type": "agentMessage", "id": "m1", "text": "One thing:", "delivery": "async",
        "questions": [{"title": "Which store?", "options": ["postgres", "sqlite"]}]});
    let done = |name: &str| json!({"method": name, "params": {"threadId": "t", "turnId": "u", "turn": {"status": "completed"}}});
    let lines = [
        json!({"id": 2, "result": {"thread": {"id": "t"}}}),
        json!({"method": "item/completed", "params": {"threadId": "t", "turnId": "u", "item": item}}),
    ];
    let question = asked(&mut session, &lines);
    assert!(question.text.contains("One thing: — Which store?"), "{}", question.text);
    let over = step(&mut session, done("turn/completed").to_string().as_bytes(), 0);
    assert!(matches!(&over[..], [Body::TurnEnded(_)]), "it is not over while it asks: {over:?}");
    let given = decide::given(&question, &Answer::Text("2".to_owned())).expect("an answer");
    let during = answer(Dialect::CodexApp, &question, &given, false).expect("a line").line;
    assert!(during.contains("turn/steer") && during.contains("Which store? sqlite"), "{during}");
    let after = answer(Dialect::CodexApp, &question, &given, true).expect("a line").line;
    assert!(after.contains("turn/start"), "{after}");
    session.fold(&WaitingEnded { id: question.id, how: "answered: sqlite".to_owned() }.into());
    step(&mut session, done("turn/started").to_string().as_bytes(), 0);
    let over = step(&mut session, done("turn/completed").to_string().as_bytes(), 0);
    assert!(matches!(&over[..], [Body::AgentFinished(_)]), "{over:?}");
}

#[test]
fn a_helpers_thread_keeps_codex_going() {
    let mut session = Session::new(Dialect::CodexApp, None);
    let line = |name: &str, thread: &str| {
        json!({"method": name, "params": {"threadId": thread, "turn": {"status": "completed"}}})
            .to_string()
            .into_bytes()
    };
    step(&mut session, br#"{"id":2,"result":{"thread":{"id":"t"}}}"#, 0);
    step(&mut session, &line("turn/started", "helper"), 0);
    let over = step(&mut session, &line("turn/completed", "t"), 0);
    assert!(matches!(&over[..], [Body::TurnEnded(turn)] if turn.open == 1), "{over:?}");
    let told = step(&mut session, &line("turn/completed", "helper"), 0);
    assert!(matches!(&told[..], [Body::BackgroundEnded(_)]), "{told:?}");
}

#[test]
fn plans_and_patches_are_shown_whole() {
    let steps: Vec<String> = (1..60).map(|n| format!("{n}. another step of the plan")).collect();
    let plan = format!("# Plan\n\n{}\nlast. drop table users", steps.join("\n"));
    let request = json!({"type": "control_request", "request_id": "q", "request": {"subtype": "can_use_tool",
        "tool_name": "ExitPlanMode", "input": {"plan": plan}}});
    let question = asked(&mut Session::new(Dialect::ClaudeStream, None), &[request]);
    assert_eq!(question.full.as_deref(), Some(plan.as_str()));

    let item = json!({"type": "fileChange", "id": "i1", "status": "inProgress", "changes": [
        {"path": "src/a.rs", "kind": {"type": "update"}, "diff": "@@\n-drop nothing\n+drop table users"}]});
    let lines = [
        json!({"id": 2, "result": {"thread": {"id": "t"}}}),
        json!({"method": "item/started", "params": {"threadId": "t", "item": item}}),
        json!({"id": 0, "method": "item/fileChange/requestApproval", "params": {"itemId": "i1", "threadId": "t"}}),
    ];
    let question = asked(&mut Session::new(Dialect::CodexApp, None), &lines);
    assert_eq!(question.text, "edit: update src/a.rs");
    assert!(question.full.as_deref().is_some_and(|full| full.contains("    +drop table users")), "{:?}", question.full);

    let call = json!({"toolCallId": "c", "kind": "edit", "title": "Edit a.rs", "rawInput": {},
        "content": [{"type": "diff", "path": "a.rs", "oldText": "one", "newText": "two"}]});
    let request = json!({"id": 1, "method": "session/request_permission", "params": {"toolCall": call, "options": []}});
    let question = asked(&mut Session::new(Dialect::Acp { counts: true }, None), &[request]);
    let full = question.full.expect("the change");
    assert!(full.contains("changes a.rs") && full.contains("- one") && full.contains("+ two"), "{full}");
}

/// Returns the next write to the agent, which is taken up as begun.
fn told(session: &mut Session) -> Option<Value> {
    let claude = find("claude").expect("known");
    let task = claude.task("do it", None, None, Policy::Edits);
    let write = is_due(session).then(|| due(session, &task)).flatten()?;
    let attempt = AttemptKey { phase: "build".to_owned(), attempt: 1 };
    let effect =
        Effect::Write { attempt, write: write.id, data: write.data.clone(), question: None, how: String::new() };
    session.fold(&EffectStarted { id: 1, effect }.into());
    Some(serde_json::from_str(write.data.lines().last().expect("a line")).expect("JSON"))
}

#[test]
fn unanswerable_requests_are_refused_at_once() {
    let cases = [
        (
            Dialect::ClaudeStream,
            json!({"type": "control_request", "request_id": "r1", "request": {"subtype": "hook_callback"}}),
            "hook_callback",
        ),
        (Dialect::CodexApp, json!({"id": 9, "method": "item/tool/call", "params": {}}), "item/tool/call"),
        (
            Dialect::Acp { counts: true },
            json!({"id": "x", "method": "terminal/create", "params": {}}),
            "terminal/create",
        ),
    ];
    for (dialect, line, what) in cases {
        let mut session = Session::new(dialect, None);
        let events = step(&mut session, line.to_string().as_bytes(), 0);
        assert!(matches!(&events[..], [Body::RequestRefused(refused)] if refused.what == what), "{events:?}");
        let reply = told(&mut session).expect("a refusal is due");
        let id = if dialect == Dialect::ClaudeStream { &reply["response"]["request_id"] } else { &reply["id"] };
        assert!(*id == line["id"] || *id == line["request_id"], "{reply}");
        assert!(reply.to_string().contains("error"), "{reply}");
        assert_eq!(told(&mut session), None, "it is told once");
    }
}

#[test]
fn extra_words_become_acps_next_prompt() {
    let mut session = Session::new(Dialect::Acp { counts: true }, None);
    step(&mut session, br#"{"id":2,"result":{"sessionId":"s"}}"#, 0);
    told(&mut session).expect("the task");
    let options = json!([{"optionId": "y", "kind": "allow_once"}, {"optionId": "n", "kind": "reject_once"}]);
    let request = json!({"id": 1, "method": "session/request_permission",
        "params": {"toolCall": {"toolCallId": "c", "kind": "execute", "rawInput": {"command": "node x"}}, "options": options}});
    let question = asked(&mut session, &[request]);
    let given = FittingAnswer::Words("use python instead".to_owned());
    let said = answer(Dialect::Acp { counts: true }, &question, &given, false).expect("a line");
    assert!(said.line.contains("\"optionId\":\"n\""), "{}", said.line);
    let words = said.words.expect("words that are kept");
    session.fold(&WordsGiven { text: words }.into());
    session.fold(&WaitingEnded { id: question.id, how: said.how }.into());
    assert_eq!(told(&mut session), None, "its turn goes on");
    let over = step(&mut session, br#"{"id":3,"result":{"stopReason":"cancelled"}}"#, 0);
    assert!(matches!(&over[..], [Body::TurnEnded(_)]), "{over:?}");
    let prompt = told(&mut session).expect("the words");
    assert_eq!(
        (&prompt["method"], &prompt["params"]["prompt"][0]["text"]),
        (&json!("session/prompt"), &json!("use python instead"))
    );
    let done = json!({"id": prompt["id"], "result": {"stopReason": "end_turn"}});
    let over = step(&mut session, done.to_string().as_bytes(), 0);
    assert!(matches!(&over[..], [Body::AgentFinished(end)] if end.ok), "{over:?}");
}

#[test]
fn late_words_begin_another_turn() {
    let mut session = Session::new(Dialect::CodexApp, None);
    step(&mut session, br#"{"id":2,"result":{"thread":{"id":"t"}}}"#, 0);
    told(&mut session).expect("the task");
    let request = json!({"id": 0, "method": "item/commandExecution/requestApproval",
        "params": {"itemId": "i", "threadId": "t", "turnId": "u", "command": "node x"}});
    let question = asked(&mut session, &[request]);
    let said =
        answer(Dialect::CodexApp, &question, &FittingAnswer::Words("use python".to_owned()), false).expect("lines");
    let attempt = AttemptKey { phase: "build".to_owned(), attempt: 1 };
    let effect = Effect::Write { attempt, write: "w".to_owned(), data: said.line, question: None, how: String::new() };
    session.fold(&EffectStarted { id: 2, effect }.into());
    session.fold(&WaitingEnded { id: question.id, how: said.how }.into());
    let late = step(&mut session, br#"{"id":4,"error":{"message":"no active turn"}}"#, 0);
    assert!(matches!(&late[..], [Body::WordsGiven(words)] if words.text == "use python"), "{late:?}");
    step(&mut session, br#"{"method":"turn/completed","params":{"threadId":"t","turn":{"status":"completed"}}}"#, 0);
    assert_eq!(told(&mut session).expect("the words")["method"], "turn/start");
}

#[test]
fn once_is_never_always() {
    let request = json!({"id": 1, "method": "session/request_permission", "params": {
        "toolCall": {"toolCallId": "c", "kind": "execute"},
        "options": [{"optionId": "a", "name": "Always", "kind": "allow_always"}, {"optionId": "n", "kind": "reject_once"}]}});
    let dialect = Dialect::Acp { counts: true };
    let question = asked(&mut Session::new(dialect, None), &[request]);
    let refused = said(dialect, &question, &Answer::Allow).expect_err("it would be for always");
    assert!(refused.next.contains("--allow-run") && refused.next.contains("Always"), "{refused}");
    assert_eq!(heard(dialect, &question, &Answer::AllowRun)["result"]["outcome"]["optionId"], "a");
}
