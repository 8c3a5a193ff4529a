//! The words of an examination: what was found, why it matters, what to do.

use callboard_trackers::{Account, Permission, SiteCard, TrackerError, VersionLinks};

use crate::api::{DoctorCode, DoctorFinding};

/// What is looked at, in order, with how it is called where it could not be looked at.
pub(super) const UNKNOWN_AFTER: [(DoctorCode, &str); 10] = [
    (DoctorCode::Address, "Whether the site answers"),
    (DoctorCode::Certificate, "Whether its certificate is trusted"),
    (DoctorCode::Key, "Whether the key works"),
    (DoctorCode::Reading, "Whether the production can be read"),
    (DoctorCode::Log, "Whether the event log can be read"),
    (DoctorCode::Webhooks, "Whether webhooks can be set up from here"),
    (DoctorCode::Writing, "Whether statuses may be written"),
    (DoctorCode::OwnEntries, "Whether our own writes show in the event log"),
    (DoctorCode::VersionTask, "Whether Versions name their Task"),
    (DoctorCode::Statuses, "Whether the site has the statuses of the rules"),
];

const WHY_ADDRESS: &str =
    "Everything that Callboard reads and writes goes to this address, and the key goes nowhere else";
const WHY_CERTIFICATE: &str = "By its certificate a site proves that it is the site, before the key is sent to it";
const WHY_KEY: &str = "With the script's key Callboard signs in, as a person does with a password";
const WHY_READING: &str = "The rules look at Versions, Tasks and Shots before they decide";
const WHY_LOG: &str =
    "From the event log Callboard catches up with what it missed: after sleep, a restart, or a tunnel that was down";
const WHY_WEBHOOKS: &str =
    "By a webhook the site tells Callboard at once what has changed, instead of being asked every few seconds";
const WHY_WRITING: &str = "What the rules decide is written into the field sg_status_list";
const WHY_OWN: &str = "A script's writes leave no event unless the site is told to: other tools, and Callboard's own check of what it wrote, then do not hear of them";
const WHY_LINKS: &str = "From a Version the rules find the Task through its field Task (sg_task); without it a Version's status leads nowhere";
const WHY_STATUSES: &str =
    "A status that the site lacks cannot be set, and one that a project hides cannot be seen by its people";

pub(super) fn unknown_after(code: DoctorCode, what: &str) -> DoctorFinding {
    DoctorFinding::unknown(
        code,
        format!("{what} could not be found out"),
        "It builds on what stands above",
        "Mend what stands above, then examine again",
    )
}

pub(super) fn no_address(why: &str) -> DoctorFinding {
    DoctorFinding::problem(
        DoctorCode::Address,
        why.to_owned(),
        WHY_ADDRESS,
        "Enter the address as it stands in the browser when the site is open: https://yours.shotgrid.autodesk.com",
    )
}

pub(super) fn no_way(why: &str) -> DoctorFinding {
    DoctorFinding::problem(
        DoctorCode::Address,
        why.to_owned(),
        WHY_ADDRESS,
        "Choose the certificate file or enter the proxy anew, or leave it out where the studio has none",
    )
}

/// What the site says of itself, and whether the connection is one to trust.
pub(super) fn card(url: &str, card: &Result<SiteCard, TrackerError>) -> Vec<DoctorFinding> {
    match card {
        Ok(card) => {
            let address = DoctorFinding::good(
                DoctorCode::Address,
                format!("{url} is a ShotGrid site, version {}", card.version),
                WHY_ADDRESS,
            );
            let connection = if url.trim_start().to_lowercase().starts_with("https:") {
                DoctorFinding::good(
                    DoctorCode::Certificate,
                    "The site's certificate is trusted here",
                    WHY_CERTIFICATE,
                )
            } else {
                DoctorFinding::advice(
                    DoctorCode::Certificate,
                    "The connection is not encrypted",
                    "Whoever is on the way can read the key: right for a practice site on this machine alone",
                    "Enter the address with https://",
                )
            };
            vec![address, connection]
        }
        Err(error) => vec![no_card(url, error)],
    }
}

