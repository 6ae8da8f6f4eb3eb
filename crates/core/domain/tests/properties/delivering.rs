//! Events of pull requests, comments and conflicts, in any form.

use domain::comment::{Comment, Side};
use domain::event::{CommentGiven, ConflictCleared, ConflictFound, EscapeFound, PullAsked, PullChanged, PullOpened};
use domain::pull_request::{PullState, PullWork};
use domain::{Body, RunId};
use proptest::prelude::*;

use super::{by, text};

fn state() -> impl Strategy<Value = PullState> {
    prop_oneof![Just(PullState::Draft), Just(PullState::Open), Just(PullState::Merged), Just(PullState::Closed)]
}

pub(super) fn work() -> impl Strategy<Value = PullWork> {
    let known = || prop::option::of(any::<bool>());
    (state(), text(), 0u32..4, known(), known(), prop::option::of(0u64..9)).prop_map(
        |(state, head, pack, checks, mergeable, review)| PullWork { state, head, pack, checks, mergeable, review },
    )
}

fn comment() -> impl Strategy<Value = Comment> {
    (text(), any::<bool>(), 0u64..9, text()).prop_map(|(path, old, line, text)| {
        let side = if old { Side::Old } else { Side::New };
        Comment { path, side, line, on: text.clone(), text }
    })
}

pub(super) fn delivering() -> impl Strategy<Value = Body> {
    let pull = || {
        (text(), any::<u64>(), prop::option::of(text()), work()).prop_map(|(forge, number, url, work)| PullOpened {
            forge,
            number,
            url,
            work,
        })
    };
    prop_oneof![
        (state(), by()).prop_map(|(to, by)| PullAsked { to, by }.into()),
        pull().prop_map(Body::from),
        pull().prop_map(|pull| PullChanged { pull }.into()),
        (prop::option::of(0u8..3), text(), any::<bool>()).prop_map(|(with, name, yields)| {
            let with = with.and_then(|n| RunId::parse(["aaaaa2", "aaaaa3", "aaaaa4"][usize::from(n)]));
            ConflictFound { with, paths: vec![name.clone()], name, yields }.into()
        }),
        (prop::option::of(Just("aaaaa2")), text())
            .prop_map(|(with, name)| { ConflictCleared { with: with.and_then(RunId::parse), name }.into() }),
        (text(), any::<u32>(), text()).prop_map(|(path, pid, program)| EscapeFound { path, pid, program }.into()),
        (comment(), text(), by()).prop_map(|(comment, head, by)| CommentGiven { comment, head, by }.into()),
    ]
}
