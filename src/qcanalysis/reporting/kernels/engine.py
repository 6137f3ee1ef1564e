"""Papermill's engine for reports: the notebook stays in memory, and nothing waits idly.

The stock engine writes the whole notebook to a file after every cell, where a reader may find
half of it, and its client listens for 0.2 s after each start whether anything more comes.
"""

import queue
import time
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from nbclient.util import run_sync
from nbformat import NotebookNode, from_dict
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger

NAME = "qcanalysis"
"""Name to ask Papermill for."""

_LISTEN_SECONDS = 1.0


class PromptClient(PapermillNotebookClient):  # type: ignore[misc]
    """Client that goes on as soon as its kernel has answered on both channels."""

    async def async_start_new_kernel_client(self) -> AsyncKernelClient:
        """Client of the kernel, ready; the kernel is ended if it never gets so."""
        client: AsyncKernelClient = self.km.client()
        self.kc = client
        try:
            client.start_channels(stdin=False, hb=False)
            await _ready(client, self.startup_timeout)
        except BaseException:
            await self._async_cleanup_kernel()
            raise
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Keep what a cell shows; texts to display need no check against the whole schema."""
        kept: NotebookNode | None
        shown = {name: msg["content"].get(name, {}) for name in ("data", "metadata")}
        is_hooked = self.output_hook_stack[msg["parent_header"].get("msg_id")]
        is_special = display_id or is_hooked or self.clear_before_next_output
        are_texts = all(isinstance(text, str) for text in shown["data"].values())
        if msg["msg_type"] != "display_data" or is_special or not are_texts:
            kept = super().output(outs, msg, display_id, cell_index)
            return kept
        kept = from_dict({"output_type": "display_data", **shown})  # type: ignore[no-untyped-call]
        outs.append(kept)
        return kept


class MemoryEngine(NBClientEngine):  # type: ignore[misc]
    """Runs a notebook and keeps it in the list `running`, whatever becomes of it.

    Registered with Papermill at run time: an entry point would be loaded by every Papermill
    of the environment.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        running: list[NotebookNode],
        start_timeout: float,
        **options: Any,
    ) -> None:
        """Run the cells of ``nb_man.nb``."""
        running.append(nb_man.nb)
        PromptClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            log=logger,
            on_cell_executed=_number,
            **options,
        ).execute()


papermill_engines.register(NAME, MemoryEngine)


def _number(cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
    """Number a cell as its reply says; not every kernel of ours announces its executions."""
    cell.execution_count = execute_reply["content"].get("execution_count")


async def _ready(client: AsyncKernelClient, timeout: float) -> None:
    """Return when the kernel's outputs are heard and it has answered a question.

    A kernel greets whoever listens to its outputs; what it says after that is not lost.
    """
    deadline = time.monotonic() + timeout
    question = None
    while True:
        try:
            message = await client.get_iopub_msg(timeout=_LISTEN_SECONDS)
        except queue.Empty:
            if not await client.is_alive():
                raise RuntimeError("the kernel died before it was ready.") from None
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kernel was not ready in {timeout:g} s.") from None
            question = client.kernel_info()
            continue
        if question is None:
            question = client.kernel_info()
        elif message["parent_header"].get("msg_id") == question and (
            message["content"].get("execution_state") == "idle"
        ):
            return
