//! Sixteen worktrees at the same moment, against git in sequence on the same repository.

use std::path::Path;
use std::time::Instant;

use testkit::Repo;
use worktrees::{NewWorktree, Repository};

const AT_ONCE: usize = 16;
const FILES: usize = 2_000;
const ROUNDS: usize = 5;

pub(crate) fn run(_: &Path) -> color_eyre::Result<Vec<String>> {
    let (mut ours, mut gits, mut failures) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let repo = Repo::with_files(FILES);
        let began = Instant::now();
        for n in 0..AT_ONCE {
            let path = repo.beside(&format!("git-{n}"));
            repo.git(&["worktree", "add", "--quiet", "-b", &format!("git-{n}"), &path.to_string_lossy()]);
        }
        gits.push(began.elapsed().as_secs_f64());

        let repo = Repo::with_files(FILES);
        let found = Repository::find(&repo.path())?;
        let commit = found.resolve("main")?;
        let began = Instant::now();
        failures += std::thread::scope(|scope| {
            let makers: Vec<_> = (0..AT_ONCE)
                .map(|n| {
                    let new = NewWorktree {
                        path: repo.beside(&format!("ours-{n}")),
                        branch: format!("pilothouse/{n}"),
                        commit: commit.clone(),
                        run: "abc234".to_owned(),
                    };
                    let found = &found;
                    scope.spawn(move || found.create(&new).is_err())
                })
                .collect();
            makers.into_iter().filter_map(|maker| maker.join().ok()).filter(|failed| *failed).count()
        });
        ours.push(began.elapsed().as_secs_f64());
    }
    let (ours, gits) = (median(&mut ours), median(&mut gits));
    Ok(vec![format!(
        "{AT_ONCE} at once {ours:.3} s, git in sequence {gits:.3} s, ratio {:.2}, failures {failures} \
         ({FILES} files, median of {ROUNDS})",
        ours / gits
    )])
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
