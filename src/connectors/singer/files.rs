//! The files a tap is told by, some of them secret: in a folder only we can read, which is gone after the run however we end.

use crate::error::{Error, Result};
use serde_json::Value;
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Once,
};
use tempfile::TempDir;

/// How the names of the folders begin.
const FOLDER: &str = "concord-tap-";

/// The file that is locked while a folder is in use.
const IN_USE: &str = "in-use";

/// A folder of files, removed when it is dropped.
pub struct Files {
    folder: TempDir,
    _lock: File,
}

impl Files {
    /// An empty one. What a machine that stopped has left of others is removed first.
    pub fn new() -> Result<Self> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(sweep);
        let locked = |folder: TempDir| {
            let lock = File::create(folder.path().join(IN_USE))?;
            lock.lock()?;
            Ok(Self { folder, _lock: lock })
        };
        TempDir::with_prefix(FOLDER).and_then(locked).map_err(|error| not_written("a folder", &error))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file only its owner can read.
    pub fn write(&self, name: &str, content: &Value) -> Result<PathBuf> {
        let path = self.path().join(name);
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(|mut file| {
            serde_json::to_writer(&mut file, content)?;
            file.flush()
        });
        written.map(|()| path).map_err(|error| not_written(name, &error))
    }
}

/// Removes the folders nobody uses any more.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(FOLDER));
        if is_ours && File::open(path.join(IN_USE)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            // One that cannot be removed is another user's.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

fn not_written(what: &str, error: &io::Error) -> Error {
    Error::Unavailable(format!("{what} for the tap cannot be written below the temporary directory: {error}"))
}
