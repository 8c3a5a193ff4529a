//! A site that is only heard, examined: what is to be entered where in Creative Force, and what can be had from it.

use callboard_model::HookName;
use callboard_trackers::creative_force::address_trouble;

use crate::api::{DoctorCode, DoctorFinding, Examined};
use crate::settings::{HookSettings, Settings, SiteSettings};

const WHY_ADDRESS: &str =
    "Creative Force delivers to an address that it can reach from the internet, and to nothing else";
const WHY_WEBHOOKS: &str =
    "All that is known of the studio is what its webhook delivers: no key is needed, and nothing is asked of it";

/// What there is to say of a Creative Force studio, by the settings alone.
pub(super) fn examined(site: &SiteSettings, settings: &Settings) -> Examined {
    let hooks: Vec<&HookSettings> = settings.hooks.iter().filter(|hook| hook.site == site.name).collect();
    let mut findings = vec![DoctorFinding::good(
        DoctorCode::Key,
        "No key is needed",
        "Creative Force is only listened to, so nothing here signs in there",
    )];
    if hooks.is_empty() {
        findings.push(DoctorFinding::advice(
            DoctorCode::Webhooks,
            "There is no hook for its deliveries yet",
            WHY_WEBHOOKS,
            "Make one with a name and a secret key: its address and that key are entered in Creative Force then",
        ));
    }
    for hook in hooks {
        findings.extend(of_hook(hook, settings));
    }
    findings.push(DoctorFinding::advice(
        DoctorCode::Log,
        "What no delivery brings is not known",
        "Creative Force has no log that can be read. It tries a delivery three times more, each 5 to 10 minutes after the one before, and then never again",
        "Let Callboard run on a machine that is always on, so that it can be reached at any time",
    ));
    findings.push(DoctorFinding::advice(
        DoctorCode::Writing,
        "Nothing is written to Creative Force",
        "No public way is known to set a status there: the rules decide, and what they would set is shown",
        "Let an outgoing webhook tell the studio's own tools what would be set, or let a rule set something on another site",
    ));
    findings.push(DoctorFinding::unknown(
        DoctorCode::Statuses,
        "Which statuses the studio has is learnt as they are heard",
        "Creative Force cannot be asked for them: a status of the rules that was never heard may be there all the same",
        "Write the statuses in the rules as Creative Force shows them, letter by letter",
    ));
    Examined { ready: true, findings }
}

fn of_hook(hook: &HookSettings, settings: &Settings) -> Vec<DoctorFinding> {
    let name = HookName::from(hook.name.as_str());
    let Some(address) = settings.address_of(&name) else {
        return vec![DoctorFinding::problem(
            DoctorCode::Address,
            format!("Hook {name} has no address that Creative Force could deliver to"),
            WHY_ADDRESS,
            "Set the public address under which this machine is reached, beginning with https://",
        )];
    };
    if let Some(trouble) = address_trouble(&address) {
        return vec![DoctorFinding::problem(
            DoctorCode::Address,
            format!("Creative Force would not take {address}"),
            trouble,
            "Set another public address",
        )];
    }
    vec![
        DoctorFinding::good(
            DoctorCode::Address,
            format!("Creative Force takes addresses like {address}"),
            WHY_ADDRESS,
        ),
        DoctorFinding::advice(
            DoctorCode::Webhooks,
            format!("Hook {name} is set up in Creative Force by hand"),
            WHY_WEBHOOKS,
            steps(hook, &address),
        ),
    ]
}

/// What is entered where, step by step.
fn steps(hook: &HookSettings, address: &str) -> String {
    let mut steps = vec![
        "open the menu at the top right, then Studio settings, Integration, Webhooks, and choose Add Webhook"
            .to_owned(),
        format!("on the Settings tab enter {address} as Payload URL"),
    ];
    steps.push(match &hook.secret {
        Some(_) => "enter the hook's secret as Secret Key, as it is here".to_owned(),
        None => "leave the Secret Key empty, as it is here: anybody who knows the address can then send a delivery"
            .to_owned(),
    });
    steps.push(
        "choose all Trigger Events of the groups that the rules speak of: Task, Production, Product and Job at least"
            .to_owned(),
    );
    let workspaces = match hook.workspaces.as_slice() {
        [] => "enable All Workspace Access".to_owned(),
        some => format!("select the workspaces {}", some.join(", ")),
    };
    let production_steps = match hook.steps.as_slice() {
        [] => "leave the Production Steps as they are".to_owned(),
        some => format!("select the Production Steps {}", some.join(", ")),
    };
    steps.push(format!("on the Filters tab {workspaces} and {production_steps}"));
    if !hook.headers.is_empty() {
        let names: Vec<&str> = hook.headers.keys().map(String::as_str).collect();
        steps.push(format!(
            "on the Custom Headers tab add {} with the value that it has here",
            names.join(", ")
        ));
    }
    steps.push("click Save".to_owned());
    let numbered = steps
        .iter()
        .enumerate()
        .map(|(place, step)| format!("{}. {step}", place + 1));
    format!("In Creative Force: {}", numbered.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::DoctorLevel;

    fn told(address: &str, hook: &str) -> (Examined, String) {
        let text = format!(
            "{address}\n[[site]]\nname = \"studio\"\nkind = \"creative_force\"\n[[hook]]\nname = \"cf\"\nsite = \"studio\"\nsecret = \"k3y\"\n{hook}"
        );
        let settings = Settings::parse(&text).unwrap();
        let examined = examined(&settings.sites[0], &settings);
        let all = examined
            .findings
            .iter()
            .map(|f| format!("{} {}\n", f.title, f.remedy.clone().unwrap_or_default()));
        let all = all.collect();
        (examined, all)
    }

    #[test]
    fn the_doctor_says_what_to_enter_where_and_never_the_secret() {
        let hook = "workspaces = [\"North\"]\nsteps = [\"Capture\"]\nheaders = { x-studio = \"hidden\" }";
        let (examined, all) = told("public_address = \"https://callboard.studio.example\"", hook);
        for word in [
            "Studio settings, Integration, Webhooks",
            "https://callboard.studio.example/hooks/cf as Payload URL",
            "workspaces North",
            "Steps Capture",
            "add x-studio",
        ] {
            assert!(all.contains(word), "{word}: {all}");
        }
        assert!(!all.contains("k3y") && !all.contains("hidden"), "{all}");
        assert!(examined.ready && !examined.findings.iter().any(DoctorFinding::is_problem));
    }

    #[test]
    fn an_address_that_creative_force_refuses_is_a_problem() {
        for address in [
            "",
            "public_address = \"https://relay.local\"",
            "public_address = \"http://studio.example\"",
        ] {
            let (examined, all) = told(address, "");
            let bad: Vec<_> = examined
                .findings
                .iter()
                .filter(|f| f.level == DoctorLevel::Problem)
                .collect();
            assert!(bad.len() == 1 && bad[0].code == DoctorCode::Address, "{all}");
        }
    }
}
