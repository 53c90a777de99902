"""The compose file: ports only on localhost, no root, limits for each service."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

each_service = pytest.mark.parametrize("name", SERVICES)


@each_service
def test_ports_are_bound_to_localhost(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))
    assert "network_mode" not in SERVICES[name]


@each_service
def test_a_service_has_limits_and_no_privileges(name: str) -> None:
    service = SERVICES[name]
    assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert service.get("read_only") or name == "kafka"


@each_service
def test_an_image_is_pinned_and_a_mounted_file_exists(name: str) -> None:
    assert not SERVICES[name]["image"].endswith(":latest")
    assert ":" in SERVICES[name]["image"]
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists()
        assert source in COMPOSE["volumes"] or volume.endswith(":ro")


@each_service
def test_named_services_and_networks_exist(name: str) -> None:
    """Docker's own check covers this too, but compose-go's command, its substitute, checks only the schema."""
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)
    assert set(SERVICES[name].get("networks", [])) <= set(COMPOSE["networks"])


@each_service
def test_dependencies_can_become_healthy(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert SERVICES[other]["restart"] == "no"


@pytest.mark.parametrize("name", ["topics", "worker"])
def test_newswatch_variables_are_settings(name: str) -> None:
    for variable in SERVICES[name]["environment"]:
        assert variable.removeprefix("NEWSWATCH_").lower() in Settings.model_fields


def test_prometheus_scrapes_the_worker_port_and_loads_the_mounted_rules() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    [worker] = [job for job in config["scrape_configs"] if job["job_name"] == "newswatch-worker"]
    [found] = worker["dns_sd_configs"]
    assert found["names"] == ["worker"]
    assert found["port"] == Settings.model_fields["metrics_port"].default
    assert SERVICES["worker"]["ports"][0].endswith(f":{found['port']}")
    mounted = {volume.split(":")[1] for volume in SERVICES["prometheus"]["volumes"]}
    assert {"/etc/prometheus/rules", "/etc/prometheus/prometheus.yml"} <= mounted
    assert config["rule_files"] == ["rules/*.yml"]
