//! A display, a message bus, a home and an unlocked keychain of one's own, so that a window can be
//! tried without touching the user's, and in the same way on every machine.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::{files, process};

const PATIENCE: Duration = Duration::from_secs(20);

/// Ends all that it started when it is dropped.
pub(crate) struct Session {
    folder: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    children: Vec<(&'static str, Child)>,
}

impl Session {
    pub(crate) fn start() -> Result<Self> {
        // Short, since it holds sockets, whose paths may have 107 bytes.
        let folder = std::env::temp_dir().join(format!("holdfast-session-{}", std::process::id()));
        files::remove_folder(&folder)?;
        let mut session = Self { folder, environment: Vec::new(), children: Vec::new() };
        session.home()?;
        session.display()?;
        session.bus()?;
        session.keychain()?;
        Ok(session)
    }

    /// A folder that is removed with the session.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command in the session, and is content only if it succeeds.
    pub(crate) fn run(&self, command: &Command) -> Result<()> {
        process::run_as(&process::line(command), self.inside(command).stdin(Stdio::null()))
    }

    /// The command, moved into the session. It ends when this program does, however that ends.
    pub(crate) fn inside(&self, command: &Command) -> Command {
        let mut inner = dying_with_us(command.get_program());
        inner.args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            inner.current_dir(folder);
        }
        for name in ["WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SYSTEM_BUS_ADDRESS", "HOLDFAST_HOME"] {
            inner.env_remove(name);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inner.env(name, value),
                None => inner.env_remove(name),
            };
        }
        inner.envs(self.environment.iter().map(|(name, value)| (name, value)));
        inner
    }

    fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.environment.push((name, value.into()));
    }

    fn home(&mut self) -> Result<()> {
        let real = std::env::var_os("HOME").map(PathBuf::from).ok_or("HOME is not set")?;
        for (name, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let value = std::env::var_os(name).unwrap_or_else(|| real.join(default).into());
            self.set(name, value);
        }
        let home = self.folder.join("home");
        self.set("HOME", &home);
        for (name, below) in [
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
        ] {
            let folder = home.join(below);
            private_folder(&folder)?;
            self.set(name, folder);
        }
        let runtime = self.folder.join("run");
        private_folder(&runtime)?;
        self.set("XDG_RUNTIME_DIR", runtime);
        // No graphics card, no settings and no screen reader of the user's.
        for (name, value) in [
            ("GDK_BACKEND", "x11"),
            ("LIBGL_ALWAYS_SOFTWARE", "1"),
            ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
            ("GSETTINGS_BACKEND", "memory"),
            ("GTK_USE_PORTAL", "0"),
            ("NO_AT_BRIDGE", "1"),
            ("LC_ALL", "C.UTF-8"),
        ] {
            self.set(name, value);
        }
        Ok(())
    }

    fn display(&mut self) -> Result<()> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"]);
        let number = self.spawn_and_hear("Xvfb", &command)?;
        self.set("DISPLAY", format!(":{number}"));
        Ok(())
    }

    fn bus(&mut self) -> Result<()> {
        let mut address = OsString::from("unix:path=");
        address.push(self.folder.join("run/bus"));
        let mut argument = OsString::from("--address=");
        argument.push(&address);
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]).arg(argument);
        self.spawn_and_hear("dbus-daemon", &command)?;
        self.set("DBUS_SESSION_BUS_ADDRESS", address);
        Ok(())
    }

    fn keychain(&mut self) -> Result<()> {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut command = self.inside(&command);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = spawn(&mut command)?;
        let fed = child.stdin.take().map(|mut stdin| stdin.write_all(b"private to this session"));
        self.children.push(("gnome-keyring-daemon", child));
        if !matches!(fed, Some(Ok(()))) {
            return Err("gnome-keyring-daemon did not take its password".into());
        }
        let start = Instant::now();
        let mut ask = Command::new("dbus-send");
        ask.args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        ]);
        while !process::output(&mut self.inside(&ask))?.contains("boolean true") {
            if start.elapsed() > PATIENCE {
                return Err("gnome-keyring-daemon did not offer its keychain on the session bus".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Starts a program that says one line on standard output once it is ready.
    fn spawn_and_hear(&mut self, name: &'static str, command: &Command) -> Result<String> {
        let mut command = self.inside(command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = spawn(&mut command)?;
        let stdout = child.stdout.take();
        self.children.push((name, child));
        let (said, hear) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            if let Some(stdout) = stdout
                && BufReader::new(stdout).read_line(&mut line).is_ok_and(|read| read > 0)
            {
                // Nobody listens any more if it came too late.
                let _ = said.send(line.trim().to_owned());
            }
        });
        hear.recv_timeout(PATIENCE).map_err(|_| format!("{name} did not start").into())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for (name, child) in self.children.iter_mut().rev() {
            end(name, child);
        }
        if let Err(error) = files::remove_folder(&self.folder) {
            eprintln!("{error}");
        }
    }
}

/// Asks a process of the session and all that came from it to end, and makes them.
pub(crate) fn end(name: &str, child: &mut Child) {
    let start = Instant::now();
    let mut ended = false;
    if signal_group(child, "TERM") {
        while !ended && start.elapsed() < Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(20));
            ended = matches!(child.try_wait(), Ok(Some(_)));
        }
    }
    // Also what outlived its parent.
    signal_group(child, "KILL");
    if !ended && let Err(error) = child.kill().and_then(|()| child.wait()) {
        eprintln!("{name} (process {}) could not be ended: {error}", child.id());
    }
}

/// Sends a signal to the group that the child leads; tells whether there was one.
fn signal_group(child: &Child, signal: &str) -> bool {
    process::succeeds(Command::new("sh").arg("-c").arg(format!("kill -{signal} -{}", child.id())))
}

/// A command that the kernel ends when this program ends, and that a key press in the terminal does
/// not reach before this program has had its say.
fn dying_with_us(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(program).process_group(0);
    command
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().map_err(|error| format!("`{}` could not be started: {error}", process::line(command)).into())
}

fn private_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| format!("{} could not be made: {error}", path.display()).into())
}
