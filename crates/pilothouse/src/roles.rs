//! What the binary does as a daemon and as a face.

use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, CliError, DaemonVerb, ProofArgs, ProofVerb, Verb};
use client::Places;
use gateway::GivenKeys;
use protocol::Code;

use crate::{attach, cockpit, demo, doctor, init, keys, log, verify};

/// The word that keeps the daemon on the terminal that it was started from.
pub(crate) const FOREGROUND: &str = "--foreground";

/// Runs as the gateway, which stands between agents and their models.
pub(crate) fn gateway() -> ExitCode {
    let serve = || -> color_eyre::Result<u8> {
        let places = Places::from_environment()?;
        // Standard error is its own log, which the daemon opened.
        log::to_standard_error();
        // A session of its own, so that it goes on when the daemon's terminal closes.
        let _leads_already = rustix::process::setsid();
        supervisor::raise_open_limit();
        let home = places.home.clone();
        // Nobody but the daemon gives orders here; who can't be looked at is nobody.
        let may_order = move |socket: BorrowedFd<'_>, lock: &File| {
            supervisor::Peer::of(socket).is_ok_and(|peer| peer.is_daemon(&home, lock))
        };
        Ok(gateway::main(&places.home, &places.config.with_file_name("prices.toml"), may_order)?)
    };
    match serve() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _told = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves the state folder. Detached when a face starts it, in the foreground when a person does.
pub(crate) fn daemon(detached: bool, keys: Option<GivenKeys>) -> ExitCode {
    match serve(detached, keys) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the daemon's log when a face started it.
            let _told = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(detached: bool, keys: Option<GivenKeys>) -> color_eyre::Result<()> {
    let places = Places::from_environment()?;
    let words = if detached { &[][..] } else { &[FOREGROUND] };
    let keys = keys.unwrap_or_else(|| keys::take_out(&places.config, words));
    let binary = std::env::current_exe()?;
    if !keys.env.0.is_empty() {
        // Nobody but root may look into a process that has keys.
        let _where_it_can = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
    let now = jiff::Timestamp::now().as_millisecond();
    let taken = daemon::Instance::take(&places.home, &places.runtime, env!("CARGO_PKG_VERSION"), now)?;
    let Ok(instance) = taken else {
        if detached {
            // Another face started one at the same moment; that one serves.
            return Ok(());
        }
        return Err(color_eyre::eyre::eyre!("a daemon serves {} already", places.home.display()));
    };
    if detached {
        supervisor::detach()?;
        log::to(&places.log());
    } else {
        log::to_standard_error();
    }
    // Before anything is started, so that all of it gets back what this was started with.
    supervisor::raise_open_limit();
    let places =
        daemon::DaemonPlaces { home: places.home, runtime: places.runtime, config: places.config, binary, keys };
    daemon::run(&places, instance)?;
    Ok(())
}

/// Reads the command line and does what it says.
pub(crate) fn face() -> ExitCode {
    if let Err(error) = color_eyre::install() {
        let _told = writeln!(std::io::stderr(), "{error}");
    }
    let arguments = Cli::parse();
    if let Some(Verb::Daemon { verb: DaemonVerb::Run }) = arguments.verb {
        return daemon(false, None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(perform(arguments));
            // Whoever has left need not wait for a diff that is still being coloured.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(CliError::from(error)),
    };
    let code = outcome.unwrap_or_else(|error| {
        if error.code != Code::Done {
            // Errors quote branches, files and settings, which may hold anything.
            let harmless = domain::text::block(&error.to_string());
            let _told = writeln!(std::io::stderr(), "pilothouse: {harmless}");
        }
        error.code
    });
    ExitCode::from(code as u8)
}

async fn perform(arguments: Cli) -> Result<Code, CliError> {
    let places = Places::from_environment()?;
    match arguments.verb {
        None => cockpit::open(&places, arguments.all).await,
        Some(Verb::Attach(args)) => attach::attach(&places, &args.run).await,
        Some(Verb::Run(args)) if args.attach => attach::run(&places, &args).await,
        Some(Verb::Demo(args)) => demo::demo(args.headless, args.agent.as_deref()).await,
        Some(Verb::Proof(ProofArgs { verb: Some(ProofVerb::Verify(args)), .. })) => verify::verify(&args),
        Some(Verb::Init(args)) => init::init(&args),
        Some(Verb::Doctor(args)) => doctor::doctor(&places, args.settings, args.json),
        Some(verb) => cli::perform(verb, arguments.all, &places).await,
    }
}
