//! Rules that name a site, and rules that set something on another.

use callboard_model::{EntityRef, Event, EventKey, Operation, Plan, Production, Road, RuleId, SiteName, StatusCode};
use callboard_rules::{
    ARRIVAL, Arrival, CompiledRules, FindingCode, Level, RuleSet, SiteStatuses, apply_event, check, check_at, diff,
    explain, listens_to, needs, plan, sentence, svg,
};
use serde_json::{Value, json};

use crate::made::{FIELD, becomes, changes, entity, rule_set, shot, task};

const STATUSES: [&str; 3] = ["ip", "fin", "omt"];

/// A Task of `stills` that is done finishes the Task of `show` with the same key.
fn crossing(conditions: Value) -> Value {
    json!({
        "id": "over", "name": "Done there too", "when": { "site": "stills", "entity": "Task", "becomes": ["fin"] },
        "if": conditions,
        "then": {
            "set": { "elsewhere": { "site": "show", "type": "Task", "find_by": "sg_sku", "key": "sg_product" } },
            "to": ["fin"],
        },
    })
}

fn with_statuses(rules: Value) -> RuleSet {
    let mut set = serde_json::to_value(rule_set(rules)).expect("rules are JSON");
    let list: Vec<Value> = STATUSES
        .iter()
        .map(|code| json!({ "code": code, "name": code.to_uppercase() }))
        .collect();
    set["statuses"] = json!({ "task": list, "shot": list });
    RuleSet::parse(set.to_string().as_bytes()).expect("the test's rules are rules")
}

fn on(site: &str, event: Event) -> Event {
    Event {
        site: SiteName::from(site),
        ..event
    }
}

fn arrival(rule: &str, site: &str, kind: &str, id: i64) -> Event {
    let arrival = Arrival::new(
        RuleId::from(rule),
        "Done there too".to_owned(),
        vec!["stills".into()],
        7,
    );
    Event {
        entity: Some(EntityRef::new(kind, id)),
        new: Some(arrival.value()),
        ..Event::bare(
            SiteName::from(site),
            EventKey::from("elsewhere"),
            Road::Hand,
            ARRIVAL,
            Operation::Custom,
        )
    }
}

fn planned(set: &RuleSet, event: &Event, mut production: Production) -> Plan {
    let rules = CompiledRules::new(set).for_site(&event.site);
    apply_event(&mut production, event, None, FIELD);
    plan(&rules, event, &production)
}

fn with_product(mut one: callboard_model::Entity, sku: &str) -> callboard_model::Entity {
    one.fields.insert("sg_product".to_owned(), json!(sku));
    one
}

#[test]
fn a_rule_of_one_site_is_asked_there_alone_and_says_so() {
    let mut rule = json!({ "id": "r", "name": "r", "when": { "entity": "Task", "becomes": ["fin"] },
        "then": { "set": "shot", "to": ["fin"] } });
    rule["when"]["site"] = json!("stills");
    let set = with_statuses(json!([rule]));
    let production = || Production::from_iter([task(1, None, "ip"), shot(1, "ip")]);
    let here = on("stills", becomes("Task", 1, "fin"));
    let there = on("show", becomes("Task", 1, "fin"));
    assert_eq!(changes(&planned(&set, &here, production())), ["Shot 1 -> fin"]);
    assert_eq!(planned(&set, &there, production()), Plan::default());

    let any = CompiledRules::new(&set);
    assert!(any.fires_on(&here) && !any.fires_on(&there));
    assert_eq!(
        needs(&any, &there),
        needs(&CompiledRules::new(&RuleSet::new("")), &there)
    );
    let rules = any.for_site(&there.site);
    let verdicts = explain(&rules, &there, &production());
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0].sentence, "It happened on show, not on stills.");
    assert!(
        listens_to(&rules).kinds.is_empty(),
        "a webhook of show need not tell of it"
    );
    assert!(!listens_to(&rules.for_site(&here.site)).kinds.is_empty());
}

