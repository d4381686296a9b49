//! Every setting of `kmg gateway`: its place, its kind, its default and what it means. One table: the parser,
//! the environment overlay and `kmg config reference` all read it.

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A list of text; in the environment, separated by commas.
    List,
    /// A whole number between two bounds.
    Number(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
}

/// One setting.
pub(crate) struct Setting {
    pub(crate) section: &'static str,
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// As TOML; `None` means that it must be given.
    pub(crate) default: Option<&'static str>,
    pub(crate) doc: &'static str,
}

const fn setting(place: (&'static str, &'static str), kind: Kind, default: Option<&'static str>, doc: &'static str) -> Setting {
    Setting { section: place.0, key: place.1, kind, default, doc }
}

const HOUR: i64 = 3_600;

/// The table, in the order of the reference.
pub(crate) const SETTINGS: &[Setting] = &[
    setting(
        ("gateway", "mode"),
        Kind::Word(&["development", "production"]),
        Some("\"production\""),
        "Production refuses settings that are only safe on one's own machine.",
    ),
    setting(
        ("gateway", "data"),
        Kind::Text,
        None,
        "Folder of the database, the journals and the sealed pre-images. Only the owner may read it.",
    ),
    setting(
        ("gateway", "namespaces"),
        Kind::List,
        None,
        "Namespaces that may be read and changed. An empty list allows nothing; server and executor have lists of their own, the intersection counts.",
    ),
    setting(("mcp", "listen"), Kind::Text, Some("\"127.0.0.1:3001\""), "Address and port of the MCP endpoint."),
    setting(
        ("mcp", "url"),
        Kind::Text,
        Some("\"http://127.0.0.1:3001/mcp\""),
        "The endpoint's canonical URL: what people configure, and the audience of its tokens.",
    ),
    setting(
        ("mcp", "calls_per_second"),
        Kind::Number(1, 100_000),
        Some("200"),
        "Requests one caller may make a second in the long run; twice as many at once. Beyond that the answer is 429.",
    ),
    setting(("web", "listen"), Kind::Text, Some("\"127.0.0.1:3002\""), "Address and port of the pages."),
    setting(
        ("web", "origin"),
        Kind::Text,
        Some("\"http://127.0.0.1:3002\""),
        "The pages' origin. In production its host differs from the MCP endpoint's and it is https.",
    ),
    setting(("web", "session_idle_seconds"), Kind::Number(60, 8 * HOUR), Some("900"), "A browser session ends when unused for this long."),
    setting(("web", "session_seconds"), Kind::Number(60, 24 * HOUR), Some("28800"), "A browser session ends after this long in any case."),
    setting(("identity", "issuer"), Kind::Text, None, "Issuer identifier of the identity provider, byte for byte as in its tokens."),
    setting(("identity", "scope"), Kind::Text, Some("\"mcp:tools\""), "The scope a token needs."),
    setting(
        ("identity", "plain_jwt"),
        Kind::Word(&["refuse", "accept"]),
        Some("\"refuse\""),
        "Whether access tokens of `typ: JWT` are taken beside RFC 9068's `at+jwt`; providers such as Keycloak need it.",
    ),
    setting(("identity", "sign_in_client"), Kind::Text, Some("\"kmg-web\""), "OIDC client for signing in to the pages."),
    setting(
        ("identity", "approve_client"),
        Kind::Text,
        Some("\"kmg-approve\""),
        "OIDC client for approving, used for nothing else: its name at the provider says what signing in there means.",
    ),
    setting(
        ("identity", "approvers"),
        Kind::List,
        None,
        "Subjects at the issuer who may decide. The executor has its own list in its trust file.",
    ),
    setting(
        ("identity", "rule"),
        Kind::Word(&["requester", "other"]),
        Some("\"requester\""),
        "Who may approve a plan: the person in whose name it was asked, or only another one (four eyes).",
    ),
    setting(("plans", "approve_within_seconds"), Kind::Number(10, 24 * HOUR), Some("900"), "How long a plan waits for a decision."),
    setting(
        ("plans", "execute_within_seconds"),
        Kind::Number(10, HOUR),
        Some("600"),
        "How long after the approving sign-in a plan may be executed.",
    ),
    setting(
        ("plans", "watch_rollout_seconds"),
        Kind::Number(0, 50),
        Some("40"),
        "How long an apply looks on at the rollout of what it wrote. Many clients give a call 60 seconds; 0 looks once.",
    ),
    setting(("plans", "pending_per_requester"), Kind::Number(1, 1_000), Some("20"), "Plans of one requester that may wait at once."),
    setting(("plans", "pending_per_namespace"), Kind::Number(1, 10_000), Some("50"), "Plans for one namespace that may wait at once."),
    setting(
        ("plans", "deny_cool_down_seconds"),
        Kind::Number(0, 24 * HOUR),
        Some("900"),
        "For this long a denied change is not asked again.",
    ),
    setting(
        ("keys", "folder"),
        Kind::Text,
        None,
        "Folder made by `kmg keys init`: approval.key, checkpoint.key, seal.key and form.key, readable by the owner only.",
    ),
    setting(("server", "reader_kubeconfig"), Kind::Text, None, "Kubeconfig of the reading identity."),
    setting(
        ("server", "planner_kubeconfig"),
        Kind::Text,
        None,
        "Kubeconfig of the planning identity, which the fence confines to dry runs.",
    ),
    setting(
        ("server", "registries"),
        Kind::List,
        Some("[]"),
        "Registries that images may come from besides the one a container uses now, such as `ghcr.io`. The executor's trust file has a list of its own; an image outside both is refused before anybody is asked.",
    ),
    setting(
        ("server", "fence"),
        Kind::Word(&["required", "unenforced"]),
        Some("\"required\""),
        "Whether planning needs the fence. `unenforced` is for a cluster without ValidatingAdmissionPolicy on one's own machine: each plan says so, and production refuses it.",
    ),
    setting(
        ("executor", "link"),
        Kind::Text,
        Some("\"stdio\""),
        "`stdio` starts the executor as a child, which separates code but not users and which production refuses; otherwise the path of its Unix socket.",
    ),
    setting(
        ("executor", "uid"),
        Kind::Number(0, 4_294_967_294),
        Some("0"),
        "User id of the executor's process; only for a socket, and in production another than the gateway's.",
    ),
    setting(("executor", "kubeconfig"), Kind::Text, Some("\"\""), "Kubeconfig of the writing identity; only for `stdio`."),
    setting(("executor", "trust"), Kind::Text, Some("\"\""), "The executor's own trust file; only for `stdio`."),
    setting(("executor", "keys"), Kind::Text, Some("\"\""), "Folder of the executor's own keys; only for `stdio`."),
    setting(("executor", "data"), Kind::Text, Some("\"\""), "Folder of the executor's own journal and pre-images; only for `stdio`."),
];

/// The reference: every setting with its default and meaning, as a settings file.
pub(crate) fn reference() -> String {
    let mut lines = vec!["# Settings of `kmg gateway --config FILE`. The environment overrides the file: KMG_<SECTION>_<KEY>.".to_owned()];
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            lines.push(format!("\n[{section}]"));
        }
        let bounds = match setting.kind {
            Kind::Number(low, high) => format!(" {low} to {high}."),
            Kind::Word(words) => format!(" One of {}.", words.join(", ")),
            Kind::Text | Kind::List => String::new(),
        };
        lines.push(format!("# {}{bounds}", setting.doc));
        lines.push(match setting.default {
            Some(default) => format!("{} = {default}", setting.key),
            None => format!("# required: {} = …", setting.key),
        });
    }
    lines.join("\n")
}
