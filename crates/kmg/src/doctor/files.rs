//! Keys, credentials and data: there, ours, and closed to others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::finding::{Finding, word};
use super::place::{Owner, Place, Want, folders_above, look, look_above};
use crate::settings::{ExecutorLink, Settings};
use crate::{issuer_file, keys};

/// What is less than this is a problem: a journal that cannot be written stops everything.
const LITTLE: u64 = 100 << 20;
/// What is less than this is a warning.
const SCARCE: u64 = 1 << 30;

/// Looks at every file and folder the settings name.
pub(crate) fn check(config: &Path, settings: &Settings) -> Vec<Finding> {
    let owner = gateways_user(settings);
    let mut findings = vec![look(config, Want::OwnFile, owner).finding("files.settings", config, UNSET)];
    let mut paths = vec![config.to_owned(), settings.data.clone(), settings.keys.clone()];
    // The one place where another user's installation is told to be that.
    findings.extend(data(&settings.data, Owner::this_process()));
    findings.extend(key_files(&settings.keys, &[keys::APPROVAL, keys::CHECKPOINT, keys::SEAL, keys::FORM], owner));
    paths.extend([settings.reader_kubeconfig.clone(), settings.planner_kubeconfig.clone()]);
    findings.extend([&settings.reader_kubeconfig, &settings.planner_kubeconfig].map(|path| kubeconfig(path, owner)));
    if let ExecutorLink::Child { kubeconfig: path, trust, keys: folder, data: own } = &settings.executor {
        findings.push(kubeconfig(path, owner));
        findings.push(look(trust, Want::OwnFile, owner).finding("files.trust", trust, "`kmg keys trust` prints one"));
        findings.extend(key_files(folder, &[keys::CHECKPOINT, keys::SEAL], owner));
        findings.extend(data(own, owner));
        paths.extend([path, trust, folder, own].map(Clone::clone));
    }
    if let Some(issuer) = issuer_beside(config) {
        findings.extend(issuer_settings(&issuer, settings, owner));
    }
    findings.extend(above(&paths, owner));
    findings
}

/// The user the gateway runs as, as its data folder tells: an administrator may look at it as root.
pub(crate) fn gateways_user(settings: &Settings) -> Owner {
    Some(&settings.data).filter(|data| data.exists()).and_then(|data| Owner::of(data)).unwrap_or_else(Owner::this_process)
}

const UNSET: &str = "name it in the settings";

/// A folder of a journal. It need not be there yet: whoever writes the journal makes it.
fn data(folder: &Path, owner: Owner) -> Vec<Finding> {
    const ID: &str = "files.data";
    let found = match look(folder, Want::PrivateFolder, owner) {
        Place::Absent if folder.as_os_str().is_empty() => return Vec::new(),
        Place::Absent => Finding::ok(ID, "does not exist yet; the first start makes it").about(folder.to_string_lossy()),
        place => place.finding(ID, folder, UNSET),
    };
    let mut findings = vec![found];
    let journal = folder.join("journal.jsonl");
    match look(&journal, Want::PrivateFile, owner) {
        Place::Absent => {}
        place => findings.push(place.finding("files.journal", &journal, UNSET)),
    }
    findings.push(space(folder));
    findings
}

fn space(folder: &Path) -> Finding {
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let found = match rustix::fs::statvfs(existing) {
        Ok(system) => enough(system.f_bavail.saturating_mul(system.f_frsize)),
        Err(error) => Finding::not_checked("files.space", error.to_string()),
    };
    found.about(folder.to_string_lossy())
}

fn enough(bytes: u64) -> Finding {
    const ID: &str = "files.space";
    let seen = format!("{} MiB are free", bytes >> 20);
    match bytes {
        0..LITTLE => Finding::problem(ID, seen, "free some now: without room for the journal everything is refused"),
        LITTLE..SCARCE => Finding::warning(ID, seen, "free some: without room for the journal everything is refused"),
        _ => Finding::ok(ID, seen),
    }
}

fn kubeconfig(path: &Path, owner: Owner) -> Finding {
    look(path, Want::PrivateFile, owner).finding("files.kubeconfig", path, "`kmg rbac apply … --out FOLDER` writes all three")
}

/// A folder of keys: its own mode, each key's mode and content, and that the public halves belong to them.
fn key_files(folder: &Path, names: &[&str], owner: Owner) -> Vec<Finding> {
    let make = format!("`kmg keys init --folder {}` makes the keys", word(folder));
    let place = look(folder, Want::PrivateFolder, owner);
    let there = place != Place::Absent;
    let mut findings = vec![place.finding("files.keys", folder, &make)];
    for name in names.iter().filter(|_| there) {
        let path = folder.join(name);
        let place = match (look(&path, Want::PrivateFile, owner), keys::read(folder, name)) {
            (Place::Good(_), Err(error)) => Place::Bad(format!("{error:#}"), "restore it from a backup; keys are not made anew".to_owned()),
            (place, _) => place,
        };
        findings.push(place.finding("files.key", &path, "restore it from a backup, or make a new folder with `kmg keys init`"));
        findings.extend(public_half(folder, name));
    }
    findings
}

/// Whether `NAME.pub` is what the key signs for: trust files and verifications are made from it.
fn public_half(folder: &Path, name: &str) -> Option<Finding> {
    let path = folder.join(name).with_extension("pub");
    let signs = [keys::APPROVAL, keys::CHECKPOINT].contains(&name);
    let key = keys::signing(folder, name).ok().filter(|_| signs)?.verifying_key();
    let found = match keys::public(&path.to_string_lossy()) {
        Ok(public) if public == key => Finding::ok("files.public-key", "belongs to its key"),
        Ok(_) => Finding::problem("files.public-key", "belongs to another key", "restore it from where its key came from"),
        Err(error) => Finding::problem("files.public-key", format!("{error:#}"), "restore it from where its key came from"),
    };
    Some(found.about(path.to_string_lossy()))
}

