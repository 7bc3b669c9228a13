//! How a window is drawn where that is not for the system to decide.

use tauri::WebviewWindow;

/// Turns off drawing by graphics hardware where there is none. WebKitGTK would imitate it in software
/// then, which draws no faster and takes about 90 MiB more.
#[cfg(target_os = "linux")]
pub(crate) fn suit(window: &WebviewWindow) {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

    if has_graphics_hardware() {
        return;
    }
    let set = window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    });
    if let Err(error) = set {
        tracing::warn!(%error, "the window is drawn as the system thinks best");
    }
}

/// Other systems decide this well by themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn suit(_window: &WebviewWindow) {}

/// Whether the kernel offers a device that renders.
#[cfg(target_os = "linux")]
fn has_graphics_hardware() -> bool {
    let devices = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    devices.into_iter().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
}
