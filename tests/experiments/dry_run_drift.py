"""Which fields do two equal dry runs disagree on, when time passes between them?

Usage: dry_run_drift.py --cluster D [--minutes 10] [--out FILE]     D is the folder of a running test cluster

Six Deployments on simulated nodes:
  alone        nothing happens to it
  rolled       halfway somebody sets another image and then the old one again
  hpa          a HorizontalPodAutoscaler's bounds are moved each minute, so that its controller really writes
  hpa-unowned  the same, and no field manager owns `replicas` (created by server-side apply without it)
  hpa-fixed    the same as hpa, and a mutating webhook sets fixed values
  hpa-moving   the same as hpa, and a mutating webhook sets values that are new at each call

As an account with the planner's rights the script sends the same dry runs at the start and after each minute: an
image and a replica count as JSON Patch (as kmg-core's plan/build.rs makes them, on the resourceVersion just read),
and server-side apply without and with `replicas`; each twice in a row. It prints one line per minute on stderr, and
at the end which paths differ, and what is left of them after our projection. The findings are in docs/adr/0006.
"""

import argparse
import base64
import contextlib
import copy
import json
import pathlib
import re
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WEBHOOK = pathlib.Path(__file__).parent.parent / "python" / "webhook.py"
REPLICAS = [2, 4, 3, 5, 2, 6, 3, 5, 2, 3, 4]  # what the autoscaler is told, minute by minute
# The projection of crates/kmg-core/src/plan/projection.rs.
VOLATILE = ["status", "metadata.managedFields", "metadata.resourceVersion", "metadata.generation", "metadata.creationTimestamp", "metadata.selfLink"]
VOLATILE_ANNOTATIONS = ["deployment.kubernetes.io/revision"]


class Api:
    """Raw requests to the API server as one identity."""

    def __init__(self, server, context, token=None):
        self.server, self.context, self.token = server, context, token

    def send(self, method, path, body=None, kind="application/json"):
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = urllib.request.Request(self.server + path, data, {"accept": "application/json", "content-type": kind}, method=method)
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def must(self, *args):
        status, body = self.send(*args)
        if status >= 300:
            raise SystemExit(f"{args[0]} {args[1]}: {status} {body[:400]!r}")
        return json.loads(body)


def administrator(folder):
    cluster = json.loads((folder / "cluster.json").read_text())
    text = pathlib.Path(cluster["kubeconfig"]).read_text()
    context = ssl.create_default_context(cafile=cluster["caFile"])
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "both.pem"
        parts = [re.search(rf"client-{part}-data: (\S+)", text).group(1) for part in ("certificate", "key")]
        path.write_bytes(b"".join(base64.b64decode(part) for part in parts))
        context.load_cert_chain(path)
    return Api(cluster["server"], context), cluster


def planner(admin, cluster, namespaces):
    """An account that may get and patch Deployments in `namespaces`, and its token."""
    home = namespaces[0]
    admin.must("POST", f"/api/v1/namespaces/{home}/serviceaccounts", {"metadata": {"name": "planner"}})
    for namespace in namespaces:
        rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}]
        admin.must("POST", f"{rbac}/roles", {"metadata": {"name": "planner"}, "rules": rules})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "planner"}
        subject = {"kind": "ServiceAccount", "name": "planner", "namespace": home}
        admin.must("POST", f"{rbac}/rolebindings", {"metadata": {"name": "planner"}, "roleRef": role, "subjects": [subject]})
    ask = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    token = admin.must("POST", f"/api/v1/namespaces/{home}/serviceaccounts/planner/token", ask)["status"]["token"]
    return Api(admin.server, ssl.create_default_context(cafile=cluster["caFile"]), token)


def path_of(namespace):
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/web"


