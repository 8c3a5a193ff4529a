//! How WebKit draws where there is no graphics card.
//!
//! WebKitGTK lays a page out in layers for a graphics card to put together. Where there is none, Mesa does the card's work on the
//! processor: slower than drawing the page plainly, and about twice the memory (docs/numbers.md). WebKit draws plainly when it is told
//! to by its environment before it starts, and a program may not safely change its own: so this one starts itself anew, once, with
//! the variable set.

use std::env;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// What tells WebKitGTK to draw plainly, since 2.16: <https://blogs.igalia.com/carlosgc/2017/03/20/>. Whoever sets it, to 0 too, is
/// left to it.
const PLAINLY: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Starts this program anew where WebKit is to draw plainly and has not been told. Returns where it need not, or cannot.
pub(crate) fn draw_plainly_without_a_card() {
    if env::var_os(PLAINLY).is_some() || card(Path::new("/dev")) {
        return;
    }
    let mut arguments = env::args_os();
    let name = arguments.next();
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut anew = Command::new(&program);
    anew.args(arguments).env(PLAINLY, "1");
    if let Some(name) = name {
        anew.arg0(name);
    }
    // It returns only where it failed. The window works then too, with more memory.
    let error = anew.exec();
    tracing::debug!("{} could not be started anew: {error}", program.display());
}

/// Whether there is anything that draws: a render node of the kernel's, NVIDIA's own driver, or Windows' card seen from WSL.
fn card(devices: &Path) -> bool {
    ["nvidiactl", "dxg"].iter().any(|name| devices.join(name).exists())
        || std::fs::read_dir(devices.join("dri"))
            .into_iter()
            .flatten()
            .flatten()
            .any(|node| is_render_node(&node.file_name()))
}

fn is_render_node(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"renderD")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_screen_alone_is_no_card() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!card(devices.path()));
        fs::create_dir(devices.path().join("dri")).unwrap();
        fs::write(devices.path().join("dri/card0"), "").unwrap();
        assert!(!card(devices.path()));
        fs::write(devices.path().join("dri/renderD128"), "").unwrap();
        assert!(card(devices.path()));
    }

    #[test]
    fn a_driver_s_own_device_is_a_card() {
        for name in ["nvidiactl", "dxg"] {
            let devices = tempfile::tempdir().unwrap();
            fs::write(devices.path().join(name), "").unwrap();
            assert!(card(devices.path()), "{name}");
        }
    }
}
