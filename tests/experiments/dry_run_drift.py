"""Which fields do two equal dry runs disagree on, when time passes between them?

Usage: dry_run_drift.py --cluster D [--minutes 10] [--out FILE]     D is the folder of a running test cluster

Four Deployments on simulated nodes: alone; under a HorizontalPodAutoscaler whose bounds this script moves each
minute, so that its controller really writes; the same with a mutating webhook that sets fixed values; the same
with a webhook whose values are new at each call. As an account with the planner's rights it sends the same dry
runs at the start and after each minute: an image and a replica count as JSON Patch (as kmg-core's plan/build.rs
makes them, on the resourceVersion just read), and server-side apply without and with `replicas`. Each is sent
twice in a row. It prints one line per minute on stderr, and at the end which paths differ: raw, after our
projection, and after it with `/spec/replicas` excluded. The findings are in docs/adr/0006.
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
        if live["spec"]["replicas"] == replicas == status.get("availableReplicas") == status.get("replicas") and status.get("observedGeneration") == live["metadata"]["generation"]:
            return
        time.sleep(0.5)
    raise SystemExit(f"{namespace} did not settle at {replicas}: {live['spec']['replicas']} {status}")


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


def run(options, stack):
    admin, cluster = administrator(options.cluster)
    tag = secrets.token_hex(2)
    cases = {case: f"drift-{tag}-{case}" for case in ("alone", "hpa", "hpa-fixed", "hpa-moving")}
    for namespace in cases.values():
        admin.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        stack.callback(admin.send, "DELETE", f"/api/v1/namespaces/{namespace}")
    account = planner(admin, cluster, list(cases.values()))
    webhook(admin, stack, f"drift-{tag}-fixed", cases["hpa-fixed"], ["yes", "yes"])
    webhook(admin, stack, f"drift-{tag}-moving", cases["hpa-moving"], ["$NOW", "$RANDOM"])
    time.sleep(2)  # the API server takes up a new webhook configuration within about a second

    samples, twins = {case: {} for case in cases}, []

    def take(case, when):
        samples[case][when], pairs = sample(account, cases[case])
        twins.extend({"case": case, "when": when, "request": name, "same": same, "paths": paths} for name, same, paths in pairs)

    for case, namespace in cases.items():
        admin.must("PATCH", f"{path_of(namespace)}?fieldManager=kmg", manifest(namespace, "registry.test/web:1"), "application/apply-patch+yaml")
        take(case, "birth")
        scale = {"spec": {"replicas": REPLICAS[0]}}
        admin.must("PATCH", f"{path_of(namespace)}/scale?fieldManager=setup", scale, "application/merge-patch+json")
        if case != "alone":
            autoscale(admin, namespace, REPLICAS[0], create=True)
    began = time.monotonic()
    for minute in range(options.minutes + 1):
        time.sleep(max(0, began + 60 * minute - time.monotonic()))
        for case, namespace in cases.items():
            replicas = REPLICAS[0] if case == "alone" else REPLICAS[minute % len(REPLICAS)]
            if case != "alone":
                autoscale(admin, namespace, replicas)
            settled(admin, namespace, replicas)
            take(case, minute)
        print(f"minute {minute}: replicas {replicas}, after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    pairs = {case: {str(when): compare(taken[0], taken[when]) for when in taken if when != 0} for case, taken in samples.items()}
    return {"version": admin.must("GET", "/version")["gitVersion"], "minutes": options.minutes, "against the start": pairs, "twins": twins}


def told(result):
    """The findings as Markdown."""
    last = str(result["minutes"])
    lines = [f"API server {result['version']}; the start against {last} minutes later.", "", "| case | request | status | raw | projected | without replicas |", "| --- | --- | --- | --- | --- | --- |"]
    for case, whens in result["against the start"].items():
        for name, found in whens[last].items():
            cells = [", ".join(f"`{path}`" for path in found[view]) or "same" if view in found else "–" for view in VIEWS]
            lines.append(f"| {case} | {name} | {found['statuses'][0]} → {found['statuses'][1]} | {' | '.join(cells)} |")
    same = sum(twin["same"] for twin in result["twins"])
    paths = sorted({path for twin in result["twins"] for path in twin["paths"]})
    return "\n".join([*lines, "", f"Two in a row: {same} of {len(result['twins'])} pairs have the same bytes; the others differ in {paths or 'nothing'}."])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cluster", required=True, type=pathlib.Path)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        result = run(options, stack)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(told(result))


if __name__ == "__main__":
    main()
