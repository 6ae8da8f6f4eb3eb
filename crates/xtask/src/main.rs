//! Chores of the repository: documents written from code, the picture in README.

mod docs;
mod picture;

use color_eyre::eyre::bail;

fn main() -> color_eyre::Result<()> {
    color_eyre::install()?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["docs"] => docs::write(),
        ["picture", binary, to] => picture::take(binary.as_ref(), to.as_ref()),
        _ => bail!("usage: xtask docs | xtask picture BINARY FILE.svg"),
    }
}