fn no_card(url: &str, error: &TrackerError) -> DoctorFinding {
    let problem = |title: String, remedy: &str| DoctorFinding::problem(DoctorCode::Address, title, WHY_ADDRESS, remedy);
    match error {
        TrackerError::Untrusted { fault, .. } => {
            let said = fault.to_string();
            let (what, remedy) = said.split_once(". ").unwrap_or((&said, "Ask whoever runs the site"));
            let title = format!("{url} cannot be trusted: {what}; nothing was sent to it");
            DoctorFinding::problem(
                DoctorCode::Certificate,
                title,
                WHY_CERTIFICATE,
                remedy.trim_end_matches('.'),
            )
        }
        TrackerError::Unreadable { .. } | TrackerError::NotFound | TrackerError::Refused(_) => problem(
            format!("Something answers at {url}, and it is no ShotGrid site"),
            "Enter the address as it stands in the browser when the site is open: https://yours.shotgrid.autodesk.com",
        ),
        TrackerError::Redirected(_) => problem(
            format!("{url} sends elsewhere"),
            "Open the address in a browser, and enter the one that it comes to",
        ),
        TrackerError::Timeout(_) | TrackerError::Down { .. } => problem(
            error.to_string(),
            "The address may be right: try again in a while, and look at the maker's status page meanwhile",
        ),
        other => problem(
            other.to_string(),
            "Check the address and the network; behind an HTTP proxy, enter the proxy",
        ),
    }
}

pub(super) fn account(account: &Result<Account, TrackerError>) -> DoctorFinding {
    match account {
        Ok(account) => {
            let name = account.entity.name.as_deref().unwrap_or("the script");
            DoctorFinding::good(
                DoctorCode::Key,
                format!("The key works, and stands for {name}"),
                WHY_KEY,
            )
        }
        Err(TrackerError::KeyRefused { script, why, .. }) => DoctorFinding::problem(
            DoctorCode::Key,
            format!("The site refuses the key of script \"{script}\": {why}"),
            WHY_KEY,
            "On the site, under Scripts in the administrator's menu, check the script's name; a lost key is made anew there",
        ),
        Err(error) if error.passing() => DoctorFinding::unknown(
            DoctorCode::Key,
            format!("Whether the key works is not known: {error}"),
            WHY_KEY,
            "Examine again in a while",
        ),
        Err(error) => DoctorFinding::problem(
            DoctorCode::Key,
            format!("The key cannot be used: {error}"),
            WHY_KEY,
            "On the site, under Scripts in the administrator's menu, check what the script may do",
        ),
    }
}

/// Whether each type can be read, and whether there is one.
pub(super) fn reading(read: &[(&str, Result<bool, TrackerError>)]) -> DoctorFinding {
    let failed = read
        .iter()
        .find_map(|(kind, read)| read.as_ref().err().map(|error| (kind, error)));
    match failed {
        Some((kind, error)) if error.passing() => DoctorFinding::unknown(
            DoctorCode::Reading,
            format!("Whether {kind}s can be read is not known: {error}"),
            WHY_READING,
            "Examine again in a while",
        ),
        Some((kind, error)) => DoctorFinding::problem(
            DoctorCode::Reading,
            format!("{kind}s cannot be read: {error}"),
            WHY_READING,
            format!("On the site, let the script's permission group see {kind}s and their fields"),
        ),
        None => {
            let none: Vec<&str> = read
                .iter()
                .filter(|(_, read)| *read == Ok(false))
                .map(|(kind, _)| *kind)
                .collect();
            if none.is_empty() {
                let kinds: Vec<String> = read.iter().map(|(kind, _)| format!("{kind}s")).collect();
                return DoctorFinding::good(
                    DoctorCode::Reading,
                    format!("{} can be read", listed(&kinds)),
                    WHY_READING,
                );
            }
            DoctorFinding::unknown(
                DoctorCode::Reading,
                format!("There is no {} that could be read", none.join(", no ")),
                "The site may be new, or the script sees none of its projects",
                "If there are any, put the script into the projects that it is for",
            )
        }
    }
}

