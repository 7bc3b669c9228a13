//! What the system tells of its screen, its sleep and its user, so that the program locks with it.
//!
//! On Linux the desktop tells it by D-Bus: the screen saver on the session bus, sleep and sessions
//! (logind) on the system bus. A desktop without these services tells nothing, and then only time
//! locks. On other systems nothing is heard yet.

use holdfast_app::App;

/// Listens for as long as the program runs.
#[cfg(target_os = "linux")]
pub(crate) fn watch(app: &App) {
    for (bus, rules) in [(Bus::Session, SESSION.as_slice()), (Bus::System, SYSTEM.as_slice())] {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = linux::listen(bus, rules, &app).await {
                tracing::info!(%error, ?bus, "the system does not tell when it locks itself");
            }
        });
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(_app: &App) {}

#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug)]
enum Bus {
    Session,
    System,
}

/// A signal: interface and name.
#[cfg(target_os = "linux")]
type Signal = (&'static str, &'static str);

/// Both say with `true` that the screen is locked or dark now.
#[cfg(target_os = "linux")]
const SESSION: [Signal; 2] =
    [("org.freedesktop.ScreenSaver", "ActiveChanged"), ("org.gnome.ScreenSaver", "ActiveChanged")];

/// `PrepareForSleep` says with `true` that sleep begins; `Lock` has no argument; a session that another
/// user takes the screen from becomes inactive.
#[cfg(target_os = "linux")]
const SYSTEM: [Signal; 3] = [
    ("org.freedesktop.login1.Manager", "PrepareForSleep"),
    ("org.freedesktop.login1.Session", "Lock"),
    ("org.freedesktop.DBus.Properties", "PropertiesChanged"),
];

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use futures::StreamExt as _;
    use futures::stream::select_all;
    use holdfast_app::App;
    use zbus::message::Message;
    use zbus::names::MemberName;
    use zbus::zvariant::Value;
    use zbus::{Connection, MatchRule, MessageStream};

    use super::{Bus, Signal};

    const LOGIND_SESSION: &str = "org.freedesktop.login1.Session";

    pub(super) async fn listen(bus: Bus, signals: &[Signal], app: &App) -> zbus::Result<()> {
        let connection = match bus {
            Bus::Session => Connection::session().await?,
            Bus::System => Connection::system().await?,
        };
        let mut streams = Vec::new();
        for (interface, member) in signals {
            let rule = MatchRule::builder()
                .msg_type(zbus::message::Type::Signal)
                .interface(*interface)?
                .member(*member)?
                .build();
            streams.push(MessageStream::for_match_rule(rule, &connection, None).await?);
        }
        let mut told = select_all(streams);
        while let Some(message) = told.next().await {
            if message.is_ok_and(|message| locks(&message)) {
                tracing::info!("the system locks itself, so the program does");
                app.system_locks().await;
            }
        }
        Ok(())
    }

    fn locks(message: &Message) -> bool {
        let header = message.header();
        match header.member().map(MemberName::as_str) {
            Some("Lock") => true,
            Some("ActiveChanged" | "PrepareForSleep") => message.body().deserialize::<bool>().unwrap_or(false),
            Some("PropertiesChanged") => {
                type Changed<'a> = (&'a str, HashMap<&'a str, Value<'a>>, Vec<&'a str>);
                let body = message.body();
                let changed = body.deserialize::<Changed<'_>>();
                changed.is_ok_and(|(interface, values, _)| {
                    interface == LOGIND_SESSION && values.get("Active") == Some(&Value::Bool(false))
                })
            }
            _ => false,
        }
    }
}
