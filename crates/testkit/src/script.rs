//! Programs that tests make, written by a child process: a descriptor of ours that another thread's fork inherits would
//! make them busy (ETXTBSY).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes `path` a program of these lines for sh.
pub fn script(path: &Path, text: &str) {
    let mut child = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh");
    let mut input = child.stdin.take().expect("a pipe");
    write!(input, "#!/bin/sh\n{text}\n").expect("written");
    drop(input);
    assert!(child.wait().expect("sh ends").success());
}
