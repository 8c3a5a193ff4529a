//! Holds the practice site against what is known of the real one, over its own wire.

#[cfg(test)]
mod bad_days;
#[cfg(test)]
mod creative_force;
#[cfg(test)]
mod event_log;
#[cfg(test)]
mod ftrack;
#[cfg(test)]
mod hook_states;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod log_search;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod production;
#[cfg(test)]
mod records;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod support;
