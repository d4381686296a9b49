//! Random values planted in every Secret, ConfigMap, environment and annotation of a namespace, and in commands,
//! arguments and headers: no answer, page, log, journal or file of the product may tell one. Labels, names, keys and
//! image references are told by design and hold none.

mod asker;
mod heap;
mod marks;
mod options;
mod plans;
mod planted;
mod reads;

use std::fs::File;
use std::path::Path;
use std::process::Command;

use kmg_core::clock::Clock;

use crate::support::{Agent, ApiServer, Human, Process, Product};

use asker::Asker;
use marks::Marks;
use planted::Planter;

/// The product with its person and its agent, in a namespace full of values to hide.
struct World {
    api: ApiServer,
    product: Product,
    human: Human,
    marks: Marks,
    asker: Asker,
}

impl Drop for World {
    fn drop(&mut self) {
        self.api.delete(&format!("/api/v1/namespaces/{}", self.product.namespace));
    }
}

#[test]
fn no_planted_value_leaves_the_product() {
    let case = "canaries";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let (marks, logs) = (Marks::new(), tempfile::tempdir().unwrap());
    let namespace = format!("canary-{}", Clock::system().now().0 % 100_000_000);
    let mut product = Product::start(&api, &namespace);
    product.end();
    let parts = parts(&product, logs.path());
    let agent = Agent::connect(&python, &product, &mut human, "auto");
    let asker = Asker::over_http(product.mcp_url(), &agent.token);
    let mut world = World { api, product, human, marks, asker };

    let planter = Planter { api: &world.api, marks: &world.marks, namespace: &namespace };
    let names = planter.plant();
    planter.plant_unnamed();
    let tools = options::tools();
    world.settled();
    reads::read_everything(&mut world.asker, &namespace);
    reads::refuse_everything(&mut world.asker, &tools);
    let mut alone = stand_alone(&world, logs.path());
    reads::read_everything(&mut alone, &namespace);
    plans::plan_everything(&mut world);
    assert_eq!(world.asker.used.missing(&tools), Vec::<String>::new(), "every tool is called with every option");

    drop((parts, agent));
    let mut heap = std::mem::take(&mut world.asker.heap);
    heap.add_files(&world.product.path(""));
    heap.add_files(logs.path());
    for name in &names {
        assert!(heap.says("answer of get_", name), "{name} was never read");
        assert!(alone.heap.says("answer of get_", name), "{name} was never read over stdio");
    }
    // The search finds what may be seen, in each place that may tell it.
    for place in ["http answer", "page http"] {
        assert!(heap.says(place, &world.marks.visible), "the image is not in {place}");
    }
    for place in ["gateway/journal.jsonl", "executor/journal.jsonl", "gateway.log", "executor.log", "alone.log", "alone/journal.jsonl"] {
        assert!(heap.says(place, &namespace), "{place} does not tell the namespace");
    }
    assert!(!heap.says("plans.sqlite", &world.marks.visible), "the database is sealed");
    let mut leaks = heap.leaks(&world.marks);
    leaks.extend(alone.heap.leaks(&world.marks));
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// The product's processes with everything in their logs. The executor is started apart, as production has it.
fn parts(product: &Product, logs: &Path) -> Vec<Process> {
    let socket = logs.join("executor.sock");
    let uid = rustix::process::geteuid().as_raw().to_string();
    let logged = |command: &mut Command, name: &str| {
        command.env("RUST_LOG", "debug").stderr(File::create(logs.join(format!("{name}.log"))).unwrap());
    };
    let mut executor = Process::command(env!("CARGO_BIN_EXE_kmg"));
    executor.arg("executor").arg("--kubeconfig").arg(product.path("credentials/executor.kubeconfig"));
    executor.arg("--trust").arg(product.path("executor/trust.json")).arg("--keys").arg(product.path("executor/keys"));
    executor.arg("--data").arg(product.path("executor")).arg("--socket").arg(&socket).args(["--gateway-uid", &uid]);
    logged(&mut executor, "executor");
    let executor = Process::start("executor", &mut executor);
    let issuer = product.start_part_with("issuer", |command| logged(command, "issuer"));
    let gateway = product.start_part_with("gateway", |command| {
        logged(command, "gateway");
        command.env("KMG_EXECUTOR_LINK", &socket).env("KMG_EXECUTOR_UID", &uid).env("KMG_MCP_CALLS_PER_SECOND", "1000");
        // Its Pods have no image that a node could pull: what is said of them is the same after a second.
        command.env("KMG_PLANS_WATCH_ROLLOUT_SECONDS", "1");
    });
    vec![gateway, issuer, executor]
}

/// `kmg server` over stdio, with the reader's credential.
fn stand_alone(world: &World, logs: &Path) -> Asker {
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    command.args(["server", "--kubeconfig"]).arg(world.product.path("credentials/reader.kubeconfig"));
    command.args(["--namespaces", &world.product.namespace, "--journal"]).arg(logs.join("alone/journal.jsonl"));
    command.env("RUST_LOG", "debug").stderr(File::create(logs.join("alone.log")).unwrap());
    Asker::over_stdio(Process::start("kmg server", &mut command))
}
