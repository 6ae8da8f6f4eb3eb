//! What an agent asks of a person, one question after the other, and what may be answered to each.

use serde::{Deserialize, Serialize};

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Leave to do something: given or not.
    #[default]
    Permission,
    /// Questions, each with an answer of its own. Nobody but a person answers them.
    Questions,
    /// A form of a tool's server: filled in, declined or cancelled. Nobody but a person does so.
    Form,
}

impl QuestionKind {
    pub fn is_permission(&self) -> bool {
        *self == Self::Permission
    }
}

/// The kind of value that an answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    #[default]
    Text,
    YesNo,
    Number,
    WholeNumber,
}

/// An answer that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AnswerOption {
    pub label: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The value that the agent wants to hear; the label where that is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

impl AnswerOption {
    /// The words that the agent hears when this is chosen.
    pub fn said(&self) -> &str {
        if self.value.is_empty() { &self.label } else { &self.value }
    }
}

/// A question, or a field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SingleQuestion {
    /// The id by which the agent knows the question.
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<AnswerOption>,
    /// Several options may be chosen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    /// Nothing but an option is an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_options: bool,
    /// The answer may be left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The answer is a secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    #[serde(default)]
    pub takes: AnswerKind,
}

impl SingleQuestion {
    /// The name of the question among others.
    pub fn name(&self) -> &str {
        if self.header.is_empty() { &self.id } else { &self.header }
    }

    /// Says what may be answered: `1 serde, 2 miniserde (several may be chosen)`.
    pub fn takes_what(&self) -> String {
        let options: Vec<String> =
            self.options.iter().enumerate().map(|(n, o)| format!("{} {}", n + 1, o.label)).collect();
        let mut said = match (options.is_empty(), self.takes) {
            (false, _) if self.only_options => options.join(", "),
            (false, _) => format!("{}, or words", options.join(", ")),
            (true, AnswerKind::Text) => "words".to_owned(),
            (true, AnswerKind::YesNo) => "yes or no".to_owned(),
            (true, AnswerKind::Number) => "a number".to_owned(),
            (true, AnswerKind::WholeNumber) => "a whole number".to_owned(),
        };
        for (is, what) in [(self.many, "; several with commas between"), (self.optional, "; may be left out")] {
            said.push_str(if is { what } else { "" });
        }
        said
    }

    /// Returns what the agent is to hear; `None` where that is no answer to this question.
    pub fn values(&self, text: &str) -> Option<Vec<String>> {
        if text.is_empty() {
            return None;
        }
        if let Some(one) = self.option(text) {
            return Some(vec![one]);
        }
        let several: Option<Vec<String>> = text.split(',').map(|part| self.option(part.trim())).collect();
        if let Some(several) = several.filter(|_| self.many) {
            return Some(several);
        }
        // A number that is none of the options' is rather a mistake than something in words.
        if self.only_options || (!self.options.is_empty() && text.parse::<u64>().is_ok()) {
            return None;
        }
        let one = match self.takes {
            AnswerKind::Text => text.to_owned(),
            AnswerKind::YesNo => match text.to_ascii_lowercase().as_str() {
                "yes" | "y" | "true" => "true".to_owned(),
                "no" | "n" | "false" => "false".to_owned(),
                _ => return None,
            },
            AnswerKind::Number => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| text.to_owned())?,
            AnswerKind::WholeNumber => text.parse::<i64>().ok()?.to_string(),
        };
        Some(vec![one])
    }

    /// The option that is meant by its label or its number.
    fn option(&self, text: &str) -> Option<String> {
        let labelled = self.options.iter().find(|o| o.label.eq_ignore_ascii_case(text) || o.said() == text);
        let numbered = || text.parse::<usize>().ok()?.checked_sub(1).and_then(|n| self.options.get(n));
        labelled.or_else(numbered).map(|option| option.said().to_owned())
    }
}

/// The answer to one question: what its agent is to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleAnswer {
    pub id: String,
    pub values: Vec<String>,
}

/// Characters of what an agent said last that are kept.
const LAST: usize = 600;

/// The end of what an agent said.
pub fn last_words(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().rev().nth(LAST) {
        Some((at, _)) => format!("…{}", &text[at..]),
        None => text.to_owned(),
    }
}

/// The last line of what an agent said, where that asks something.
pub fn asked_last(said: &str) -> Option<&str> {
    let line = said.lines().rev().find(|line| !line.trim().is_empty())?.trim();
    let bare = line
        .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '"' | '\'' | ')' | '”' | '’'));
    bare.ends_with(['?', '？']).then_some(line)
}

/// The texts of all questions, in one line.
pub fn in_a_line(lead: &str, asks: &[SingleQuestion]) -> String {
    let texts: Vec<String> = asks.iter().map(|ask| format!("{} ({})", ask.text, ask.takes_what())).collect();
    [lead, &texts.join(" / ")].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" — ")
}

/// The texts of all questions, with every option on a line of its own.
pub fn written_out(lead: &str, asks: &[SingleQuestion]) -> String {
    let mut lines: Vec<String> = if lead.is_empty() { Vec::new() } else { vec![lead.to_owned()] };
    for (n, ask) in asks.iter().enumerate() {
        let header = if ask.header.is_empty() { String::new() } else { format!("{}: ", ask.header) };
        let number = if asks.len() > 1 { format!("{}. ", n + 1) } else { String::new() };
        lines.push(format!("{number}{header}{}", ask.text));
        for (n, option) in ask.options.iter().enumerate() {
            let about = if option.about.is_empty() { String::new() } else { format!(" — {}", option.about) };
            lines.push(format!("   {} {}{about}", n + 1, option.label));
        }
        lines.push(format!("   answer: {}", ask.takes_what()));
    }
    lines.join("\n")
}

/// The name of a question on a command line: its id where that can be typed as it is, else the beginning of its hash.
pub fn handle(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let typed = !id.is_empty() && id.len() <= 64 && !id.starts_with('-') && id.chars().all(plain);
    if typed { id.to_owned() } else { crate::digest::sha256_hex(id.as_bytes()).chars().take(12).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_that_ask_are_known() {
        for asks in ["Shall I proceed?", "I looked.\n\n**Shall I go on with 1 or 2?**\n", "(really?)", "続けますか？"]
        {
            assert!(asked_last(asks).is_some(), "{asks}");
        }
        for says in ["", "Done.", "Is it done? Yes.", "Why?\nBecause."] {
            assert_eq!(asked_last(says), None, "{says}");
        }
        let long = format!("{}\nShall I proceed?", "x".repeat(5_000));
        assert_eq!(asked_last(&last_words(&long)), Some("Shall I proceed?"));
    }

    #[test]
    fn an_untypable_id_becomes_its_hash() {
        assert_eq!(handle("8b4611de-f86a-4eab"), "8b4611de-f86a-4eab");
        for id in ["call#0", "$(rm -rf /)", "-x", "", "a b"] {
            assert!(handle(id).len() == 12 && handle(id).chars().all(|c| c.is_ascii_hexdigit()), "{id}");
        }
    }
}
