from __future__ import annotations

from pathlib import Path

import pytest

from devcluster.errors import PreflightError
from devcluster.preflight import (
    KERNEL_TRIALS,
    V1_CONTROLLERS,
    V2_CONTROLLERS,
    Machine,
    check_kernel,
    check_state_directory,
    check_system,
    check_trials,
)


def machine(
    *,
    user_id: int = 0,
    system: str = "Linux",
    os_release: str = "ID=debian\n",
    file_systems: str = "nodev\toverlay\n",
    controllers: frozenset[str] = V2_CONTROLLERS,
    cgroup_version: int = 2,
) -> Machine:
    return Machine(user_id, system, os_release, file_systems, controllers, cgroup_version)


def test_root_on_debian_lacks_nothing() -> None:
    assert check_system(machine()) == []
    assert check_kernel(machine()) == []


def test_a_derivative_of_debian_will_do() -> None:
    assert check_system(machine(os_release='ID=ubuntu\nID_LIKE="debian"\n')) == []


def test_another_user_is_told_to_use_sudo() -> None:
    assert check_system(machine(user_id=1000)) == ["you are not root: run the command with sudo, or in a root shell"]


@pytest.mark.parametrize("other", [machine(system="Darwin", os_release=""), machine(os_release="ID=fedora\n")])
def test_another_system_is_told_to_use_debian(other: Machine) -> None:
    (sentence,) = check_system(other)
    assert "run the dev cluster on Debian 12 or newer" in sentence


def test_a_kernel_without_overlay_is_told_to_load_it() -> None:
    (sentence,) = check_kernel(machine(file_systems="ext4\n"))
    assert "modprobe overlay" in sentence


def test_version_1_needs_its_own_set_of_controllers_and_names_those_that_lack() -> None:
    assert check_kernel(machine(cgroup_version=1, controllers=V1_CONTROLLERS)) == []
    (sentence,) = check_kernel(machine(cgroup_version=1, controllers=V1_CONTROLLERS - {"memory", "cpuset"}))
    assert "cpuset, memory are not mounted" in sentence


def test_when_namespaces_cannot_be_made_nothing_else_is_tried() -> None:
    attempts: list[str] = []

    def attempt(command: str) -> str | None:
        attempts.append(command)
        return "Operation not permitted"

    (sentence,) = check_trials(attempt)
    assert "Operation not permitted" in sentence
    assert "CAP_SYS_ADMIN" in sentence
    assert attempts == ["true"]


def test_each_failed_kernel_trial_names_the_feature_and_the_module() -> None:
    sentences = list(check_trials(lambda command: None if command == "true" else "no such device"))
    assert len(sentences) == len(KERNEL_TRIALS)
    assert all("module" in sentence and "no such device" in sentence for sentence in sentences)


def test_a_state_directory_on_an_overlay_is_told_where_to_go() -> None:
    (sentence,) = check_state_directory(Path("/var/lib/devcluster"), "wrong fs type")
    assert "set DEVCLUSTER_STATE to a directory on ext4 or xfs" in sentence
    assert check_state_directory(Path("/var/lib/devcluster"), None) == []


def test_the_error_lists_every_lack_on_a_line_of_its_own() -> None:
    assert str(PreflightError(["one", "two"])).splitlines()[1:] == ["  - one", "  - two"]
