//! The windows, and the two commands through which their pages talk to the program.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use holdfast_app::{App, Places, entry, vault};
use holdfast_contract::{Code, Event, Failure, LockVault, Window};
use holdfast_vault::SystemKeychain;
use tauri::ipc::{Channel, Response};
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager as _, RunEvent, State, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags};
use tokio::sync::SetOnce;
use tokio::task::JoinHandle;

use crate::desktop::Desktop;
use crate::{drawing, environment, rpc, system};

/// What Tauri keeps for the commands.
#[derive(Default)]
struct Shell {
    /// The program; windows open before it does, and their first requests wait for it.
    app: SetOnce<Result<App, Failure>>,
    /// The task that feeds each window.
    feeds: Mutex<HashMap<String, JoinHandle<()>>>,
    entry: Mutex<EntryWindow>,
}

/// The window for secrets. It goes some time after it was told to, and another may be wanted before.
#[derive(Default)]
struct EntryWindow {
    /// The opening that it is there for.
    opening: Option<u64>,
    closing: bool,
    /// The opening that waits until this window is gone.
    next: Option<u64>,
}

impl Shell {
    fn entry(&self) -> MutexGuard<'_, EntryWindow> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the main window and runs until it is closed.
///
/// # Errors
/// When the system gives no window.
pub(crate) fn run(places: Places, started: Instant) -> tauri::Result<()> {
    start(places, started, true)
}

/// Has the program that runs lock itself. Without one there is nothing to lock.
///
/// # Errors
/// When the system does not carry the message.
pub(crate) fn lock(places: Places, started: Instant) -> tauri::Result<()> {
    start(places, started, false)
}

/// A second start is carried to the first one, with its arguments, and ends. Without a first one this
/// is it, and `opens` says whether it stays.
fn start(places: Places, started: Instant, opens: bool) -> tauri::Result<()> {
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|handle, arguments, _| {
            if arguments.iter().skip(1).map(String::as_str).eq(["vault", "lock"]) {
                lock_now(handle);
            } else {
                bring_forward(handle);
            }
        }))
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_filename(places.data.join("window.json").to_string_lossy())
                .with_denylist(&[Window::Entry.label()])
                .build(),
        )
        // Registered and granted to no window: no page can reach a Stronghold. Keys are the vault's.
        .plugin(tauri_plugin_stronghold::Builder::with_argon2(&places.vault().join("plugin.salt")).build())
        .manage(Shell::default())
        .invoke_handler(tauri::generate_handler![rpc, attach])
        .setup(move |tauri| {
            if !opens {
                tracing::info!("the program does not run, so there is nothing to lock");
                tauri.handle().exit(0);
                return Ok(());
            }
            let handle = tauri.handle().clone();
            let host = Arc::new(Desktop::new(handle.clone(), started));
            tauri::async_runtime::spawn(async move {
                let opened = App::open(places, Arc::new(SystemKeychain), host).await;
                environment::mark("open", started);
                let opened = opened.map_err(|error| Failure::new(Code::Internal, error.to_string()));
                if let Ok(app) = &opened {
                    system::watch(app);
                }
                // It is set here alone, so it cannot be set already.
                let _ = handle.state::<Shell>().app.set(opened);
            });
            environment::mark("set up", started);
            open_main(tauri.handle())?;
            environment::mark("window", started);
            Ok(())
        })
        .on_page_load(move |_, page| {
            if page.event() == PageLoadEvent::Finished {
                environment::mark("page", started);
            }
        })
        .on_window_event(|window, event| {
            if let (WindowEvent::Destroyed, Some(kind)) = (event, Window::from_label(window.label())) {
                closed(window.app_handle(), kind);
            }
        })
        .build(tauri::generate_context!())?;
    app.run(|handle, event| {
        if let RunEvent::ExitRequested { .. } = event {
            finish(handle);
        }
    });
    Ok(())
}

/// A request of a page. The reply is JSON.
#[tauri::command]
async fn rpc(
    window: WebviewWindow,
    shell: State<'_, Shell>,
    name: String,
    body: serde_json::Value,
) -> Result<Response, Failure> {
    let app = shell.app.wait().await.clone()?;
    let json = rpc::dispatch(app, window.label(), &name, body).await?;
    Ok(Response::new(json))
}

