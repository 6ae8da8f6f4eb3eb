//! Serves until it is stopped, so that a real agent can be tried by hand: prints the settings for one.
//!
//! `cargo run -p pilothouse-provider --example serve -- AGENT FOLDER SCENARIO`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [agent, folder, scenario] = words.as_slice() else {
        eprintln!("expected AGENT FOLDER SCENARIO");
        std::process::exit(2);
    };
    let provider = provider::ScriptedProvider::start()?;
    std::fs::create_dir_all(folder)?;
    match provider.client(agent, std::path::Path::new(folder), scenario)? {
        Some(settings) => println!("{settings}"),
        None => eprintln!("{agent} can't be made to ask this provider"),
    }
    loop {
        std::thread::park();
    }
}
