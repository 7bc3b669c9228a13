//! Puts on this machine what the program or its tests need: by itself where that is customary
//! (Debian and Ubuntu), else by saying what is missing and which command installs it.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::Command;

use crate::error::Result;
use crate::process;
use crate::workspace::Workspace;

/// Something of the system's that is needed, by its name in each family of distributions. Where a
/// name is missing, another package of the list brings it there.
struct Package {
    debian: &'static str,
    fedora: Option<&'static str>,
    arch: Option<&'static str>,
    why: &'static str,
}

const BUILD: &[Package] = &[
    Package {
        debian: "build-essential",
        fedora: Some("gcc-c++"),
        arch: Some("base-devel"),
        why: "compiles and links the parts in C",
    },
    Package { debian: "pkg-config", fedora: Some("pkgconf-pkg-config"), arch: Some("pkgconf"), why: "finds libraries" },
    Package {
        debian: "libwebkit2gtk-4.1-dev",
        fedora: Some("webkit2gtk4.1-devel"),
        arch: Some("webkit2gtk-4.1"),
        why: "draws the window",
    },
    Package {
        debian: "libdbus-1-dev",
        fedora: Some("dbus-devel"),
        arch: Some("dbus"),
        why: "speaks to the desktop: theme, keychain, second start",
    },
    Package {
        debian: "libssl-dev",
        fedora: Some("openssl-devel"),
        arch: Some("openssl"),
        why: "the ciphers that seal the database",
    },
];

const TEST: &[Package] = &[
    Package {
        debian: "xvfb",
        fedora: Some("xorg-x11-server-Xvfb"),
        arch: Some("xorg-server-xvfb"),
        why: "a private display for the windows under test",
    },
    Package {
        debian: "dbus",
        fedora: Some("dbus-daemon"),
        arch: Some("dbus"),
        why: "a private session for the windows under test",
    },
    Package {
        debian: "gnome-keyring",
        fedora: Some("gnome-keyring"),
        arch: Some("gnome-keyring"),
        why: "a private keychain for the vault under test",
    },
    Package {
        debian: "webkit2gtk-driver",
        fedora: Some("webkitgtk6.0"),
        arch: Some("webkitgtk-6.0"),
        why: "WebKitWebDriver, which drives the window",
    },
    Package {
        debian: "procps",
        fedora: Some("procps-ng"),
        arch: Some("procps-ng"),
        why: "ends the program as a crash would",
    },
    Package { debian: "xdotool", fedora: Some("xdotool"), arch: Some("xdotool"), why: "presses real keys" },
    Package { debian: "xclip", fedora: Some("xclip"), arch: Some("xclip"), why: "fills the clipboard" },
    Package {
        debian: "imagemagick",
        fedora: Some("ImageMagick"),
        arch: Some("imagemagick"),
        why: "takes pictures of the display",
    },
];

/// What this machine needs to build and run the program.
pub(crate) fn for_building(workspace: &Workspace) -> Result<()> {
    system(&[BUILD])?;
    wasm_target(workspace)
}

/// What this machine needs besides, to test it.
pub(crate) fn for_testing(workspace: &Workspace) -> Result<()> {
    system(&[BUILD, TEST])?;
    wasm_target(workspace)?;
    for (component, subcommand) in [("clippy", "clippy"), ("rustfmt", "fmt")] {
        if !process::succeeds(workspace.cargo().args([subcommand, "--version"])) {
            eprintln!("Adding {component} to the Rust toolchain.");
            process::run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// The target the page is compiled for.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(&workspace.root).args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
    let folder = process::output(&mut rustc)?;
    if std::path::Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    if !process::on_path("rustup") {
        return Err("Rust cannot compile for wasm32-unknown-unknown yet, and rustup is not here to add that. \
                    Install the target as your distribution does: `dnf install \
                    rust-std-static-wasm32-unknown-unknown` on Fedora, `pacman -S rust-wasm` on Arch."
            .into());
    }
    eprintln!("Adding the target wasm32-unknown-unknown to Rust: the page is compiled for it.");
    process::run(Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]))
}