#[test]
fn a_plan_hands_over_what_is_set_on_another_site_with_the_key() {
    let set = with_statuses(json!([crossing(json!([]))]));
    let done = on("stills", becomes("Task", 1, "fin"));
    let made = planned(
        &set,
        &done,
        Production::from_iter([with_product(task(1, None, "ip"), "SKU-7")]),
    );
    assert!(made.changes.is_empty() && made.skipped.is_empty());
    let [carried] = made.carried.as_slice() else {
        panic!("{made:?}")
    };
    assert_eq!((carried.site.as_str(), carried.kind.as_str()), ("show", "Task"));
    assert_eq!(carried.find_by.as_deref(), Some("sg_sku"));
    assert_eq!(carried.key.as_deref(), Some("SKU-7"));
    assert_eq!(carried.to, Some(StatusCode::from("fin")));
    let needed = needs(&CompiledRules::new(&set), &done);
    assert!(
        needed.fields["Task"].contains("sg_product"),
        "the key is read with the entity"
    );

    let without = planned(&set, &done, Production::from_iter([task(1, None, "ip")]));
    assert_eq!(
        without.carried[0].key, None,
        "there is no key, which is told rather than guessed"
    );
    let not_done = on("stills", becomes("Task", 1, "omt"));
    let made = planned(&set, &not_done, Production::from_iter([task(1, None, "ip")]));
    assert_eq!(made, Plan::default());
}

#[test]
fn what_follows_from_a_change_is_handed_over_beneath_it() {
    let first = json!({ "id": "up", "name": "up", "when": { "entity": "Task", "becomes": ["fin"] },
        "then": { "set": "shot", "to": ["fin"] } });
    let over = json!({ "id": "over", "name": "over", "when": { "entity": "Shot", "becomes": ["fin"] },
        "then": { "set": { "elsewhere": { "site": "show", "type": "Shot" } }, "to": ["fin"] } });
    let set = with_statuses(json!([first, over]));
    let production = || Production::from_iter([task(1, None, "ip"), shot(1, "ip")]);
    let made = planned(&set, &on("stills", becomes("Task", 1, "fin")), production());
    assert_eq!(changes(&made), ["Shot 1 -> fin"]);
    assert_eq!(made.carried[0].cause, callboard_model::Cause::Change(0));
    assert_eq!(
        made.carried[0].key.as_deref(),
        Some("shot1"),
        "without a field it goes by the name"
    );
    // Nothing is handed over to where one is already.
    let there = planned(&set, &on("show", becomes("Task", 1, "fin")), production());
    assert_eq!(changes(&there), ["Shot 1 -> fin"]);
    assert!(there.carried.is_empty());
}

#[test]
fn it_arrives_for_the_rule_that_is_named_and_what_follows_there_follows() {
    let follows = json!({ "id": "then", "name": "then", "when": { "entity": "Task", "becomes": ["fin"] },
        "then": { "set": "shot", "to": ["fin"] } });
    let any_event = json!({ "id": "any", "name": "any", "when": { "entity": "Task", "on": ["custom"] },
        "then": { "set": "shot", "to": ["omt"] } });
    let set = with_statuses(json!([any_event, crossing(json!([])), follows]));
    let production = || Production::from_iter([task(5, None, "ip"), shot(1, "ip")]);
    let made = planned(&set, &arrival("over", "show", "Task", 5), production());
    assert_eq!(changes(&made), ["Task 5 -> fin", "Shot 1 -> fin"]);
    assert!(made.carried.is_empty());
    for nothing in [
        arrival("another", "show", "Task", 5),
        arrival("over", "stills", "Task", 5),
        arrival("over", "show", "Shot", 1),
    ] {
        assert_eq!(planned(&set, &nothing, production()), Plan::default(), "{nothing:?}");
    }
    // What a site sends under that name is a custom event like any other.
    let sent = Event {
        road: Road::Hook,
        ..arrival("over", "show", "Task", 5)
    };
    assert_eq!(changes(&planned(&set, &sent, production())), ["Shot 1 -> omt"]);
}

#[test]
fn what_is_asked_of_what_it_sets_is_asked_there() {
    let guard = json!({ "target_is_not": ["omt"], "never_backwards": true, "step": ["Comp"] });
    let set = with_statuses(json!([crossing(guard)]));
    let there = |status: &str| Production::from_iter([task(5, None, status)]);
    let event = arrival("over", "show", "Task", 5);
    assert_eq!(
        changes(&planned(&set, &event, there("ip"))),
        ["Task 5 -> fin"],
        "its step was asked where it moved"
    );
    assert!(planned(&set, &event, there("omt")).changes.is_empty());
    let rules = CompiledRules::new(&set).for_site(&event.site);
    let verdicts = explain(&rules, &event, &there("omt"));
    assert_eq!(verdicts.len(), 1, "it is told of once");
    assert_eq!(verdicts[0].sentence, "Task task5 is OMT, which the rule leaves alone.");
    assert!(explain(&rules, &event, &there("ip"))[0].fired);
    // Where it moved, the step is asked, and the status of the other Task is not.
    let moved = on("stills", becomes("Task", 1, "fin"));
    let of_step = |step| {
        planned(
            &set,
            &moved,
            Production::from_iter([with_product(task(1, Some(step), "omt"), "a")]),
        )
    };
    assert_eq!(of_step("Comp").carried.len(), 1);
    assert!(of_step("Roto").carried.is_empty());
}

