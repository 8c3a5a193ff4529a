//! What outlives a power cut.

use std::path::Path;

/// Makes a folder and those above it. Its name stands in the one above, and outlives a power cut once that one is synced; SQLite
/// does as much for its files.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_folder(above)?;
    }
    std::fs::create_dir_all(folder)?;
    sync_folder(above.unwrap_or(Path::new(".")))
}

/// Brings onto the disk what names stand in a folder.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    match std::fs::File::open(folder)?.sync_all() {
        // Some network file systems do not sync folders.
        Err(e)
            if !matches!(
                e.kind(),
                std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported
            ) =>
        {
            Err(e)
        }
        _ => Ok(()),
    }
    #[cfg(not(unix))]
    {
        // Elsewhere a folder cannot be opened, and its entries are on disk with it.
        let _: &Path = folder;
        Ok(())
    }
}

/// Brings onto the disk under which name a file stands.
pub(crate) fn sync_name(file: &Path) -> std::io::Result<()> {
    sync_folder(file.parent().unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use crate::{Journal, Touched};

    #[test]
    fn what_is_written_back_is_synced_and_on_macos_out_of_the_drives_own_cache() {
        const NORMAL: i64 = 1;
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let of = |pragma: &'static str| -> i64 {
            let read = move |c: &rusqlite::Connection| {
                let value = c.pragma_query_value(None, pragma, |r| r.get(0))?;
                Ok((value, Touched::nothing()))
            };
            journal.writer.run_blocking(read).unwrap()
        };
        assert_eq!(of("synchronous"), NORMAL);
        assert_eq!(of("fullfsync"), 1);
        assert_eq!(of("checkpoint_fullfsync"), 1);
        journal.close();
    }
}
