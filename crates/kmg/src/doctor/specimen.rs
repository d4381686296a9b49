//! An installation without a cluster, for the checks' tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kmg_core::clock::Clock;

use super::finding::{Finding, Status};
use crate::cli::TrustArgs;
use crate::commands::trust::trust_file;
use crate::settings::{self, Settings};
use crate::{files, keys};

/// The cluster the trust file is for.
pub(super) const CLUSTER: &str = "11111111-2222-3333-4444-555555555555";

/// Keys of both, a trust file and a settings file, in a folder that goes with it.
pub(super) struct Specimen {
    folder: tempfile::TempDir,
}

impl Specimen {
    pub(super) fn new() -> Self {
        let specimen = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["gateway", "executor"] {
            files::private_folder(&specimen.path(name)).unwrap();
            keys::init(&specimen.path(&format!("{name}/keys"))).unwrap();
        }
        specimen.trust(|_| ());
        std::fs::write(specimen.path("gateway.toml"), specimen.text()).unwrap();
        specimen
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the trust file for these settings, as `alter` changes what it is made of.
    pub(super) fn trust(&self, alter: impl FnOnce(&mut TrustArgs)) {
        let mut args = TrustArgs {
            registries: Vec::new(),
            approval_key: self.path("gateway/keys/approval.pub").to_string_lossy().into_owned(),
            days: 30,
            cluster_id: CLUSTER.to_owned(),
            namespaces: vec!["demo".to_owned(), "more".to_owned()],
            issuer: "http://127.0.0.1:3003".to_owned(),
            approve_client: "kmg-approve".to_owned(),
            approvers: vec!["dev".to_owned()],
            four_eyes: false,
        };
        alter(&mut args);
        let file = trust_file(&args, &Clock::system()).unwrap();
        files::write_private(&self.path("trust.json"), &serde_json::to_vec(&file).unwrap()).unwrap();
    }

    fn text(&self) -> String {
        let at = |name: &str| toml::Value::from(self.path(name).to_string_lossy().as_ref()).to_string();
        format!(
            "[gateway]\nmode = \"development\"\ndata = {}\nnamespaces = [\"demo\"]\n[identity]\nissuer = \"http://127.0.0.1:3003\"\n\
             approvers = [\"dev\"]\n[keys]\nfolder = {}\n[server]\nreader_kubeconfig = {}\nplanner_kubeconfig = {}\n[executor]\n\
             kubeconfig = {}\ntrust = {}\nkeys = {}\ndata = {}\n",
            at("gateway"),
            at("gateway/keys"),
            at("reader.kubeconfig"),
            at("planner.kubeconfig"),
            at("executor.kubeconfig"),
            at("trust.json"),
            at("executor/keys"),
            at("executor"),
        )
    }

    /// The settings, with `environment` over them.
    pub(super) fn settings(&self, environment: &[(&str, &str)]) -> Settings {
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings::load(&self.path("gateway.toml"), &environment).unwrap()
    }
}

/// The one finding `id`.
pub(super) fn one<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
    let mut found = findings.iter().filter(|finding| finding.id == id);
    match (found.next(), found.next()) {
        (Some(finding), None) => finding,
        (first, second) => panic!("{id}: {first:?} and {second:?} in {findings:?}"),
    }
}

/// The ids of everything that is not well.
pub(super) fn unwell(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter(|finding| finding.status >= Status::Warning).map(|finding| finding.id).collect()
}
