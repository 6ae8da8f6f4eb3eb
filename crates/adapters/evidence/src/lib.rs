//! Run folders: what was asked, the hash-chained timeline, blobs by hash and the cached row of a finished run.

mod atomic;
mod blobs;
mod error;
mod output;
mod pack;
mod plain;
mod run_folder;
mod state_folder;
mod summary;
mod timeline;

pub use error::EvidenceError;
pub use output::FilePiece;
pub use pack::read_pack;
pub use plain::{append_plain, open_plain, read_linked_text, read_plain};
pub use run_folder::RunFolder;
pub use state_folder::StateFolder;
pub use summary::Summary;
pub use timeline::{Opened, Timeline, TimelineReader, read, tail, text};
