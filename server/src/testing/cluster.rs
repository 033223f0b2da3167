//! A throw-away PostgreSQL cluster for tests and benches.
//!
//! It is made from the server programs installed on this machine, listens on a Unix socket in a private folder
//! only (no port to collide on, nothing for other users of the machine to reach), and is stopped and deleted
//! when the process that started it ends, however it ends: a watchdog shell owns the server and waits for the
//! end of a pipe whose other end only this process holds, and the kernel closes that after `kill -9` too.
//!
//! Standard library only: `xtask` includes this very file and must build in a moment on a fresh machine.

use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const DEBIAN_PROGRAMS: &str = "/usr/lib/postgresql";
const SUPERUSER: &str = "postgres";
const MAX_CONNECTIONS: u32 = 200;
const START_LIMIT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// The kernel's limit for a socket's path is 108 bytes; our folder's name and `/.s.PGSQL.5432` come after this.
const SCRATCH_PARENT_MAX_BYTES: usize = 60;

/// `$1` programs, `$2` folder, `$3…` the server's settings.
///
/// The server's end ends the script, and the end of standard input ends the server, so whichever comes first
/// the folder goes. Descriptor 3 is there because a shell gives background commands an empty standard input.
/// SIGQUIT is the server's immediate shutdown: there is nothing here worth a checkpoint. It is repeated because
/// background commands start out ignoring it.
///
/// Whoever wants to see a restart makes the file `again` in the folder and stops the server: it starts again.
const WATCHDOG: &str = r#"
programs=$1 folder=$2
shift 2
exec 3<&0
cd "$folder" || exit 1
if "$programs/initdb" --pgdata=data --username=postgres --auth=trust --locale=C --encoding=UTF8 --no-sync >log 2>&1
then
    { read -r _ <&3; touch over
      while test -e over; do kill -QUIT "$(head -n 1 data/postmaster.pid)"; sleep 0.1; done
    } 2>/dev/null &
    touch again
    while rm again 2>/dev/null && ! test -e over
    do
        "$programs/postgres" -D data -k "$folder" "$@" >>log 2>&1 &
        wait "$!"
    done
fi
tail -n 20 log >&2
cd / && rm -rf "$folder"
"#;

/// A running cluster. Dropping it stops the server and deletes its files.
#[derive(Debug)]
pub struct Cluster {
    watchdog: Child,
    folder: PathBuf,
    programs: PathBuf,
}

#[derive(Clone, Copy)]
enum Durability {
    /// Commits are not waited for: tests kill servers, never the machine under them.
    None,
    /// As in production, so that what a bench measures includes the disk.
    Full,
}

impl Cluster {
    /// The one cluster of this process, started on first use.
    pub fn shared() -> Result<&'static Self, ClusterError> {
        static SHARED: OnceLock<Result<Cluster, ClusterError>> = OnceLock::new();
        SHARED
            .get_or_init(Self::start)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// A cluster of one's own, fast and forgetful: commits do not reach the disk.
    pub fn start() -> Result<Self, ClusterError> {
        Self::start_with(Durability::None)
    }

    /// A cluster of one's own that commits to the disk, for benches.
    pub fn start_durable() -> Result<Self, ClusterError> {
        Self::start_with(Durability::Full)
    }

    /// The connection URL of a database in this cluster. `postgres` exists from the start; others are made by
    /// `CREATE DATABASE` there.
    pub fn url(&self, database: &str) -> String {
        let folder = percent_encoded(self.folder.as_os_str());
        let database = percent_encoded(OsStr::new(database));
        format!("postgres:///{database}?host={folder}&user={SUPERUSER}")
    }

    /// Where `psql` and the other programs of this cluster's version are.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    fn start_with(durability: Durability) -> Result<Self, ClusterError> {
        let programs = programs()?;
        let folder = make_folder()?;
        let owner = Owner::of(&folder)?;
        let watchdog = owner
            .run(Command::new("sh").args(["-c", WATCHDOG, "sh"]))
            .args([programs.as_path(), folder.as_path()])
            .args(server_settings(durability))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A group of its own: ctrl-c in the terminal must end the tests, not the one who cleans up after them.
            .process_group(0)
            .spawn()
            .map_err(ClusterError::io("start a shell"))?;
        let mut cluster = Self {
            watchdog,
            folder,
            programs,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn wait_until_ready(&mut self) -> Result<(), ClusterError> {
        let started = Instant::now();
        while !self.is_ready() {
            if self
                .watchdog
                .try_wait()
                .map_err(ClusterError::io("watch PostgreSQL"))?
                .is_some()
            {
                return Err(ClusterError::Ended {
                    log: self.last_words(),
                });
            }
            if started.elapsed() > START_LIMIT {
                return Err(ClusterError::TooSlow { limit: START_LIMIT });
            }
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// PostgreSQL writes its status as the eighth line of its lock file, so that `pg_ctl` can wait like this.
    fn is_ready(&self) -> bool {
        fs::read_to_string(self.folder.join("data/postmaster.pid")).is_ok_and(|lock| {
            lock.lines()
                .nth(7)
                .is_some_and(|status| status.trim() == "ready")
        })
    }

    fn last_words(&mut self) -> String {
        // The watchdog's reader shares its standard error, and ends only when this pipe does.
        drop(self.watchdog.stdin.take());
        self.watchdog
            .stderr
            .take()
            .and_then(|stderr| io::read_to_string(stderr).ok())
            .unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // `wait` closes the pipe first, which is the watchdog's sign to stop the server and clear up.
        let _ = self.watchdog.wait();
    }
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::None => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
            ],
            Self::Full => &["fsync=on", "synchronous_commit=on", "full_page_writes=on"],
        }
    }
}

