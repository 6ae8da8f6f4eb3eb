//! A run's own store of objects and refs: what git in the worktree of an agent that is held inside writes to, so that the
//! repository's own are out of its reach. It begins as the repository is; what comes of it is taken over object by object,
//! each by its content, and only onto the run's branch.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::admin_file::{path_in, read_small, read_up_to};
use crate::error::WorktreeError;
use crate::git::{Git, Site};
use crate::linked::Linked;
use crate::pointers::pointed_to;
use crate::repository::Repository;

/// A log of HEAD with more bytes is none that git wrote for an agent.
const LONGEST_LOG: u64 = 256 << 20;

/// A store that a worktree uses just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnStore {
    pub(crate) folder: PathBuf,
    /// The run's branch: the one ref that is taken over as it is.
    pub(crate) branch: String,
    run: String,
}

impl OwnStore {
    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }

    fn git(&self) -> Git {
        Git::within(&Site {
            git_dir: self.folder.clone(),
            common: self.folder.clone(),
            work_tree: None,
            beside: Vec::new(),
        })
    }

    /// The commit that a ref of the store is at. A ref that was not written since is none.
    fn written(&self, full: &str) -> Option<String> {
        let text = read_small(&self.folder.join(full)).ok().flatten()?;
        let id = String::from_utf8_lossy(&text).trim().to_owned();
        is_id(&id).then_some(id)
    }
}