#[test]
fn a_webhook_of_either_site_tells_what_is_needed_there() {
    let set = with_statuses(json!([crossing(json!([]))]));
    for site in ["stills", "show"] {
        let heard = listens_to(&CompiledRules::new(&set).for_site(&site.into()));
        let of_tasks = heard.kinds["Task"].update.clone().unwrap();
        assert!(of_tasks.contains(&FIELD.to_owned()), "{site}");
        assert!(
            heard.custom.is_empty(),
            "{site}: what is handed over comes by no webhook"
        );
    }
    assert!(
        listens_to(&CompiledRules::new(&set).for_site(&"third".into()))
            .kinds
            .is_empty()
    );
}

#[test]
fn it_is_said_in_words_drawn_and_compared() {
    let set = with_statuses(json!([crossing(json!([]))]));
    let said = sentence(&set, &set.rules[0]);
    assert_eq!(
        said,
        "When a Task on stills becomes FIN, set the Task on show whose sg_sku is its sg_product to FIN."
    );
    assert!(svg(&set).contains("on show"), "the picture names the site");
    let mut other = set.clone();
    other.rules[0].when.site = None;
    let parts = &diff(&set, &other).rules[0].parts;
    assert_eq!(parts, &["on any site"]);
    let mut by_name = crossing(json!([]));
    by_name["then"]["set"] = json!({ "elsewhere": { "site": "show", "type": "Task" } });
    let other = with_statuses(json!([by_name]));
    let parts = &diff(&set, &other).rules[0].parts;
    assert_eq!(
        parts,
        &["sets the Task of the same name on show instead of the Task on show whose sg_sku is its sg_product"]
    );
}

fn found(set: &RuleSet, sites: &[(&str, &[&str])]) -> Vec<(Level, FindingCode, String)> {
    let sites: Vec<(SiteName, SiteStatuses)> = sites
        .iter()
        .map(|(name, codes)| {
            let mut statuses = SiteStatuses::default();
            for kind in ["Task", "Shot"] {
                statuses.insert(&kind.into(), codes.iter().map(|code| StatusCode::from(*code)));
            }
            (SiteName::from(*name), statuses)
        })
        .collect();
    let mentioned = |code: &FindingCode| {
        !matches!(
            code,
            FindingCode::Unmapped | FindingCode::Unreachable | FindingCode::Dead | FindingCode::NotOnSite
        )
    };
    let findings = check_at(set, &sites).into_iter().filter(|f| mentioned(&f.code));
    findings.map(|f| (f.level, f.code, f.message)).collect()
}

#[test]
fn the_check_knows_the_sites_and_which_statuses_each_has() {
    let set = with_statuses(json!([crossing(json!([]))]));
    assert_eq!(found(&set, &[("stills", &STATUSES), ("show", &STATUSES)]), []);
    assert_eq!(found(&set, &[]), [], "where no site is connected, none is unknown");
    let only_one = found(&set, &[("stills", &STATUSES)]);
    assert_eq!(only_one.len(), 1);
    assert_eq!((only_one[0].0, only_one[0].1), (Level::Error, FindingCode::UnknownSite));
    assert!(only_one[0].2.contains("sets something on show"), "{}", only_one[0].2);
    let the_other = found(&set, &[("show", &STATUSES)]);
    assert_eq!(
        (the_other[0].0, the_other[0].1),
        (Level::Warning, FindingCode::UnknownSite)
    );

    let lacks = found(&set, &[("stills", &STATUSES), ("show", &["ip", "omt"])]);
    assert_eq!(lacks.len(), 1, "{lacks:?}");
    assert_eq!((lacks[0].0, lacks[0].1), (Level::Error, FindingCode::UnknownStatus));
    assert!(
        lacks[0].2.contains("that show does not have for Task: FIN (fin)"),
        "{}",
        lacks[0].2
    );
    let lacks = found(&set, &[("stills", &["ip"]), ("show", &STATUSES)]);
    assert!(lacks[0].2.contains("that stills does not have"), "{lacks:?}");

    // A rule of every site is no worse for a site that does not have its statuses, as long as one does.
    let any = with_statuses(
        json!([{ "id": "r", "name": "r", "when": { "entity": "Task", "becomes": ["ip"] },
        "then": { "set": "shot", "to": ["omt"] } }]),
    );
    let levels = |sites: &[(&str, &[&str])]| -> Vec<Level> { found(&any, sites).into_iter().map(|f| f.0).collect() };
    assert_eq!(
        levels(&[("a", &STATUSES), ("b", &["fin"])]),
        [Level::Warning, Level::Warning]
    );
    assert_eq!(levels(&[("a", &["fin"]), ("b", &["fin"])]), [Level::Error; 4]);
}

