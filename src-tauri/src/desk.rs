//! What the window may ask of the desktop it stands on: starting at login, opening a page of a site, ending.

use callboard_engine::api::{ApiError, ApiErrorCode, Ask, Overview};
use tauri::{AppHandle, State, Url};
use tauri_plugin_opener::OpenerExt;

use crate::window::Host;
use crate::{language, login};

fn refused(message: impl Into<String>) -> ApiError {
    ApiError {
        code: ApiErrorCode::BadRequest,
        message: message.into(),
    }
}

/// Whether Callboard starts when somebody logs in.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they ask for")]
pub(crate) fn start_at_login(app: AppHandle) -> Result<bool, ApiError> {
    starts(&app)
}

fn starts(app: &AppHandle) -> Result<bool, ApiError> {
    login::is_on(app).map_err(|e| refused((language::words(app).login_unknown)(&e.to_string())))
}

/// Starts it at login, or not any more. Its window stays hidden then until somebody opens it.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they ask for")]
pub(crate) fn set_start_at_login(app: AppHandle, on: bool) -> Result<bool, ApiError> {
    login::turn(&app, on).map_err(|e| refused((language::words(&app).login_fixed)(&e.to_string())))?;
    starts(&app)
}

/// Opens a page of a connected site in the browser, and nothing else: what names it came from outside.
#[tauri::command]
pub(crate) async fn open_page(app: AppHandle, host: State<'_, Host>, url: String) -> Result<(), ApiError> {
    let answer = host.engine().await?.ask(Ask::Overview).await?;
    let overview: Overview = serde_json::from_value(answer).map_err(|e| refused(e.to_string()))?;
    let sites = overview.sites.iter().map(|site| site.url.as_str());
    let words = language::words(&app);
    let page = page_of(sites, &url).ok_or_else(|| refused(words.other_page))?;
    let opened = app.opener().open_url(page.as_str(), None::<&str>);
    opened.map_err(|e| refused((words.no_pages)(&e.to_string())))
}

/// Ends Callboard. What is in hand is finished first.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they ask for")]
pub(crate) fn quit(app: AppHandle) {
    app.exit(0);
}

/// The address, where it is of one of the sites.
fn page_of<'a>(sites: impl IntoIterator<Item = &'a str>, url: &str) -> Option<Url> {
    let page = Url::parse(url).ok()?;
    let is_web = matches!(page.scheme(), "http" | "https") && page.username().is_empty() && page.password().is_none();
    let mut sites = sites.into_iter().filter_map(|site| Url::parse(site).ok());
    (is_web && sites.any(|site| site.origin() == page.origin())).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_connected_sites_are_opened() {
        let sites = ["https://studio.shotgrid.example", "http://127.0.0.1:7080/"];
        let opens = |url: &str| page_of(sites, url).map(|page| page.to_string());
        assert_eq!(
            opens("https://studio.shotgrid.example/detail/Task/5001").as_deref(),
            Some("https://studio.shotgrid.example/detail/Task/5001")
        );
        assert!(opens("http://127.0.0.1:7080/detail/Shot/1").is_some());
        for other in [
            "http://127.0.0.1:7081/",
            "http://studio.shotgrid.example/",
            "https://studio.shotgrid.example.evil.example/",
            "https://studio.shotgrid.example@evil.example/",
            "https://somebody:secret@studio.shotgrid.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "detail/Task/5001",
            "",
        ] {
            assert_eq!(opens(other), None, "{other}");
        }
    }
}
