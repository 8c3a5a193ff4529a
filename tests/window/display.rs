//! The display itself: what stands on it, and closing a window as its frame does.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt, EventMask, ImageFormat, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

/// Where something stands on the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

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

    /// Where a window stands on the screen and how large it is, in pixels.
    pub(crate) fn place(&self, window: Window) -> Place {
        let size = self.connection.get_geometry(window).unwrap().reply().unwrap();
        let at = self.connection.translate_coordinates(window, self.root, 0, 0).unwrap();
        let at = at.reply().unwrap();
        Place {
            x: at.dst_x.into(),
            y: at.dst_y.into(),
            width: size.width.into(),
            height: size.height.into(),
        }
    }

    /// The pixels of a window that has this size, as they stand on the screen.
    pub(crate) fn pixels(&self, window: Window, width: u16, height: u16) -> Vec<[u8; 4]> {
        let (format, planes) = (ImageFormat::Z_PIXMAP, u32::MAX);
        let asked = self
            .connection
            .get_image(format, window, 0, 0, width, height, planes)
            .unwrap();
        let seen = asked.reply().unwrap().data;
        seen.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect()
    }

    /// Puts a window elsewhere, as somebody does who drags it.
    pub(crate) fn put(&self, window: Window, place: Place) {
        let place = ConfigureWindowAux::new()
            .x(place.x)
            .y(place.y)
            .width(place.width)
            .height(place.height);
        let put = self.connection.configure_window(window, &place);
        put.unwrap().check().unwrap();
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