/// The two roads by which events come. Without any there is nothing to go by.
pub(super) fn roads(
    log: Option<&Result<bool, TrackerError>>,
    webhooks: Option<&Result<usize, TrackerError>>,
) -> Vec<DoctorFinding> {
    let has_log = matches!(log, Some(Ok(_)));
    let mut findings = Vec::new();
    findings.push(match log {
        Some(Ok(true)) => DoctorFinding::good(DoctorCode::Log, "The event log can be read", WHY_LOG),
        Some(Ok(false)) => DoctorFinding::advice(
            DoctorCode::Log,
            "The event log can be read, and it is empty",
            WHY_LOG,
            "Change a status on the site and examine again: if the log stays empty, the script may not see it",
        ),
        Some(Err(error)) if error.passing() => DoctorFinding::unknown(
            DoctorCode::Log,
            format!("Whether the event log can be read is not known: {error}"),
            WHY_LOG,
            "Examine again in a while",
        ),
        Some(Err(error)) => DoctorFinding::advice(
            DoctorCode::Log,
            format!("The event log cannot be read: {error}"),
            WHY_LOG,
            "On the site, let the script's permission group see event log entries; until then what a webhook misses stays missed",
        ),
        None => unknown_after(DoctorCode::Log, "Whether the event log can be read"),
    });
    findings.push(match webhooks {
        Some(Ok(number)) => DoctorFinding::good(
            DoctorCode::Webhooks,
            format!("Webhooks can be set up from here; the site has {number}"),
            WHY_WEBHOOKS,
        ),
        Some(Err(error)) if error.passing() => DoctorFinding::unknown(
            DoctorCode::Webhooks,
            format!("Whether webhooks can be set up from here is not known: {error}"),
            WHY_WEBHOOKS,
            "Examine again in a while",
        ),
        Some(Err(error)) if has_log => DoctorFinding::advice(
            DoctorCode::Webhooks,
            format!("Webhooks cannot be set up from here: {error}"),
            WHY_WEBHOOKS,
            "The event log alone will do, some seconds later. For webhooks, give the script the permission \"Show Webhooks\" on the site",
        ),
        Some(Err(error)) => DoctorFinding::problem(
            DoctorCode::Webhooks,
            format!("Neither the event log nor webhooks can be used: {error}"),
            "Callboard hears of a change by one of the two, and there is no third way",
            "Give the script the permission \"Show Webhooks\" on the site, or let it see event log entries",
        ),
        None => unknown_after(DoctorCode::Webhooks, "Whether webhooks can be set up from here"),
    });
    findings
}

/// Whether statuses may be written, by type. The worst of them counts.
pub(super) fn writing(tried: &[(&str, Result<Permission, TrackerError>)], only_watches: bool) -> DoctorFinding {
    let of = |is: &dyn Fn(&Result<Permission, TrackerError>) -> bool| -> Vec<String> {
        tried
            .iter()
            .filter(|(_, tried)| is(tried))
            .map(|(kind, _)| format!("{kind}s"))
            .collect()
    };
    let refused = tried.iter().find_map(|(kind, tried)| match tried {
        Ok(Permission::Refused(why)) => Some((kind, why.clone())),
        Err(error) if !error.passing() => Some((kind, error.to_string())),
        _ => None,
    });
    if let Some((kind, why)) = refused {
        let title = format!("The status of {kind}s may not be written: {why}");
        let remedy = format!("On the site, let the script's permission group edit sg_status_list of {kind}s");
        return if only_watches {
            DoctorFinding::advice(
                DoctorCode::Writing,
                title,
                "Callboard only watches this site so far, so nothing is missing yet",
                remedy,
            )
        } else {
            DoctorFinding::problem(DoctorCode::Writing, title, WHY_WRITING, remedy)
        };
    }
    let unanswered = of(&|tried| tried.is_err());
    if !unanswered.is_empty() {
        return DoctorFinding::unknown(
            DoctorCode::Writing,
            format!(
                "Whether the status of {} may be written is not known: the site did not answer",
                listed(&unanswered)
            ),
            WHY_WRITING,
            "Examine again in a while",
        );
    }
    let nothing = of(&|tried| *tried == Ok(Permission::NothingToTry));
    if !nothing.is_empty() {
        return DoctorFinding::unknown(
            DoctorCode::Writing,
            format!(
                "Whether the status of {} may be written is not known: there is none to try it on",
                listed(&nothing)
            ),
            WHY_WRITING,
            "Examine again once there is one",
        );
    }
    let all = of(&|_| true);
    DoctorFinding::good(
        DoctorCode::Writing,
        format!(
            "The status of {} may be written; nothing was written to find out",
            listed(&all)
        ),
        WHY_WRITING,
    )
}

