//! One file or folder: there, ours, and closed to others.

use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::finding::{Finding, word};

/// What a path should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// A folder that only its owner may enter.
    PrivateFolder,
    /// A file that only its owner may read.
    PrivateFile,
    /// A file that only its owner may write.
    OwnFile,
    /// A Unix socket that others than owner and group cannot reach.
    Socket,
}

impl Want {
    /// The bits that may not be set, and the command that clears them.
    const fn bounds(self) -> (u32, &'static str) {
        match self {
            Self::PrivateFolder => (0o077, "chmod 700"),
            Self::PrivateFile => (0o077, "chmod 600"),
            Self::OwnFile => (0o022, "chmod go-w"),
            Self::Socket => (0o007, "chmod o="),
        }
    }

    fn is(self, metadata: &std::fs::Metadata) -> bool {
        match self {
            Self::PrivateFolder => metadata.is_dir(),
            Self::PrivateFile | Self::OwnFile => metadata.is_file(),
            Self::Socket => metadata.file_type().is_socket(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::PrivateFolder => "a folder",
            Self::PrivateFile | Self::OwnFile => "a regular file",
            Self::Socket => "a socket",
        }
    }
}

/// Whose files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) u32);

impl Owner {
    /// The user of this process.
    pub(crate) fn this_process() -> Self {
        Self(rustix::process::geteuid().as_raw())
    }

    /// The user to whom `path` belongs, or the nearest folder above it that exists.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let existing = path.ancestors().find(|path| path.exists())?;
        std::fs::metadata(existing).ok().map(|metadata| Self(metadata.uid()))
    }

    /// Root may change everything anyway.
    const fn may_be(self, uid: u32) -> bool {
        uid == 0 || uid == self.0
    }
}

/// What was found at a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// As it should be, in a few words.
    Good(String),
    /// Nothing is there.
    Absent,
    /// Something is wrong: what, and what to do.
    Bad(String, String),
}

impl Place {
    /// The finding `id` about `path`; `absent` is what to do where nothing is there.
    pub(crate) fn finding(self, id: &'static str, path: &Path, absent: &str) -> Finding {
        let finding = match self {
            Self::Good(seen) => Finding::ok(id, seen),
            Self::Absent => Finding::problem(id, "does not exist", absent),
            Self::Bad(seen, remedy) => Finding::problem(id, seen, remedy),
        };
        finding.about(path.to_string_lossy())
    }
}

/// Looks at `path`, which `owner` should own.
pub(crate) fn look(path: &Path, want: Want, owner: Owner) -> Place {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Place::Absent,
        Err(error) => return Place::Bad(error.to_string(), format!("let user {} reach it", owner.0)),
    };
    let metadata = if metadata.is_symlink() {
        match behind(path) {
            Ok(metadata) => metadata,
            Err(seen) => return Place::Bad(seen, "put the file itself there, or a link to one beside it".to_owned()),
        }
    } else {
        metadata
    };
    if !want.is(&metadata) {
        return Place::Bad(format!("is not {}", want.name()), format!("put {} there", want.name()));
    }
    let (uid, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if !owner.may_be(uid) {
        let remedy = format!("if the gateway runs as user {uid}, run this as that user too; if not: chown {} {}", owner.0, word(path));
        return Place::Bad(format!("belongs to user {uid}, who can change it"), remedy);
    }
    let (closed, command) = want.bounds();
    if mode & closed != 0 {
        let who = if mode & closed & 0o007 > 0 { "every user" } else { "its group" };
        return Place::Bad(format!("mode {mode:04o}: open to {who}"), format!("{command} {}", word(path)));
    }
    if let Some(bad) = out_of_reach(path, want, &metadata) {
        return bad;
    }
    Place::Good(format!("mode {mode:04o}, user {uid}"))
}

/// Whether this user cannot use what is there: a root-owned key is closed to others, and to us.
fn out_of_reach(path: &Path, want: Want, metadata: &std::fs::Metadata) -> Option<Place> {
    let (needed, verb) = if want == Want::Socket { (Access::WRITE_OK, "connect to") } else { (Access::READ_OK, "read") };
    access(path, needed).err()?;
    let seen =
        format!("mode {:04o}, user {}, group {}: this user may not {verb} it", metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
    let me = rustix::process::geteuid().as_raw();
    let remedy = match path.parent().filter(|_| want == Want::Socket).map(word) {
        // A socket is made for its owner and group; the folder decides which group that is.
        Some(folder) => format!("`chgrp GROUP {folder} && chmod 2750 {folder}` with a group of user {me}, then start the executor again"),
        None => format!("chown {me} {}", word(path)),
    };
    Some(Place::Bad(seen, remedy))
}

/// What a link leads to. One that stays in its own folder is how Kubernetes mounts Secrets; one that leaves it puts
/// the file under folders that nobody looked at.
fn behind(path: &Path) -> Result<std::fs::Metadata, String> {
    let target = path.canonicalize().map_err(|error| format!("is a link to nothing that can be reached: {error}"))?;
    let home = path.parent().and_then(|parent| parent.canonicalize().ok());
    if !home.is_some_and(|home| target.starts_with(home)) {
        return Err(format!("is a link into elsewhere: {}", target.display()));
    }
    std::fs::metadata(&target).map_err(|error| error.to_string())
}

/// Every folder above `path` that exists, by its real name, nearest first.
pub(crate) fn folders_above(path: &Path) -> Vec<PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let nearest = absolute.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok());
    nearest.map(|folder| folder.ancestors().map(Path::to_owned).collect()).unwrap_or_default()
}

