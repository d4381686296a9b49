//! Every problem at once, with its source; unsafe settings refuse to start.

use super::*;

const GOOD: &str = r#"
[gateway]
mode = "development"
data = "/d"
namespaces = ["demo"]
[identity]
issuer = "http://127.0.0.1:3003"
approvers = ["dev"]
[keys]
folder = "/k"
[server]
reader_kubeconfig = "/r"
planner_kubeconfig = "/p"
[executor]
kubeconfig = "/e"
trust = "/t"
keys = "/ek"
data = "/ed"
"#;

fn problems(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    inspected(text, &environment).problems
}

fn inspected(text: &str, environment: &BTreeMap<String, String>) -> Inspected {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let inspected = inspect(file.path(), environment).unwrap();
    assert_eq!(load(file.path(), environment).is_ok(), inspected.problems.is_empty());
    inspected
}

#[test]
fn the_good_file_is_good_and_the_environment_goes_over_it() {
    assert_eq!(problems(GOOD, &[]), Vec::<String>::new());
    let environment = BTreeMap::from([
        ("KMG_GATEWAY_NAMESPACES".to_owned(), "a, b".to_owned()),
        ("KMG_PLANS_APPROVE_WITHIN_SECONDS".to_owned(), "30".to_owned()),
        ("KMG_MCP_CALLS_PER_SECOND".to_owned(), "5000".to_owned()),
    ]);
    let settings = inspected(GOOD, &environment).settings.unwrap();
    assert_eq!(settings.namespaces.namespaces().map(Namespace::as_str).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((settings.plans.approve_within, settings.calls_per_second), (30_000, 5_000));
}

#[test]
fn every_problem_is_named_at_once() {
    let found = problems("[gateway]\nmode = \"x\"\nnamspaces = []\n[nope]\na = 1\n", &[("KMG_WEB_SESION", "1")]);
    for expected in [
        "file: gateway.namspaces is not a setting",
        "file: [nope] is not a section of settings",
        "file: gateway.mode must be one of development, production",
        "gateway.data is required",
        "environment: KMG_WEB_SESION is not a setting",
    ] {
        assert!(found.iter().any(|problem| problem == expected), "{expected} not in {found:?}");
    }
    assert_eq!(
        problems(GOOD, &[("KMG_PLANS_EXECUTE_WITHIN_SECONDS", "3601")]),
        ["environment: KMG_PLANS_EXECUTE_WITHIN_SECONDS must be a whole number from 10 to 3600"]
    );
}

#[test]
fn production_refuses_what_is_only_safe_on_ones_own_machine() {
    let found = problems(&GOOD.replace("development", "production"), &[]);
    assert!(found.iter().any(|problem| problem.contains("mcp.url: must be https in production")), "{found:?}");
    assert!(found.iter().any(|problem| problem.contains("executor.link: stdio")), "{found:?}");
    assert!(
        problems(&GOOD.replace("development", "production"), &[("KMG_SERVER_FENCE", "unenforced")])
            .iter()
            .any(|problem| problem.contains("server.fence"))
    );
    assert!(problems(GOOD, &[("KMG_IDENTITY_APPROVE_CLIENT", "kmg-web")])[0].contains("another client"));
    assert!(problems(GOOD, &[("KMG_MCP_URL", "http://127.0.0.1:3001/k8s/mcp")])[0].contains("must end in /mcp"));
    assert!(problems(GOOD, &[("KMG_IDENTITY_ISSUER", "http://idp.example")])[0].contains("must be https unless"));
    assert!(problems(GOOD, &[("KMG_WEB_ORIGIN", "http://127.0.0.1:3001")])[0].contains("another origin"));
}

#[test]
fn the_reference_names_every_setting_and_its_defaults_parse() {
    let text = reference();
    for setting in table::SETTINGS {
        assert!(text.contains(&format!("{} = ", setting.key)), "{}", setting.key);
    }
    let found = problems(&text, &[]);
    assert!(found.iter().all(|problem| problem.ends_with("is required")), "{found:?}");
}

#[test]
fn what_is_only_safe_here_is_known_and_a_refused_file_can_still_be_looked_at() {
    let good = inspected(GOOD, &BTreeMap::new());
    assert_eq!(good.problems, Vec::<String>::new());
    assert!(good.only_here.iter().any(|problem| problem.contains("executor.link: stdio")), "{:?}", good.only_here);
    let refused = inspected(&GOOD.replace("development", "production"), &BTreeMap::new());
    assert_eq!((refused.problems.len(), refused.only_here.len()), (good.only_here.len(), 0));
    assert_eq!(refused.settings.unwrap().data, PathBuf::from("/d"));
    let misspelt = inspected(&GOOD.replace("[keys]", "[keys]\nfodler = \"/x\""), &BTreeMap::new());
    assert_eq!(misspelt.settings.map(|settings| settings.keys), Some(PathBuf::from("/k")));
    assert!(inspected("[gateway", &BTreeMap::new()).settings.is_none());
}
