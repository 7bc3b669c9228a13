use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

use super::{PATIENCE, World};

/// The real program in a terminal that is none: nobody types, and both outputs are pipes.
pub(crate) struct Program {
    child: Child,
    stdout: Output,
    stderr: Output,
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// None when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What came out of a pipe so far.
struct Output {
    so_far: watch::Receiver<Vec<u8>>,
    reader: JoinHandle<()>,
}

impl Output {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let (sender, so_far) = watch::channel(Vec::new());
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                match pipe.read(&mut bytes).unwrap() {
                    0 => return,
                    count => sender.send_modify(|all| all.extend_from_slice(&bytes[..count])),
                }
            }
        });
        Self { so_far, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.so_far.borrow()).into_owned()
    }

    fn whole(self) -> String {
        self.reader.join().unwrap();
        String::from_utf8(self.so_far.borrow().clone()).unwrap()
    }
}

impl World {
    /// A command line of the program on this world's files. The program of the world itself should
    /// not run, unless the test is about both.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.args(arguments).env("HOLDFAST_HOME", self.home()).env_remove("HOLDFAST_LOG").current_dir(self.home());
        command
    }

    /// Starts the program with this on its standard input.
    pub(crate) fn spawn(&self, arguments: &[&str], input: &str) -> Program {
        Program::start(&mut self.command(arguments), input)
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        self.spawn(arguments, "").end().await
    }
}

impl Program {
    /// Starts a command with this on its standard input.
    pub(crate) fn start(command: &mut Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A program that does not read its input must not hold the test up.
        thread::spawn(move || {
            let _ = stdin.write_all(input.as_bytes());
        });
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child, stdout: Output::of(stdout), stderr: Output::of(stderr) }
    }

    /// What it printed so far.
    pub(crate) fn printed(&self) -> String {
        self.stdout.text()
    }

    /// Waits until it printed this.
    pub(crate) async fn prints(&self, text: &str) {
        let mut so_far = self.stdout.so_far.clone();
        let printed = so_far.wait_for(|bytes| String::from_utf8_lossy(bytes).contains(text));
        let printed = tokio::time::timeout(PATIENCE, printed).await.is_ok_and(|printed| printed.is_ok());
        assert!(printed, "{text:?} was not printed:\n{}\n{}", self.stdout.text(), self.stderr.text());
    }

    /// Ends it from one moment to the next, and says what it had printed.
    pub(crate) async fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.wait().await;
        self.stdout.whole()
    }

    /// Ctrl C.
    pub(crate) fn interrupt(&self) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Ended {
        let status = self.wait().await;
        Ended { code: status.code(), stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }

    async fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                panic!("the program did not end:\n{}\n{}", self.stdout.text(), self.stderr.text());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
