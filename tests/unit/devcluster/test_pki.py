from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

from devcluster.pki import Identity, Pki

SERVER = Identity("server", user="kube-apiserver", names=("10.150.0.2", "kubernetes.default"))
CLIENT = Identity("client", user="system:node:node-1", group="system:nodes")


def describe(certificate: Path) -> str:
    command = ["openssl", "x509", "-in", str(certificate), "-noout", "-text"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_certificates_carry_who_they_speak_for_and_are_signed_by_the_authority(tmp_path: Path) -> None:
    pki = Pki(tmp_path / "pki")
    pki.create([SERVER, CLIENT])
    server, client = describe(pki.certificate("server")), describe(pki.certificate("client"))
    assert "IP Address:10.150.0.2, DNS:kubernetes.default" in server
    assert "TLS Web Server Authentication" in server
    assert "O = system:nodes, CN = system:node:node-1" in client
    assert "TLS Web Server Authentication" not in client
    for name in ("server", "client"):
        command = ["openssl", "verify", "-CAfile", str(pki.ca), str(pki.certificate(name))]
        subprocess.run(command, check=True, capture_output=True)
        ssl.create_default_context(cafile=str(pki.ca)).load_cert_chain(pki.certificate(name), pki.key(name))


def test_nobody_else_can_read_the_keys(tmp_path: Path) -> None:
    pki = Pki(tmp_path / "pki")
    pki.create([])
    assert pki.directory.stat().st_mode & 0o077 == 0
    assert "PRIVATE KEY" in pki.service_account_key.read_text()
    assert "PUBLIC KEY" in pki.service_account_public_key.read_text()
