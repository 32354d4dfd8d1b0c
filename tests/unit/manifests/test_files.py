"""Files that cannot be read, and functions that are somewhere else."""

import pytest

from support.project_directory import ProjectDirectory


def test_a_file_that_is_not_text_is_a_problem(project: ProjectDirectory) -> None:
    project.write("triggers/x.yaml", b"name: \xff\n")
    assert project.problems() == ["triggers/x.yaml: cannot be read: byte 6 is not UTF-8"]


def test_a_file_that_is_too_large_is_a_problem(project: ProjectDirectory) -> None:
    project.write("triggers/x.yaml", b"#" * 1_500_001)
    assert project.problems() == [
        "triggers/x.yaml: cannot be read: 1500001 bytes are more than the 1500000 that a cluster takes"
    ]


def test_a_directory_with_a_manifests_name_is_a_problem(project: ProjectDirectory) -> None:
    (project.root / "triggers/x.yaml").mkdir()
    assert project.problems() == ["triggers/x.yaml: cannot be read: Is a directory"]


def test_an_empty_func_yaml_is_a_problem(project: ProjectDirectory) -> None:
    project.write("functions/empty/func.yaml", "# nothing yet\n")
    assert project.problems() == ["functions/empty/func.yaml: there is nothing in it (func create writes one)"]


@pytest.mark.parametrize("linked", ["functions/linked", "functions/copied/func.yaml"])
def test_a_function_that_leads_out_of_the_project_is_refused(
    linked: str, project: ProjectDirectory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "func.yaml").write_text((project.root / "functions/invoice/func.yaml").read_text())
    link = project.root / linked
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere if link.name == "linked" else elsewhere / "func.yaml")
    (problem,) = project.problems()
    assert problem.endswith("the function's files are not in its own directory under functions/ (copy them there)")
