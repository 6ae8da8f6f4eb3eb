//! The daemon: one dispatcher that changes state, effects that touch the world, and the clients it serves.
//!
//! It holds no truth that is not on disk: killed at any point and started again, it folds the run folders,
//! adopts the living keepers and goes on.

mod agent_program;
mod chosen_place;
mod clock;
mod dispatcher;
mod error;
mod external_agents;
mod input;
mod inspect;
mod instance;
mod kept_input;
mod known;
mod measure;
mod odd;
mod perform;
mod places;
mod prepare;
mod radar;
mod reading;
mod seats;
mod serve;
mod settings_of;
mod stream;
mod terminal;
mod trust;
mod watch;
mod wire;

pub use error::DaemonError;
pub use instance::{AlreadyRunning, Instance};
pub use places::DaemonPlaces;

/// Returns the settings that a run begun in `folder` would have: the user's file, and the repository's as of the commit
/// the run would begin at.
///
/// # Errors
/// Names the file, the line and what was expected.
pub fn settings_at(places: &DaemonPlaces, folder: &std::path::Path) -> Result<settings::Settings, protocol::Refused> {
    settings_of::settings_at(&places.config, folder, None)
}

/// Serves the state folder until told to stop. The instance's lock is held all the while.
///
/// # Errors
/// When the state folder or the socket can't be used.
pub fn run(places: &DaemonPlaces, instance: Instance) -> Result<(), DaemonError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(32)
        .enable_all()
        .build()
        .map_err(DaemonError::io("start the runtime for", &places.home))?;
    worktrees::keep_in(&places.home.join("git"));
    let (inputs, receiver) = input::channel();
    let dispatcher = dispatcher::Dispatcher::open(places, inputs.clone(), runtime.handle().clone())?;
    let server = serve::Server::bind(&instance, &runtime, inputs, places, dispatcher.key_variables())?;
    instance.announce()?;
    tracing::info!(home = %places.home.display(), "serving");
    dispatcher.run(&receiver);
    tracing::info!("stopping");
    // What only reads has nobody left to tell.
    worktrees::end_git_that_reads();
    drop(server);
    instance.withdraw();
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    Ok(())
}
