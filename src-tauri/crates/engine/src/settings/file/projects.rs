//! The projects of a site in the settings file.

use callboard_model::EntityId;
use toml_edit::{ArrayOfTables, Item, Table, Value};

use super::{set, set_unless_usual, tables};
use crate::settings::ProjectSettings;

/// The projects of a site as `[[site.project]]`: those that stay keep their place and what stands around them.
pub(super) fn put(table: &mut Table, projects: &[ProjectSettings]) {
    const KIND: &str = "project";
    if let Some(listed) = tables(table, KIND) {
        listed.retain(|one| projects.iter().any(|project| is_project(one, project)));
    }
    if projects.is_empty() {
        table.remove(KIND);
        return;
    }
    if !table.contains_key(KIND) {
        table.insert(KIND, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let Some(listed) = tables(table, KIND) else { return };
    for project in projects {
        if let Some(one) = listed.iter_mut().find(|one| is_project(one, project)) {
            set_project(one, project);
            continue;
        }
        let mut one = Table::new();
        one.decor_mut().set_prefix("\n");
        set_project(&mut one, project);
        listed.push(one);
    }
}

fn is_project(table: &Table, project: &ProjectSettings) -> bool {
    let id = table.get("id");
    match &project.id {
        EntityId::Number(number) => id.and_then(Item::as_integer) == Some(*number),
        EntityId::Text(text) => id.and_then(Item::as_str) == Some(text),
    }
}

fn set_project(table: &mut Table, project: &ProjectSettings) {
    let id = match &project.id {
        EntityId::Number(number) => Value::from(*number),
        EntityId::Text(text) => text.as_str().into(),
    };
    set(table, "id", Some(id));
    set_unless_usual(table, "name", project.name.clone(), &String::new());
    set(table, "write", Some(project.write.as_str().into()));
}

#[cfg(test)]
mod tests {
    use super::super::SettingsChange;
    use super::super::tests::WRITTEN;
    use super::*;
    use crate::settings::{ProjectWrite, Settings};

    #[test]
    fn projects_stand_beneath_their_site_and_comments_stay() {
        let project = |id: i64, name: &str, write| ProjectSettings {
            id: id.into(),
            name: name.into(),
            write,
        };
        let mut site = Settings::parse(WRITTEN).unwrap().sites.remove(0);
        site.projects = vec![
            project(122, "Northlight", ProjectWrite::Act),
            project(123, "", ProjectWrite::Off),
        ];
        let two = SettingsChange::PutSite(site.clone()).to_text(WRITTEN).unwrap();
        let listed = "\n[[site.project]]\nid = 122\nname = \"Northlight\"\nwrite = \"act\"\n\n[[site.project]]\nid = 123\nwrite = \"off\"\n";
        assert_eq!(
            two,
            WRITTEN.replace("write = \"act\"\n", &format!("write = \"act\"\n{listed}"))
        );
        assert_eq!(Settings::parse(&two).unwrap().sites[0], site);

        let noted = two.replace("id = 123", "# Ana says not before March.\nid = 123 # small");
        site.projects[1].write = ProjectWrite::Ask;
        site.only_listed = true;
        let changed = SettingsChange::PutSite(site.clone()).to_text(&noted).unwrap();
        let expected = noted.replace("write = \"off\"", "write = \"ask\"").replace(
            "write = \"act\"\n\n[[site.project]]\nid = 122",
            "write = \"act\"\nonly_listed = true\n\n[[site.project]]\nid = 122",
        );
        assert_eq!(changed, expected);
        assert_eq!(Settings::parse(&changed).unwrap().sites[0], site);

        site.projects.clear();
        site.only_listed = false;
        let none = SettingsChange::PutSite(site.clone()).to_text(&changed).unwrap();
        assert_eq!(
            none,
            WRITTEN.replace("write = \"act\"\n", "write = \"act\"\nonly_listed = false\n")
        );
        let in_line = r#"site = [{ name = "show", kind = "shotgrid", url = "https://show.example", script_name = "c", script_key = "k", project = [{ id = 1, write = "off" }] }]"#;
        let mut site = Settings::parse(in_line).unwrap().sites.remove(0);
        site.projects.push(project(2, "Two", ProjectWrite::Watch));
        let text = SettingsChange::PutSite(site.clone()).to_text(in_line).unwrap();
        assert_eq!(Settings::parse(&text).unwrap().sites[0], site, "{text}");
    }
}
