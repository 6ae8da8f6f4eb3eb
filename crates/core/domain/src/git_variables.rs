//! Variables of git's that say which repository it is about, and what of them people set on purpose.

/// Variables that lead git to another repository than the one it stands in, as `git rev-parse --local-env-vars` of git 2.47
/// lists them (`local_repo_env` in its environment.c). git sets them for what it starts, such as an alias or a hook, and for
/// whoever that starts in turn they say the wrong one.
pub const REPOSITORY_VARIABLES: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    CONFIG_COUNT,
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// The number of settings that people give git by variables (git-config(1), "ENVIRONMENT"). git itself never sets it, so what
/// only looks at repositories for a person goes by it.
pub const CONFIG_COUNT: &str = "GIT_CONFIG_COUNT";

/// The variables of [`REPOSITORY_VARIABLES`] that nobody sets on purpose for more than one program.
pub fn set_by_git() -> impl Iterator<Item = &'static str> {
    REPOSITORY_VARIABLES.into_iter().filter(|name| *name != CONFIG_COUNT)
}

/// Of the settings that people give git by variables those that say which folders of others it may trust, as variables again: an
/// agent in such a folder could use no git without them. `value` reads a variable.
pub fn trusted_folders(value: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let count = value(CONFIG_COUNT).and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
    let pair = |n: u32| Some((value(&format!("GIT_CONFIG_KEY_{n}"))?, value(&format!("GIT_CONFIG_VALUE_{n}"))?));
    let trusted = (0..count.min(1_000)).filter_map(pair).filter(|(key, _)| key.eq_ignore_ascii_case("safe.directory"));
    let trusted: Vec<(String, String)> = trusted.collect();
    if trusted.is_empty() {
        return Vec::new();
    }
    let named = trusted.iter().enumerate().flat_map(|(n, (key, folder))| {
        [(format!("GIT_CONFIG_KEY_{n}"), key.clone()), (format!("GIT_CONFIG_VALUE_{n}"), folder.clone())]
    });
    std::iter::once((CONFIG_COUNT.to_owned(), trusted.len().to_string())).chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trust_is_handed_on() {
        let set = [
            ("GIT_CONFIG_COUNT", "3"),
            ("GIT_CONFIG_KEY_0", "core.worktree"),
            ("GIT_CONFIG_VALUE_0", "/elsewhere"),
            ("GIT_CONFIG_KEY_1", "safe.directory"),
            ("GIT_CONFIG_VALUE_1", "*"),
            ("GIT_CONFIG_KEY_2", "user.name"),
            ("GIT_CONFIG_VALUE_2", "n"),
        ];
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let handed = [
            text("GIT_CONFIG_COUNT", "1"),
            text("GIT_CONFIG_KEY_0", "safe.directory"),
            text("GIT_CONFIG_VALUE_0", "*"),
        ];
        assert_eq!(trusted_folders(value), handed);
        assert_eq!(trusted_folders(|_| None), []);
        assert_eq!(trusted_folders(|name| value(name).filter(|_| !name.ends_with("KEY_1"))), []);
    }
}
