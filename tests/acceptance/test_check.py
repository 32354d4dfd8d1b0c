"""`mesh check` on a directory with ten different mistakes lists all ten, and exits 2."""

import re
import subprocess
import sys
from pathlib import Path

from support.mesh import copied_project

MISTAKES = [
    ("broker/200-broker.yaml", "PT0.2S", "200ms"),
    ("broker/200-broker.yaml", "retry: 10", "retries: 10"),
    ("broker/300-sinkbinding.yaml", "kind: Broker", "kind: Brokr"),
    ("triggers/invoice.yaml", "broker: default", "broker: main"),
    ("triggers/notify.yaml", "name: notify\n  namespace", "name: invoice\n  namespace"),
    ("triggers/calculate-fee.yaml", "type:", "Type:"),
    ("triggers/ride-completed.yaml", "kind: Trigger", "kind: Triger"),
    ("triggers/register-miles.yaml", "spec:", "spec: ["),
    ("functions/invoice/func.yaml", "name: invoice", "name: Invoice"),
    ("functions/notify/func.yaml", "runtime: python", "runtime: cobol"),
]


def test_ten_mistakes_are_all_listed_with_file_line_and_path(tmp_path: Path) -> None:
    project = copied_project(tmp_path)
    for name, right, wrong in MISTAKES:
        text = (project / name).read_text()
        assert right in text, f"{name} no longer has {right!r}"
        (project / name).write_text(text.replace(right, wrong, 1))
    command = [sys.executable, "-m", "mesh", "check", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    for name in {name for name, _, _ in MISTAKES}:
        assert re.search(rf"^{re.escape(name)}:\d+: .+", done.stdout, re.MULTILINE), f"{name} is not listed"
    assert len(re.findall(r"^\S+\.yaml:\d+: ", done.stdout, re.MULTILINE)) >= len(MISTAKES)


def test_mesh_up_refuses_them_with_the_same_words(tmp_path: Path) -> None:
    project = copied_project(tmp_path)
    trigger = project / "triggers" / "invoice.yaml"
    trigger.write_text(trigger.read_text().replace("broker: default", "broker: main"))
    command = [sys.executable, "-m", "mesh", "up", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert re.search(r'^mesh: triggers/invoice.yaml:\d+: Broker "main" does not exist', done.stderr, re.MULTILINE)
