"""A way to a server on this machine under any name: a proxy that leads every host there, and a certificate for them."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself."""

    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path, hosts: Sequence[str]) -> Certificate | None:
        """Make one with openssl, if that is here."""
        if shutil.which("openssl") is None:
            return None
        names = ",".join(f"DNS:{host}" for host in hosts)
        made = cls(folder / "ca.pem", folder / "key.pem")
        kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        said = ("-subj", "/CN=test", "-addext", f"subjectAltName={names}")
        files = ("-out", str(made.certificate), "-keyout", str(made.key))
        subprocess.run(["openssl", "req", *kind, *said, *files], check=True, capture_output=True)
        return made

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Tunnel:
    """A proxy for https that leads every host to one port, and remembers who was asked for."""

    def __init__(self, port: int) -> None:
        self.port, self.hosts = port, list[str]()
        self._listening = socket.create_server(("127.0.0.1", 0))
        Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        with client:
            asked = b""
            while b"\r\n\r\n" not in asked:
                part = client.recv(4_096)
                if not part:
                    return
                asked += part
            self.hosts.append(asked.split()[1].decode())
            with socket.create_connection(("127.0.0.1", self.port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                forth = Thread(target=_pump, args=(client, server), daemon=True)
                forth.start()
                _pump(server, client)
                forth.join()


def _pump(here: socket.socket, there: socket.socket) -> None:
    try:
        while part := here.recv(65_536):
            there.sendall(part)
        there.shutdown(socket.SHUT_WR)
    except OSError:
        pass
