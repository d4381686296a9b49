//! What stands at the end of each command's long help: examples, files, exit status.

pub(super) const KMG: &str = "\
EXAMPLES
  kmg demo --walkthrough                  see everything, without a cluster
  kmg doctor --config gateway.toml        look at an installation
  kmg rbac apply --help                   how one command is used

ENVIRONMENT
  RUST_LOG               what is logged: debug, or info,kmg_link=debug; info by
                         default
  KMG_<SECTION>_<KEY>    a setting of the gateway, over its settings file
  NO_COLOR               no colours

EXIT STATUS
  0  done, or ended as asked (SIGINT, SIGTERM)
  1  failed; the reason is on standard error
  2  the command line is wrong";

pub(super) const GATEWAY: &str = "\
EXAMPLES
  kmg config reference > gateway.toml       every setting, to begin with
  kmg config check gateway.toml
  kmg doctor --config gateway.toml
  kmg gateway --config gateway.toml
  KMG_GATEWAY_NAMESPACES=shop,web kmg gateway --config gateway.toml

FILES
  gateway.data     journal.jsonl and plans.sqlite are written here
  keys.folder      approval.key, checkpoint.key, seal.key and form.key are read
                   (see kmg keys init)
  executor.data    the executor's journal, where the gateway starts the executor
                   itself

EXIT STATUS
  0  ended as asked (SIGINT, SIGTERM)
  1  the settings are not valid, or a part could not be had or did not start
  2  the command line is wrong";

pub(super) const SERVER: &str = "\
EXAMPLES
  kmg server --kubeconfig reader.kubeconfig --namespaces shop,web
  claude mcp add kmg -- \\
      kmg server --kubeconfig ~/.kube/config --context test --namespaces shop

FILES
  $XDG_STATE_HOME/kmg/server (or ~/.local/state/kmg/server)
      journal.jsonl and its keys are made here, unless --journal names another
      place

EXIT STATUS
  0  standard input was closed
  1  the kubeconfig is refused, or the journal cannot be written
  2  the command line is wrong";

pub(super) const EXECUTOR: &str = "\
EXAMPLES
  kmg executor --kubeconfig executor.kubeconfig --trust trust.json \\
      --keys keys --data data \\
      --socket /run/kmg/executor.sock --gateway-uid 1001

FILES
  --trust FILE     read once at the start; kmg keys trust prints one
  --keys FOLDER    checkpoint.key and seal.key are read (see kmg keys init)
  --data FOLDER    journal.jsonl and sealed copies of what was replaced are
                   written here

EXIT STATUS
  0  ended as asked (SIGINT, SIGTERM), or its standard input was closed
  1  a file is refused, another executor has the journal, or the socket cannot
     be had
  2  the command line is wrong";

pub(super) const ISSUER: &str = "\
EXAMPLES
  kmg config reference issuer > issuer.toml && chmod 600 issuer.toml
  kmg issuer --config issuer.toml

FILES
  --config FILE    holds the password; only its owner may read it
  signing_key      made when it is not there

EXIT STATUS
  0  ended as asked (SIGINT, SIGTERM)
  1  the file is not private or not valid, or the address is not on loopback or
     in use
  2  the command line is wrong";

pub(super) const DEMO: &str = "\
EXAMPLES
  kmg demo
  kmg demo --walkthrough
  kmg demo --context test                  on a cluster of ~/.kube/config
  kmg demo --kubeconfig test.kubeconfig --namespace shop --data demo --port 4001

FILES
  --data FOLDER    keys, credentials, settings, database and journals; without
                   it a private folder among the temporary ones, which goes at
                   the end
  A cluster keeps the namespace kmg-system, the roles, the fence and the
  Deployment.

EXIT STATUS
  0  ended as asked (SIGINT, SIGTERM), or the walkthrough went well
  1  the cluster, a port or a part could not be had, or the walkthrough did not
     go well
  2  the command line is wrong";

pub(super) const SANDBOX: &str = "\
EXAMPLES
  kmg sandbox --out credentials
  kmg sandbox --out credentials --port 6443 --instant
  kmg server --kubeconfig credentials/reader.kubeconfig --namespaces demo

FILES
  --out FOLDER     admin.kubeconfig, reader.kubeconfig, planner.kubeconfig and
                   executor.kubeconfig, for their owner only; new at each start
                   and of no use behind its end

EXIT STATUS
  0  ended as asked (SIGINT, SIGTERM)
  1  the folder is not private, or the port is in use
  2  the command line is wrong";

pub(super) const DOCTOR: &str = "\
EXAMPLES
  kmg doctor --config gateway.toml
  kmg doctor --config gateway.toml --json | \\
      jq '.checks[] | select(.status == \"problem\")'
  sudo -u kmg kmg doctor --config /etc/kmg/gateway.toml    as the gateway's user

CHECKS
  settings   the file and the environment over it; what is only safe on one's
             own machine
  listen     whether both addresses are free, or this gateway answers there
  files      keys, credentials, data: there, owner, mode, no link into
             elsewhere; the folders above; free space
  cluster    each credential: taken, how long it lasts, as which user; what the
             reader may list; whether the fence holds the planner
  clock      this machine against the API server and the identity provider
  trust      the executor's trust file against these settings, and how long its
             key lasts
  provider   the discovery document, PKCE, and the keys
  journal    both journals, each with the other as its witness
  link       server and executor, asked as the gateway asks them

  Each ends as ok, warn, FAIL or - (not checked); under a finding stands what
  to do. With --json: {format, version, config, result, counts, checks: [{id,
  about, status, seen, do}]}; a status is ok, warning, problem or not-checked.

FILES
  Nothing is written, but for one case: where the gateway starts the executor
  itself and no gateway runs, the executor is started, and its journal gets the
  records of a start and an end. The probe of the fence stores nothing.