fn system(lists: &[&[Package]]) -> Result<()> {
    let packages = || lists.iter().copied().flatten();
    match std::env::consts::OS {
        "linux" => match family(&std::fs::read_to_string("/etc/os-release").unwrap_or_default()) {
            Family::Debian => {
                let missing: Vec<_> = packages().filter(|package| !debian_has(package.debian)).collect();
                if missing.is_empty() { Ok(()) } else { apt_install(&missing) }
            }
            Family::Fedora => tell(
                packages().filter(|package| package.fedora.is_some_and(|name| !installed("rpm", "-q", name))),
                |package| package.fedora,
                "sudo dnf install",
            ),
            Family::Arch => tell(
                packages().filter(|package| package.arch.is_some_and(|name| !installed("pacman", "-Q", name))),
                |package| package.arch,
                "sudo pacman -S --needed",
            ),
            Family::Other => {
                if installed("pkg-config", "--exists", "webkit2gtk-4.1") {
                    return Ok(());
                }
                let mut names = String::new();
                for package in packages() {
                    let _ = write!(names, "\n  {:24} {}", package.debian, package.why);
                }
                Err(format!(
                    "This distribution is not known here. Install what Debian calls so, then start again:{names}"
                )
                .into())
            }
        },
        "macos" => {
            if installed("xcode-select", "-p", "") {
                return Ok(());
            }
            Err("Missing: Apple's command line tools, which compile the parts in C. Install them, then start \
                 again:\n  xcode-select --install"
                .into())
        }
        "windows" => {
            const WEBVIEW: &str =
                r"HKLM\SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
            if process::succeeds(Command::new("reg").args(["query", WEBVIEW, "/v", "pv"])) {
                return Ok(());
            }
            Err("Missing: Microsoft Edge WebView2, which draws the window. Install it, then start again:\n  \
                 winget install Microsoft.EdgeWebView2Runtime"
                .into())
        }
        other => {
            eprintln!("Nothing is known here about {other}; going on as if all were there.");
            Ok(())
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Family {
    Debian,
    Fedora,
    Arch,
    Other,
}

fn family(os_release: &str) -> Family {
    let value = |key: &str| {
        os_release.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim_matches('"').to_owned())
    };
    let names = format!("{} {}", value("ID=").unwrap_or_default(), value("ID_LIKE=").unwrap_or_default());
    names
        .split_whitespace()
        .find_map(|name| match name {
            "debian" | "ubuntu" => Some(Family::Debian),
            "fedora" | "rhel" => Some(Family::Fedora),
            "arch" => Some(Family::Arch),
            _ => None,
        })
        .unwrap_or(Family::Other)
}

fn installed(program: &str, question: &str, name: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(question);
    if !name.is_empty() {
        command.arg(name);
    }
    process::succeeds(&mut command)
}

fn debian_has(name: &str) -> bool {
    let mut command = Command::new("dpkg-query");
    command.args(["-W", "-f", "${db:Status-Status}", name]).stdin(std::process::Stdio::null());
    command.output().is_ok_and(|output| output.stdout == b"installed")
}

fn tell<'a>(
    missing: impl Iterator<Item = &'a Package>,
    name: impl Fn(&Package) -> Option<&'static str>,
    install: &str,
) -> Result<()> {
    let mut list = String::new();
    let mut command = install.to_owned();
    for package in missing {
        let name = name(package).unwrap_or(package.debian);
        let _ = write!(list, "\n  {name:24} {}", package.why);
        let _ = write!(command, " {name}");
    }
    if list.is_empty() {
        return Ok(());
    }
    Err(format!("Missing on this machine:{list}\nInstall it, then start again:\n  {command}").into())
}

fn apt_install(missing: &[&Package]) -> Result<()> {
    eprintln!("Missing on this machine:");
    for package in missing {
        eprintln!("  {:24} {}", package.debian, package.why);
    }
    let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    let asks = std::io::stdin().is_terminal() && std::env::var_os("CI").is_none();
    let apt = |arguments: &[&str]| {
        let mut command = if root { Command::new("env") } else { Command::new("sudo") };
        if !root && !asks {
            command.arg("-n");
        }
        if !root {
            command.arg("env");
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]).args(arguments);
        command
    };
    let names: Vec<_> = missing.iter().map(|package| package.debian).collect();
    let install = [&["install", "--yes", "--no-install-recommends"], names.as_slice()].concat();
    if !root && !process::on_path("sudo") {
        return Err(format!(
            "Only root may install them, and sudo is not here. As root:\n  apt-get {}",
            install.join(" ")
        )
        .into());
    }
    if asks && !agreed(&process::line(&apt(&install)))? {
        return Err("Nothing was installed, so nothing can be built".into());
    }
    process::run(&mut apt(&["update"]))?;
    process::run(&mut apt(&install))
}

fn agreed(command: &str) -> Result<bool> {
    eprint!("Install with `{command}`? [Y/n] ");
    let mut answer = String::new();
    std::io::stderr().flush().map_err(|error| format!("the terminal is gone: {error}"))?;
    let read = std::io::stdin().read_line(&mut answer).map_err(|error| format!("no answer could be read: {error}"))?;
    Ok(read > 0 && matches!(answer.trim(), "" | "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_known_by_itself_or_by_what_it_is_like() {
        let cases = [
            ("ID=debian\nVERSION_ID=\"12\"\n", Family::Debian),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Family::Debian),
            ("NAME=\"Fedora Linux\"\nID=fedora\n", Family::Fedora),
            ("ID=manjaro\nID_LIKE=arch\n", Family::Arch),
            ("ID=nixos\n", Family::Other),
            ("", Family::Other),
        ];
        for (text, expected) in cases {
            assert_eq!(family(text), expected, "what it is decides which command is named: {text:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_command_that_installs_it() {
        let message = tell(BUILD.iter().take(2), |package| package.fedora, "sudo dnf install").unwrap_err().to_string();
        assert!(message.ends_with("\n  sudo dnf install gcc-c++ pkgconf-pkg-config"), "one line to copy: {message}");
    }
}
