//! A real window under the test's hand: the built program, driven by WebKit's own WebDriver.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// Enter, as WebDriver types it.
pub(crate) const ENTER: &str = "\u{e007}";
/// What locks the program: the control key held down for an L.
pub(crate) const CONTROL_L: &str = "\u{e009}l";
/// What a window may take on a busy machine before the test says that it will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with its window open.
pub(crate) struct Window {
    driver: Child,
    client: Client,
}

impl Window {
    /// Starts the program on a data folder and waits until it can be used. A newcomer's folder is set
    /// up first: the keychain protects, and the recovery code is left for later.
    pub(crate) async fn open(home: &Path) -> Self {
        let window = Self::start(home).await;
        let stands =
            window.until("it says how it stands", "return document.querySelector('[data-setup]') ? 'new' : 'known'");
        if stands.await == "new" {
            window.protect_with("keychain").await;
            window.leave_code_for_later().await;
        }
        window.until("it can be used", "return document.querySelector('.rail, .damaged') !== null").await;
        window
    }

    /// Starts the program on a data folder and waits until it shows how it stands: set-up, lock screen,
    /// damage, or everything.
    pub(crate) async fn start(home: &Path) -> Self {
        let display = std::env::var_os("DISPLAY");
        assert!(
            display.is_some_and(|display| !display.is_empty()),
            "window tests need a display: run them by `cargo xtask test`, which brings one"
        );
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            // Without these two the program's web view takes no session.
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("HOLDFAST_HOME", home)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver is installed by `cargo xtask test`");
        let window = Self { driver, client: session(port).await };
        let stands = "return document.querySelector('.rail, .damaged, [data-setup], [data-lock]') !== null";
        window.until("the program has answered", stands).await;
        window.program().expect("the driver started the program");
        window
    }

    /// Runs a script in the page.
    pub(crate) async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits for a promise of the page, and gives what it comes to.
    pub(crate) async fn promise(&self, expression: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; ({expression}).then(done)");
        self.client.execute_async(&script, Vec::new()).await.unwrap()
    }

    /// Waits until a script answers something true, and gives the answer.
    pub(crate) async fn until(&self, what: &str, script: &str) -> Value {
        self.until_within(PATIENCE, what, script).await
    }

