//! The words of an examination: what was found, why it matters, what to do.

use callboard_model::EntityRef;
use callboard_trackers::{Account, Offered, Permission, SiteCard, TrackerError, VersionLinks};

use super::words::Words;
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
const WHY_READING: &str = "The rules look at Versions, Tasks and Shots before they decide";
const WHY_LOG: &str =
    "From the event log Callboard catches up with what it missed: after sleep, a restart, or a tunnel that was down";
const WHY_WEBHOOKS: &str =
    "By a webhook the site tells Callboard at once what has changed, instead of being asked every few seconds";
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

fn enter_address(words: &Words) -> String {
    format!(
        "Enter the address as it stands in the browser when the site is open: {}",
        words.example
    )
}

pub(super) fn no_address(words: &Words, why: &str) -> DoctorFinding {
    DoctorFinding::problem(DoctorCode::Address, why.to_owned(), WHY_ADDRESS, enter_address(words))
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
pub(super) fn card(words: &Words, url: &str, card: &Result<SiteCard, TrackerError>) -> Vec<DoctorFinding> {
    match card {
        Ok(card) => {
            let address = DoctorFinding::good(
                DoctorCode::Address,
                format!("{url} is {}, version {}", words.a_site, card.version),
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
        Err(error) => vec![no_card(words, url, error)],
    }
}

fn no_card(words: &Words, url: &str, error: &TrackerError) -> DoctorFinding {
    let problem = |title: String, remedy: &str| DoctorFinding::problem(DoctorCode::Address, title, WHY_ADDRESS, remedy);
    let no_such = format!("Something answers at {url}, and it is no {}", words.site);
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
        TrackerError::Unreadable { .. } | TrackerError::NotFound | TrackerError::Refused(_) => {
            problem(no_such, &enter_address(words))
        }
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

pub(super) fn account(words: &Words, account: &Result<Account, TrackerError>) -> DoctorFinding {
    let (whose, page) = (words.account, words.accounts_page);
    match account {
        Ok(account) => {
            let nameless = format!("the {whose}");
            let name = account.entity.name.as_deref().unwrap_or(&nameless);
            DoctorFinding::good(
                DoctorCode::Key,
                format!("The key works, and stands for {name}"),
                words.why_key,
            )
        }
        Err(TrackerError::KeyRefused { script, why, .. }) => DoctorFinding::problem(
            DoctorCode::Key,
            format!("The site refuses the key of {whose} \"{script}\": {why}"),
            words.why_key,
            format!("On the site, {page}, check the {whose}'s name; a lost key is made anew there"),
        ),
        Err(error) if error.passing() => DoctorFinding::unknown(
            DoctorCode::Key,
            format!("Whether the key works is not known: {error}"),
            words.why_key,
            "Examine again in a while",
        ),
        Err(error) => DoctorFinding::problem(
            DoctorCode::Key,
            format!("The key cannot be used: {error}"),
            words.why_key,
            format!("On the site, {page}, check what the {whose} may do"),
        ),
    }
}

/// Whether each type can be read, and whether there is one.
pub(super) fn reading(words: &Words, read: &[(&str, Result<bool, TrackerError>)]) -> DoctorFinding {
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
            format!(
                "On the site, let the {}'s {} see {kind}s and their fields",
                words.account, words.permissions
            ),
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
                format!(
                    "The site may be new, or the {} sees none of its projects",
                    words.account
                ),
                format!(
                    "If there are any, put the {} into the projects that it is for",
                    words.account
                ),
            )
        }
    }
}

/// The two roads by which events come. Without any there is nothing to go by.
pub(super) fn roads(
    words: &Words,
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
        None => match &words.no_log {
            Some(said) => DoctorFinding::advice(DoctorCode::Log, said.title, WHY_LOG, said.remedy),
            None => unknown_after(DoctorCode::Log, "Whether the event log can be read"),
        },
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
            format!(
                "The event log alone will do, some seconds later. For webhooks, {}",
                words.webhooks_remedy
            ),
        ),
        // A webhook can be made by hand on the site's own page, and heard without being listed.
        Some(Err(error)) if words.no_log.is_some() => DoctorFinding::advice(
            DoctorCode::Webhooks,
            format!("Webhooks cannot be set up from here: {error}"),
            WHY_WEBHOOKS,
            format!("Make the webhook by hand on the site, or {}", words.webhooks_remedy),
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

/// What is not delivered, and how strong what is delivered is.
pub(super) fn of_webhooks(
    offered: Offered,
    strength: &str,
    left_out: &Result<Vec<EntityRef>, TrackerError>,
) -> Vec<DoctorFinding> {
    let mut findings = Vec::new();
    if !offered.signatures {
        let (title, rest) = strength
            .split_once(". ")
            .unwrap_or((strength, "Keep the address and the secret to yourself"));
        findings.push(DoctorFinding::advice(
            DoctorCode::Webhooks,
            title,
            "Whoever knows the address and the secret could send what is no delivery of the site",
            rest,
        ));
    }
    match left_out {
        Ok(projects) if !projects.is_empty() => {
            let name = |project: &EntityRef| project.name.clone().unwrap_or_else(|| project.key.id.to_string());
            let names: Vec<String> = projects.iter().map(name).collect();
            findings.push(DoctorFinding::advice(
                DoctorCode::Webhooks,
                format!(
                    "Nothing is delivered of private projects unless the site's webhooks are let in: {}",
                    listed(&names)
                ),
                "The site sends webhooks as a service user of its own, which sees open projects alone",
                "On the site, add its webhook user to each private project that is to be heard",
            ));
        }
        Ok(_) => {}
        Err(error) => findings.push(DoctorFinding::unknown(
            DoctorCode::Webhooks,
            format!("Whether there are private projects, which webhooks leave out, is not known: {error}"),
            "The site sends webhooks as a service user of its own, which sees open projects alone",
            "Examine again in a while",
        )),
    }
    findings
}

/// Whether statuses may be written, by type. The worst of them counts.
pub(super) fn writing(
    words: &Words,
    tried: &[(&str, Result<Permission, TrackerError>)],
    only_watches: bool,
) -> DoctorFinding {
    let why_writing = format!("What the rules decide is written into the field {}", words.status_field);
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
        let remedy = format!(
            "On the site, let the {}'s {} edit {} of {kind}s",
            words.account, words.permissions, words.status_field
        );
        return if only_watches {
            DoctorFinding::advice(
                DoctorCode::Writing,
                title,
                "Callboard only watches this site so far, so nothing is missing yet",
                remedy,
            )
        } else {
            DoctorFinding::problem(DoctorCode::Writing, title, why_writing, remedy)
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
            why_writing,
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
            why_writing,
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
        why_writing,
    )
}

pub(super) fn own_entries(words: &Words, account: &Account) -> DoctorFinding {
    let remedy = "On the site, under Scripts in the administrator's menu, tick Generate Events (generate_event_log_entries) for this script";
    match account.leaves_entries {
        Some(true) => DoctorFinding::good(DoctorCode::OwnEntries, words.own_heard, words.why_own),
        Some(false) => DoctorFinding::advice(
            DoctorCode::OwnEntries,
            "Our own writes leave no event",
            words.why_own,
            remedy,
        ),
        None => DoctorFinding::unknown(
            DoctorCode::OwnEntries,
            "The site does not say whether our own writes leave events",
            words.why_own,
            remedy,
        ),
    }
}

pub(super) fn version_links(words: &Words, links: &Result<VersionLinks, TrackerError>) -> DoctorFinding {
    let why = format!(
        "From a Version the rules find the Task through its field {}; without it a Version's status leads nowhere",
        words.task_field
    );
    let remedy = "Have artists and publish tools fill in the Task of a Version when they submit it";
    match links {
        Err(error) => DoctorFinding::unknown(
            DoctorCode::VersionTask,
            format!("Whether Versions name their Task is not known: {error}"),
            why,
            format!(
                "Let the {} see Versions and their field {}, then examine again",
                words.account, words.task_field
            ),
        ),
        Ok(VersionLinks { looked: 0, .. }) => DoctorFinding::unknown(
            DoctorCode::VersionTask,
            "There is no Version yet by which to see whether they name their Task",
            why,
            "Examine again once there are some",
        ),
        Ok(VersionLinks { looked, with_task: 0 }) => DoctorFinding::problem(
            DoctorCode::VersionTask,
            format!("None of the latest {looked} Versions names its Task"),
            why,
            remedy,
        ),
        Ok(VersionLinks { looked, with_task }) if with_task < looked => DoctorFinding::advice(
            DoctorCode::VersionTask,
            format!(
                "{with_task} of the latest {looked} Versions name their Task ({} %)",
                with_task * 100 / looked
            ),
            why,
            remedy,
        ),
        Ok(VersionLinks { looked, .. }) => DoctorFinding::good(
            DoctorCode::VersionTask,
            format!("All of the latest {looked} Versions name their Task"),
            why,
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
