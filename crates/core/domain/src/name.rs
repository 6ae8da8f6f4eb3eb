//! Names of runs: short, safe in a path and a branch, made from the task when the person gives none.

/// The longest name; it leaves room for the rest of a row, a path and a branch.
pub const MAX_LEN: usize = 40;

/// Why a name can't be used, in words for the person who typed it; `None` if it can.
pub fn problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.len() > MAX_LEN {
        return Some("is longer than 40 characters");
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !name.bytes().all(plain) {
        return Some("may hold only a-z, 0-9 and -");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Some("may not begin or end with -");
    }
    None
}

/// Makes a name of at most 24 characters out of the first words of a task.
pub fn from_task(task: &str) -> String {
    let mut name = String::new();
    for word in task.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()) {
        if !name.is_empty() && name.len() + 1 + word.len() > 24 {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word.to_ascii_lowercase()[..word.len().min(24)]);
    }
    if name.is_empty() { "run".to_owned() } else { name }
}

/// `wanted`, or the first of `wanted-2`, `wanted-3` … that `taken` does not know.
pub fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (2u32..)
        .map(|n| format!("{}-{n}", &wanted[..wanted.len().min(MAX_LEN - 5)]))
        .find(|name| !taken(name))
        .expect("fewer runs than numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_first_words() {
        assert_eq!(from_task("Fix the login: reject empty passwords"), "fix-the-login-reject");
        assert_eq!(from_task("   \n"), "run");
        assert_eq!(from_task("日本語"), "run");
        assert_eq!(from_task(&"x".repeat(90)).len(), 24);
    }

    #[test]
    fn made_names_are_good_names() {
        for task in ["Fix it!", "--help", "a;rm -rf", "../../etc", "Ünïcode wörds"] {
            assert_eq!(problem(&from_task(task)), None, "{task}");
        }
        assert!(problem("-x").is_some() && problem("a/b").is_some() && problem("").is_some());
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(free("fix", |n| n == "fix" || n == "fix-2"), "fix-3");
        assert_eq!(free("fix", |_| false), "fix");
    }
}
