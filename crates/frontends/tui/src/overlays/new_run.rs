//! The form for a new run.

/// Which field is typed into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Field {
    #[default]
    Task,
    Agent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRun {
    pub(crate) task: String,
    /// NAME or NAME:MODEL; empty is the default agent.
    pub(crate) agent: String,
    pub(crate) field: Field,
    /// What is wrong, said at the form.
    pub(crate) problem: Option<String>,
}

impl Default for NewRun {
    fn default() -> Self {
        Self { task: String::new(), agent: String::new(), field: Field::Task, problem: None }
    }
}

impl NewRun {
    pub(crate) fn insert(&mut self, text: &str) {
        self.problem = None;
        // Pasted text may hold anything; a task keeps its lines.
        match self.field {
            Field::Task => self.task.push_str(&domain::text::block(text)),
            Field::Agent => self.agent.push_str(domain::text::line(text).trim()),
        }
    }

    pub(crate) fn backspace(&mut self) {
        self.problem = None;
        match self.field {
            Field::Task => self.task.pop(),
            Field::Agent => self.agent.pop(),
        };
    }

    pub(crate) fn next_field(&mut self) {
        self.field = match self.field {
            Field::Task => Field::Agent,
            Field::Agent => Field::Task,
        };
    }
}
