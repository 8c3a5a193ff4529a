//! ftrack's wire held from outside: secrets, deliveries' bytes, filters, and the API as a client sees it.

mod automations;
mod broken_bytes;
mod deliveries;
mod examination;
mod practice;
mod reading;
mod second_road;
mod secrets;
mod site;
mod triggers;
mod writing;
