"""Prometheus configuration, alert rules and the Grafana dashboard, as files."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

MONITORING = Path("ops/monitoring")
ALERTS = MONITORING / "alerts.yml"
DASHBOARD = json.loads((MONITORING / "grafana/dashboards/deals.json").read_text())
SERVICES = yaml.safe_load(Path("docker-compose.yml").read_text())["services"]
CYRILLIC = re.compile(r"[А-Яа-яЁё]|^API$|^1С$")


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    return list(group["rules"])


def test_every_panel_has_a_russian_title_a_unit_and_a_query() -> None:
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in panels:
        assert CYRILLIC.search(panel["title"]), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"prometheus"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_provisioned_data_source_is_the_one_that_panels_ask() -> None:
    text = (MONITORING / "grafana/provisioning/datasources/prometheus.yml").read_text()
    [source] = yaml.safe_load(text)["datasources"]

    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"


def test_every_alert_tells_operators_in_russian_what_to_do() -> None:
    for rule in rules():
        assert CYRILLIC.search(rule["annotations"]["summary"]), rule["alert"]
        assert rule["annotations"]["description"].endswith(".")
        assert rule["labels"]["severity"] in ("critical", "warning")


def test_mounted_files_of_the_profile_exist() -> None:
    for name in ("prometheus", "grafana"):
        service = SERVICES[name]
        assert service["profiles"] == ["monitoring"]
        mounted = [volume.split(":")[0] for volume in service["volumes"]]
        assert all(Path(path).exists() for path in mounted if path.startswith("."))


def test_the_public_front_knows_no_port_of_the_metrics() -> None:
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    scraped = {
        (one["dns_sd_configs"][0]["names"][0], one["dns_sd_configs"][0]["port"])
        for one in config["scrape_configs"]
    }
    caddy = Path("ops/containers/Caddyfile").read_text()

    assert scraped == {("api", 9101), ("worker", 9102)}
    assert re.findall(r"dynamic a (\S+ \d+)", caddy) == ["api 8000"]
    assert not re.search(r"910\d|metrics|9090|3000", caddy)
    assert all("ports" not in SERVICES[name] for name in ("api", "worker", "prometheus"))
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["grafana"]["ports"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_rules_and_their_tests() -> None:
    for arguments in (
        ("check", "rules", str(ALERTS)),
        ("test", "rules", "tests/contract/alerts_test.yml"),
    ):
        run = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