#[test]
fn the_check_refuses_what_cannot_be_set_on_another_site() {
    let change = |change: &dyn Fn(&mut Value)| {
        let mut rule = crossing(json!([]));
        change(&mut rule);
        let set = with_statuses(json!([rule]));
        let found = check(&set, None);
        let bad = found.into_iter().find(|f| f.code == FindingCode::BadElsewhere);
        if let Some(bad) = &bad {
            assert_eq!(bad.level, Level::Error);
            let at = [("stills", "Task"), ("any", "Task")];
            for (site, kind) in at {
                let event = on(site, becomes(kind, 1, "fin"));
                let made = planned(&set, &event, Production::from_iter([entity(kind, 1, "ip")]));
                assert_eq!(made, Plan::default(), "what is refused does nothing either");
            }
        }
        bad.map(|f| f.message)
    };
    let has = |message: Option<String>, words: &str| {
        let message = message.expect("it is refused");
        assert!(message.contains(words), "{message}");
    };
    assert_eq!(change(&|_| {}), None);
    assert_eq!(change(&|r| r["then"]["to"] = json!("cleared")), None);
    assert_eq!(
        change(&|r| r["if"] = json!([{ "step": ["a"] }, { "step": ["b"] }])),
        None
    );
    has(change(&|r| r["then"]["to"] = json!("same")), "the same status");
    has(change(&|r| r["then"]["to"] = json!("same_class")), "the same class");
    has(
        change(&|r| r["then"]["to"] = json!({ "roll_up": { "pick": "least_advanced" } })),
        "rolls up",
    );
    has(change(&|r| r["then"]["field"] = json!("sg_x")), "the field \"sg_x\"");
    has(change(&|r| r["when"]["site"] = json!("show")), "on show too");
    has(
        change(&|r| r["then"]["set"]["elsewhere"]["find_by"] = json!(" ")),
        "without a name",
    );
    has(
        change(&|r| r["then"]["set"]["elsewhere"]["site"] = json!("")),
        "does not name the site",
    );
    let two = json!([{ "step": ["a"] }, { "target_is": ["ip"] }]);
    has(change(&|r| r["if"] = two.clone()), "several conditions");
}

#[test]
fn rules_of_different_sites_do_not_fight() {
    let rule = |id: &str, site: Option<&str>, to: &str| {
        let mut rule = json!({ "id": id, "name": id, "when": { "entity": "Task", "becomes": ["ip"] },
            "then": { "set": "shot", "to": [to] } });
        if let Some(site) = site {
            rule["when"]["site"] = json!(site);
        }
        rule
    };
    let fights = |one: Option<&str>, other: Option<&str>| {
        let set = with_statuses(json!([rule("a", one, "fin"), rule("b", other, "omt")]));
        check(&set, None).iter().any(|f| f.code == FindingCode::Fighting)
    };
    assert!(fights(None, None));
    assert!(fights(Some("stills"), None), "on stills both are asked");
    assert!(fights(Some("stills"), Some("stills")));
    assert!(!fights(Some("stills"), Some("show")));
    let shadowed = |one: Option<&str>, other: Option<&str>| {
        let set = with_statuses(json!([rule("a", one, "fin"), rule("b", other, "fin")]));
        check(&set, None).iter().any(|f| f.code == FindingCode::Shadowed)
    };
    assert!(shadowed(None, Some("show")));
    assert!(!shadowed(Some("show"), None));
}

#[test]
fn a_document_without_sites_is_written_as_before_and_one_with_sites_reads_back() {
    let plain = with_statuses(json!([{ "id": "r", "name": "r", "when": { "entity": "Task" },
        "then": { "set": "shot", "to": ["fin"] } }]));
    assert!(!plain.to_json_pretty().contains("site"));
    let set = with_statuses(json!([crossing(json!([]))]));
    assert_eq!(RuleSet::parse(set.to_json_pretty().as_bytes()).unwrap(), set);
    let misspelt = set.to_json_pretty().replace("find_by", "finds_by");
    assert!(RuleSet::parse(misspelt.as_bytes()).is_err());
}
