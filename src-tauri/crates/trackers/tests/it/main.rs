//! The trackers' wires held from outside: signatures, deliveries' bytes, and the APIs as a client sees them.

#[cfg(test)]
mod broken_bytes;
#[cfg(test)]
mod creative_force;
#[cfg(test)]
mod creative_force_bytes;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod examination;
#[cfg(test)]
mod ftrack;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod log;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod production;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod roads;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod site;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod writing;
