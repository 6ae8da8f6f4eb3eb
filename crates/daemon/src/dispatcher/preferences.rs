//! A person's own settings and prices as they were last read without a mistake, read again when their files change. A
//! mistake in them keeps nobody from looking, pausing and ending; only what begins anew waits until it is mended.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use metering::Prices;
use settings::Settings;

use crate::places::DaemonPlaces;
use crate::settings_of;

/// Least time between two looks at the files.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// Most bytes of a price table.
const LARGEST: u64 = 16 << 20;

/// The marks that tell one writing of a file from another: when, how long, and which file it is.
pub(super) type Stamp = Option<(i64, i64, u64, u64)>;

pub(super) struct Preferences {
    pub(super) config: PathBuf,
    pub(super) prices: PathBuf,
    /// The marks of both files when they were read last.
    pub(super) read: (Stamp, Stamp),
    pub(super) looked: Instant,
    /// The mistake in the settings.
    pub(super) mistake: Option<String>,
    /// The mistake in the prices.
    pub(super) misprice: Option<String>,
    /// Whether settings without a mistake were read since the daemon began.
    pub(super) known: bool,
    /// Whether an input will say when to look again.
    pub(super) asked: bool,
}

impl Preferences {
    /// Reads both files; where the settings have a mistake, the built-in ones count until it is mended.
    pub(super) fn open(places: &DaemonPlaces) -> (Self, Settings) {
        let mut preferences = Self {
            config: places.config.clone(),
            prices: places.config.with_file_name("prices.toml"),
            read: (None, None),
            looked: Instant::now(),
            mistake: None,
            misprice: None,
            known: false,
            asked: false,
        };
        let built_in = || Settings::from_layers(&[]).expect("the built-in settings have no mistake");
        let settings = preferences.read_settings().unwrap_or_else(built_in);
        preferences.read_prices();
        preferences.read = (stamp(&preferences.config), stamp(&preferences.prices));
        (preferences, settings)
    }

    /// Returns the settings when their file was changed and has no mistake.
    pub(super) fn look(&mut self) -> Option<Settings> {
        if self.looked.elapsed() < LOOK {
            return None;
        }
        self.looked = Instant::now();
        let now = (stamp(&self.config), stamp(&self.prices));
        let before = std::mem::replace(&mut self.read, now);
        if before.1 != now.1 {
            self.read_prices();
        }
        if before.0 == now.0 { None } else { self.read_settings() }
    }

    pub(super) fn read_settings(&mut self) -> Option<Settings> {
        let read = settings_of::user_settings(&self.config);
        self.mistake = read.as_ref().err().map(|error| {
            tracing::error!(%error, "the settings");
            let counts = match self.known {
                true => "those from before count, and no new run is taken until it is mended",
                false => "the built-in ones count, and no run begins until it is mended",
            };
            format!("{error}; {counts}")
        });
        self.known |= read.is_ok();
        read.ok()
    }

    pub(super) fn read_prices(&mut self) {
        let text = evidence::read_linked_text(&self.prices, LARGEST);
        let wrong = match text {
            Ok(text) => Prices::with(&self.prices.display().to_string(), &text).err().map(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => Some(format!("{} can't be read: {error}", self.prices.display())),
        };
        self.misprice = wrong.map(|error| {
            tracing::error!(error, "the price table");
            format!("{error}; the prices from before count until it is mended")
        });
    }

    /// Returns the mistakes in both files.
    pub(super) fn wrong(&self) -> Option<String> {
        let wrong: Vec<&str> = [&self.mistake, &self.misprice].into_iter().flatten().map(String::as_str).collect();
        (!wrong.is_empty()).then(|| wrong.join("; "))
    }

    /// Whether settings without a mistake were read since the daemon began.
    pub(super) fn are_known(&self) -> bool {
        self.known
    }

    /// Returns why a run that waits does not begin: nobody knows what it would be started with.
    pub(super) fn keeps_from_beginning(&self) -> Option<String> {
        self.mistake.as_ref().filter(|_| !self.known).map(|mistake| format!("waits for the settings: {mistake}"))
    }
}

pub(super) fn stamp(path: &Path) -> Stamp {
    let meta = fs::metadata(path).ok()?;
    Some((meta.mtime(), meta.mtime_nsec(), meta.len(), meta.ino()))
}