/// Whether someone else could put another file in the place of those below `folder`.
pub(crate) fn look_above(folder: &Path, owner: Owner) -> Option<Finding> {
    const STICKY: u32 = 0o1000;
    let metadata = std::fs::metadata(folder).ok()?;
    let (uid, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    let about = folder.to_string_lossy();
    if !owner.may_be(uid) {
        let seen = format!("belongs to user {uid}, who can replace what is below it");
        return Some(Finding::problem("files.above", seen, format!("chown root {}", word(folder))).about(about));
    }
    if mode & STICKY != 0 || mode & 0o022 == 0 {
        return None;
    }
    let seen = format!("mode {mode:04o}: others can replace what is below it");
    let remedy = format!("chmod go-w {}", word(folder));
    let finding =
        if mode & 0o002 == 0 { Finding::warning("files.above", seen, remedy) } else { Finding::problem("files.above", seen, remedy) };
    Some(finding.about(about))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }

    fn bad(path: &Path, want: Want, owner: Owner) -> (String, String) {
        match look(path, want, owner) {
            Place::Bad(seen, remedy) => (seen, remedy),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_private_file_is_ours_and_closed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, me) = (folder.path().join("approval.key"), Owner::this_process());
        assert_eq!(look(&path, Want::PrivateFile, me), Place::Absent);
        std::fs::write(&path, "x").unwrap();
        mode(&path, 0o600);
        assert!(matches!(look(&path, Want::PrivateFile, me), Place::Good(_)));
        mode(&path, 0o640);
        assert_eq!(bad(&path, Want::PrivateFile, me).0, "mode 0640: open to its group");
        assert!(matches!(look(&path, Want::OwnFile, me), Place::Good(_)));
        mode(&path, 0o604);
        let (seen, remedy) = bad(&path, Want::PrivateFile, me);
        assert_eq!((seen.as_str(), remedy), ("mode 0604: open to every user", format!("chmod 600 {}", path.display())));
        mode(&path, 0o622);
        assert!(bad(&path, Want::OwnFile, me).1.starts_with("chmod go-w "));
        assert_eq!(bad(&path, Want::PrivateFolder, me).0, "is not a folder");
        assert_eq!(bad(folder.path(), Want::PrivateFile, me).0, "is not a regular file");
        assert_eq!(bad(&path, Want::Socket, me).0, "is not a socket");
    }

    #[test]
    fn a_file_of_another_user_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        mode(folder.path(), 0o700);
        let owner = match Owner::this_process() {
            // Root's files are nobody's problem: one is given away first.
            Owner(0) => {
                std::os::unix::fs::chown(folder.path(), Some(4242), None).unwrap();
                Owner(0)
            }
            Owner(uid) => Owner(uid + 1),
        };
        let (seen, remedy) = bad(folder.path(), Want::PrivateFolder, owner);
        assert!(seen.starts_with("belongs to user "), "{seen}");
        assert!(remedy.contains(&format!("if not: chown {} ", owner.0)), "{remedy}");
        assert_eq!(look_above(folder.path(), owner).unwrap().status, super::super::finding::Status::Problem);
        assert!(!Owner(1000).may_be(1001) && Owner(1000).may_be(0) && Owner(1000).may_be(1000));
    }

    #[test]
    fn a_link_may_stay_in_its_folder_and_not_leave_it() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let link = folder.path().join("reader.kubeconfig");
        let me = Owner::this_process();
        for (target, inside) in [(folder.path().join("..data"), true), (elsewhere.path().join("theirs"), false)] {
            std::fs::write(&target, "x").unwrap();
            mode(&target, 0o600);
            symlink(&target, &link).unwrap();
            let found = look(&link, Want::PrivateFile, me);
            assert_eq!(matches!(found, Place::Good(_)), inside, "{found:?}");
            std::fs::remove_file(&link).unwrap();
        }
        symlink("nowhere", &link).unwrap();
        assert!(bad(&link, Want::PrivateFile, me).0.starts_with("is a link to nothing"));
    }

    #[test]
    fn a_folder_above_that_others_can_write_is_named() {
        let top = tempfile::tempdir().unwrap();
        let (open, me) = (top.path().join("open"), Owner::this_process());
        std::fs::create_dir(&open).unwrap();
        let above = folders_above(&open.join("below/not/there/yet"));
        assert_eq!(above.first(), Some(&open.canonicalize().unwrap()));
        assert_eq!(above.last().map(PathBuf::as_path), Some(Path::new("/")));
        mode(&open, 0o755);
        assert_eq!(look_above(&open, me), None);
        mode(&open, 0o1777);
        assert_eq!(look_above(&open, me), None, "as /tmp: entries are their owners'");
        mode(&open, 0o777);
        assert_eq!(look_above(&open, me).unwrap().status, super::super::finding::Status::Problem);
        mode(&open, 0o775);
        assert_eq!(look_above(&open, me).unwrap().status, super::super::finding::Status::Warning);
    }
}
