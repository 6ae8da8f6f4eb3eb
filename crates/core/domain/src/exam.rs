//! Which files say what is checked: whoever changes them changes their own exam.

/// The repository's own settings, which define its checks for later runs.
pub const SETTINGS: &str = "pilothouse.toml";

/// Folders whose files are tests, in the usual languages.
const FOLDERS: [&str; 6] = ["test", "tests", "__tests__", "spec", "specs", "testdata"];

/// Whether this path of a repository is part of the exam.
pub fn is_exam(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let Some(name) = parts.pop() else { return false };
    let stem = name.split('.').next().unwrap_or(name);
    let named = stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || ["test", "tests", "conftest"].contains(&stem)
        || [".test.", ".spec."].iter().any(|part| name.contains(part))
        || ["Test.java", "Tests.cs", "Test.kt", "Test.php", "Tests.swift"].iter().any(|end| name.ends_with(end));
    name == SETTINGS || named || parts.iter().any(|part| FOLDERS.contains(part))
}

#[cfg(test)]
mod tests {
    use super::is_exam;

    #[test]
    fn settings_and_tests_are_the_exam() {
        for path in [
            "pilothouse.toml",
            "tests/cart.rs",
            "crates/a/tests/x.txt",
            "src/cart_test.go",
            "test_cart.py",
            "web/cart.spec.ts",
            "src/__tests__/a.js",
            "src/CartTest.java",
            "app/tests.py",
        ] {
            assert!(is_exam(path), "{path}");
        }
        for path in ["src/main.rs", "src/latest.rs", "attestation.md", "contest/a.py", "README.md"] {
            assert!(!is_exam(path), "{path}");
        }
    }
}