def manifest(namespace, image, replicas=None):
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": image}]},
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    metadata = {"name": "web", "namespace": namespace, "annotations": {"team": "shop"}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def webhook(admin, stack, name, namespace, values):
    """A running webhook that patches every Deployment of `namespace`."""
    patch = [
        {"op": "add", "path": "/metadata/annotations/hook.test~1seen", "value": values[0]},
        {"op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{"name": "HOOK", "value": values[1]}]},
    ]
    command = [sys.executable, str(WEBHOOK), "--for-user", "", "--patch", json.dumps(patch)]
    child = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    stack.callback(child.stdin.close)
    ready = json.loads(child.stdout.readline())
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    hook = {
        "name": "drift.hook.test",
        "clientConfig": {"url": ready["url"], "caBundle": ready["caBundle"]},
        "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "admissionReviewVersions": ["v1"],
    }
    admin.must("POST", path, {"metadata": {"name": name}, "webhooks": [hook]})
    stack.callback(admin.send, "DELETE", f"{path}/{name}")


def hooked(admin, namespace):
    """Waits until the API server asks the webhook: it takes a new configuration up after a moment."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        probe = admin.must("POST", f"{path_of(namespace).removesuffix('/web')}?dryRun=All", manifest(namespace, "registry.test/web:1"))
        if "hook.test/seen" in probe["metadata"]["annotations"]:
            return
        time.sleep(0.2)
    raise SystemExit(f"{namespace}: the webhook is not asked")


def autoscale(admin, namespace, replicas, create=False):
    path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    bounds = {"minReplicas": replicas, "maxReplicas": replicas}
    if create:
        admin.must("POST", path, {"metadata": {"name": "web"}, "spec": {"scaleTargetRef": target, **bounds}})
    else:
        admin.must("PATCH", f"{path}/web", {"spec": bounds}, "application/merge-patch+json")


def settled(admin, namespace, replicas):
    """Waits until the controllers have brought the Deployment to `replicas` Pods, all available."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        live = admin.must("GET", path_of(namespace))
        status = live.get("status", {})
        counts = [live["spec"]["replicas"], *(status.get(key) for key in ("replicas", "updatedReplicas", "availableReplicas"))]
        if counts == [replicas] * 4 and status.get("observedGeneration") == live["metadata"]["generation"]:
            return
        time.sleep(0.5)
    raise SystemExit(f"{namespace} did not settle at {replicas}: {live['spec']['replicas']} {status}")


def rolled(admin, namespace, replicas):
    """Another image and the old one again, as somebody else, each rolled out."""
    for image in ("registry.test/web:3", "registry.test/web:1"):
        patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]
        admin.must("PATCH", f"{path_of(namespace)}?fieldManager=somebody", patch, "application/json-patch+json")
        settled(admin, namespace, replicas)


def dry_runs(live):
    """The requests for `live`, by name: query, media type and body."""
    namespace, metadata = live["metadata"]["namespace"], live["metadata"]
    same = [{"op": "test", "path": f"/metadata/{key}", "value": metadata[key]} for key in ("uid", "resourceVersion")]
    plan = {"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": "0190d5a0-0000-7000-8000-000000000000"}
    container = "/spec/template/spec/containers/0"
    image = [
        {"op": "test", "path": f"{container}/name", "value": "web"},
        {"op": "test", "path": f"{container}/image", "value": "registry.test/web:1"},
        {"op": "replace", "path": f"{container}/image", "value": "registry.test/web:2"},
    ]
    scale = [{"op": "test", "path": "/spec/replicas", "value": live["spec"]["replicas"]}, {"op": "replace", "path": "/spec/replicas", "value": 7}]
    patch, apply = "application/json-patch+json", "application/apply-patch+yaml"

    def applied(replicas):
        body = manifest(namespace, "registry.test/web:2", replicas)
        body["metadata"].update({key: metadata[key] for key in ("uid", "resourceVersion")})
        return body

    return {
        "image": (patch, same + image + [plan]),
        "scale": (patch, same + scale + [plan]),
        "apply": (apply, applied(None)),
        "apply with replicas": (apply, applied(2)),
    }


def sample(account, namespace):
    """One round of dry runs, each sent twice in a row, and the object as it was read."""
    for _ in range(5):  # a resourceVersion that moved between the read and the dry run: once more from the read
        live = account.must("GET", path_of(namespace))
        answers, twins = {"(as read)": (200, live)}, []
        for name, (kind, body) in dry_runs(live).items():
            target = f"{path_of(namespace)}?fieldManager=kmg&fieldValidation=Strict&dryRun=All"
            (status, first), (_, second) = (account.send("PATCH", target, body, kind) for _ in range(2))
            answers[name] = (status, json.loads(first))
            twins.append((name, first == second, sorted(differing(json.loads(first), json.loads(second)))))
        if account.must("GET", path_of(namespace))["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]:
            return answers, twins
    raise SystemExit(f"{namespace} does not hold still")


def projected(value, exclusions=()):
    view = copy.deepcopy(value)
    for path in [*VOLATILE, *exclusions]:
        *parents, last = path.split(".")
        parent = view
        for key in parents:
            parent = parent.get(key, {})
        parent.pop(last, None)
    annotations = view.get("metadata", {}).get("annotations", {})
    for name in VOLATILE_ANNOTATIONS:
        annotations.pop(name, None)
    if not annotations:
        view.get("metadata", {}).pop("annotations", None)
    return view


def named(items):
    """A list as a map by what identifies its items, so that order and position are no difference of their own."""
    def label(index, item):
        if isinstance(item, dict) and "manager" in item:
            return f"[{item['manager']}{'/' + item['subresource'] if 'subresource' in item else ''}]"
        if isinstance(item, dict) and (key := item.get("name", item.get("type"))):
            return f"[{key}]"
        return f"[{index}]"

    return {label(index, item): item for index, item in enumerate(items)}


def differing(a, b, path=""):
    """The paths at which `a` and `b` differ; what only one of them has counts as one path."""
    if a == b:
        return set()
    if path.endswith(".fieldsV1"):
        return {path}
    if isinstance(a, list) and isinstance(b, list):
        a, b = named(a), named(b)
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return {path}
    found = set()
    for key in a.keys() | b.keys():
        inner = path + (key if key.startswith("[") else f'["{key}"]' if "/" in key else f".{key}" if path else key)
        found |= differing(a[key], b[key], inner) if key in a and key in b else {inner}
    return found


VIEWS = {
    "raw": lambda value: value,
    "projected": projected,
    "without replicas": lambda value: projected(value, ["spec.replicas"]),
}


def compare(then, now):
    """For each request: both statuses, and the differing paths in each view."""
    found = {}
    for name in then:
        (before, a), (after, b) = then[name], now[name]
        found[name] = {"statuses": [before, after]}
        if before == after == 200:
            found[name] |= {view: sorted(differing(of(a), of(b))) for view, of in VIEWS.items()}
        else:
            found[name] |= {"messages": [value.get("message", "") for value in (a, b)]}
    return found


def prepare(admin, cluster, stack):
    """The Deployments, as namespaces by case, and the account that dry-runs them."""
    tag = secrets.token_hex(2)
    cases = {case: f"drift-{tag}-{case}" for case in ("alone", "rolled", "hpa", "hpa-unowned", "hpa-fixed", "hpa-moving")}
    for namespace in cases.values():
        admin.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        stack.callback(admin.send, "DELETE", f"/api/v1/namespaces/{namespace}")
    for case, values in {"hpa-fixed": ["yes", "yes"], "hpa-moving": ["$NOW", "$RANDOM"]}.items():
        webhook(admin, stack, f"drift-{tag}-{case}", cases[case], values)
        hooked(admin, cases[case])
    for case, namespace in cases.items():
        apply, merge = "application/apply-patch+yaml", "application/merge-patch+json"
        admin.must("PATCH", f"{path_of(namespace)}?fieldManager=kmg", manifest(namespace, "registry.test/web:1"), apply)
        replicas = {"spec": {"replicas": REPLICAS[0]}}
        if case == "hpa-unowned":
            admin.must("PATCH", f"{path_of(namespace)}/scale?fieldManager=setup", replicas, merge)
        else:
            body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, **replicas}
            admin.must("PATCH", f"{path_of(namespace)}?fieldManager=setup", body, apply)
        if case.startswith("hpa"):
            autoscale(admin, namespace, REPLICAS[0], create=True)
    return cases, planner(admin, cluster, list(cases.values()))


def run(options, stack):
    admin, cluster = administrator(options.cluster)
    cases, account = prepare(admin, cluster, stack)
    samples, twins = {case: {} for case in cases}, []
    began = time.monotonic()
    for minute in range(options.minutes + 1):
        time.sleep(max(0, began + 60 * minute - time.monotonic()))
        for case, namespace in cases.items():
            replicas = REPLICAS[minute % len(REPLICAS) if case.startswith("hpa") else 0]
            if case.startswith("hpa"):
                autoscale(admin, namespace, replicas)
            settled(admin, namespace, replicas)
            if case == "rolled" and minute == (options.minutes + 1) // 2:
                rolled(admin, namespace, replicas)
            samples[case][minute], pairs = sample(account, namespace)
            twins += [{"case": case, "minute": minute, "request": name, "same": same, "paths": paths} for name, same, paths in pairs]
        print(f"minute {minute}: replicas {replicas}, after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    compared = {case: {minute: compare(taken[0], taken[minute]) for minute in taken if minute} for case, taken in samples.items()}
    return {"version": admin.must("GET", "/version")["gitVersion"], "minutes": options.minutes, "compared": compared, "twins": twins}


def shortened(path):
    return re.sub(r"^status\..*", "status.*", path)


def told(result):
    """The findings as Markdown: in how many of the minutes a path differed from the start, by case."""
    compared = result["compared"]
    lines = [f"API server {result['version']}: dry runs at the start against those after 1 to {result['minutes']} minutes."]
    for view in VIEWS:
        counts = {}
        for case, minutes in compared.items():
            for found in minutes.values():
                paths = {(name == "(as read)", shortened(path)) for name, one in found.items() for path in one.get(view, [])}
                for read, path in paths:
                    counts.setdefault(path, {}).setdefault(case, [0, 0])[read] += 1
        lines += ["", f"{view}: minutes with a difference in some dry run / in the object as read", "", f"| path | {' | '.join(compared)} |", "| --- |" + " --- |" * len(compared)]
        for path, by_case in sorted(counts.items()):
            cells = ["/".join(map(str, by_case[case])) if case in by_case else "–" for case in compared]
            lines.append(f"| `{path}` | {' | '.join(cells)} |")
    refused = {}
    for case, minutes in compared.items():
        for minute, found in minutes.items():
            for name, one in found.items():
                if "messages" in one:
                    refused.setdefault((case, name, one["statuses"][1], one["messages"][1]), []).append(str(minute))
    lines += ["", "Refused:"]
    lines += [f"- {case}, {name}, minutes {' '.join(when)}: {status} {message}" for (case, name, status, message), when in refused.items()]
    lines += ["", "Two in a row:"]
    for case in compared:
        pairs = [twin for twin in result["twins"] if twin["case"] == case]
        paths = sorted({path for twin in pairs for path in twin["paths"]})
        lines.append(f"- {case}: {sum(twin['same'] for twin in pairs)} of {len(pairs)} pairs have the same bytes; the others differ in {paths or 'nothing'}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cluster", required=True, type=pathlib.Path)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    if options.minutes < 1:
        parser.error("--minutes: at least 1")
    with contextlib.ExitStack() as stack:
        result = run(options, stack)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(told(result))


if __name__ == "__main__":
    main()
