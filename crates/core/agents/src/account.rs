//! What tells whose account an agent uses: the files that a login leaves, and the variables that hold a key.

/// A file in which an agent keeps its login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginFile {
    /// `~/` is the home folder, `$NAME/` what a variable says; where that is not set, the file is not there.
    pub path: &'static str,
    /// Fields of its JSON that are a login; when there are none the file itself is one.
    pub login: &'static [&'static str],
    /// Fields that are a key.
    pub key: &'static [&'static str],
}

/// Where one agent's account can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The first file that is there counts.
    pub files: &'static [LoginFile],
    /// Variables that go before any login.
    pub keys: &'static [&'static str],
    /// Variables that hold a login's token.
    pub tokens: &'static [&'static str],
    /// Logins can lie where no file tells of them: in the system's own store of secrets.
    pub hides: bool,
}

const fn whole(path: &'static str) -> LoginFile {
    LoginFile { path, login: &[], key: &[] }
}

const CLAUDE: Account = Account {
    files: &[whole("$CLAUDE_CONFIG_DIR/.credentials.json"), whole("~/.claude/.credentials.json")],
    keys: &["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
    tokens: &["CLAUDE_CODE_OAUTH_TOKEN"],
    hides: cfg!(target_os = "macos"),
};

const fn codex(path: &'static str) -> LoginFile {
    LoginFile { path, login: &["tokens"], key: &["OPENAI_API_KEY"] }
}

const CODEX: Account = Account {
    files: &[codex("$CODEX_HOME/auth.json"), codex("~/.codex/auth.json")],
    // It takes another key by `codex login` alone.
    keys: &["CODEX_API_KEY"],
    tokens: &[],
    hides: true,
};

const GEMINI: Account = Account {
    files: &[whole("~/.gemini/oauth_creds.json")],
    keys: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    tokens: &[],
    hides: true,
};

/// Where the account of the built-in agent of this name can be seen; `None` where that is not known.
pub fn account(agent: &str) -> Option<Account> {
    match agent {
        "claude" | "claude-agent-acp" => Some(CLAUDE),
        "codex" => Some(CODEX),
        "gemini" => Some(GEMINI),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_of_agents_that_are_known() {
        let known = crate::all().iter().filter(|agent| account(agent.name).is_some()).count();
        assert_eq!(known, 4);
        assert_eq!(account("rehearsal"), None);
    }
}
