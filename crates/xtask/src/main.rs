//! Chores of the repository: documents written from code.

mod docs;

use color_eyre::eyre::bail;

fn main() -> color_eyre::Result<()> {
    color_eyre::install()?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["docs"] => docs::write(),
        _ => bail!("usage: xtask docs"),
    }
}
