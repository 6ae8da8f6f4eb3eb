//! The first word of a process that is started, which is not waited for without an end.

use std::io::{Read as _, Write as _};
use std::process::Child;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Most bytes of the first word that are heard.
const LONGEST: u64 = 1 << 10;

/// Hands a process its input and returns all that it says until it closes its output.
///
/// # Errors
/// When that can't be heard within this time; then the process is killed.
pub(super) fn first_word(child: &mut Child, given: Vec<u8>, within: Duration) -> Result<String, String> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("the gateway was started without its pipes".to_owned());
    };
    let (say, heard) = channel();
    // One that reads nothing would hold up whoever writes.
    let listener = std::thread::Builder::new().name("gateway".to_owned()).stack_size(64 << 10).spawn(move || {
        // One that ends at once has left its reason in its log.
        let _told = input.write_all(&given);
        drop(input);
        let mut word = String::new();
        let read = output.take(LONGEST).read_to_string(&mut word).map(|_| word);
        // Whoever waited may have given up.
        let _unheard = say.send(read);
    });
    let heard = match listener {
        Ok(_ends_with_the_pipes) => heard.recv_timeout(within).map_err(|_| {
            let seconds = within.as_secs();
            format!("the gateway did not get ready within {seconds} s; see gateway.log in the state folder")
        }),
        Err(error) => Err(format!("no thread can listen to the gateway: {error}")),
    };
    let word = heard.and_then(|read| read.map_err(|error| format!("the gateway can't be heard: {error}")));
    if word.is_err() {
        // It may have ended by itself.
        let _gone = child.kill();
    }
    word
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn start(words: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", words]).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().expect("a shell")
    }

    #[test]
    fn a_process_is_told_and_heard() {
        let mut child = start("cat");
        assert_eq!(first_word(&mut child, b"ready".to_vec(), Duration::from_secs(60)), Ok("ready".to_owned()));
        assert!(child.wait().expect("ours").success());
    }

    #[test]
    fn one_that_says_nothing_is_killed() {
        let mut child = start("exec sleep 300");
        // More than a pipe takes.
        let why = first_word(&mut child, vec![0; 1 << 20], Duration::ZERO).expect_err("it says nothing");
        assert!(why.contains("did not get ready") && why.contains("gateway.log"), "{why}");
        assert!(!child.wait().expect("ours").success());
    }
}
