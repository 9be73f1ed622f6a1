"""Where the API server is and who we are: inside a cluster the service account, outside a kubeconfig."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from bertrelease_operator.adapters.errors import ClusterError


class Endpoint(Protocol):
    """An API server and how to speak to it."""

    @property
    def server(self) -> str:
        """Its URL, without a slash at the end."""

    async def authorization(self) -> str | None:
        """Value of the Authorization header."""

    def ssl_context(self) -> ssl.SSLContext: ...


@dataclass(frozen=True)
class Connection:
    """Fits `Endpoint`. The official client's configuration, which also keeps tokens fresh."""

    configuration: Configuration

    @property
    def server(self) -> str:
        return str(self.configuration.host).rstrip("/")

    async def authorization(self) -> str | None:
        """Value of the Authorization header, read again when the token file or plugin has a new one."""
        if self.configuration.username and self.configuration.password:
            return str(self.configuration.get_basic_auth_token())
        header = await self.configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        return str(header) if header else None

    def ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.configuration.ssl_ca_cert)
        if self.configuration.cert_file:
            context.load_cert_chain(self.configuration.cert_file, keyfile=self.configuration.key_file)
        if not self.configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


async def connect(kubeconfig: Path | None = None, context: str | None = None) -> Connection:
    """By `kubeconfig` if given, else by KUBECONFIG, else as the pod's service account.

    Raises ClusterError that says what is missing.
    """
    configuration = Configuration()
    try:
        if kubeconfig is None and "KUBECONFIG" not in os.environ:
            load_incluster_config(client_configuration=configuration)
        else:
            file = str(kubeconfig) if kubeconfig is not None else None
            await load_kube_config(file, context=context, client_configuration=configuration, persist_config=False)
    except ConfigException as error:
        msg = f"no way to reach a cluster: {error}; run in a pod with a service account, or set KUBECONFIG"
        raise ClusterError(msg) from error
    return Connection(configuration)
