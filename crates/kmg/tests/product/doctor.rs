//! `kmg doctor` on a real installation, whole and with one thing broken at a time.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{ApiServer, Process, Product};

const BINDING: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/kmg-system-planner-fence";

/// One run of the doctor: its exit status and its report.
struct Run {
    status: Option<i32>,
    report: Value,
    /// Everything it said, on both outputs.
    said: String,
}

fn doctor(config: &Path, environment: &[(&str, &str)]) -> Run {
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    let out = command.args(["doctor", "--json", "--config"]).arg(config).envs(environment.iter().copied()).output().unwrap();
    let report = serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{error}: {out:?}"));
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    Run { status: out.status.code(), report, said }
}

impl Run {
    fn checks(&self) -> &[Value] {
        self.report["checks"].as_array().unwrap()
    }

    /// The checks that ended with `status`, each by its id and what it is about.
    fn with(&self, status: &str) -> Vec<(&str, &str)> {
        let checks = self.checks().iter().filter(|check| check["status"] == status);
        checks.map(|check| (check["id"].as_str().unwrap(), check["about"].as_str().unwrap_or_default())).collect()
    }

    /// Exactly these checks found a problem, and the exit status says so; what is about a file is named by its end.
    fn finds(&self, expected: &[(&str, &str)]) {
        let found = self.with("problem");
        let equal = |(found, expected): (&(&str, &str), &(&str, &str))| found.0 == expected.0 && found.1.ends_with(expected.1);
        assert!(found.len() == expected.len() && found.iter().zip(expected).all(equal), "{expected:?} in {found:?}: {}", self.said);
        let unexplained = self.checks().iter().find(|check| check["status"] == "problem" && check["do"].is_null());
        assert_eq!((self.status, unexplained), (Some(i32::from(!expected.is_empty())), None));
    }

    fn seen(&self, id: &str) -> &str {
        let check = self.checks().iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id}: {}", self.said));
        check["seen"].as_str().unwrap()
    }
}

/// What the folder of the demo keeps secret is nowhere in `said`.
fn tells_no_secret(product: &Product, said: &str) {
    let mut secrets = vec![product.login().password.clone()];
    for name in ["approval", "checkpoint", "seal", "form"] {
        secrets.push(std::fs::read_to_string(product.path(&format!("gateway/keys/{name}.key"))).unwrap());
    }
    for name in ["reader", "planner", "executor"] {
        secrets.push(std::fs::read_to_string(product.path(&format!("credentials/{name}.token"))).unwrap());
    }
    assert!(secrets.iter().all(|secret| secret.len() >= 20 && !said.contains(secret.trim())), "{said}");
}

#[test]
fn each_thing_that_is_broken_is_named() {
    let Some(api) = ApiServer::available("the doctor and each thing broken") else { return };
    let mut product = Product::start(&api, "e2e-doctor");
    let config = product.path("gateway.toml");

    let whole = doctor(&config, &[]);
    whole.finds(&[]);
    assert_eq!(whole.with("warning"), [("settings.mode", "")], "{}", whole.said);
    assert_eq!(whole.with("not-checked"), [("link.executor", "")], "{}", whole.said);
    assert!(whole.seen("listen.mcp").starts_with("a gateway answers for "));
    assert!(whole.seen("journal.executor").contains("a process is writing it"), "{}", whole.said);
    tells_no_secret(&product, &whole.said);

    while_it_runs(&product, &config);
    product.end();
    when_it_has_ended(&config);
    its_files(&product, &config);
    the_executor_on_a_socket(&product, &config);
}

/// The environment goes over the file: other settings for the same gateway.
fn while_it_runs(product: &Product, config: &Path) {
    let more = doctor(config, &[("KMG_GATEWAY_NAMESPACES", "e2e-doctor,e2e-doctor-not-there")]);
    more.finds(&[("cluster.list", "e2e-doctor-not-there"), ("cluster.fence", "e2e-doctor-not-there"), ("trust.namespaces", "")]);
    let executor = product.path("credentials/executor.kubeconfig");
    let same = doctor(config, &[("KMG_SERVER_PLANNER_KUBECONFIG", executor.to_str().unwrap())]);
    same.finds(&[("cluster.users", ""), ("cluster.fence", "e2e-doctor")]);
    let elsewhere = doctor(config, &[("KMG_IDENTITY_ISSUER", "http://127.0.0.1:9")]);
    let port = |url: &str| url.rsplit(':').next().unwrap().trim_end_matches("/mcp").to_owned();
    elsewhere.finds(&[
        ("listen.mcp", &port(product.mcp_url())),
        ("files.issuer", "issuer.toml"),
        ("trust.issuer", ""),
        ("trust.approvers", ""),
        ("provider.reach", ""),
    ]);
    let wrong = doctor(config, &[("KMG_WEB_SESION", "1"), ("KMG_IDENTITY_APPROVE_CLIENT", "kmg-web")]);
    assert_eq!(wrong.with("problem")[..2], [("settings.file", ""), ("settings.file", "")], "{}", wrong.said);
    assert_eq!(wrong.seen("cluster.fence"), "the planner can only dry-run", "the rest is looked at all the same");
}

/// Nobody serves, so the doctor asks the executor itself; the issuer is gone, and nothing else is wrong.
fn when_it_has_ended(config: &Path) {
    let ended = doctor(config, &[]);
    ended.finds(&[("provider.reach", "")]);
    assert_eq!(ended.seen("listen.mcp"), "free; no gateway runs here");
    assert!(ended.seen("link.executor").starts_with("answers; journal at record "), "{}", ended.said);
    assert_eq!(ended.seen("link.cluster"), "server and executor are on one cluster");
}

const GONE: (&str, &str) = ("provider.reach", "");

