use super::*;

fn files() -> (tempfile::TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Files::new(dir.path().join("data").join("vault"), Box::new(|dir| fs4::available_space(dir)));
    files.patience = Duration::ZERO;
    files.make_dir().unwrap();
    (dir, files)
}

fn names(files: &Files) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(&files.dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn temporary_files_are_known_by_their_name() {
    for (name, temporary) in [
        ("vault.hold.0123456789ab", true),
        ("vault.slots.0123456789ab", true),
        ("vault.slots.bak.ffffffffffff", true),
        ("vault.hold2.0123456789ab", true),
        ("vault.root.0123456789ab", true),
        ("vault.root2.bak.0123456789ab", true),
        ("vault.anchor.0123456789ab", true),
        ("vault.attempts.0123456789ab", true),
        ("vault.restore.0123456789ab", true),
        ("vault.slots.restore.0123456789ab", true),
        ("vault.slots.restore", false),
        ("vault.restore", false),
        ("vault.hold", false),
        ("vault.hold.bak", false),
        ("vault.hold.0123456789a", false),
        ("vault.hold.0123456789abc", false),
        ("vault.hold.0123456789AB", false),
        ("vault.hold.damaged-0123", false),
        ("holdfast.db.0123456789ab", false),
        (".0123456789ab", false),
    ] {
        assert_eq!(is_temporary(name), temporary, "{name}");
    }
}

#[test]
fn a_write_that_was_killed_leaves_the_file_before_it() {
    let (_dir, files) = files();
    let path = files.path(SLOTS);
    files.write(&path, b"first").unwrap();
    // A kill in the middle of the next write leaves half a temporary file.
    fs::write(files.path("vault.slots.0123456789ab"), b"sec").unwrap();
    fs::write(files.path("vault.hold.ba9876543210"), b"").unwrap();
    fs::write(files.path("notes.0123456789ab"), b"not ours").unwrap();
    files.sweep_if_alone();
    assert_eq!(files.read(&path, 100).unwrap().as_deref(), Some(&b"first"[..]), "the file before it is whole");
    assert_eq!(names(&files), ["notes.0123456789ab", "vault.lock", "vault.slots"], "only our own rests are removed");

    files.write(&path, b"second").unwrap();
    assert_eq!(files.read(&path, 100).unwrap().as_deref(), Some(&b"second"[..]), "the next write goes through");
}

#[test]
fn nobody_sweeps_while_another_program_writes() {
    let (_dir, files) = files();
    let lock = files.lock_for_writing().unwrap();
    fs::write(files.path("vault.hold.0123456789ab"), b"being written").unwrap();
    files.sweep_if_alone();
    assert_eq!(names(&files), ["vault.hold.0123456789ab", "vault.lock"], "the other program's file stays");
    drop(lock);
    files.sweep_if_alone();
    assert_eq!(names(&files), ["vault.lock"], "now it is a rest");
}

#[test]
fn readers_share_and_writers_do_not() {
    let (_dir, files) = files();
    let reading = files.lock_for_reading().unwrap();
    drop(files.lock_for_reading().expect("two may read"));
    assert!(matches!(files.lock_for_writing(), Err(VaultError::Busy)), "nobody writes under a reader");
    drop(reading);
    let writing = files.lock_for_writing().unwrap();
    assert!(matches!(files.lock_for_reading(), Err(VaultError::Busy)), "nobody reads what is half written");
    assert!(matches!(files.lock_for_writing(), Err(VaultError::Busy)), "one writes at a time");
    drop(writing);
    files.lock_for_writing().expect("a lock ends with its holder");
}

#[test]
fn a_full_disk_is_said_before_anything_is_written() {
    let (_dir, files) = files();
    let Err(VaultError::Disk { source, .. }) = files.room_for(u64::MAX / 2) else { panic!("no disk is so large") };
    assert_eq!(source.kind(), ErrorKind::StorageFull, "the reason is the disk");
    files.room_for(1).expect("a byte fits");
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let (_dir, files) = files();
    // A folder in the file's place: the rename fails after the temporary file was written.
    fs::create_dir_all(files.path(SLOTS).join("full")).unwrap();
    let failed = files.write(&files.path(SLOTS), b"bytes");
    assert!(matches!(failed, Err(VaultError::Disk { .. })), "the system's error comes through: {failed:?}");
    assert_eq!(names(&files), ["vault.slots"], "the temporary file was removed");
}

#[test]
fn a_file_kept_aside_is_never_overwritten() {
    let (_dir, files) = files();
    let path = files.path(RootFile::FIRST.name());
    for bytes in [&b"one"[..], b"two"] {
        fs::write(&path, bytes).unwrap();
        files.keep_aside(&path, "damaged").unwrap();
    }
    files.keep_aside(&path, "damaged").expect("a file that is not there needs no keeping");
    let mut kept: Vec<_> = names(&files).iter().map(|name| fs::read(files.path(name)).unwrap()).collect();
    kept.sort();
    assert_eq!(kept, [b"one".to_vec(), b"two".to_vec()], "both are there, under names of their own");
}

#[test]
fn a_file_longer_than_it_can_be_is_not_read() {
    let (_dir, files) = files();
    let path = files.path(SLOTS);
    fs::write(&path, [0; 11]).unwrap();
    assert_eq!(files.read(&path, 10).unwrap_err().kind(), ErrorKind::FileTooLarge, "one byte more than allowed");
    assert_eq!(files.read(&path, 11).unwrap().map(|bytes| bytes.len()), Some(11), "as long as allowed");
    assert!(files.read(&files.path(RootFile::FIRST.name()), 11).unwrap().is_none(), "no file is no error");
}
