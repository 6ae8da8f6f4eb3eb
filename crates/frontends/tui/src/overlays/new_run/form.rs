//! The fields of the form, and the request they make.

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use domain::budget::Budget;
use domain::policy::Policy;
use protocol::{Choices, Field, RunRequest};
use ratatui::style::Style;
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::overlays::one_line;

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormField {
    Task,
    Agent,
    Model,
    Name,
    Base,
    Phases,
    Policy,
    Mode,
    Budget,
    Count,
}

/// The choices of [`Entry::Mode`]: whether the agent has a terminal of its own.
const MODES: [&str; 2] = ["headless", "interactive"];

impl FormField {
    pub(crate) const ALL: [Self; 10] = [
        Self::Task,
        Self::Agent,
        Self::Model,
        Self::Name,
        Self::Base,
        Self::Phases,
        Self::Policy,
        Self::Mode,
        Self::Budget,
        Self::Count,
    ];

    /// The label, and what stands in an empty field.
    pub(crate) fn says(self) -> (&'static str, &'static str) {
        match self {
            Self::Task => ("Task", "what is to be done; ctrl-j begins a new line"),
            Self::Agent => ("Agent", "the settings' agent"),
            Self::Model => ("Model", "the agent's own choice"),
            Self::Name => ("Name", "made from the task"),
            Self::Base => ("Base", "where the repository stands"),
            Self::Phases => ("Phases", "the settings' phases; or NAME and NAME:PROMPT, with commas"),
            Self::Policy => ("Policy", "the settings' policy: what it may do without asking"),
            Self::Mode => ("Mode", "headless; or interactive, in a terminal of its own"),
            Self::Budget => ("Budget", "as the settings say; or USD like 0.50, or 500k tokens"),
            Self::Count => ("Count", "1"),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct NewRunForm {
    /// Where the run is asked for from.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) inputs: Vec<TextArea<'static>>,
    pub(crate) at: FormField,
    pub(crate) choices: Option<Choices>,
    /// The problem with the form, and the field with it; `None` where it is none of them alone.
    pub(crate) problem: Option<(Option<FormField>, String)>,
    /// The request is on its way.
    pub(crate) sending: bool,
}

impl Default for NewRunForm {
    fn default() -> Self {
        let inputs = FormField::ALL.map(|entry| {
            let mut input = one_line("");
            if entry == FormField::Task {
                input.set_wrap_mode(WrapMode::WordOrGlyph);
            }
            input
        });
        let mut form = Self {
            folder: None,
            inputs: inputs.into(),
            at: FormField::Task,
            choices: None,
            problem: None,
            sending: false,
        };
        form.focus(FormField::Task);
        form
    }
}

impl NewRunForm {
    pub(crate) fn input(&self, entry: FormField) -> &TextArea<'static> {
        &self.inputs[place(entry)]
    }

    fn input_mut(&mut self) -> &mut TextArea<'static> {
        self.problem = None;
        &mut self.inputs[place(self.at)]
    }

    /// Gives a field the keys; only there stands a cursor.
    pub(crate) fn focus(&mut self, entry: FormField) {
        self.at = entry;
        for (known, input) in FormField::ALL.iter().zip(&mut self.inputs) {
            input.set_cursor_style(if *known == entry { Style::new().reversed() } else { Style::new() });
        }
    }

    pub(crate) fn text(&self, entry: FormField) -> String {
        self.input(entry).lines().join("\n")
    }

    pub(crate) fn set(&mut self, entry: FormField, text: &str) {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let input = &mut self.inputs[place(entry)];
        input.select_all();
        input.cut();
        input.set_yank_text("");
        input.insert_str(lines.join("\n"));
        input.move_cursor(CursorMove::Bottom);
        input.move_cursor(CursorMove::End);
        input.set_cursor_line_style(Style::new());
    }

    pub(crate) fn edit(&mut self, key: KeyEvent) {
        self.input_mut().input(key);
    }

    pub(crate) fn new_line(&mut self) {
        if self.at == FormField::Task {
            self.input_mut().insert_newline();
        }
    }

    /// Types a text that was pasted; only a task has lines.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = if self.at == FormField::Task { text.to_owned() } else { domain::text::line(text) };
        self.input_mut().insert_str(text);
    }

