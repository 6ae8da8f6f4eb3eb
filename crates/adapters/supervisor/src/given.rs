//! The environment that an agent gets: the daemon's without what is git's own, handed to the keeper in memory, so that no
//! process but the agent shows it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use domain::git_variables::REPOSITORY_VARIABLES;

use crate::{HOME_MARKER, RUN_MARKER};

/// Variables and their values.
type Variables = Vec<(OsString, OsString)>;

/// Returns the environment for agents: this process's own without what is git's, and `unwritten` on top.
pub(crate) fn to_agents(unwritten: &[(String, String)]) -> Variables {
    let replaced = |name: &OsStr| unwritten.iter().any(|(given, _)| name == given.as_str());
    let own = std::env::vars_os().filter(|(name, _)| !leads_git_away(name) && !replaced(name));
    own.chain(unwritten.iter().map(|(name, value)| (name.into(), value.into()))).collect()
}

/// Returns the environment that the keeper itself is started with: what the loader may need, and the marks of a run
/// that this process is part of.
pub(crate) fn to_keeper() -> Variables {
    let needed = |name: &OsStr| {
        let own = [RUN_MARKER, HOME_MARKER, "RUST_BACKTRACE"].iter().any(|needed| name == *needed);
        own || name.as_bytes().starts_with(b"LD_")
    };
    std::env::vars_os().filter(|(name, _)| needed(name)).collect()
}

fn leads_git_away(name: &OsStr) -> bool {
    REPOSITORY_VARIABLES.iter().any(|known| name == *known)
}

/// A file in memory with these variables, to be the keeper's standard input: it is whole before the keeper begins.
pub(crate) fn written(variables: &Variables) -> io::Result<File> {
    let memory = rustix::fs::memfd_create("environment", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(memory);
    for (name, value) in variables {
        file.write_all(&[name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat())?;
    }
    file.rewind()?;
    Ok(file)
}

/// The variables on standard input. A daemon of an earlier version gives none there: then they are this process's own.
pub(crate) fn read() -> io::Result<Variables> {
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    let variables = parse(&text);
    wipe(&mut text);
    if variables.is_empty() { Ok(to_agents(&[])) } else { Ok(variables) }
}

fn parse(text: &[u8]) -> Variables {
    let entries = text.split(|b| *b == 0).filter(|entry| !entry.is_empty());
    let pairs = entries.filter_map(|entry| {
        // A name is never empty, but may begin with the sign.
        let at = entry.iter().skip(1).position(|b| *b == b'=')? + 1;
        let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        Some((text(&entry[..at]), text(&entry[at + 1..])))
    });
    pairs.collect()
}

/// Forgets what agents were given, as far as this process can reach it.
pub(crate) fn forget(variables: Variables) {
    for (_, value) in variables {
        wipe(&mut value.into_vec());
    }
}

fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    // Else the compiler may leave it out: nobody reads them afterwards.
    std::hint::black_box(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_matches_the_installed_git() {
        let said = std::process::Command::new("git").args(["rev-parse", "--local-env-vars"]).output();
        let said = String::from_utf8(said.expect("git is installed").stdout).expect("text");
        let (mut theirs, mut ours): (Vec<&str>, Vec<&str>) = (said.lines().collect(), REPOSITORY_VARIABLES.to_vec());
        // Gone since git 2.43; it named the superproject's folder only.
        theirs.retain(|name| *name != "GIT_INTERNAL_SUPER_PREFIX");
        theirs.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn variables_come_back_as_they_were_given() {
        let odd = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let given: Variables = vec![
            (odd(b"A"), odd(b"one=two\nthree")),
            (odd(b"EMPTY"), odd(b"")),
            (odd(b"=hidden"), odd(b"x")),
            (odd(b"N\xff"), odd(b"\xfe")),
        ];
        let mut text = Vec::new();
        written(&given).expect("memory").read_to_end(&mut text).expect("readable");
        assert_eq!(parse(&text), given);
    }
}
