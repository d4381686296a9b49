//! The sets of the development corpora by the names that the goals give them.

/// Attacks placed in real Kubernetes outputs.
pub const K8S: &str = "k8s_injected";
/// Its form in plain words.
pub const PLAIN: &str = "none";
/// Its form that asks for something without any wording of an attack: reported, and no goal.
pub const SEMANTIC: &str = "semantic";
/// Its forms that nothing ordinary has the bytes of.
pub const SMUGGLED: [&str; 2] = ["tags", "vs"];

/// Public families of attacks.
pub const PUBLIC: [&str; 14] = [
    "llmail_inject",
    "spikee_cybersec",
    "pyrit_jb",
    "safeguard",
    "gandalf",
    "asb",
    "satml_ctf24",
    "trustai_wild",
    "neuralchemy",
    "agentdojo",
    "slabs",
    "protectai_val",
    "yanismiraoui",
    "jackhhao_jb",
];

/// Outputs of Kubernetes tools, and logs.
pub const CORE: &[&str] = &["k8smcp_results_benign", "k8smcp_args_benign", "holmes_fixtures_benign", "loghub_benign"];
/// Manifests and their manuals.
pub const CHARTS: &[&str] = &["helm_bitnami_benign", "helm_prom_benign", "k8s_examples_benign"];
/// System prompts in manifests.
pub const KAGENT: &[&str] = &["kagent_benign"];
/// Ordinary questions in the words of attacks.
pub const NOTINJECT: &[&str] = &["notinject"];

/// Sets of ordinary texts that goals count together.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("**the four core sets**", CORE),
    ("**charts and examples**", CHARTS),
    ("**system prompts (kagent)**", KAGENT),
    ("**NotInject**", NOTINJECT),
];
