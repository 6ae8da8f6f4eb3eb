//! Stored screens of the diff tab, and what its keys do.

use std::sync::Arc;

use domain::RunId;
use domain::command::Command;
use domain::comment::{Comment, Side};
use protocol::{CommentRow, DiffReply, FileChange};

use super::{colours, parse};
use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::model::Focus;
use crate::testing::{TestCockpit, stored};

const TEXT: &str = "diff --git a/src/login.rs b/src/login.rs
index 1..2 100644
--- a/src/login.rs
+++ b/src/login.rs
@@ -10,6 +10,8 @@ pub fn login(user: &str) -> bool {
     // The password is checked first.
     let known = find(user);
-    let good = known.password == password;
+    let good = known.password == hash(password);
+    if password.is_empty() {
+        return false;
     good
 }
 
@@ -40,3 +42,2 @@ fn find(user: &str) -> User {
     let users = load();
-    println!(\"{users:?}\");
     users.get(user)
diff --git a/logo.png b/logo.png
new file mode 100644
Binary files /dev/null and b/logo.png differ
diff --git a/old.txt b/old.txt
deleted file mode 100644
--- a/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-日本語 \u{1b}[31mwas here
\\ No newline at end of file
";

fn reply(text: &str) -> DiffReply {
    let change = |path: &str, added, removed| FileChange { path: path.to_owned(), added, removed };
    let files = vec![
        change("src/login.rs", Some(3), Some(2)),
        change("logo.png", None, None),
        change("old.txt", Some(0), Some(1)),
    ];
    DiffReply {
        from: "f".repeat(40),
        text: text.to_owned(),
        bytes: None,
        files,
        cut: false,
        left_out: Vec::new(),
        comments: Vec::new(),
    }
}

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

/// The diff of the selected run as the daemon sends it and the workers read it.
fn loaded(keys: &str) -> TestCockpit {
    let mut cockpit = TestCockpit::open().keys("d");
    assert!(cockpit.effects.contains(&CockpitEffect::Diff { run: run() }));
    show(&mut cockpit, TEXT);
    cockpit.keys(keys)
}

fn show(cockpit: &mut TestCockpit, text: &str) {
    let diff = Arc::new(parse(&reply(text)));
    cockpit.act(Action::Diff { run: run(), diff: Ok(Arc::clone(&diff)) });
    for file in 0..diff.files.len() {
        if let Some(colours) = colours(&diff, file) {
            cockpit.act(Action::Coloured { diff: Arc::clone(&diff), colours });
        }
    }
}

#[test]
fn changes_show_their_words_and_colours() {
    stored!(loaded(""), "diff");
}

/// A diff in which an agent hides things: order, width, colours, line ends, tabs.
const HIDING: &str = "diff --git a/src/login.rs b/src/login.rs
--- a/src/login.rs
+++ b/src/login.rs
@@ -1,3 +1,4 @@
-if access_level != \"user\" {
+if access_level != \"user\u{202e} \u{2066}// Check if admin\u{2069} \u{2066}\" {
+const a\u{200b} = 1;\u{1b}[8m hidden\u{1b}]0;title\u{7}
-    all:
+\tall:\r
 <U+202E> in the text
diff --git a/lo\u{202e}gnp.go b/lo\u{202e}gnp.go
new file mode 100644
@@ -0,0 +1 @@
+x\r
";

#[test]
fn hidden_signs_are_shown_and_counted() {
    let mut cockpit = TestCockpit::open().keys("d");
    let change = |path: &str| FileChange { path: path.to_owned(), added: Some(3), removed: Some(2) };
    let files = vec![change("src/login.rs"), change("lo\u{202e}gnp.go")];
    let diff = Arc::new(parse(&DiffReply { files, ..reply(HIDING) }));
    cockpit.act(Action::Diff { run: run(), diff: Ok(Arc::clone(&diff)) });
    cockpit.act(Action::Coloured { diff: Arc::clone(&diff), colours: colours(&diff, 0).expect("Rust is known") });
    stored!(cockpit, "diff-hidden-signs");
}

#[test]
fn a_comment_names_file_and_line_exactly() {
    let mut cockpit = TestCockpit::open().keys("d");
    let files = vec![FileChange { path: "a\u{202e}b\tc.go".to_owned(), added: Some(1), removed: Some(0) }];
    let text = "diff --git a/x b/x\n@@ -0,0 +1 @@\n+\tif a\u{200b} {\r\n";
    let diff = Arc::new(parse(&DiffReply { files, ..reply(text) }));
    cockpit.act(Action::Diff { run: run(), diff: Ok(diff) });
    cockpit.press("jjjiwhy⏎");
    let Some(CockpitEffect::Act { command: Command::Comment { comment }, .. }) = cockpit.effects.last() else {
        panic!("{:?}", cockpit.effects)
    };
    assert_eq!((comment.path.as_str(), comment.on.as_str()), ("a\u{202e}b\tc.go", "    if a {"));
    assert_eq!(comment.now(Some("\tif a\u{200b} {\r\n"), None), Some(1));
}

fn said(side: Side, line: u64, now: Option<u64>, text: &str, sent: bool) -> CommentRow {
    let on = "    let good = known.password == hash(password);".to_owned();
    let comment = Comment { path: "src/login.rs".to_owned(), side, line, on, text: text.to_owned() };
    CommentRow { comment, head: "f".repeat(40), sent, now }
}

/// With what a reviewer said of three lines.
fn reviewed(keys: &str) -> TestCockpit {
    let mut cockpit = TestCockpit::open().keys("d");
    let comments = vec![
        said(
            Side::New,
            11,
            Some(12),
            "Why is it hashed \u{1b}[31mhere, and not where it is stored? That would be once.",
            false,
        ),
        said(Side::New, 30, None, "this loop never ends", true),
        said(Side::Old, 41, Some(41), "it was of use to me", true),
    ];
    let diff = Arc::new(parse(&DiffReply { comments, ..reply(TEXT) }));
    cockpit.act(Action::Diff { run: run(), diff: Ok(diff) });
    cockpit.keys(keys)
}

// Stale comments stand at their file.
#[test]
fn comments_stand_below_their_lines() {
    stored!(reviewed("jjjjjj"), "diff-comments");
    stored!(reviewed("w"), "diff-comments-sides");
}

#[test]
fn a_comment_is_typed_and_changed() {
    let mut cockpit = loaded("i");
    assert!(cockpit.model.notice.as_deref().is_some_and(|text| text.contains("no line of a file is under the cursor")));
    cockpit.press("jjjjji");
    cockpit.press("too slow");
    stored!(loaded("jjjjjitoo slow"), "diff-comment");
    cockpit.press("⏎");
    let comment = |side, line, on: &str, text: &str| {
        let (path, on, text) = ("src/login.rs".to_owned(), on.to_owned(), text.to_owned());
        let command = Command::Comment { comment: Comment { path, side, line, on, text } };
        CockpitEffect::Act { runs: vec![run()], command, asked: true }
    };
    let on = "    let good = known.password == password;";
    assert_eq!(cockpit.effects.last(), Some(&comment(Side::Old, 12, on, "too slow")), "{:?}", cockpit.effects);
    let mut cockpit = reviewed("jjjjjjj");
    cockpit.press("i⌫⌫⌫⌫⌫!⏎");
    let now = "Why is it hashed \u{1b}[31mhere, and not where it is stored? That would be once.";
    let changed = now.replace("once.", "!");
    let on = "    let good = known.password == hash(password);";
    assert_eq!(cockpit.effects.last(), Some(&comment(Side::New, 11, on, &changed)), "{:?}", cockpit.effects);
}

#[test]
fn old_and_new_stand_side_by_side() {
    stored!(loaded("w"), "diff-sides");
}

#[test]
fn searching_marks_and_reaches_each_match() {
    let mut cockpit = loaded("/password⏎n");
    assert_eq!(cockpit.model.diff.found, Some(4), "the second of its lines");
    let all = cockpit.model.diff.nth.expect("counted");
    assert_eq!((all.n, all.of > 1), (2, true));
    cockpit.press(&"n".repeat(all.of));
    assert_eq!(cockpit.model.diff.found, Some(4), "it goes round");
    cockpit.press("NN");
    let nth = cockpit.model.diff.nth.expect("counted");
    assert_eq!((nth.n, nth.of), (all.of, all.of), "behind the first one is the last one");
    let cockpit = loaded("/nowhere⏎");
    assert!(cockpit.model.notice.as_deref().is_some_and(|text| text.contains("no match")));
    stored!(loaded("/password⏎n"), "diff-search");
}

#[test]
fn jumps_reach_changes_files_and_ends() {
    let mut cockpit = loaded("}");
    let top = |cockpit: &TestCockpit| {
        cockpit.model.diff.difference().expect("a diff").lines[cockpit.model.diff.top].text.clone()
    };
    assert_eq!(top(&cockpit), "logo.png");
    cockpit.press("}");
    assert_eq!(top(&cockpit), "old.txt");
    cockpit.press("}");
    assert_eq!(cockpit.model.notice.as_deref(), Some("there is no later file"));
    cockpit.press("{{]]");
    assert!(top(&cockpit).starts_with("@@ -40,3"), "{}", top(&cockpit));
}

// And a growing diff moves nothing.
#[test]
fn a_shrinking_diff_is_no_crash() {
    let mut cockpit = loaded("}}");
    show(&mut cockpit, "");
    cockpit.press("[{]}jkG/x⏎NN");
    show(&mut cockpit, TEXT);
    cockpit.press("⎋");
    for width in [60, 120, 200] {
        cockpit.screen(width, 20);
    }

    let mut cockpit = loaded("]]");
    let before = cockpit.model.diff.top;
    let line = |cockpit: &TestCockpit| {
        cockpit.model.diff.difference().expect("a diff").lines[cockpit.model.diff.top].text.clone()
    };
    let read = line(&cockpit);
    let grown =
        TEXT.replacen("     // The password", "+    // More.\n     // The password", 1).replacen("+10,8", "+10,9", 1);
    show(&mut cockpit, &grown);
    assert_eq!(line(&cockpit), read, "the same change stands at the top");
    assert_eq!(cockpit.model.diff.top, before + 1);
}

#[test]
fn another_width_shows_the_same_place() {
    let mut cockpit = loaded("");
    cockpit.screen(120, 20);
    cockpit.press("]]");
    let file = |cockpit: &TestCockpit| super::top_line(&cockpit.model);
    let before = file(&cockpit);
    cockpit.screen(200, 20);
    assert_eq!(file(&cockpit), before);
    cockpit.screen(80, 20);
    assert_eq!(file(&cockpit), before);
}

#[test]
fn an_unreadable_diff_is_said() {
    let mut cockpit = TestCockpit::open().keys("d");
    let other = RunId::parse("aaaaa3").expect("an id");
    cockpit.act(Action::Diff { run: other, diff: Ok(Arc::new(parse(&reply(TEXT)))) });
    assert!(cockpit.model.diff.loaded.is_none());
    cockpit.act(Action::Diff { run: run(), diff: Err("git \u{1b}[31mis gone".to_owned()) });
    assert!(cockpit.screen(80, 24).contains("git is gone"));
    assert_eq!(cockpit.model.focus, Focus::Details);
}

#[test]
fn an_editor_opens_at_the_line_shown() {
    let opened = |cockpit: &TestCockpit| match cockpit.effects.last() {
        Some(CockpitEffect::Editor { file, line, .. }) => (file.clone(), *line),
        other => panic!("{other:?}"),
    };
    let first = (Some("src/login.rs".to_owned()), None);
    assert_eq!(opened(&loaded("e")), first, "no line was chosen yet");
    let (file, line) = opened(&loaded("jjjje"));
    assert_eq!((file.as_deref(), line.is_some()), (Some("src/login.rs"), true));
    // What was changed is asked for first where nobody has looked at it.
    let mut cockpit = TestCockpit::open();
    cockpit.screen(120, 40);
    cockpit.press("e");
    assert_eq!(cockpit.effects.last(), Some(&CockpitEffect::Diff { run: run() }));
    show(&mut cockpit, TEXT);
    assert_eq!(opened(&cockpit), first);
}