    /// The same for what takes longer by its nature.
    pub(crate) async fn until_within(&self, patience: Duration, what: &str, script: &str) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.client.execute(script, Vec::new()).await;
            match answer {
                Ok(answer) if !matches!(answer, Value::Null | Value::Bool(false)) && answer != json!("") => {
                    return answer;
                }
                answer if begun.elapsed() > patience => {
                    let page = self.client.execute("return document.body.innerText", Vec::new()).await;
                    let shot = screenshot("failed");
                    panic!(
                        "not in {patience:?}: {what}\nlast answer: {answer:?}\nscreenshot: {shot:?}\npage: {page:?}"
                    );
                }
                _ => tokio::time::sleep(Duration::from_millis(30)).await,
            }
        }
    }

    /// Clicks the first of what a selector names that a person could click: seen, enabled, on top.
    pub(crate) async fn click(&self, selector: &str) {
        // Marked, so that WebDriver's own click finds the very same one.
        let mark = format!(
            "document.querySelectorAll('[data-test-click]').forEach(e => e.removeAttribute('data-test-click'));
             for (const e of document.querySelectorAll({selector:?})) {{
               if (e.disabled || !e.getClientRects().length || getComputedStyle(e).visibility !== 'visible') continue;
               e.scrollIntoView({{block: 'nearest'}});
               const box = e.getBoundingClientRect();
               const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
               if (top && (e.contains(top) || top.contains(e))) {{ e.setAttribute('data-test-click', ''); return true }}
             }}
             return false"
        );
        self.until(&format!("{selector} can be clicked"), &mark).await;
        match self.client.find(Locator::Css("[data-test-click]")).await.unwrap().click().await {
            // What was pressed closed the window, before its driver could say that it was pressed.
            Err(error) if error.is_no_such_window() => {}
            clicked => clicked.unwrap(),
        }
    }

    /// Types into what a selector names.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        self.until(&format!("{selector} is there"), &format!("return document.querySelector({selector:?}) !== null"))
            .await;
        self.client.find(Locator::Css(selector)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Asks a question by the keyboard alone.
    pub(crate) async fn ask(&self, question: &str) {
        self.type_into("#composer", question).await;
        self.type_into("#composer", ENTER).await;
    }

    /// Waits for the state of the newest answer, and gives its text.
    pub(crate) async fn answer_is(&self, state: &str) -> String {
        let script = format!(
            "const all = [...document.querySelectorAll('[data-answer]')]; const last = all[all.length - 1];
             return last && last.dataset.state === {state:?} ? last.innerText + ' ' : null"
        );
        let answer = self.until(&format!("the newest answer is {state}"), &script).await;
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows a text.
    pub(crate) async fn shows(&self, text: &str) {
        self.until(&format!("“{text}” is shown"), &format!("return document.body.innerText.includes({text:?})")).await;
    }

    /// Goes on in the window that opened beside the main one.
    pub(crate) async fn to_entry(&self) {
        let main = self.client.window().await.unwrap();
        let begun = Instant::now();
        loop {
            let all = self.client.windows().await.unwrap();
            if let Some(entry) = all.into_iter().find(|window| *window != main) {
                return self.client.switch_to_window(entry).await.unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "a second window opens; screenshot: {:?}", screenshot("failed"));
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Goes on in the main window, once it is the only one.
    pub(crate) async fn to_main(&self) {
        let begun = Instant::now();
        loop {
            let mut all = self.client.windows().await.unwrap();
            if all.len() == 1 {
                return self.client.switch_to_window(all.remove(0)).await.unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "the second window closes; screenshot: {:?}", screenshot("failed"));
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Chooses one of a list's values.
    pub(crate) async fn select(&self, selector: &str, value: &str) {
        self.until(&format!("{selector} is there"), &format!("return document.querySelector({selector:?}) !== null"))
            .await;
        self.client.find(Locator::Css(selector)).await.unwrap().select_by_value(value).await.unwrap();
    }

    /// Presses keys wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// The whole page, drawn or not.
    pub(crate) async fn document(&self) -> String {
        let page = self.script("return document.documentElement.outerHTML", vec![]).await;
        page.as_str().unwrap_or_default().to_owned()
    }

    /// Calls a command of the shell as the page does, and gives what comes of it.
    pub(crate) async fn invoke(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let answer = self
            .client
            .execute_async(
                "const [command, args, done] = arguments;
                 window.__TAURI_INTERNALS__.invoke(command, args).then(
                   reply => done({ok: reply === undefined ? null : reply}), error => done({error}))",
                vec![json!(command), arguments],
            )
            .await
            .unwrap();
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// The process of the program.
    pub(crate) fn program(&self) -> Option<u32> {
        children(self.driver.id()).into_iter().find(|pid| name_of(*pid) == "holdfast")
    }

    /// Processes that draw pages.
    pub(crate) fn renderers(&self) -> Vec<u32> {
        let Some(program) = self.program() else { return Vec::new() };
        descendants(program).into_iter().filter(|pid| name_of(*pid).starts_with("WebKitWebProces")).collect()
    }

    /// Ends the program as a power cut would.
    pub(crate) fn kill(mut self) {
        let program = self.program().expect("the program runs");
        assert!(signal("KILL", program), "the program is killed");
        self.end_driver();
    }

    /// Closes the window as a user does.
    pub(crate) async fn close(mut self) {
        let program = self.program().expect("the program runs");
        self.client.clone().close_window().await.unwrap();
        let begun = Instant::now();
        while Path::new(&format!("/proc/{program}/exe")).exists() {
            assert!(begun.elapsed() < PATIENCE, "the program ends when its window is closed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.end_driver();
    }

    fn end_driver(&mut self) {
        // It may have ended with the program.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(program) = self.program() {
            signal("KILL", program);
        }
        self.end_driver();
    }
}

async fn session(port: u16) -> Client {
    let capabilities = json!({
        "webkitgtk:browserOptions": { "binary": env!("CARGO_BIN_EXE_holdfast"), "args": [] }
    });
    let Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
    let begun = Instant::now();
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let attempt = builder.capabilities(capabilities.clone()).connect(&format!("http://127.0.0.1:{port}")).await;
        match attempt {
            Ok(client) => return client,
            Err(error) if begun.elapsed() > PATIENCE => panic!("no session in {PATIENCE:?}: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A picture of the whole display, for whoever reads a failure.
pub(crate) fn screenshot(name: &str) -> Option<PathBuf> {
    let path = std::env::temp_dir().join(format!("holdfast-{name}-{}.png", std::process::id()));
    let taken = Command::new("import").args(["-window", "root"]).arg(&path).status();
    taken.is_ok_and(|status| status.success()).then_some(path)
}

pub(crate) fn signal(name: &str, pid: u32) -> bool {
    Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().is_ok_and(|status| status.success())
}

fn name_of(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

fn children(parent: u32) -> Vec<u32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    processes.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn descendants(root: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        let below = children(pid);
        found.extend(&below);
        open.extend(below);
    }
    found
}

fn parent_of(pid: u32) -> Option<u32> {
    // The name of a program, in brackets, may hold anything; what follows it is numbers.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