fn its_files(product: &Product, config: &Path) {
    let key = product.path("gateway/keys/seal.key");
    let mode = |mode| std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o640);
    doctor(config, &[]).finds(&[("files.key", "seal.key"), GONE]);
    mode(0o600);

    let trust = product.path("executor/trust.json");
    let good = std::fs::read_to_string(&trust).unwrap();
    let altered = |alter: fn(&mut Value)| {
        let mut file: Value = serde_json::from_str(&good).unwrap();
        alter(&mut file);
        std::fs::write(&trust, file.to_string()).unwrap();
        doctor(config, &[])
    };
    let expired = altered(|file| {
        file["gatewayKeys"][0]["notBefore"] = "2020-01-01T00:00:00Z".into();
        file["gatewayKeys"][0]["notAfter"] = "2020-02-01T00:00:00Z".into();
    });
    expired.finds(&[("trust.validity", ""), GONE]);
    altered(|file| file["clusterId"] = "another".into()).finds(&[("trust.cluster", ""), GONE, ("link.cluster", "")]);
    altered(|file| file["rule"] = "nobody".into()).finds(&[("trust.file", ""), GONE, ("link.executor", "")]);
    std::fs::write(&trust, trust_of_another_key(product, &good)).unwrap();
    doctor(config, &[]).finds(&[("trust.key", ""), GONE]);
    std::fs::write(&trust, good).unwrap();

    let token = product.path("credentials/reader.token");
    let good = std::fs::read_to_string(&token).unwrap();
    std::fs::write(&token, "not-a-token").unwrap();
    doctor(config, &[]).finds(&[("cluster.reach", "reader"), GONE]);
    std::fs::write(&token, good).unwrap();

    let good = std::fs::read(product.journal()).unwrap();
    let mut damaged = good.clone();
    let at = damaged.len() / 2;
    damaged[at] ^= 1;
    std::fs::write(product.journal(), &damaged).unwrap();
    doctor(config, &[]).finds(&[GONE, ("journal.gateway", "")]);
    std::fs::write(product.journal(), &good).unwrap();
    doctor(config, &[]).finds(&[GONE]);
}

/// As the operator would make it, with the wrong folder's key.
fn trust_of_another_key(product: &Product, good: &str) -> Vec<u8> {
    let good: Value = serde_json::from_str(good).unwrap();
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    command.args([
        "keys",
        "trust",
        "--namespaces",
        &product.namespace,
        "--issuer",
        &product.login().issuer_url,
        "--approvers",
        &product.login().username,
    ]);
    command.arg("--approval-key").arg(product.path("executor/keys/approval.pub"));
    command.args(["--cluster-id", good["clusterId"].as_str().unwrap()]).output().unwrap().stdout
}

/// The executor as a process of its own, with nobody else connected: it is asked. Gone, its socket is nobody's.
fn the_executor_on_a_socket(product: &Product, config: &Path) {
    let (socket, uid) = (product.path("executor.sock"), rustix::process::geteuid().as_raw().to_string());
    let environment = [("KMG_EXECUTOR_LINK", socket.to_str().unwrap()), ("KMG_EXECUTOR_UID", uid.as_str())];
    doctor(config, &environment).finds(&[GONE, ("link.socket", "executor.sock"), ("link.executor", "")]);
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    command.arg("executor").arg("--socket").arg(&socket).args(["--gateway-uid", &uid]);
    for (flag, name) in [("--kubeconfig", "credentials/executor.kubeconfig"), ("--trust", "executor/trust.json")] {
        command.arg(flag).arg(product.path(name));
    }
    command.arg("--keys").arg(product.path("executor/keys")).arg("--data").arg(product.path("executor"));
    let mut executor = Process::start("executor", &mut command);
    let began = Instant::now();
    while !socket.exists() {
        assert!(began.elapsed() < Duration::from_mins(1), "the executor does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    let served = doctor(config, &environment);
    served.finds(&[GONE]);
    assert!(served.seen("link.executor").starts_with("answers; "), "{}", served.said);
    assert!(served.with("not-checked").contains(&("trust.file", "")), "{}", served.said);
    executor.end();
    doctor(config, &environment).finds(&[GONE, ("link.executor", "")]);
}

#[test]
fn a_missing_fence_is_named() {
    let Some(api) = ApiServer::available("the doctor and a missing fence") else { return };
    let product = Product::start_alone(&api, "e2e-doctor-fence");
    let config = product.path("gateway.toml");
    doctor(&config, &[]).finds(&[]);
    api.delete(BINDING);
    // The API server forgets a policy within a second or two.
    let began = Instant::now();
    let unfenced = loop {
        let run = doctor(&config, &[]);
        if run.status == Some(1) {
            break run;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{}", run.said);
    };
    unfenced.finds(&[("cluster.fence", "e2e-doctor-fence")]);
    let allowed = doctor(&config, &[("KMG_SERVER_FENCE", "unenforced")]);
    allowed.finds(&[]);
    assert!(allowed.with("warning").contains(&("cluster.fence", "e2e-doctor-fence")), "{}", allowed.said);
}

#[test]
fn a_settings_file_that_cannot_be_read_leaves_the_rest_open() {
    let folder = tempfile::tempdir().unwrap();
    let missing = doctor(&folder.path().join("not-there.toml"), &[]);
    missing.finds(&[("settings.file", "")]);
    assert_eq!(missing.with("not-checked").len(), 7);
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    let out = command.args(["doctor", "--config"]).arg(folder.path()).env("NO_COLOR", "1").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.starts_with("FAIL  settings.file  ") && text.contains("\n      do: name the settings file"), "{text}");
    assert_eq!(out.status.code(), Some(1));
    let usage = Process::command(env!("CARGO_BIN_EXE_kmg")).arg("doctor").output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}
