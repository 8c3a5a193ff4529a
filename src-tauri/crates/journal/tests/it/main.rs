//! The journal held from outside: a real file, a second connection, and other programs that hold it.

#[cfg(test)]
mod again;
#[cfg(test)]
mod ahead;
#[cfg(test)]
mod approvals;
#[cfg(test)]
mod around;
#[cfg(test)]
mod carry;
#[cfg(test)]
mod cascades;
#[cfg(test)]
mod compared;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod files;
#[cfg(test)]
mod held;
#[cfg(test)]
mod issues;
#[cfg(test)]
mod log_size;
#[cfg(test)]
mod made;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod once;
#[cfg(test)]
mod outgoing;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod past;
#[cfg(test)]
mod pause;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod rule_sets;
#[cfg(test)]
mod search;
#[cfg(test)]
mod shots;
