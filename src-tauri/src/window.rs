//! The window itself: one command to ask, one channel to hear.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use callboard_engine::Engine;
use callboard_engine::api::{ApiError, ApiErrorCode, Ask, News};
use serde_json::Value;
use tauri::ipc::Channel;
use tauri::plugin::TauriPlugin;
use tauri::{App, AppHandle, Manager, RunEvent, State, Window, WindowEvent, Wry};
use tokio::sync::{Mutex, SetOnce};

use crate::closing::{self, REMEMBERED, SaidIn};
use crate::language::{self, Spoken};
use crate::places::{self, Places};
use crate::production::{self, Running};
use crate::{Args, desk, keep, login, notices, telling, tray};

/// Where the window's place is remembered in a folder that was named.
const WINDOW_STATE: &str = "window.json";

/// The engine, or why there is none: a window that can say what is wrong is better than no window. It starts while the page is being
/// loaded, which takes about as long.
#[derive(Default)]
pub(crate) struct Host {
    running: Mutex<Option<Running>>,
    engine: SetOnce<Result<Engine, String>>,
}

impl Host {
    /// The engine, once it has started.
    pub(crate) async fn engine(&self) -> Result<&Engine, ApiError> {
        self.engine.wait().await.as_ref().map_err(|message| ApiError {
            code: ApiErrorCode::NotStarted,
            message: message.clone(),
        })
    }
}

#[tauri::command]
async fn rpc(host: State<'_, Host>, ask: Ask) -> Result<Value, ApiError> {
    host.engine().await?.ask(ask).await
}

#[tauri::command]
async fn listen(host: State<'_, Host>, channel: Channel<News>) -> Result<(), ApiError> {
    let mut listener = host.engine().await?.listen();
    tauri::async_runtime::spawn(async move {
        while let Some(news) = listener.next().await {
            // The window has gone: nobody hears any more.
            if channel.send(News::clone(&news)).is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// Puts a file, in Base64, among the downloads. Answered with its path.
#[tauri::command]
async fn keep_file(app: AppHandle, name: String, data: String) -> Result<String, ApiError> {
    let words = language::words(&app);
    let refused = |message: String| ApiError {
        code: ApiErrorCode::BadRequest,
        message,
    };
    if data.len() / 4 > keep::MAX_BYTES / 3 {
        return Err(refused(words.too_large.to_owned()));
    }
    let bytes = BASE64_STANDARD
        .decode(data)
        .map_err(|_| refused(words.not_base64.to_owned()))?;
    let places = app.path();
    let folder = places
        .download_dir()
        .or_else(|_| places.home_dir())
        .map_err(|_| refused(words.no_downloads.to_owned()))?;
    let kept = tauri::async_runtime::spawn_blocking(move || {
        keep::keep(&folder, &name, &bytes).map_err(|e| (words.not_kept)(&folder.display().to_string(), &e.to_string()))
    });
    let kept = kept.await.map_err(|e| refused(e.to_string()))?;
    kept.map(|path| path.display().to_string()).map_err(refused)
}

/// Opens the window and returns when Callboard is ended.
pub(crate) fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let mut builder = tauri::Builder::default();
    // The first plugin: a second start must not come any further.
    if let Some(name) = name_among_starts(&args) {
        builder = builder.plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(name)
                .callback(|app, _, _| places::show(app))
                .build(),
        );
    }
    // A practice production is over when its window is.
    let works_on = !args.practice;
    let app = builder
        .plugin(tauri_plugin_opener::init())
        .plugin(login::plugin(&args))
        .plugin(remembering(&args))
        .manage(Places::default())
        .invoke_handler(tauri::generate_handler![
            rpc,
            listen,
            keep_file,
            places::hear_places,
            desk::start_at_login,
            desk::set_start_at_login,
            desk::open_page,
            desk::quit,
            language::speak
        ])
        .on_window_event(move |window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event
                && works_on
                && has_engine(window)
            {
                api.prevent_close();
                closing::hide(window);
            }
        })
        .setup(move |app| set_up(app, &args))
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        RunEvent::Exit => tauri::async_runtime::block_on(stop(app)),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => places::show(app),
        _ => {}
    });
    Ok(())
}

fn set_up(app: &mut App, args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let folder = match &args.data {
        Some(folder) => folder.clone(),
        None => app.path().app_data_dir()?,
    };
    let handle = app.handle().clone();
    app.manage(SaidIn(folder.clone()));
    app.manage(Spoken::in_folder(&folder));
    app.manage(Host::default());
    tauri::async_runtime::spawn(start(handle.clone(), args.clone(), folder));
    if !args.hidden {
        places::show(&handle);
    }
    if let Some(seconds) = args.seconds {
        end_after(handle, seconds);
    }
    Ok(())
}

async fn start(app: AppHandle, args: Args, folder: PathBuf) {
    let host = app.state::<Host>();
    // Held meanwhile: whoever ends Callboard now waits until there is something to stop.
    let mut running = host.running.lock().await;
    let engine = match production::start(&args, folder.clone()).await {
        Ok(started) => {
            let engine = started.engine.clone();
            *running = Some(started);
            tauri::async_runtime::spawn(notices::tell(app.clone(), engine.notices()));
            if args.tell {
                tauri::async_runtime::spawn(telling::tell(engine.clone()));
            }
            tray::put_up_soon(&app, folder, engine.clone());
            Ok(engine)
        }
        Err(error) => {
            tracing::error!("callboard-desktop: {error}");
            Err(error.to_string())
        }
    };
    drop(running);
    let has_failed = engine.is_err();
    if host.engine.set(engine).is_err() {
        tracing::error!("callboard-desktop: the engine was started twice");
    }
    // Started at login, nobody sees that nothing listens, and there is no icon to open the window with.
    if has_failed && args.hidden {
        places::show(&app);
    }
}

/// Without one nothing would work on behind a closed window, and no icon in the panel would end it.
fn has_engine(window: &Window) -> bool {
    let host = window.app_handle().try_state::<Host>();
    host.is_some_and(|host| matches!(host.engine.get(), Some(Ok(_))))
}

/// The window's place, remembered: where the system keeps such things, or in the folder that was named.
fn remembering(args: &Args) -> TauriPlugin<Wry> {
    let mut place = tauri_plugin_window_state::Builder::new().with_state_flags(REMEMBERED);
    if let Some(folder) = args.data.as_ref().and_then(|folder| std::path::absolute(folder).ok()) {
        place = place.with_filename(folder.join(WINDOW_STATE).display().to_string());
    }
    place.build()
}

/// What a second start of Callboard on the same journal is known by. On Linux a name can tell journals apart; elsewhere only the
/// system's own place for it is watched over.
fn name_among_starts(args: &Args) -> Option<String> {
    const NAME: &str = "app.callboard.desktop";
    match &args.data {
        None if args.practice => None,
        None => Some(NAME.to_owned()),
        Some(folder) if cfg!(target_os = "linux") => {
            let mut hash = DefaultHasher::new();
            std::path::absolute(folder).ok().hash(&mut hash);
            Some(format!("{NAME}.d{:x}", hash.finish()))
        }
        Some(_) => None,
    }
}

fn end_after(app: AppHandle, seconds: f64) {
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)).await;
        app.exit(0);
    });
}

async fn stop(app: &AppHandle) {
    if let Some(host) = app.try_state::<Host>()
        && let Some(running) = host.running.lock().await.take()
    {
        running.stop().await;
    }
}
