"""Kernels from the warm process of a batch, for jupyter_client; a plain start if there is none."""

import asyncio
import json
import signal
import socket
from pathlib import Path
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Float, Unicode

from qcanalysis.reporting.kernels.zygote import PACKET_BYTES

NAME = "qcanalysis-warm"
"""Name of the entry point, for ``metadata.kernel_provisioner`` of a kernel specification."""

_LAUNCHER = ["-m", "ipykernel_launcher"]
_CONNECT_SECONDS = 5.0
_KILL_SECONDS = 5.0


class KernelRefused(RuntimeError):  # noqa: N818 - it names what happened
    """The warm process gave no kernel; says why."""


class ForkedKernel:
    """A kernel that another process forked, with the face of :class:`subprocess.Popen`.

    Parameters
    ----------
    connection : socket
        Connection to the warm process; non-blocking.
    pid : int
        Process id of the kernel.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def poll(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            try:
                self._hear(self._connection.recv(PACKET_BYTES))
            except BlockingIOError:
                return None
            except OSError:
                self._hear(b"")
        return self.returncode

    def wait(self) -> int:
        """Exit status, when there is one."""
        if self.returncode is None:
            self._connection.setblocking(True)
            self.poll()
        assert self.returncode is not None
        return self.returncode

    async def ended(self) -> None:
        """Return when the kernel has ended."""
        if self.returncode is None:
            loop = asyncio.get_running_loop()
            self._hear(await loop.sock_recv(self._connection, PACKET_BYTES))

    def send_signal(self, number: int) -> None:
        """Signal the kernel and its own children; nothing if it has ended."""
        if self.poll() is None:
            self._connection.send(json.dumps({"signal": number}).encode())

    def kill(self) -> None:
        """Kill the kernel and its own children."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel and its own children to end."""
        self.send_signal(signal.SIGTERM)

    def _hear(self, packet: bytes) -> None:
        # A hang-up without a status: the warm process died, and its kernels with it.
        self.returncode = json.loads(packet)["status"] if packet else -signal.SIGKILL
        self._connection.close()


class WarmProvisioner(LocalProvisioner):
    """Kernel forked from the warm process at `zygote`; a plain one where that is not possible."""

    zygote = Unicode()
    start_seconds = Float(60.0)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Connection of a kernel that was started by `cmd`, or by a fork that does the same."""
        try:
            forked = await self._forked(cmd, **kwargs)
        except (OSError, TimeoutError, KernelRefused) as reason:
            self.log.info("a plain kernel is started: %s", reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked  # type: ignore[assignment]  # it has a Popen's face
        self.pid = forked.pid
        self.pgid = None  # signals go through the warm process, which knows whose number it is
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel, and wait for its end where that can be waited for."""
        process: object = self.process
        await super().kill(restart)
        if isinstance(process, ForkedKernel):
            await asyncio.wait_for(process.ended(), _KILL_SECONDS)

    async def _forked(
        self,
        cmd: list[str],
        *,
        cwd: str | Path,
        env: dict[str, str],
        stdout: IO[bytes],
        stderr: IO[bytes],
        **_: object,
    ) -> ForkedKernel:
        if not self.zygote or cmd[1:3] != _LAUNCHER:
            raise KernelRefused(f"no warm process, or another command: {cmd[:3]}")
        request = {
            "executable": cmd[0],
            "arguments": cmd[3:],
            "folder": str(Path(cwd).absolute()),
            "environment": env,
        }
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            connection.settimeout(_CONNECT_SECONDS)
            connection.connect(self.zygote)
            packet = json.dumps(request).encode()
            socket.send_fds(connection, [packet], [stdout.fileno(), stderr.fileno()])
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            answer = await asyncio.wait_for(
                loop.sock_recv(connection, PACKET_BYTES), self.start_seconds
            )
            born = json.loads(answer or '{"refused": "the warm process died"}')
            if "pid" not in born:
                raise KernelRefused(born.get("refused", f"the kernel ended at once: {born}"))
        except BaseException:
            connection.close()
            raise
        return ForkedKernel(connection, born["pid"])