fn server_settings(durability: Durability) -> Vec<String> {
    let common = [
        "listen_addresses=".to_owned(),
        format!("max_connections={MAX_CONNECTIONS}"),
    ];
    let chosen = durability
        .settings()
        .iter()
        .map(|setting| (*setting).to_owned());
    common
        .into_iter()
        .chain(chosen)
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect()
}

/// The folder of `initdb`, `postgres` and `psql`: `ATELIER_PG_BIN`, else Debian's newest, else from `PATH`.
pub fn programs() -> Result<PathBuf, ClusterError> {
    let named = std::env::var_os("ATELIER_PG_BIN").map(PathBuf::from);
    if let Some(folder) = named {
        return if has_programs(&folder) {
            Ok(folder)
        } else {
            Err(ClusterError::NoProgramsIn(folder))
        };
    }
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    debian_programs()
        .into_iter()
        .chain(std::env::split_paths(&on_path))
        .find(|folder| has_programs(folder))
        .ok_or(ClusterError::NotInstalled)
}

/// Debian keeps one folder a version, off `PATH`; newest first.
fn debian_programs() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = fs::read_dir(DEBIAN_PROGRAMS)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    versions
        .into_iter()
        .map(|version| {
            Path::new(DEBIAN_PROGRAMS)
                .join(version.to_string())
                .join("bin")
        })
        .collect()
}

fn has_programs(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

/// Who the server runs as: PostgreSQL refuses to be root, so root hands it to somebody else.
#[derive(Clone, Copy)]
enum Owner {
    Ourselves,
    Other { uid: u32, gid: u32 },
}

impl Owner {
    /// Looks at a folder we have just made, and gives it away when we turn out to be root.
    fn of(folder: &Path) -> Result<Self, ClusterError> {
        let own = fs::metadata(folder)
            .map_err(ClusterError::io("look at a temporary folder"))?
            .uid();
        if own != 0 {
            return Ok(Self::Ourselves);
        }
        let accounts =
            fs::read_to_string("/etc/passwd").map_err(ClusterError::io("read /etc/passwd"))?;
        let (uid, gid) = ["postgres", "nobody"]
            .iter()
            .find_map(|name| account(&accounts, name))
            .ok_or(ClusterError::NobodyToRunAs)?;
        chown(folder, Some(uid), Some(gid))
            .map_err(ClusterError::io("give away a temporary folder"))?;
        Ok(Self::Other { uid, gid })
    }

    fn run(self, command: &mut Command) -> &mut Command {
        match self {
            Self::Ourselves => command,
            Self::Other { uid, gid } => command.uid(uid).gid(gid),
        }
    }
}

fn account(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn make_folder() -> Result<PathBuf, ClusterError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = scratch_parent().join(format!("atelier-pg-{}-{count}", process::id()));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            // Left by an earlier process of this number that was not even given time to clear up.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                return made
                    .map(|()| folder)
                    .map_err(ClusterError::io("make a temporary folder"));
            }
        }
    }
}

fn scratch_parent() -> PathBuf {
    let chosen = std::env::temp_dir();
    if chosen.as_os_str().len() <= SCRATCH_PARENT_MAX_BYTES {
        chosen
    } else {
        PathBuf::from("/tmp")
    }
}

fn percent_encoded(text: &OsStr) -> String {
    use fmt::Write;
    text.as_bytes()
        .iter()
        .fold(String::new(), |mut encoded, &byte| {
            if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
            encoded
        })
}

/// Why there is no cluster.
#[derive(Clone, Debug)]
pub enum ClusterError {
    /// The server programs are nowhere; the text is the one line that installs them.
    NotInstalled,
    /// `ATELIER_PG_BIN` names a folder without them.
    NoProgramsIn(PathBuf),
    /// We are root and found nobody to hand the server to.
    NobodyToRunAs,
    /// `initdb` or the server gave up; `log` is the end of what they said.
    Ended { log: String },
    /// Not ready in time.
    TooSlow { limit: Duration },
    /// The operating system refused.
    Io {
        doing: &'static str,
        message: String,
    },
}

impl ClusterError {
    fn io(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Io {
            doing,
            message: error.to_string(),
        }
    }
}

impl Display for ClusterError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => formatter.write_str("apt-get install --yes postgresql"),
            Self::NoProgramsIn(folder) => {
                write!(
                    formatter,
                    "ATELIER_PG_BIN: no initdb and postgres in {}",
                    folder.display()
                )
            }
            Self::NobodyToRunAs => formatter.write_str(
                "PostgreSQL does not run as root, and neither `postgres` nor `nobody` exists here",
            ),
            Self::Ended { log } => write!(formatter, "PostgreSQL did not start:\n{log}"),
            Self::TooSlow { limit } => write!(
                formatter,
                "PostgreSQL was not ready after {} s",
                limit.as_secs()
            ),
            Self::Io { doing, message } => write!(formatter, "could not {doing}: {message}"),
        }
    }
}

impl std::error::Error for ClusterError {}