/// Feeds a page with events until it goes or attaches anew.
#[tauri::command]
async fn attach(window: WebviewWindow, shell: State<'_, Shell>, channel: Channel<Event>) -> Result<(), Failure> {
    let app = shell.app.wait().await.clone()?;
    let mut events = app.events().listen();
    let feed = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if channel.send(event).is_err() {
                return;
            }
        }
    });
    let mut feeds = shell.feeds.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(old) = feeds.insert(window.label().to_owned(), feed) {
        old.abort();
    }
    Ok(())
}

fn open_main(handle: &AppHandle) -> tauri::Result<()> {
    let main =
        page(handle, Window::Main).title("Holdfast").inner_size(1360.0, 820.0).min_inner_size(720.0, 520.0).build()?;
    drawing::suit(&main);
    Ok(())
}

/// Opens the small window for secrets, or brings it forward.
pub(crate) fn open_entry(handle: &AppHandle, opening: u64, anew: bool) -> tauri::Result<()> {
    {
        let shell = handle.state::<Shell>();
        let mut entry = shell.entry();
        if entry.closing {
            entry.next = Some(opening);
            return Ok(());
        }
        entry.opening = Some(opening);
    }
    if let Some(window) = handle.get_webview_window(Window::Entry.label()) {
        if anew {
            window.reload()?;
        }
        return window.set_focus();
    }
    let entry = page(handle, Window::Entry)
        .title("Holdfast")
        .inner_size(560.0, 480.0)
        .resizable(false)
        .minimizable(false)
        .maximizable(false)
        .content_protected(true)
        .always_on_top(true)
        .center();
    let entry = match handle.get_webview_window(Window::Main.label()) {
        Some(main) => entry.parent(&main)?,
        None => entry,
    };
    drawing::suit(&entry.build()?);
    Ok(())
}

pub(crate) fn close_entry(handle: &AppHandle) {
    let Some(window) = handle.get_webview_window(Window::Entry.label()) else { return };
    let shell = handle.state::<Shell>();
    {
        let mut entry = shell.entry();
        entry.next = None;
        if std::mem::replace(&mut entry.closing, true) {
            return;
        }
    }
    // Its end may be told before this returns.
    if let Err(error) = window.destroy() {
        shell.entry().closing = false;
        tracing::warn!(%error, "the entry window could not be closed");
    }
}

/// A page of the program's own and nothing else: it goes nowhere and opens nothing.
fn page<'a>(handle: &'a AppHandle, kind: Window) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    WebviewWindowBuilder::new(handle, kind.label(), WebviewUrl::App("index.html".into()))
        .on_navigation(|url| {
            matches!(
                (url.scheme(), url.host_str()),
                ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost"))
            )
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .disable_drag_drop_handler()
}

fn lock_now(handle: &AppHandle) {
    if let Some(Ok(app)) = handle.state::<Shell>().app.get() {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { vault::lock_vault(app, LockVault {}).await });
    }
}

fn bring_forward(handle: &AppHandle) {
    if let Some(window) = handle.get_webview_window(Window::Main.label()) {
        for result in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = result {
                tracing::warn!(%error, "the window could not be brought forward");
            }
        }
    }
}

fn closed(handle: &AppHandle, kind: Window) {
    let shell = handle.state::<Shell>();
    if let Some(feed) = shell.feeds.lock().unwrap_or_else(PoisonError::into_inner).remove(kind.label()) {
        feed.abort();
    }
    match kind {
        Window::Entry => entry_closed(handle),
        // The entry window is of no use alone.
        Window::Main => close_entry(handle),
    }
}

/// Tells whose window is gone, and opens the one that waited for that.
fn entry_closed(handle: &AppHandle) {
    let shell = handle.state::<Shell>();
    let gone = std::mem::take(&mut *shell.entry());
    let Some(Ok(app)) = shell.app.get() else { return };
    if let Some(opening) = gone.opening {
        entry::entry_closed(app, opening);
    }
    let Some(next) = gone.next else { return };
    let (app, handle) = (app.clone(), handle.clone());
    // Not from inside the event: on Windows no window can be made there.
    tauri::async_runtime::spawn(async move {
        if let Err(error) = open_entry(&handle, next, false) {
            tracing::warn!(%error, "the entry window could not be opened again");
            entry::entry_closed(&app, next);
        }
    });
}

/// Stores what is being written before the program ends, and where its window stood: when the program
/// exits the plugin finds no window any more, and keeps nothing.
fn finish(handle: &AppHandle) {
    if let Err(error) = handle.save_window_state(StateFlags::all()) {
        tracing::warn!(%error, "the size of the window could not be kept");
    }
    if let Some(Ok(app)) = handle.state::<Shell>().app.get() {
        tauri::async_runtime::block_on(app.finish());
    }
}
