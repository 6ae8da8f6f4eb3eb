//! Where an agent asks its models, and whether all of that goes through the gateway.

use agents::{Door, GatewayHint};
use gateway::Route;

use crate::known::KnownAgent;
use crate::perform::job::StartWith;

pub(super) fn told(agent: &KnownAgent) -> GatewayHint {
    match agent {
        KnownAgent::BuiltIn(agent) => agent.told,
        KnownAgent::Own(_) => GatewayHint::ByVariables,
    }
}

pub(super) fn doors(agent: &KnownAgent) -> &'static [Door] {
    match agent {
        KnownAgent::BuiltIn(agent) => agent.doors,
        KnownAgent::Own(_) => agents::USUAL,
    }
}

/// Whether an agent asks a model at all; some of its models may only play one.
pub(super) fn asks_models(agent: &KnownAgent, with: &StartWith, own: &settings::AgentSettings) -> bool {
    match agent {
        KnownAgent::BuiltIn(agent) if !agent.asking_models.is_empty() => {
            let all = agent.asking_variable.is_some_and(|name| own.env.contains_key(name));
            all || with.model.as_deref().is_some_and(|model| agent.asking_models.contains(&model))
        }
        _ => true,
    }
}

/// Whether all that an agent asks goes through the gateway. An agent with several providers may use one that does not.
pub(super) fn is_metered(with: &StartWith, agent: &KnownAgent, routes: &[(String, Route)]) -> bool {
    let doors = doors(agent);
    match with.model.as_deref().filter(|_| doors.len() > 1) {
        Some(model) => agents::provider_of(model).is_some_and(|of| routes.iter().any(|(name, _)| name == of)),
        None => routes.len() == doors.len(),
    }
}