pub(super) fn own_entries(account: &Account) -> DoctorFinding {
    let remedy = "On the site, under Scripts in the administrator's menu, tick Generate Events (generate_event_log_entries) for this script";
    match account.leaves_entries {
        Some(true) => DoctorFinding::good(DoctorCode::OwnEntries, "Our own writes show in the event log", WHY_OWN),
        Some(false) => DoctorFinding::advice(DoctorCode::OwnEntries, "Our own writes leave no event", WHY_OWN, remedy),
        None => DoctorFinding::unknown(
            DoctorCode::OwnEntries,
            "The site does not say whether our own writes leave events",
            WHY_OWN,
            remedy,
        ),
    }
}

pub(super) fn version_links(links: &Result<VersionLinks, TrackerError>) -> DoctorFinding {
    let remedy = "Have artists and publish tools fill in the Task of a Version when they submit it";
    match links {
        Err(error) => DoctorFinding::unknown(
            DoctorCode::VersionTask,
            format!("Whether Versions name their Task is not known: {error}"),
            WHY_LINKS,
            "Let the script see Versions and their field sg_task, then examine again",
        ),
        Ok(VersionLinks { looked: 0, .. }) => DoctorFinding::unknown(
            DoctorCode::VersionTask,
            "There is no Version yet by which to see whether they name their Task",
            WHY_LINKS,
            "Examine again once there are some",
        ),
        Ok(VersionLinks { looked, with_task: 0 }) => DoctorFinding::problem(
            DoctorCode::VersionTask,
            format!("None of the latest {looked} Versions names its Task"),
            WHY_LINKS,
            remedy,
        ),
        Ok(VersionLinks { looked, with_task }) if with_task < looked => DoctorFinding::advice(
            DoctorCode::VersionTask,
            format!(
                "{with_task} of the latest {looked} Versions name their Task ({} %)",
                with_task * 100 / looked
            ),
            WHY_LINKS,
            remedy,
        ),
        Ok(VersionLinks { looked, .. }) => DoctorFinding::good(
            DoctorCode::VersionTask,
            format!("All of the latest {looked} Versions name their Task"),
            WHY_LINKS,
        ),
    }
}

pub(super) fn no_rules() -> DoctorFinding {
    DoctorFinding::unknown(
        DoctorCode::Statuses,
        "Whether the site has the statuses of the rules is not known: no rule set is live",
        WHY_STATUSES,
        "Make a rule set live, then examine again",
    )
}

pub(super) fn statuses_unread(error: &TrackerError) -> DoctorFinding {
    DoctorFinding::unknown(
        DoctorCode::Statuses,
        format!("The site's statuses cannot be read: {error}"),
        WHY_STATUSES,
        "Let the script see the site's schema and statuses, then examine again",
    )
}

/// What the rules' check says of this site.
pub(super) fn statuses(missing: &[String], hidden: &[String]) -> DoctorFinding {
    let more = |of: &[String]| match of.len() {
        0 | 1 => String::new(),
        number => format!(" And {} more", number - 1),
    };
    if let Some(first) = missing.first() {
        return DoctorFinding::problem(
            DoctorCode::Statuses,
            format!("{first}{}", more(missing)),
            WHY_STATUSES,
            "Change the rules to the site's own statuses, or make the status on the site: the check of the rules lists them all",
        );
    }
    match hidden.first() {
        Some(first) => DoctorFinding::advice(
            DoctorCode::Statuses,
            format!("{first}{}", more(hidden)),
            WHY_STATUSES,
            "Show the status in the project's own settings on the site, or keep the rule out of that project",
        ),
        None => DoctorFinding::good(
            DoctorCode::Statuses,
            "The site has every status that the live rules speak of",
            WHY_STATUSES,
        ),
    }
}

fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests;