/// Where `kmg demo`, and who follows it, puts the development issuer's settings.
fn issuer_beside(config: &Path) -> Option<PathBuf> {
    Some(config.with_file_name("issuer.toml")).filter(|path| path.exists())
}

fn issuer_settings(path: &Path, settings: &Settings, owner: Owner) -> Vec<Finding> {
    const ID: &str = "files.issuer";
    let place = match (look(path, Want::PrivateFile, owner), issuer_file::read(path)) {
        (Place::Good(_), Err(error)) => Place::Bad(format!("{error:#}"), "`kmg config reference issuer` says what it takes".to_owned()),
        (Place::Good(_), Ok(file)) if file.issuer != settings.identity.issuer => Place::Bad(
            format!("is for the issuer {}, not {}", file.issuer, settings.identity.issuer),
            "make `issuer` and identity.issuer the same".to_owned(),
        ),
        (Place::Good(_), Ok(file)) if file.mcp_url != settings.mcp_url.as_str() || file.web_origin != settings.web_origin => Place::Bad(
            "names another mcp_url or web_origin than the gateway's settings".to_owned(),
            "make mcp_url and web_origin those of the gateway's settings: tokens and callbacks go there".to_owned(),
        ),
        (place, _) => place,
    };
    let mut findings = vec![place.finding(ID, path, UNSET)];
    if let Ok(file) = issuer_file::read(path)
        && file.signing_key.exists()
    {
        findings.push(look(&file.signing_key, Want::PrivateFile, owner).finding("files.issuer-key", &file.signing_key, UNSET));
    }
    findings
}

/// Every folder above, once.
fn above(paths: &[PathBuf], owner: Owner) -> Vec<Finding> {
    let folders: BTreeSet<PathBuf> =
        paths.iter().filter(|path| !path.as_os_str().is_empty()).flat_map(|path| folders_above(path)).collect();
    let findings: Vec<Finding> = folders.iter().filter_map(|folder| look_above(folder, owner)).collect();
    if findings.is_empty() {
        vec![Finding::ok("files.above", format!("nobody else can write in the {} folders above", folders.len()))]
    } else {
        findings
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::finding::Status;
    use super::*;

    fn of<'a>(findings: &'a [Finding], id: &str, about: &str) -> &'a Finding {
        let found = findings.iter().find(|finding| finding.id == id && finding.about.as_deref().is_some_and(|text| text.ends_with(about)));
        found.unwrap_or_else(|| panic!("no {id} {about} in {findings:?}"))
    }

    #[test]
    fn little_space_is_told_in_two_steps() {
        let status = |bytes| enough(bytes).status;
        assert_eq!(
            [status(LITTLE - 1), status(LITTLE), status(SCARCE - 1), status(SCARCE)],
            [Status::Problem, Status::Warning, Status::Warning, Status::Ok]
        );
        let folder = tempfile::tempdir().unwrap();
        assert!(space(&folder.path().join("not/there/yet")).seen.ends_with(" MiB are free"));
        assert_eq!(space(Path::new("/proc/self/not-there")).status, Status::Problem, "a file system without room");
    }

    #[test]
    fn each_key_is_looked_at_and_so_is_its_public_half() {
        let scratch = tempfile::tempdir().unwrap();
        let (folder, me) = (scratch.path().join("keys"), Owner::this_process());
        let all = [keys::APPROVAL, keys::CHECKPOINT, keys::SEAL];
        assert!(key_files(&folder, &all, me)[0].remedy.as_ref().unwrap().contains("kmg keys init --folder"));
        keys::init(&folder).unwrap();
        let good = key_files(&folder, &all, me);
        assert!(good.iter().all(|finding| finding.status == Status::Ok), "{good:?}");
        assert_eq!(good.len(), 1 + 3 + 2);

        std::fs::copy(folder.join("checkpoint.pub"), folder.join("approval.pub")).unwrap();
        std::fs::write(folder.join("checkpoint.key"), "00").unwrap();
        std::fs::set_permissions(folder.join("seal.key"), PermissionsExt::from_mode(0o644)).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o750)).unwrap();
        let found = key_files(&folder, &all, me);
        assert_eq!(of(&found, "files.public-key", "approval.pub").seen, "belongs to another key");
        assert!(of(&found, "files.key", "checkpoint.key").seen.contains("not 64 hexadecimal digits"));
        assert_eq!(of(&found, "files.key", "seal.key").seen, "mode 0644: open to every user");
        assert_eq!(of(&found, "files.keys", "keys").seen, "mode 0750: open to its group");
        std::fs::remove_file(folder.join("seal.key")).unwrap();
        assert_eq!(of(&key_files(&folder, &all, me), "files.key", "seal.key").seen, "does not exist");
    }

    #[test]
    fn a_journal_for_everybody_is_named_and_a_missing_folder_is_not() {
        let scratch = tempfile::tempdir().unwrap();
        let (folder, me) = (scratch.path().join("gateway"), Owner::this_process());
        assert_eq!(of(&data(&folder, me), "files.data", "gateway").status, Status::Ok);
        crate::files::private_folder(&folder).unwrap();
        std::fs::write(folder.join("journal.jsonl"), "").unwrap();
        std::fs::set_permissions(folder.join("journal.jsonl"), PermissionsExt::from_mode(0o644)).unwrap();
        assert_eq!(of(&data(&folder, me), "files.journal", "journal.jsonl").status, Status::Problem);
    }
}
