"""The cluster's certificate authority, and the certificates and keys it issues, made with openssl."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from devcluster.commands import run

# A dev cluster does not live long, but a forgotten one should not break for a silly reason.
VALID_DAYS = 3650
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for: Kubernetes reads the common name as user, the organization as group.

    With `names` (DNS names and addresses) it is a serving certificate as well.
    """

    file: str
    user: str
    group: str = ""
    names: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return (f"/O={self.group}" if self.group else "") + f"/CN={self.user}"

    @property
    def extensions(self) -> list[str]:
        usages = "clientAuth,serverAuth" if self.names else "clientAuth"
        lines = ["basicConstraints=critical,CA:FALSE", f"extendedKeyUsage={usages}"]
        if self.names:
            kinds = ("IP" if name.replace(".", "").isdigit() else "DNS" for name in self.names)
            pairs = ",".join(f"{kind}:{name}" for kind, name in zip(kinds, self.names, strict=True))
            lines.append(f"subjectAltName={pairs}")
        return lines


@dataclass(frozen=True)
class Pki:
    """The files of the authority in `directory`."""

    directory: Path

    @property
    def ca(self) -> Path:
        return self.directory / "ca.crt"

    @property
    def service_account_key(self) -> Path:
        return self.directory / "service-account.key"

    @property
    def service_account_public_key(self) -> Path:
        return self.directory / "service-account.pub"

    def certificate(self, file: str) -> Path:
        return self.directory / f"{file}.crt"

    def key(self, file: str) -> Path:
        return self.directory / f"{file}.key"

    def create(self, identities: Iterable[Identity]) -> None:
        """Make the authority, the service account keys and a certificate for each identity."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._create_authority()
        with ThreadPoolExecutor(max_workers=4) as pool:
            pending = [pool.submit(self._issue, identity) for identity in identities]
            self._create_service_account_keys()
            for done in pending:
                done.result()

    def _create_authority(self) -> None:
        extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")
        self._request("/CN=devcluster-ca", self.ca, self.key("ca"), extensions, signed_by=())

    def _issue(self, identity: Identity) -> None:
        signer = ("-CA", str(self.ca), "-CAkey", str(self.key("ca")))
        certificate, key = self.certificate(identity.file), self.key(identity.file)
        self._request(identity.subject, certificate, key, identity.extensions, signed_by=signer)

    def _create_service_account_keys(self) -> None:
        key = self.service_account_key
        run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key])
        run(["openssl", "pkey", "-in", key, "-pubout", "-out", self.service_account_public_key])

    @staticmethod
    def _request(
        subject: str, certificate: Path, key: Path, extensions: Iterable[str], *, signed_by: tuple[str, ...]
    ) -> None:
        added = [word for extension in extensions for word in ("-addext", extension)]
        # An empty configuration: the machine's own would add extensions of its choice.
        base = ["openssl", "req", "-x509", "-config", "/dev/stdin", "-days", f"{VALID_DAYS}", "-subj", subject]
        files = ["-out", str(certificate), "-keyout", str(key)]
        run([*base, *NEW_KEY, *files, *signed_by, *added], stdin="[req]\ndistinguished_name=name\n[name]\n")
