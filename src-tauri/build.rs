//! Lets Tauri resolve the configuration, and builds the program anew when the page changed.

fn main() {
    println!("cargo:rerun-if-changed=ui/dist");
    tauri_build::build();
}
