//! The window itself: one command to ask, one channel to hear.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use callboard_engine::Engine;
use callboard_engine::api::{ApiError, ApiErrorCode, Ask, News};
use serde_json::Value;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, RunEvent, State};
use tokio::sync::Mutex;

use crate::production::{self, Running};
use crate::{Args, keep, notices, telling};

/// The engine, or why there is none: a window that can say what is wrong is better than no window.
struct Host {
    running: Mutex<Option<Running>>,
    engine: Result<Engine, String>,
}

impl Host {
    fn engine(&self) -> Result<&Engine, ApiError> {
        self.engine.as_ref().map_err(|message| ApiError {
            code: ApiErrorCode::NotStarted,
            message: message.clone(),
        })
    }
}

#[tauri::command]
async fn rpc(host: State<'_, Host>, ask: Ask) -> Result<Value, ApiError> {
    host.engine()?.ask(ask).await
}

#[tauri::command]
async fn listen(host: State<'_, Host>, channel: Channel<News>) -> Result<(), ApiError> {
    let mut listener = host.engine()?.listen();
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
    let refused = |message: String| ApiError {
        code: ApiErrorCode::BadRequest,
        message,
    };
    if data.len() / 4 > keep::MAX_BYTES / 3 {
        return Err(refused("The file is too large".to_owned()));
    }
    let bytes = BASE64_STANDARD
        .decode(data)
        .map_err(|_| refused("The file is not in Base64".to_owned()))?;
    let places = app.path();
    let folder = places
        .download_dir()
        .or_else(|_| places.home_dir())
        .map_err(|_| refused("This machine has no folder for downloads".to_owned()))?;
    let kept = tauri::async_runtime::spawn_blocking(move || {
        keep::keep(&folder, &name, &bytes).map_err(|e| format!("{} cannot be written: {e}", folder.display()))
    });
    let kept = kept.await.map_err(|e| refused(e.to_string()))?;
    kept.map(|path| path.display().to_string()).map_err(refused)
}

/// Opens the window and returns when it is closed.
pub(crate) fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![rpc, listen, keep_file])
        .setup(move |app| {
            let folder = match &args.data {
                Some(folder) => folder.clone(),
                None => app.path().app_data_dir()?,
            };
            let started = tauri::async_runtime::block_on(production::start(&args, folder));
            let (running, engine) = match started {
                Ok(running) => {
                    let engine = running.engine.clone();
                    tauri::async_runtime::spawn(notices::tell(engine.alerts()));
                    if args.tell {
                        tauri::async_runtime::spawn(telling::tell(engine.clone()));
                    }
                    (Some(running), Ok(engine))
                }
                Err(error) => {
                    tracing::error!("callboard-desktop: {error}");
                    (None, Err(error.to_string()))
                }
            };
            app.manage(Host {
                running: Mutex::new(running),
                engine,
            });
            if let Some(seconds) = args.seconds {
                end_after(app.handle().clone(), seconds);
            }
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(stop(app));
        }
    });
    Ok(())
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
