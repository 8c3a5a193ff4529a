//! Embeds the UI and the configuration into the window's program.

use std::path::Path;

/// What the window shows when nobody has built the UI: a program that was built by hand still says what is missing.
const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Callboard</title>\
    <p>This Callboard was built without its UI. Build it with: make build</p>";

fn main() -> std::io::Result<()> {
    let page = Path::new("ui/dist/index.html");
    println!("cargo::rerun-if-changed=ui/dist");
    if !page.exists() {
        std::fs::create_dir_all("ui/dist")?;
        std::fs::write(page, NOT_BUILT)?;
    }
    tauri_build::build();
    Ok(())
}
