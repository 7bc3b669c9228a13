//! The page: compiled to WebAssembly, bound to JavaScript, put together in `ui/dist`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, UNIX_EPOCH};

use wasm_bindgen_cli_support::Bindgen;

use crate::error::Result;
use crate::workspace::Workspace;
use crate::{files, process};

/// What the compiler may use for this target, so what an older wasm-opt has to be told.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-sign-ext",
];

/// Builds the page into `ui/dist`. Files that come out as they were keep their time, so that the
/// program, which embeds them, is not built again.
pub(crate) fn build(workspace: &Workspace, release: bool) -> Result<()> {
    let start = Instant::now();
    let profile = if release { "wasm-release" } else { "dev" };
    let folder = if release { profile } else { "debug" };
    process::run(workspace.cargo().args([
        "build",
        "--package",
        "holdfast-ui",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        profile,
    ]))?;
    let module = workspace.target.join("wasm32-unknown-unknown").join(folder).join("holdfast-ui.wasm");
    let bound = bind(workspace, &module, release)?;

    let ui = workspace.root.join("ui");
    let mut dist = BTreeMap::new();
    for path in files::under(&bound)? {
        dist.insert(relative(&path, &bound), files::read(&path)?);
    }
    for name in ["index.html", "boot.js"] {
        dist.insert(PathBuf::from(name), files::read(&ui.join(name))?);
    }
    for path in files::under(&ui.join("fonts"))? {
        dist.insert(relative(&path, &ui), files::read(&path)?);
    }
    let mut style = Vec::new();
    for path in files::under(&ui.join("style"))? {
        style.extend(files::read(&path)?);
    }
    dist.insert(PathBuf::from("style.css"), style);

    let changed = synchronise(&ui.join("dist"), &dist)?;
    let wasm = dist.get(Path::new("holdfast-ui_bg.wasm")).map_or(0, Vec::len);
    eprintln!(
        "Page: {changed} of {} files changed, {} KiB of WebAssembly, {:.1} s",
        dist.len(),
        wasm / 1024,
        start.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Makes the JavaScript around the module, and the module smaller, unless that was done before.
fn bind(workspace: &Workspace, module: &Path, release: bool) -> Result<PathBuf> {
    let folder = workspace.target.join("page").join(if release { "release" } else { "debug" });
    let out = folder.join("out");
    let optimiser = release && usable_optimiser();
    let stamp = format!("{}\n{}\nwasm-opt: {optimiser}\n", fingerprint(module)?, fingerprint(&own_path()?)?);
    let stamp_path = folder.join("stamp");
    if out.is_dir() && fs::read_to_string(&stamp_path).is_ok_and(|there| there == stamp) {
        return Ok(out);
    }
    files::remove_folder(&folder)?;
    eprintln!("Binding the page to JavaScript.");
    let mut bindgen = Bindgen::new();
    // The command line turns the default path on, the library does not.
    bindgen.omit_default_module_path(false).typescript(false).keep_debug(false).remove_name_section(release);
    bindgen.input_path(module).out_name("holdfast-ui");
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(&out))
        .map_err(|error| format!("wasm-bindgen could not read {}: {error:#}", module.display()))?;
    if optimiser {
        shrink(&out.join("holdfast-ui_bg.wasm"));
    } else if release {
        eprintln!("No wasm-opt of version {OLDEST_WASM_OPT} or newer is on PATH: the page stays a little larger.");
    }
    files::write_if_changed(&stamp_path, stamp.as_bytes())?;
    Ok(out)
}

/// Version 108, which Debian 12 has, writes a module that does not start.
const OLDEST_WASM_OPT: u32 = 116;

fn usable_optimiser() -> bool {
    let version = process::output(Command::new("wasm-opt").arg("--version"));
    version.is_ok_and(|line| version_of(&line).is_some_and(|version| version >= OLDEST_WASM_OPT))
}

/// The number in a line like `wasm-opt version 108 (version_108)`.
fn version_of(line: &str) -> Option<u32> {
    line.split_whitespace().find_map(|word| word.parse().ok())
}

/// A page that wasm-opt cannot read is larger, and otherwise as good.
fn shrink(module: &Path) {
    let smaller = module.with_extension("smaller");
    let mut command = Command::new("wasm-opt");
    command.arg("-Os").args(WASM_FEATURES).arg(module).arg("-o").arg(&smaller);
    let done = process::run(&mut command).and_then(|()| {
        fs::rename(&smaller, module).map_err(|error| format!("it could not be put in place: {error}").into())
    });
    if let Err(error) = done {
        eprintln!("The page stays as the compiler made it, since wasm-opt did not work: {error}");
        let _ = fs::remove_file(&smaller);
    }
}

fn own_path() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| format!("this program cannot find itself: {error}").into())
}

/// Cheap, and enough for files that only cargo writes.
fn fingerprint(path: &Path) -> Result<String> {
    let unreadable = |error| format!("{} could not be read: {error}", path.display());
    let metadata = fs::metadata(path).map_err(unreadable)?;
    let modified = metadata.modified().map_err(unreadable)?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {} {}", path.display(), metadata.len(), modified.as_nanos()))
}

fn relative(path: &Path, folder: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_owned()
}

/// Makes the folder hold these files and no others; tells how many it wrote or removed.
fn synchronise(folder: &Path, wanted: &BTreeMap<PathBuf, Vec<u8>>) -> Result<usize> {
    let mut changed = 0;
    for (name, content) in wanted {
        changed += usize::from(files::write_if_changed(&folder.join(name), content)?);
    }
    for path in files::under(folder)? {
        if !wanted.contains_key(&relative(&path, folder)) {
            fs::remove_file(&path).map_err(|error| format!("{} could not be removed: {error}", path.display()))?;
            changed += 1;
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_wasm_opt_is_read() {
        assert_eq!(version_of("wasm-opt version 108 (version_108)"), Some(108), "as Debian's says it");
        assert_eq!(version_of("wasm-opt version 123"), Some(123), "as newer ones say it");
        assert_eq!(version_of("something else"), None, "another program is no wasm-opt");
    }

    #[test]
    fn only_what_differs_is_written_and_what_is_not_wanted_goes() {
        let folder = std::env::temp_dir().join(format!("holdfast-page-{}", std::process::id()));
        let wanted = |style: &str| {
            BTreeMap::from([
                (PathBuf::from("index.html"), b"<!doctype html>".to_vec()),
                (PathBuf::from("style.css"), style.as_bytes().to_vec()),
            ])
        };
        assert_eq!(synchronise(&folder, &wanted("a{}")).unwrap(), 2, "an empty folder gets everything");
        let index = folder.join("index.html");
        let before = fs::metadata(&index).unwrap().modified().unwrap();
        fs::write(folder.join("old.js"), "gone").unwrap();
        assert_eq!(synchronise(&folder, &wanted("b{}")).unwrap(), 2, "one file is written and one removed");
        assert_eq!(fs::metadata(&index).unwrap().modified().unwrap(), before, "an equal file keeps its time");
        assert!(!folder.join("old.js").exists(), "the program would embed it");
        files::remove_folder(&folder).unwrap();
    }
}
