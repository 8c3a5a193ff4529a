//! `callboard` as a script sees it: arguments in, lines and an exit code out.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod arguments;
#[cfg(test)]
#[cfg(unix)]
mod asleep;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damaged;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod disk;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod faults;
#[cfg(test)]
mod ftrack;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod log_file;
#[cfg(test)]
mod mail;
#[cfg(test)]
#[path = "../../../../../tests/it/mailbox.rs"]
mod mailbox;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod power_cut;
#[cfg(test)]
mod production;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod run;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod set_up;
#[cfg(test)]
mod simulation;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod soak;
#[cfg(test)]
mod studio;
