//! The real window, driven as a user would: mouse and keyboard in, what is on the page out.

use std::fs;
use std::path::Path;

use holdfast_testkit::FakeServer;

mod backups;
mod driver;
mod gate;
mod idle;
mod journey;
mod keys;
mod locking;
mod log;
pub(crate) mod memory;
mod rotation;
mod setup;
mod trust;

use driver::{ENTER, Window};

/// A user's own models.yaml that names the fake server.
fn point_to(server: &FakeServer, home: &Path) {
    let text = format!(
        "providers:\n  - id: ollama\n    base_url: {}\n  - id: studio\n    name: Studio\n    wire: openai_chat\n    base_url: {}\n    \
         place: cloud\n    key: required\n    key_test: {{ path: models, proves: key }}\n    \
         models:\n      - {{ id: studio-large, name: Studio Large, context_window: 200000 }}\n",
        server.url(),
        server.openai_url(),
    );
    fs::write(home.join("models.yaml"), text).unwrap();
}

/// Chooses a model by the keyboard.
async fn choose(window: &Window, filter: &str, name: &str) {
    window.click("#model").await;
    window.type_into("#model-filter", filter).await;
    window
        .until(
            &format!("{name} is offered"),
            &format!("return document.querySelector('#model-list').innerText.includes({name:?})"),
        )
        .await;
    window.type_into("#model-filter", ENTER).await;
    window
        .until("the model is chosen", &format!("return document.querySelector('#model').innerText.includes({name:?})"))
        .await;
}
