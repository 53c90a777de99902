"""The Kubernetes manifests match the program: settings, probes, volumes, selectors; and have no privileges."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.settings import Settings

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
OBJECTS: list[dict[str, Any]] = [
    item for name in KUSTOMIZATION["resources"] for item in yaml.safe_load_all((FOLDER / name).read_text())
]
BY_KIND = {item["kind"]: item for item in OBJECTS}
PODS = [item for item in OBJECTS if "template" in item.get("spec", {})]
each_pod = pytest.mark.parametrize("owner", PODS, ids=lambda item: item["metadata"]["name"])


def test_every_manifest_is_part_of_the_kustomization() -> None:
    assert {file.name for file in FOLDER.glob("*.yaml")} == {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    assert {item["kind"] for item in OBJECTS} >= {"StatefulSet", "Job", "ConfigMap", "Service", "Namespace"}


def test_the_steps_in_the_comment_work_in_their_order() -> None:
    text = (FOLDER / "kustomization.yaml").read_text()
    made = text.index("apply -f deploy/kubernetes/namespace.yaml")
    assert made < text.index("create secret") < text.index("create configmap") < text.index("apply -k")
    # Client-side apply copies the object into an annotation of at most 256 kB.
    rules = sum(file.stat().st_size for file in (FOLDER.parent / "rules").iterdir())
    assert rules < 2**20
    assert rules < 2**18 or "kubectl apply --server-side -f -" in text


@each_pod
def test_a_pod_has_no_privileges(owner: dict[str, Any]) -> None:
    pod = owner["spec"]["template"]["spec"]
    # A user or group of our own would be refused by OpenShift's restricted-v2, which sets both.
    assert pod["securityContext"].keys() == {"runAsNonRoot", "seccompProfile"}
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


@each_pod
def test_variables_are_settings_with_valid_values(owner: dict[str, Any]) -> None:
    [container] = owner["spec"]["template"]["spec"]["containers"]
    values = dict(BY_KIND["ConfigMap"]["data"])
    for variable in container["env"]:
        if "value" in variable:
            values[variable["name"]] = variable["value"]
        elif "fieldRef" in variable["valueFrom"]:
            values[variable["name"]] = "newswatch-worker-0"
        assert variable["name"].removeprefix("NEWSWATCH_").lower() in Settings.model_fields
    settings = Settings(**{name.removeprefix("NEWSWATCH_").lower(): value for name, value in values.items()})
    assert settings.request_timeout_seconds > settings.session_timeout_seconds > settings.heartbeat_seconds
    # One hanging member delays the group for its rebalance timeout; the others must not count that as a stall.
    assert settings.stall_seconds > 2 * settings.session_timeout_seconds


@each_pod
def test_mounts_refer_to_volumes(owner: dict[str, Any]) -> None:
    pod = owner["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_a_worker_keeps_its_name_across_restarts() -> None:
    """Static membership (KIP-345) uses the pod's name, which only a StatefulSet keeps."""
    worker = BY_KIND["StatefulSet"]["spec"]
    [container] = worker["template"]["spec"]["containers"]
    [instance] = [v for v in container["env"] if v["name"] == "NEWSWATCH_INSTANCE_ID"]
    assert instance["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    assert worker["podManagementPolicy"] == "Parallel"
    assert worker["replicas"] <= int(BY_KIND["ConfigMap"]["data"]["NEWSWATCH_PARTITIONS"])


def test_selectors_find_the_workers() -> None:
    worker = BY_KIND["StatefulSet"]["spec"]
    labels = worker["template"]["metadata"]["labels"]
    assert worker["selector"]["matchLabels"] == labels
    assert BY_KIND["Service"]["spec"]["selector"] == labels
    assert worker["serviceName"] == BY_KIND["Service"]["metadata"]["name"]
    assert BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert BY_KIND["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert BY_KIND["Job"]["spec"]["template"]["metadata"]["labels"] != labels


def test_probes_use_the_worker_endpoints() -> None:
    [container] = BY_KIND["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    [port] = container["ports"]
    assert port["containerPort"] == Settings.model_fields["metrics_port"].default
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": port["name"]}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}
