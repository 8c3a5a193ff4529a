//! The panel of a desktop: takes up the icons of programs (StatusNotifierItem), and opens their menus (com.canonical.dbusmenu).

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use zbus::fdo::DBusProxy;
use zbus::message::Header;
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Proxy, connection, interface, proxy};

use crate::screen::until;

/// A line of a menu as the protocol spells it: its number, what it has, what stands beneath it.
type Spelled = (i32, HashMap<String, Value<'static>>, Vec<Value<'static>>);

/// The whole menu, as it is answered.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// Where programs say that they have an icon.
struct Watcher {
    items: Arc<Mutex<Vec<Registered>>>,
}

#[derive(Clone)]
struct Registered {
    program: UniqueName<'static>,
    path: String,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[expect(clippy::needless_pass_by_value, reason = "zbus hands it over")]
    fn register_status_notifier_item(&self, service: String, #[zbus(header)] header: Header<'_>) {
        let item = Registered {
            program: header.sender().unwrap().to_owned(),
            path: service,
        };
        self.items.lock().unwrap().push(item);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = self.items.lock().unwrap();
        items
            .iter()
            .map(|item| format!("{}{}", item.program, item.path))
            .collect()
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// The panel of this session.
pub(crate) struct Panel {
    bus: Connection,
    items: Arc<Mutex<Vec<Registered>>>,
}

impl Panel {
    /// Puts it up. One stands at a time: a program's window must have the screen.
    pub(crate) async fn start() -> Self {
        let items = Arc::<Mutex<Vec<Registered>>>::default();
        let watcher = Watcher { items: items.clone() };
        let bus = connection::Builder::session()
            .and_then(|bus| bus.serve_at("/StatusNotifierWatcher", watcher))
            .and_then(|bus| bus.name("org.kde.StatusNotifierWatcher"))
            .unwrap();
        Self {
            bus: bus.build().await.unwrap(),
            items,
        }
    }

    /// The icon of the Callboard that works on a journal, once it is there.
    pub(crate) async fn icon_of(&self, data: &Path) -> Icon {
        let bus = DBusProxy::new(&self.bus).await.unwrap();
        until("the icon is in the panel", || async {
            self.found(&bus, data).await.is_some()
        })
        .await;
        let (item, process) = self.found(&bus, data).await.unwrap();
        let icon = self.proxy(&item.program, item.path, "org.kde.StatusNotifierItem").await;
        let menu: OwnedObjectPath = icon.get_property("Menu").await.unwrap();
        let menu = self
            .proxy(&item.program, menu.to_string(), "com.canonical.dbusmenu")
            .await;
        Icon { icon, menu, process }
    }

    /// What a program says now, never what it said before.
    async fn proxy(&self, program: &UniqueName<'static>, path: String, interface: &'static str) -> Proxy<'static> {
        let proxy = proxy::Builder::new(&self.bus)
            .cache_properties(CacheProperties::No)
            .destination(program.clone())
            .and_then(|proxy| proxy.path(path))
            .and_then(|proxy| proxy.interface(interface));
        proxy.unwrap().build().await.unwrap()
    }

    async fn found(&self, bus: &DBusProxy<'_>, data: &Path) -> Option<(Registered, u32)> {
        let items = self.items.lock().unwrap().clone();
        for item in items {
            // The program of the test before may have gone.
            let Ok(process) = bus.get_connection_unix_process_id(item.program.clone().into()).await else {
                continue;
            };
            let started = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            let data = data.as_os_str().as_encoded_bytes();
            if started.split(|byte| *byte == 0).any(|word| word == data) {
                return Some((item, process));
            }
        }
        None
    }
}

/// One program's icon.
pub(crate) struct Icon {
    icon: Proxy<'static>,
    menu: Proxy<'static>,
    process: u32,
}

impl Icon {
    /// The process that put it up.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// The picture that the panel is told to draw.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let read = Mutex::new(Vec::new());
        // One that another has just taken the place of is gone.
        until("the picture of the icon is there", || async {
            let file: String = self.icon.get_property("IconName").await.unwrap();
            let picture = std::fs::read(file).unwrap_or_default();
            let is_there = !picture.is_empty();
            *read.lock().unwrap() = picture;
            is_there
        })
        .await;
        read.into_inner().unwrap()
    }

    /// What stands in its menu, from the top.
    pub(crate) async fn menu(&self) -> Vec<String> {
        self.lines().await.into_iter().map(|(_, label)| label).collect()
    }

    /// Waits until a line stands in its menu.
    pub(crate) async fn says(&self, line: &str) {
        until(line, || async { self.menu().await.iter().any(|told| told == line) }).await;
    }

    /// Clicks a line of its menu.
    pub(crate) async fn click(&self, line: &str) {
        let lines = self.lines().await;
        let found = lines.iter().find(|(_, label)| label == line);
        let (id, _) = found.unwrap_or_else(|| panic!("{line} does not stand in {lines:?}"));
        let clicked = (*id, "clicked", Value::from(0), 0_u32);
        self.menu.call_method("Event", &clicked).await.unwrap();
    }

    async fn lines(&self) -> Vec<(i32, String)> {
        let asked = (0, -1, Vec::<&str>::new());
        let answer: (u32, Layout) = self.menu.call("GetLayout", &asked).await.unwrap();
        let (_, (_, _, lines)) = answer;
        let lines = lines.into_iter().filter_map(|line| {
            let (id, told, _) = Spelled::try_from(line).unwrap();
            // A line that divides the menu says nothing.
            let label = told.get("label")?.downcast_ref::<String>().unwrap();
            Some((id, label))
        });
        lines.collect()
    }
}
