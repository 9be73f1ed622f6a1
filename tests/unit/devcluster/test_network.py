from __future__ import annotations

import json
from ipaddress import IPv4Network
from itertools import combinations

import pytest

from devcluster import network
from devcluster.errors import DevClusterError
from devcluster.network import BLOCK_COUNT, FIRST_BLOCK, Network, choose_network, host_networks


def test_the_same_name_gets_the_same_network_when_nothing_is_in_the_way() -> None:
    assert choose_network("dev", []) == choose_network("dev", [])


def test_a_taken_network_is_passed_over_for_the_next_one() -> None:
    first = choose_network("dev", [])
    second = choose_network("dev", [first.cidr])
    assert not second.cidr.overlaps(first.cidr)


def test_a_small_route_inside_a_block_makes_the_whole_block_taken() -> None:
    first = choose_network("dev", [])
    inside = next(first.cidr.subnets(new_prefix=30))
    assert choose_network("dev", [inside]) != first


def test_as_many_clusters_as_there_are_blocks_get_networks_of_their_own() -> None:
    taken: list[IPv4Network] = []
    for number in range(BLOCK_COUNT):
        taken.append(choose_network(f"cluster-{number}", taken).cidr)
    assert len(set(taken)) == BLOCK_COUNT


def test_with_every_block_taken_the_error_says_what_to_do() -> None:
    with pytest.raises(DevClusterError, match=r"no free network is left for the cluster 'dev'.*take a cluster down"):
        choose_network("dev", [IPv4Network("10.0.0.0/8")])


@pytest.mark.parametrize("block", [FIRST_BLOCK, FIRST_BLOCK + BLOCK_COUNT - 1])
def test_link_pods_and_services_share_the_block_without_overlap(block: int) -> None:
    plan = Network(block)
    parts = [plan.link_cidr, plan.pod_cidr, plan.service_cidr]
    assert all(part.subnet_of(plan.cidr) for part in parts)
    assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


def test_the_host_link_name_fits_the_kernels_limit() -> None:
    assert len(Network(FIRST_BLOCK + BLOCK_COUNT - 1).host_link) <= 15


def test_a_route_wider_than_a_cluster_is_no_obstacle_but_a_gateway_is(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = [
        {"dst": "default", "gateway": "10.150.0.1"},
        {"dst": "10.0.0.0/8", "dev": "vpn0"},
        {"dst": "172.17.0.0/16", "dev": "docker0"},
        {"type": "local", "dst": "10.151.7.8"},
    ]
    monkeypatch.setattr(network, "run", lambda _: json.dumps(routes))
    assert [str(found) for found in host_networks()] == ["10.150.0.1/32", "172.17.0.0/16", "10.151.7.8/32"]