    /// Returns what can be chosen in a field; nothing where anything may be typed.
    pub(crate) fn options(&self, entry: FormField) -> Vec<String> {
        let Some(choices) = &self.choices else { return Vec::new() };
        match entry {
            FormField::Agent => choices.agents.iter().map(|agent| agent.name.clone()).collect(),
            FormField::Model => {
                let (agent, _) = self.agent();
                let named = choices.agents.iter().find(|known| known.name == agent);
                named.map(|agent| agent.models.clone()).unwrap_or_default()
            }
            FormField::Base => choices.bases.clone(),
            FormField::Phases => choices.phases.clone(),
            FormField::Policy => Policy::ALL.iter().map(|policy| policy.word().to_owned()).collect(),
            FormField::Mode => MODES.map(str::to_owned).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether this choice is an agent whose program is not here.
    pub(super) fn is_missing(&self, option: &str) -> bool {
        let agents =
            self.choices.as_ref().filter(|_| self.at == FormField::Agent).map(|choices| choices.agents.as_slice());
        agents.unwrap_or_default().iter().any(|agent| agent.name == option && agent.missing)
    }

    /// The agent that is named, or that of the settings, and a model that stands behind its name.
    fn agent(&self) -> (String, Option<String>) {
        let typed = self.text(FormField::Agent).trim().to_owned();
        let settings = self.choices.as_ref().map(|choices| choices.agent.clone()).unwrap_or_default();
        let named = if typed.is_empty() { settings } else { typed };
        match named.split_once(':') {
            Some((agent, model)) => (agent.to_owned(), Some(model.to_owned())),
            None => (named, None),
        }
    }

    /// The request, or the field that does not make sense and why.
    pub(crate) fn request(&self, folder: PathBuf) -> Result<RunRequest, (FormField, String)> {
        let some = |entry| Some(self.text(entry).trim().to_owned()).filter(|text| !text.is_empty());
        let task = some(FormField::Task).ok_or((FormField::Task, "say what is to be done".to_owned()))?;
        let name = some(FormField::Name);
        if let Some(problem) = name.as_deref().and_then(domain::name::problem) {
            return Err((FormField::Name, format!("the name {problem}")));
        }
        let count = match some(FormField::Count) {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| (1..=100).contains(n))
                .ok_or((FormField::Count, "a number from 1 to 100".to_owned()))?,
        };
        let budget = some(FormField::Budget)
            .map(|text| {
                Budget::parse(&text)
                    .filter(|budget| !budget.is_none())
                    .ok_or((FormField::Budget, "USD like 0.50, or tokens like 500k tokens".to_owned()))
            })
            .transpose()?
            .unwrap_or_default();
        let policy = some(FormField::Policy)
            .map(|text| Policy::parse(&text).ok_or((FormField::Policy, "ask, edits, all or sandboxed".to_owned())))
            .transpose()?;
        let interactive = match some(FormField::Mode).as_deref() {
            None | Some("headless") => false,
            Some("interactive") => true,
            Some(_) => return Err((FormField::Mode, "headless or interactive".to_owned())),
        };
        let phases = some(FormField::Phases).map(|text| phases(&text)).unwrap_or_default();
        let (agent, model) = (some(FormField::Agent), some(FormField::Model));
        Ok(RunRequest {
            folder,
            task,
            agent,
            model,
            name,
            base: some(FormField::Base),
            count,
            phases,
            budget_tokens: budget.tokens,
            budget_usd: budget.usd,
            policy,
            caller: std::collections::BTreeMap::new(),
            interactive,
        })
    }
}

/// Phases apart from each other: at commas and line ends that a NAME or NAME:PROMPT follows.
fn phases(text: &str) -> Vec<String> {
    let mut phases: Vec<String> = Vec::new();
    for part in text.split([',', '\n']) {
        let name = part.trim().split(':').next().unwrap_or("");
        let begins = !name.is_empty() && !name.contains(' ');
        match phases.last_mut().filter(|last| !begins && last.contains(':')) {
            // A comma within a prompt is part of it.
            Some(last) => last.push_str(&format!(",{part}")),
            None => phases.push(part.trim().to_owned()),
        }
    }
    phases.retain(|phase| !phase.is_empty());
    phases
}

fn place(entry: FormField) -> usize {
    FormField::ALL.iter().position(|known| *known == entry).unwrap_or(0)
}

/// The field of the form that the daemon means.
pub(crate) fn entry_of(field: Field) -> FormField {
    match field {
        Field::Task => FormField::Task,
        Field::Agent => FormField::Agent,
        Field::Model => FormField::Model,
        Field::Name => FormField::Name,
        Field::Base => FormField::Base,
        Field::Phases => FormField::Phases,
        Field::Count => FormField::Count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_split_but_prompts_keep_commas() {
        assert_eq!(phases("plan, build"), ["plan", "build"]);
        assert_eq!(phases("plan:look at it, then say how, build"), ["plan:look at it, then say how", "build"]);
        assert_eq!(phases(" , "), [""; 0]);
    }

    #[test]
    fn mistakes_are_said_at_their_field() {
        let mut form = NewRunForm::default();
        let mistake = |form: &NewRunForm| form.request("/r".into()).map_err(|(entry, _)| entry).expect_err("a mistake");
        assert_eq!(mistake(&form), FormField::Task);
        form.set(FormField::Task, "do\nit");
        form.set(FormField::Count, "0");
        assert_eq!(mistake(&form), FormField::Count);
        form.set(FormField::Count, "3");
        form.set(FormField::Budget, "5 EUR");
        assert_eq!(mistake(&form), FormField::Budget);
        form.set(FormField::Budget, "500k tokens");
        form.set(FormField::Policy, "everything");
        assert_eq!(mistake(&form), FormField::Policy);
        form.set(FormField::Policy, "ask");
        form.set(FormField::Mode, "none");
        assert_eq!(mistake(&form), FormField::Mode);
        form.set(FormField::Mode, "interactive");
        form.set(FormField::Name, "no spaces please");
        assert_eq!(mistake(&form), FormField::Name);
        form.set(FormField::Name, "fine");
        let request = form.request("/r".into()).expect("good");
        assert_eq!((request.policy, request.interactive), (Some(Policy::Ask), true));
        assert_eq!((request.task.as_str(), request.count, request.budget_tokens), ("do\nit", 3, Some(500_000)));
    }
}
