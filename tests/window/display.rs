//! The display itself: what stands on it, and closing a window as its frame does.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window};
use x11rb::rust_connection::RustConnection;

/// The X display that the tests run on.
pub(crate) struct Display {
    connection: RustConnection,
    root: Window,
}

impl Display {
    pub(crate) fn open() -> Self {
        let (connection, screen) = x11rb::connect(None).unwrap();
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    /// Callboard's windows of a process that can be seen, by what it says of itself (`_NET_WM_PID` of the Extended Window Manager Hints).
    /// By its process: the window of the test before may still be going.
    pub(crate) fn visible_of(&self, process: u32) -> Vec<Window> {
        let tree = self.connection.query_tree(self.root).unwrap().reply().unwrap();
        let is_it = |window: &Window| {
            self.process(*window) == Some(process)
                && self.title(*window).as_deref() == Some("Callboard")
                && self.is_visible(*window)
        };
        tree.children.into_iter().filter(is_it).collect()
    }

    fn process(&self, window: Window) -> Option<u32> {
        let (name, number) = (self.atom(b"_NET_WM_PID"), AtomEnum::CARDINAL);
        let asked = self.connection.get_property(false, window, name, number, 0, 1).ok()?;
        asked.reply().ok()?.value32()?.next()
    }

    fn atom(&self, name: &[u8]) -> Atom {
        let asked = self.connection.intern_atom(false, name).unwrap();
        asked.reply().unwrap().atom
    }

    /// None too where it has gone meanwhile.
    fn title(&self, window: Window) -> Option<String> {
        let (name, text) = (AtomEnum::WM_NAME, AtomEnum::ANY);
        let asked = self.connection.get_property(false, window, name, text, 0, 64).ok()?;
        Some(String::from_utf8_lossy(&asked.reply().ok()?.value).into_owned())
    }

    fn is_visible(&self, window: Window) -> bool {
        let asked = self.connection.get_window_attributes(window).ok();
        asked
            .and_then(|asked| asked.reply().ok())
            .is_some_and(|told| told.map_state == MapState::VIEWABLE)
    }

    /// Asks a window to close, as the cross in its frame does (ICCCM 4.2.8.1).
    pub(crate) fn close(&self, window: Window) {
        let message = ClientMessageEvent::new(
            32,
            window,
            self.atom(b"WM_PROTOCOLS"),
            [self.atom(b"WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0],
        );
        let sent = self.connection.send_event(false, window, EventMask::NO_EVENT, message);
        sent.unwrap().check().unwrap();
    }
}
