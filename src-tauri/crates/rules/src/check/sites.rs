//! The sites that rules name.

use callboard_model::SiteName;

use super::{Finding, FindingCode, Known};
use crate::document::RuleSet;
use crate::sentence::join;

/// Where it is known which sites are connected, the others are told.
pub(super) fn check(set: &RuleSet, sites: &[Known<'_>], findings: &mut Vec<Finding>) {
    let names: Vec<&SiteName> = sites.iter().filter_map(|(name, _)| *name).collect();
    if names.is_empty() {
        return;
    }
    let is_missing = |site: &&SiteName| !names.contains(site);
    let connected: Vec<String> = names.iter().map(ToString::to_string).collect();
    let connected = join(&connected, "and");
    for rule in set.enabled_rules() {
        let name = &rule.name;
        if let Some(site) = rule.when.site.as_ref().filter(is_missing) {
            let message = format!(
                "The rule \"{name}\" is about {site}, and no site of that name is connected, so it never fires. Connected: {connected}."
            );
            findings.push(Finding::warning(FindingCode::UnknownSite, message, &[rule]));
        }
        if let Some(site) = rule.elsewhere().map(|there| &there.site).filter(is_missing) {
            let message = format!(
                "The rule \"{name}\" sets something on {site}, and no site of that name is connected. Connected: {connected}."
            );
            findings.push(Finding::error(FindingCode::UnknownSite, message, &[rule]));
        }
    }
}
