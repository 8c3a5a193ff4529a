//! Which addresses Creative Force takes for a webhook (its help, "Webhooks", "Payload URL").

use std::net::IpAddr;

use reqwest::Url;

/// What an address may not contain, wherever it stands.
const FORBIDDEN: [&str; 10] = [
    "localhost",
    "creativeforce.io",
    "metadata.google",
    "burpcollaborator.net",
    ".local",
    ".internal",
    "ram.aliyuncs.com",
    "fuf.me",
    "localtest.me",
    "ulh.us",
];

/// Why Creative Force would not take an address, and what to do; none where it would.
#[must_use]
pub fn address_trouble(address: &str) -> Option<String> {
    const HOW: &str =
        "Set a public address that begins with https:// and has a name, such as https://callboard.studio.example";
    let Some(url) = Url::parse(address.trim()).ok().filter(Url::has_host) else {
        return Some(format!(
            "Creative Force does not take this: it is no web address. {HOW}"
        ));
    };
    if url.scheme() != "https" {
        return Some(format!(
            "Creative Force delivers to addresses that begin with https:// alone. {HOW}"
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']');
    if number.trim_end_matches('.').parse::<IpAddr>().is_ok() {
        return Some(format!(
            "Creative Force does not deliver to a number such as {number}, be it private or public. {HOW}"
        ));
    }
    let whole = url.as_str().to_lowercase();
    let forbidden = FORBIDDEN.iter().find(|word| whole.contains(*word))?;
    Some(format!(
        "Creative Force refuses addresses that contain \"{forbidden}\". {HOW}"
    ))
}
