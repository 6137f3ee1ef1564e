"""What the buyer has decided on a case, read from a file: the records hold facts, not choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qcanalysis.recovery.control.next_order import files_in_force
from qcanalysis.recovery.documents import Decisions, Party
from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.reporting.parameters import ParameterError, read_parameter_file


class Choices(BaseModel):
    """Decisions on a case; what is not decided is left out, and listed as missing.

    Attributes
    ----------
    ways_out
        Way out by product, in words.
    products
        What notebook 05 needs by product: ``hardware_facts, is_sellable,
        next_order_planned, credit_share``.
    conditions, monitoring
        Conditions of the answer to the supplier; how the work is followed (R61).
    supervisor
        Name and role of who supervises the rework.
    reinspection_aql_percent
        AQL of the re-inspection by class [percent].
    accepted_cartons
        First and last carton of each range to be released; all others stay.
    seed, next_inspector
        Of the carton draw; who re-inspects.
    control_files
        Control files in force, of an earlier order: in a file of choices their names, beside
        it; here their texts.

    Examples
    --------
    >>> choices = Choices(ways_out={"struck-coin": "partial acceptance"},
    ...                   accepted_cartons=[("111", "160")])
    >>> len(choices.decisions().accepted)
    50
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ways_out: dict[str, str] = Field(default_factory=dict)
    products: dict[str, dict[str, Any]] = Field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    monitoring: tuple[str, ...] = ()
    supervisor: tuple[str, str] | None = None
    reinspection_aql_percent: dict[str, float] = Field(default_factory=dict)
    accepted_cartons: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    next_inspector: str | None = None
    control_files: tuple[str, ...] = ()

    def decisions(self) -> Decisions:
        """The same as the documents take it."""
        accepted = CartonSet()
        for first, last in self.accepted_cartons:
            accepted |= CartonSet.between(first, last)
        return Decisions(
            ways_out=self.ways_out,
            conditions=self.conditions,
            monitoring=self.monitoring,
            supervisor=Party(*self.supervisor) if self.supervisor else Party(),
            reinspection_aql_percent=self.reinspection_aql_percent,
            accepted=accepted,
            seed=self.seed,
            next_inspector=self.next_inspector,
            earlier_control_files=files_in_force(self.control_files),
        )


def read_choices(path: Path) -> Choices:
    """Choices of a YAML file.

    Raises
    ------
    ParameterError
        If the file is no YAML mapping, or holds what a choice cannot be; every problem at once.
        If it names a control file that is none or cannot be read.
    """
    try:
        choices = Choices.model_validate(read_parameter_file(path))
    except ValidationError as error:
        raise ParameterError(
            [
                f"{path.name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}; "
                f"got {fault['input']!r}"
                for fault in error.errors()
            ]
        ) from error
    try:
        texts = tuple((path.parent / name).read_text("utf-8") for name in choices.control_files)
        files_in_force(texts)
    except (OSError, ValueError) as error:
        raise ParameterError([f"{path.name}: control_files: {error}"]) from error
    return choices.model_copy(update={"control_files": texts})
