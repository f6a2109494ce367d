//! A throw-away PostgreSQL server, which ends with the process that started it, however that ends.

use std::{
    env, fs,
    io::{self, BufRead as _, Read as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{FileExt as _, MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The argument that makes the test binary hold a server and do nothing else: the subject of the case that kills it.
const HOLD: &str = "--hold-a-server";

/// How long making and starting a server may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Cluster {
    /// The shell above the server; closing its standard input ends both.
    shell: Mutex<Child>,
    folder: TempDir,
}

impl Cluster {
    /// Makes a server with the programs of a folder and waits until it answers.
    pub fn start(programs: &Path) -> Result<Self, String> {
        Self::start_with(programs, "off")
    }

    /// The same, and what is committed is on disk, as it is where it matters.
    pub fn start_durable(programs: &Path) -> Result<Self, String> {
        Self::start_with(programs, "on")
    }

    fn start_with(programs: &Path, fsync: &str) -> Result<Self, String> {
        let failed = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
        let folder = socket_folder().map_err(failed("no folder for the server"))?;
        let log = tempfile::tempfile().map_err(failed("no log for the server"))?;
        let mut command = Command::new("sh");
        command.args(["-c", include_str!("cluster.sh"), "cluster.sh"]).arg(programs).arg(folder.path()).arg(fsync);
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        if fs::metadata(folder.path()).map_err(failed("the server's folder"))?.uid() == 0 {
            let (uid, gid) = account().ok_or("PostgreSQL refuses root, and there is no user postgres or nobody")?;
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).map_err(failed("the server's folder"))?;
            command.uid(uid).gid(gid);
        }
        let shell = command
            .env("LC_ALL", "C")
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed("the server's log"))?)
            .stderr(log.try_clone().map_err(failed("the server's log"))?)
            .spawn()
            .map_err(failed("no shell for the server"))?;
        let cluster = Self { shell: Mutex::new(shell), folder };
        cluster.wait_until_it_answers().map_err(|problem| format!("{problem}\n{}", text(&log)))?;
        Ok(cluster)
    }

    fn wait_until_it_answers(&self) -> Result<(), String> {
        let start = Instant::now();
        while let Err(problem) = execute(&self.url("postgres"), "") {
            let ended = self.shell.lock().map_err(|error| error.to_string())?.try_wait();
            if let Ok(Some(status)) = ended {
                return Err(format!("PostgreSQL did not start: {status}"));
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("PostgreSQL does not answer: {problem}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://concord@/{database}?host={}", self.folder.path().display())
    }

    /// Ends the server and waits until its folder is gone.
    pub fn stop(&self) {
        if let Ok(mut shell) = self.shell.lock() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs statements in the database at an address.
pub fn execute(url: &str, statements: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let ran = runtime.block_on(async {
        let (client, driver) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(driver);
        client.batch_execute(statements).await?;
        drop(client);
        driver.await.unwrap_or(Ok(()))
    });
    ran.map_err(|error| match error.as_db_error() {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    })
}

/// Where `initdb` and `postgres` are: `CONCORD_TEST_PG_BIN`, else the newest under `/usr/lib/postgresql`, else in `PATH`.
pub fn programs() -> Option<PathBuf> {
    let chosen = env::var_os("CONCORD_TEST_PG_BIN").map(PathBuf::from);
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    packaged.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    chosen
        .into_iter()
        .chain(packaged.into_iter().rev().map(|(_, folder)| folder))
        .chain(env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// If the process was started to hold a server: prints the server's address and waits for the end of standard input.
pub fn hold_if_asked() {
    if env::args().nth(1).as_deref() != Some(HOLD) {
        return;
    }
    let cluster = programs().ok_or("no PostgreSQL programs".to_owned()).and_then(|programs| Cluster::start(&programs));
    match &cluster {
        Ok(cluster) => println!("{}", cluster.url("postgres")),
        Err(problem) => eprintln!("{problem}"),
    }
    let _ = io::stdin().read(&mut [0]);
    drop(cluster);
    std::process::exit(0);
}

/// Another process of this test binary that holds a server, and that server's address.
pub fn holder() -> io::Result<(Child, String)> {
    let mut child = Command::new(env::current_exe()?).arg(HOLD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut url = String::new();
    if let Some(output) = child.stdout.as_mut() {
        io::BufReader::new(output).read_line(&mut url)?;
    }
    Ok((child, url.trim_end().to_owned()))
}

/// A new folder for our eyes only, near enough to the root for a socket in it: its path may have 107 bytes.
fn socket_folder() -> io::Result<TempDir> {
    let make = |parent: &Path| {
        tempfile::Builder::new().prefix("concord-").permissions(fs::Permissions::from_mode(0o700)).tempdir_in(parent)
    };
    let folder = make(&env::temp_dir())?;
    if folder.path().join(".s.PGSQL.5432").as_os_str().len() <= 107 { Ok(folder) } else { make(Path::new("/tmp")) }
}

/// The user and group a server runs as where we are root.
fn account() -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].into_iter().find_map(|name| {
        let mut fields = accounts.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
        Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

/// What was logged so far, its first 64 KiB.
fn text(log: &fs::File) -> String {
    let mut bytes = vec![0; 65_536];
    let length = log.read_at(&mut bytes, 0).unwrap_or_default();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}