EXIT STATUS
  0  no problem was found; there may be warnings
  1  at least one problem was found
  2  the command line is wrong";

pub(super) const AUDIT: &str = "\
EXAMPLES
  kmg audit verify gateway/journal.jsonl --witness executor/journal.jsonl \\
      --key gateway/keys/checkpoint.pub --key executor/keys/checkpoint.pub";

pub(super) const AUDIT_VERIFY: &str = "\
EXAMPLES
  kmg audit verify gateway/journal.jsonl --key gateway/keys/checkpoint.pub
  kmg audit verify gateway/journal.jsonl --witness executor/journal.jsonl \\
      --key gateway/keys/checkpoint.pub --key executor/keys/checkpoint.pub

  Keep the head that is printed: a journal whose end was cut off behind a
  checkpoint shows it by not having that head. A journal that is being written
  can be verified.

EXIT STATUS
  0  the journal is intact
  1  it does not verify, or cannot be read; the first bad record is named on
     standard error
  2  the command line is wrong";

pub(super) const CONFIG: &str = "\
EXAMPLES
  kmg config reference
  kmg config check gateway.toml";

pub(super) const CONFIG_REFERENCE: &str = "\
EXAMPLES
  kmg config reference > gateway.toml
  kmg config reference trust
  kmg config reference issuer";

pub(super) const CONFIG_CHECK: &str = "\
EXAMPLES
  kmg config check gateway.toml
  KMG_GATEWAY_MODE=production kmg config check gateway.toml

EXIT STATUS
  0  the settings are valid
  1  they are not; every problem is on standard error, each with its source
  2  the command line is wrong";

pub(super) const KEYS: &str = "\
EXAMPLES
  kmg keys init --folder gateway/keys
  kmg keys trust --approval-key gateway/keys/approval.pub … > trust.json";

pub(super) const KEYS_INIT: &str = "\
EXAMPLES
  kmg keys init --folder gateway/keys
  kmg keys init --folder executor/keys

FILES
  approval.key      signs decisions                    and approval.pub
  checkpoint.key    signs a journal's checkpoints      and checkpoint.pub
  seal.key          seals the database and what was replaced
  form.key          authenticates the pages' forms
  Each is 32 random bytes, for its owner only. A key that is there is never
  overwritten: then nothing is made.";

pub(super) const KEYS_TRUST: &str = "\
EXAMPLES
  uid=$(kubectl get namespace kube-system -o jsonpath='{.metadata.uid}')
  kmg keys trust --approval-key gateway/keys/approval.pub --cluster-id \"$uid\" \\
      --namespaces shop,web --issuer https://id.example --approvers alice,bob \\
      > trust.json";

pub(super) const RBAC: &str = "\
EXAMPLES
  kmg rbac manifests --namespaces shop,web | kubectl apply -f -
  kmg rbac apply --namespaces shop --kubeconfig ~/.kube/config --out credentials";

pub(super) const RBAC_MANIFESTS: &str = "\
EXAMPLES
  kmg rbac manifests --namespaces shop,web
  kmg rbac manifests --namespaces shop,web | kubectl apply -f -
  kmg rbac manifests --namespaces shop --with-nodes";

pub(super) const RBAC_APPLY: &str = "\
EXAMPLES
  kmg rbac apply --namespaces shop --kubeconfig ~/.kube/config --out credentials
  kmg rbac apply --namespaces shop --kubeconfig ~/.kube/config --context test \\
      --out credentials --seconds 86400

FILES
  In the folder of --out, for their owner only:
  reader.kubeconfig, planner.kubeconfig, executor.kubeconfig
  reader.token, planner.token, executor.token    read again by running processes";

pub(super) const COMPLETIONS: &str = "\
EXAMPLES
  kmg completions bash > ~/.local/share/bash-completion/completions/kmg
  kmg completions zsh > \"${fpath[1]}/_kmg\"
  kmg completions fish > ~/.config/fish/completions/kmg.fish";

pub(super) const TOOLS: &str = "\
EXAMPLES
  kmg tools                                 as a document
  kmg tools --json | jq '.tools[].name'

EXIT STATUS
  0  printed
  1  standard output cannot be written
  2  the command line is wrong";

pub(super) const GUARD: &str = "\
EXAMPLES
  kubectl logs web-0 | kmg guard scan --as log --explain -
  kmg guard eval rows.jsonl.gz > answers.jsonl
  kmg guard test-rules

EXIT STATUS
  0  done, whatever was found
  1  a file cannot be read, or a rule does not keep its word
  2  the command line is wrong";

pub(super) const GUARD_SCAN: &str = "\
EXAMPLES
  kubectl logs web-0 | kmg guard scan --as log        what a model would read
  kmg guard scan --explain notes.txt                  what was found, and why

EXIT STATUS
  0  printed, whatever was found
  1  the text cannot be read, or is larger than 64 MiB
  2  the command line is wrong";

pub(super) const GUARD_EVAL: &str = "\
EXAMPLES
  kmg guard eval rows.jsonl.gz > answers.jsonl
  kmg guard eval --secrets documents.jsonl > answers.jsonl 2> summary.json

EXIT STATUS
  0  every row was looked at
  1  the file or a row of it cannot be read
  2  the command line is wrong";

pub(super) const GUARD_TEST_RULES: &str = "\
EXAMPLES
  kmg guard test-rules

EXIT STATUS
  0  every rule keeps to the examples that it brings
  1  one does not; each is named with the example
  2  the command line is wrong";

pub(super) const GUARD_BENCH: &str = "\
EXAMPLES
  kmg guard bench rows.jsonl.gz

EXIT STATUS
  0  measured
  1  the file or a row of it cannot be read
  2  the command line is wrong";
