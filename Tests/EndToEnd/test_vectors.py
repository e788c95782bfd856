"""The App Engine vectors, by way of the command line and over live HTTP."""

import json

import pytest

from harness.cli import switchyard
from harness.gateway import Gateway
from harness.paths import FIXTURES

DISPATCH = json.loads((FIXTURES / "appengine/dispatch.json").read_text())["cases"]
VALIDITY = json.loads((FIXTURES / "appengine/dispatch-validity.json").read_text())["items"]
APP = {"project": "gae-lab-001", "region": "uc"}


def named(case):
    return case["id"]


def app_arguments(case, folder) -> list[str]:
    """The options that describe a case: files for dispatch and services, names for the rest."""
    (folder / "dispatch.yaml").write_text(case["yaml"])
    app = {**APP, **case.get("app", {})}
    arguments = ["--dispatch", "dispatch.yaml", "--project", app["project"], "--region", app["region"]]
    for service in case["services"]:
        (folder / f"{service}.yaml").write_text(f"service: {service}\nruntime: python312\n")
        arguments += ["--app", f"{service}.yaml"]
    for domain in app.get("customDomains", []):
        arguments += ["--domain", domain]
    for service, versions in app.get("versions", {}).items():
        arguments += ["--versions", f"{service}={','.join(versions)}"]
    return arguments


@pytest.mark.parametrize("case", DISPATCH, ids=named)
def test_explain(case, tmp_path):
    lines = [json.dumps({"method": "GET", "scheme": "http", "host": request["host"], "target": request["path"]})
             for request in case["requests"]]
    result = switchyard(
        "explain", "--requests", "-", *app_arguments(case, tmp_path), cwd=tmp_path, stdin="\n".join(lines) + "\n")
    assert result.status == 0, result.stderr
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(case["requests"])
    for request, answer in zip(case["requests"], answers):
        where = request["host"] + request["path"]
        assert set(answer) == {
            "service", "version", "instance", "why", "rule", "handler", "parameters", "source", "status"}
        seen = {key: answer[key] for key in ("service", "why", "rule", "version", "instance")}
        assert seen == {
            "service": request["expectedService"], "why": request["why"], "rule": request["rule"],
            "version": request.get("version"), "instance": request.get("instance")}, where
        if request["expectedService"] is None:
            assert answer["status"] == 404, where


@pytest.mark.parametrize("case", DISPATCH, ids=named)
def test_rules_hold_without_apps(case, tmp_path):
    """Whether a service exists is not checked then."""
    (tmp_path / "dispatch.yaml").write_text(case["yaml"])
    result = switchyard("check", "--dispatch", "dispatch.yaml", cwd=tmp_path)
    assert result.status == 0, result.stderr


@pytest.mark.parametrize("item", VALIDITY, ids=named)
def test_validity(item, tmp_path):
    (tmp_path / "dispatch.yaml").write_text(item["yaml"])
    apps = []
    for service in item.get("services") or []:
        (tmp_path / f"{service}.yaml").write_text(f"service: {service}\nruntime: python312\n")
        apps += ["--app", f"{service}.yaml"]
    result = switchyard("check", "--format", "json", "--dispatch", "dispatch.yaml", *apps, cwd=tmp_path)
    errors = [found for found in result.json if found["severity"] == "error"]
    assert result.status == (0 if item["valid"] else 1), result.stdout
    if item["valid"]:
        assert errors == []
    else:
        assert item["reason"] in [error["kind"] for error in errors]
        for error in errors:
            assert error["file"] and error["message"] and error["code"].startswith("SY")


def live_configuration(case) -> str:
    app = {**APP, **case.get("app", {})}
    lines = ["appengine:", f"  project: {app['project']}", f"  region: {app['region']}"]
    if "customDomains" in app:
        lines.append(f"  domains: {json.dumps(app['customDomains'])}")
    if "versions" in app:
        lines.append(f"  versions: {json.dumps(app['versions'])}")
    lines.append("services:")
    for service in case["services"]:
        route = f'{{ path: "/{{rest...}}", handler: echo.http, with: {{ text: "{service}" }} }}'
        lines += [f'  "{service}":', f"    routes: [{route}]"]
    return "\n".join(lines) + "\n" + case["yaml"]


def can_be_sent(request) -> bool:
    """Not every host or path of the vectors is one that an HTTP request may have; dot segments are redirected."""
    host, path = request["host"], request["path"]
    segments = path.partition("?")[0].lower().replace("%2e", ".").split("/")
    return (host != "" and all("!" <= character <= "~" for character in host + path) and "#" not in path
            and not {".", ".."} & set(segments))


@pytest.mark.parametrize("case", [case for case in DISPATCH if not case["yaml"].startswith(("-", "%"))], ids=named)
def test_live(case):
    """The same decisions where traffic is served: each service answers its own name."""
    with Gateway(live_configuration(case), ready=False) as gateway, gateway.connect() as client:
        sent = 0
        for request in filter(can_be_sent, case["requests"]):
            answer = client.request("GET", request["path"], headers=[("Host", request["host"])])
            where = request["host"] + request["path"]
            sent += 1
            if request["expectedService"] is None:
                assert answer.status == 404, where
            else:
                assert (answer.status, answer.body.decode()) == (200, request["expectedService"]), where
        assert sent or case["id"] == "dot-segments"
