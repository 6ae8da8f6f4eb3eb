//! Events of proofs, reviews and merges, in any form.

use domain::Body;
use domain::event::{
    GateDecided, Merge, MergeRequested, ProofRequested, ProofWritten, Review, ReviewGiven, RunMerged, SecretFound,
    WorkMeasured,
};
use proptest::prelude::*;

use super::{by, method, text};

pub(super) fn proving() -> impl Strategy<Value = Body> {
    let paths = || prop::collection::vec(text(), 0..3);
    let merge = prop_oneof![Just(Merge::Clean), paths().prop_map(Merge::Conflicts), text().prop_map(Merge::Unknown)];
    let secret = (text(), any::<u64>(), text()).prop_map(|(path, line, rule)| SecretFound { path, line, rule });
    let secrets = prop::option::of(prop::collection::vec(secret, 0..2));
    let verdict = prop_oneof![Just(Review::Approve), Just(Review::Changes)];
    prop_oneof![
        by().prop_map(|by| ProofRequested { by }.into()),
        (text(), any::<bool>(), prop::option::of(text()), any::<u64>(), merge, paths(), secrets).prop_map(
            |(head, uncommitted, base, files, merge, exam, secrets)| {
                let (tree, added, removed) = (head.clone(), files, files);
                WorkMeasured {
                    head,
                    tree,
                    uncommitted,
                    base,
                    files,
                    added,
                    removed,
                    commits: Some(added),
                    merge,
                    exam,
                    secrets,
                    against: Vec::new(),
                }
                .into()
            }
        ),
        (any::<u32>(), any::<u64>(), text(), 0u32..101).prop_map(|(k, seq, statement, score)| ProofWritten {
            k,
            seq,
            statement,
            score
        }
        .into()),
        (verdict, text(), text(), by()).prop_map(|(verdict, head, text, by)| ReviewGiven {
            verdict,
            head,
            text,
            comments: Vec::new(),
            by
        }
        .into()),
        (any::<bool>(), paths(), text()).prop_map(|(open, reasons, head)| GateDecided { open, reasons, head }.into()),
        (method(), text(), by())
            .prop_map(|(method, head, by)| MergeRequested { method, base: head.clone(), head, by }.into()),
        (method(), text()).prop_map(|(method, commit)| RunMerged {
            method,
            head: commit.clone(),
            before: commit.clone(),
            commit
        }
        .into()),
    ]
}
