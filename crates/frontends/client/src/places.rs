//! Where things are kept for this user, or for `PILOTHOUSE_HOME`.

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::error::ClientError;

/// The folders of one instance of pilothouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The state folder.
    pub home: PathBuf,
    /// The user's settings file, which need not exist.
    pub config: PathBuf,
    /// Everything lies below `home`, which a daemon must be told through `PILOTHOUSE_HOME`.
    pub apart: bool,
    /// The folder for sockets; faces read the socket's path from `daemon.json` and do not use this.
    pub runtime: PathBuf,
}

impl Places {
    /// `$PILOTHOUSE_HOME` with everything below it, or the XDG folders.
    ///
    /// # Errors
    /// When the environment names no home.
    pub fn from_environment() -> Result<Self, ClientError> {
        if let Some(home) = env::var_os("PILOTHOUSE_HOME").filter(|home| !home.is_empty()) {
            let home = std::path::absolute(PathBuf::from(home)).map_err(|_| ClientError::NoHome)?;
            return Ok(Self::below(&home));
        }
        let base = etcetera::base_strategy::choose_base_strategy().map_err(|_| ClientError::NoHome)?;
        let data = base.data_dir();
        let home = base.state_dir().unwrap_or(data).join("pilothouse");
        let config = base.config_dir().join("pilothouse").join("config.toml");
        let runtime = sockets(&home);
        Ok(Self { home, config, runtime, apart: false })
    }

    /// Everything below one folder.
    pub fn below(home: &Path) -> Self {
        let (config, runtime) = (home.join("config.toml"), sockets(home));
        Self { home: home.to_owned(), config, runtime, apart: true }
    }

    pub fn record(&self) -> PathBuf {
        self.home.join("daemon.json")
    }

    pub fn log(&self) -> PathBuf {
        self.home.join("daemon.log")
    }
}

/// A short folder for sockets, whose paths are limited to 108 bytes: the session's runtime folder where
/// there is one, else one below /tmp; a few letters of a hash tell instances apart.
fn sockets(home: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    home.hash(&mut hasher);
    let tag = format!("{:08x}", hasher.finish() & 0xffff_ffff);
    let session = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match session.filter(|folder| folder.is_dir() && folder.as_os_str().len() < 60) {
        Some(folder) => folder.join("pilothouse").join(tag),
        None => PathBuf::from(format!("/tmp/pilothouse-{}", rustix::process::getuid().as_raw())).join(tag),
    }
}