fn is_id(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Repository {
    fn store_record(&self, run: &str) -> PathBuf {
        self.common_dir().join("pilothouse").join(format!("{run}.store"))
    }

    /// Gives the worktree at `path` a store of its own in `folder`, which is made anew. Nothing of the run may live. `false`:
    /// git keeps this repository's refs in a form that can't be copied, and the worktree uses the repository's own.
    ///
    /// # Errors
    /// When an earlier store can't be taken over, or the new one not be written.
    pub fn open_store(&self, path: &Path, run: &str, branch: &str, folder: &Path) -> Result<bool, WorktreeError> {
        self.close_store(path)?;
        if self.only_git {
            return Ok(false);
        }
        let linked = self.linked(path)?;
        let io = |error: io::Error| WorktreeError::io("make the store of objects", folder.to_owned())(error);
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        for name in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "logs/refs/heads"] {
            fs::create_dir_all(folder.join(name)).map_err(io)?;
        }
        let objects = self.common_dir().join("objects");
        let line = |path: &Path| [path.as_os_str().as_encoded_bytes(), b"\n"].concat();
        fs::write(folder.join("objects/info/alternates"), line(&objects)).map_err(io)?;
        fs::write(folder.join("HEAD"), "ref: refs/heads/pilothouse-none\n").map_err(io)?;
        fs::write(folder.join("config"), self.settings_of_store()?).map_err(io)?;
        fs::write(folder.join("packed-refs"), self.packed_refs()?).map_err(io)?;
        for name in ["info", "hooks", "lfs"] {
            if self.common_dir().join(name).exists() {
                symlink(self.common_dir().join(name), folder.join(name)).map_err(io)?;
            }
        }
        let record = [folder.as_os_str().as_encoded_bytes(), b"\n", branch.as_bytes(), b"\n"].concat();
        fs::write(self.store_record(run), record).map_err(io)?;
        fs::write(linked.git_dir.join("commondir"), line(folder)).map_err(io)?;
        Ok(true)
    }

    /// Takes over what the worktree's own store has, and has the worktree use the repository's again. Nothing of the run may
    /// live. Doing it again, or without a store, changes nothing.
    ///
    /// # Errors
    /// When what it has is not whole, or git can't write.
    pub fn close_store(&self, path: &Path) -> Result<(), WorktreeError> {
        let linked = self.linked(path)?;
        let Some(store) = &linked.store else { return Ok(()) };
        let io = |error: io::Error| WorktreeError::io("take over the store of objects of", path.to_owned())(error);
        self.take_over(&linked, store)?;
        let index = self.look(path)?.git().args(&["ls-files", "--stage", "-z"]).run()?;
        let staged = index.split(|b| *b == 0).filter_map(|line| {
            let line = String::from_utf8_lossy(line).into_owned();
            let mut words = line.split(' ');
            let (mode, id) = (words.next()?.to_owned(), words.next()?.to_owned());
            (mode != "160000").then_some(id)
        });
        // A log that can't be read whole names commits that would be lost with the store.
        let logged = read_up_to(&linked.git_dir.join("logs/HEAD"), LONGEST_LOG).map_err(io)?.unwrap_or_default();
        let logged = String::from_utf8_lossy(&logged).into_owned();
        let logged = logged.lines().flat_map(|line| line.split(' ').take(2)).map(str::to_owned);
        self.import(store, &[], staged.chain(logged).chain(pointed_to(&linked.git_dir)))?;
        self.keep_other_refs(store)?;
        self.point_head(&linked, store).map_err(io)?;
        fs::write(linked.git_dir.join("commondir"), "../..\n").map_err(io)?;
        let _not_there = fs::remove_file(self.store_record(&store.run));
        fs::remove_dir_all(&store.folder).map_err(io)
    }

    /// Has a worktree whose store can't be taken over use the repository's again. The store is kept beside its place, which is
    /// given; `None` where there is no store.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn give_up_store(&self, path: &Path) -> Result<Option<PathBuf>, WorktreeError> {
        let linked = self.linked(path)?;
        let Some(store) = &linked.store else { return Ok(None) };
        let io = |error: io::Error| WorktreeError::io("set aside the store of objects of", path.to_owned())(error);
        let kept = store.folder.with_extension("not-whole");
        let _of_an_earlier_one = fs::remove_dir_all(&kept);
        fs::write(linked.git_dir.join("commondir"), "../..\n").map_err(io)?;
        let _not_there = fs::remove_file(self.store_record(&store.run));
        fs::rename(&store.folder, &kept).map_err(io)?;
        Ok(Some(kept))
    }

    /// The store that the worktree with this git folder was given, where its files lead there.
    pub(crate) fn store_of(&self, git_dir: &Path, leads_to: &Path) -> Option<OwnStore> {
        let run = self.claims().claimed_by(git_dir)?;
        let record = read_small(&self.store_record(&run)).ok().flatten()?;
        let at = record.iter().position(|b| *b == b'\n')?;
        let branch = String::from_utf8_lossy(&record[at + 1..]).trim().to_owned();
        let folder = path_in(&record[..at], git_dir);
        (folder.canonicalize().ok()? == leads_to.canonicalize().ok()?).then_some(OwnStore { folder, branch, run })
    }

    /// Brings the run's branch to where the store has it.
    pub(crate) fn take_over(&self, linked: &Linked, store: &OwnStore) -> Result<(), WorktreeError> {
        let full = format!("refs/heads/{}", store.branch);
        let (Some(now), before) = (store.written(&full), self.tip(&store.branch)?) else { return Ok(()) };
        if Some(&now) == before.as_ref() {
            return Ok(());
        }
        let without: Vec<String> = before.iter().cloned().collect();
        self.import(store, &without, std::iter::once(now.clone()).chain(pointed_to(&linked.git_dir)))?;
        let none = "0".repeat(now.len());
        let words = ["update-ref", "--create-reflog", "-m", "pilothouse: taken over", &full, &now];
        let moved = self.git().args(&words).arg(before.as_ref().unwrap_or(&none)).run();
        // Another look may have done the same.
        if self.tip(&store.branch)?.as_ref() == Some(&now) { Ok(()) } else { moved.map(drop) }
    }

    /// Copies objects, and all that they name and `without` does not, into the repository. What is no object is passed over. Each
    /// gets its name by its content here, so that one that was made to look like another is missing afterwards, which is
    /// an error.
    fn import(
        &self,
        store: &OwnStore,
        without: &[String],
        ids: impl Iterator<Item = String>,
    ) -> Result<(), WorktreeError> {
        let ids: BTreeSet<String> = ids.filter(|id| is_id(id)).collect();
        let mut without = without.to_vec();
        if without.is_empty() {
            // All history would be copied otherwise.
            let tips = self.git().args(&["for-each-ref", "--format=%(objectname)", "refs/heads/"]).run()?;
            without.extend(String::from_utf8_lossy(&tips).lines().map(str::to_owned));
        }
        self.import_by(|| store.git(), &without, &ids)
    }

    /// As [`import`](Self::import), with objects that `from` can read.
    pub(crate) fn import_by(
        &self,
        from: impl Fn() -> Git,
        without: &[String],
        ids: &BTreeSet<String>,
    ) -> Result<(), WorktreeError> {
        let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let known = from().args(&["cat-file", "--batch-check=%(objectname) %(objecttype)"]).input(asked.as_bytes())?;
        let known = String::from_utf8_lossy(&known).into_owned();
        let there = known.lines().filter(|line| !line.ends_with(" missing")).filter_map(|line| line.split(' ').next());
        let there: Vec<String> = there.map(str::to_owned).collect();
        if there.is_empty() {
            return Ok(());
        }
        let wanted: String = there.iter().map(|id| format!("{id}\n")).collect();
        let but: String = without.iter().map(|id| format!("^{id}\n")).collect();
        let io = WorktreeError::io("make a temporary file for", "git");
        let pack = tempfile::tempfile().map_err(io)?;
        let copy = pack.try_clone().map_err(WorktreeError::io("make a temporary file for", "git"))?;
        let words = ["pack-objects", "--revs", "--stdout", "--quiet", "--no-reuse-object"];
        from().patient().args(&words).into_file(copy, (wanted.clone() + &but).as_bytes())?;
        self.git().patient().args(&["index-pack", "--stdin"]).reading(pack)?;
        // Whatever was packed has its true name now: all that was asked for must be there, with all that it names.
        let words = ["rev-list", "--objects", "--quiet", "--stdin"];
        self.git().patient().args(&words).input((wanted + &but).as_bytes()).map(drop)
    }

    /// The repository's own settings for a store, whose form git reads before it looks into what a file includes.
    fn settings_of_store(&self) -> Result<String, WorktreeError> {
        let config = self.common_dir().join("config");
        let quoted = config.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        let out = self.git().args(&[
            "config",
            "--local",
            "-z",
            "--get-regexp",
            r"^(extensions\.|core\.repositoryformatversion$)",
        ]);
        let text = match out.run() {
            Ok(out) => String::from_utf8_lossy(&out).into_owned(),
            Err(WorktreeError::Git { .. }) => String::new(),
            Err(other) => return Err(other),
        };
        let mut settings = format!("[include]\n\tpath = \"{quoted}\"\n[core]\n\tbare = false\n");
        for (key, value) in text.split('\0').filter_map(|entry| entry.split_once('\n')) {
            if let Some((section, name)) = key.rsplit_once('.') {
                settings.push_str(&format!("[{section}]\n\t{name} = \"{value}\"\n"));
            }
        }
        Ok(settings)
    }

    fn packed_refs(&self) -> Result<String, WorktreeError> {
        let out = self.git().args(&["for-each-ref", "--format=%(objectname) %(refname)"]).run()?;
        Ok(format!("# pack-refs with: sorted \n{}", String::from_utf8_lossy(&out)))
    }

    /// Keeps refs that the agent made or moved beside its branch: new branches as they are, everything else below
    /// `refs/pilothouse/<run>/refs/`, since what others have is theirs.
    fn keep_other_refs(&self, store: &OwnStore) -> Result<(), WorktreeError> {
        let own = format!("refs/heads/{}", store.branch);
        let out = store.git().args(&["for-each-ref", "--format=%(objectname) %(refname)"]).run()?;
        let now = String::from_utf8_lossy(&out).into_owned();
        let now: Vec<(&str, &str)> = now.lines().filter_map(|line| line.split_once(' ')).collect();
        let begun = fs::read_to_string(store.folder.join("packed-refs")).unwrap_or_default();
        let begun: BTreeSet<(&str, &str)> = begun.lines().filter_map(|line| line.split_once(' ')).collect();
        let changed = || now.iter().filter(|pair| !begun.contains(*pair) && pair.1 != own);
        self.import(store, &[], changed().map(|(id, _)| (*id).to_owned()))?;
        for (id, name) in changed() {
            let is_new = name.starts_with("refs/heads/") && self.at_ref(name)?.is_none();
            let to = if is_new { (*name).to_owned() } else { format!("refs/pilothouse/{}/{name}", store.run) };
            self.git().args(&["update-ref", &to, id]).run()?;
        }
        Ok(())
    }

    /// A HEAD on a branch that is another's here stands at the commit alone.
    fn point_head(&self, linked: &Linked, store: &OwnStore) -> io::Result<()> {
        let head = read_small(&linked.git_dir.join("HEAD"))?.unwrap_or_default();
        match head_for(self, store, &head) {
            Some(id) => fs::write(linked.git_dir.join("HEAD"), format!("{id}\n")),
            None => Ok(()),
        }
    }
}

/// The commit that a HEAD stands at which names a branch that stands elsewhere in the repository than in the store.
pub(crate) fn head_for(repo: &Repository, store: &OwnStore, head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head).into_owned();
    let name = head.trim().strip_prefix("ref:")?.trim().to_owned();
    let in_store = store.written(&name)?;
    let here = repo.at_ref(&name).ok().flatten();
    (here.as_ref() != Some(&in_store)).then_some(in_store)
}

/// Whether a run of the repository with this git folder was given a store at `folder`.
pub(crate) fn store_lies_at(common: &Path, folder: &Path) -> bool {
    let records = fs::read_dir(common.join("pilothouse")).into_iter().flatten().flatten();
    let mut records = records.filter(|entry| entry.file_name().as_encoded_bytes().ends_with(b".store"));
    records.any(|entry| {
        let record = read_small(&entry.path()).ok().flatten().unwrap_or_default();
        let line = record.split(|b| *b == b'\n').next().unwrap_or_default();
        path_in(line, common).canonicalize().is_ok_and(|stored| stored == folder)
    })
}
