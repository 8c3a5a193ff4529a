//! The icon in the panel: how things stand, and the little that one wants from there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use callboard_engine::Engine;
use callboard_engine::api::{Ask, News, Overview};
use tauri::image::Image;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry, include_image};
use tokio::sync::watch;

use crate::glance::{Glance, Mood};
use crate::language::{self, Language, Spoken};
use crate::places;
use crate::words::Words;

const STATE: &str = "state";
const OPEN: &str = "open";
const PAUSE: &str = "pause";
const QUIT: &str = "quit";
/// Where the icon lies in the data folder while it is up.
const ICONS: &str = "tray";

fn icon(mood: Mood) -> Image<'static> {
    match mood {
        Mood::Well => include_image!("icons/tray/well.png"),
        Mood::Look => include_image!("icons/tray/look.png"),
        Mood::Broken => include_image!("icons/tray/broken.png"),
        Mood::Paused => include_image!("icons/tray/paused.png"),
    }
}

/// What changes in the tray.
struct Tray {
    icon: TrayIcon<Wry>,
    state: MenuItem<Wry>,
    open: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

impl Tray {
    fn show(&self, glance: &Glance, said: &Words) -> tauri::Result<()> {
        self.icon.set_icon(Some(icon(glance.mood)))?;
        self.icon.set_tooltip(Some(format!("Callboard: {}", glance.words)))?;
        self.state.set_text(&glance.words)?;
        self.open.set_text(said.open)?;
        self.pause.set_text(if glance.mood == Mood::Paused {
            said.write_again
        } else {
            said.pause
        })?;
        self.quit.set_text(said.quit)
    }
}

/// Puts the icon up on the thread that may, and keeps it true. A desktop without a place for it does without.
pub(crate) fn put_up_soon(app: &AppHandle, folder: PathBuf, engine: Engine) {
    let its = app.clone();
    if let Err(error) = app.run_on_main_thread(move || put_up_if_it_can(&its, &folder, engine)) {
        tracing::warn!(%error, "tray: it could not be put up");
    }
}

fn put_up_if_it_can(app: &AppHandle, folder: &Path, engine: Engine) {
    // Where the system lacks the library for it (libayatana-appindicator3), the binding panics.
    match catch_unwind(AssertUnwindSafe(|| put_up(app, folder, engine))) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "tray: this desktop has no place for it"),
        Err(_) => tracing::warn!("tray: this system lacks libayatana-appindicator3, so there is no icon in the panel"),
    }
}

fn put_up(app: &AppHandle, folder: &Path, engine: Engine) -> tauri::Result<()> {
    let spoken = app.state::<Spoken>().hear();
    let said = spoken.borrow().words();
    let state = MenuItem::with_id(app, STATE, said.well, false, None::<&str>)?;
    let open = MenuItem::with_id(app, OPEN, said.open, true, None::<&str>)?;
    let pause = MenuItem::with_id(app, PAUSE, said.pause, true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, said.quit, true, None::<&str>)?;
    let menu = Menu::with_items(
        app,
        &[
            &state,
            &PredefinedMenuItem::separator(app)?,
            &open,
            &pause,
            &PredefinedMenuItem::separator(app)?,
            &quit,
        ],
    )?;
    let asked = engine.clone();
    let icon = TrayIconBuilder::with_id("callboard")
        .icon(icon(Mood::Well))
        // A panel on Linux reads the icon from a file. In the place that all programs share, a second Callboard, on another journal, would
        // take away the file of the first.
        .temp_dir_path(folder.join(ICONS))
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(move |app, event| match event.id().as_ref() {
            OPEN => places::show(app),
            PAUSE => {
                tauri::async_runtime::spawn(turn_pause(app.clone(), asked.clone()));
            }
            QUIT => app.exit(0),
            _ => {}
        })
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                places::show(tray.app_handle());
            }
        })
        .build(app)?;
    let tray = Tray {
        icon,
        state,
        open,
        pause,
        quit,
    };
    tauri::async_runtime::spawn(keep_true(tray, engine, spoken));
    Ok(())
}

async fn overview(engine: &Engine) -> Option<Overview> {
    let answer = engine.ask(Ask::Overview).await.ok()?;
    serde_json::from_value(answer).ok()
}

/// What the panel shows, and in which language.
type Shown = (Glance, Language);

fn shown(overview: &Overview, language: Language) -> Shown {
    (Glance::of(overview, language.words()), language)
}

async fn asked(engine: &Engine, language: Language) -> Option<Shown> {
    overview(engine).await.map(|overview| shown(&overview, language))
}

async fn keep_true(tray: Tray, engine: Engine, mut spoken: watch::Receiver<Language>) {
    let mut listener = engine.listen();
    let mut before = None;
    let language = *spoken.borrow_and_update();
    let mut now = asked(&engine, language).await;
    loop {
        if let Some(now) = now.take()
            && before.as_ref() != Some(&now)
        {
            let (glance, language) = &now;
            if let Err(error) = tray.show(glance, language.words()) {
                tracing::warn!(%error, "tray: the panel does not take it");
            }
            before = Some(now);
        }
        now = tokio::select! {
            news = listener.next() => {
                let language = *spoken.borrow();
                match news.as_deref() {
                    Some(News::Overview { overview }) => Some(shown(overview, language)),
                    Some(News::Missed) => asked(&engine, language).await,
                    Some(_) => None,
                    None => break,
                }
            }
            Ok(()) = spoken.changed() => {
                let language = *spoken.borrow_and_update();
                asked(&engine, language).await
            }
        };
    }
}

/// Stops all writing, or lets it go on. Whether what was held back is written is for the window to ask.
async fn turn_pause(app: AppHandle, engine: Engine) {
    let Some(overview) = overview(&engine).await else {
        places::show(&app);
        return;
    };
    let asked = match &overview.paused {
        None => Ask::Pause {
            why: Some(language::words(&app).from_the_tray.to_owned()),
            by: None,
        },
        Some(pause) if pause.held == 0 => Ask::Resume { write_held: false },
        Some(_) => {
            places::show(&app);
            return;
        }
    };
    if let Err(error) = engine.ask(asked).await {
        tracing::warn!(error = %error.message, "tray: writing could not be paused or resumed");
        places::show(&app);
    }
}
