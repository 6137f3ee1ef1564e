"""For which goods an entry of the event log stands, and which entries undo which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qcanalysis.recovery.gates.carton_ranges import CartonSet


@dataclass(frozen=True)
class Standing:
    """Goods for which an entry of each kind stands.

    Examples
    --------
    >>> Standing()["reinspection_passed"]
    CartonSet(intervals=())
    """

    goods: Mapping[str, CartonSet] = field(default_factory=dict)

    def __getitem__(self, event: str) -> CartonSet:
        return self.goods.get(event, CartonSet())

    def after(self, event: str, goods: CartonSet) -> Standing:
        """Standing after an entry of this kind for `goods`."""
        revoked = {kind: self[kind] - goods for kind in REVOKES.get(event, ())}
        return Standing({**self.goods, event: self[event] | goods, **revoked})

    @property
    def cleared(self) -> CartonSet:
        """Goods that may leave (R04): passed with a final record, or partly released in writing."""
        passed = self["reinspection_passed"] & self["final_record_signed"]
        return passed | self["partial_release_signed"]

    @property
    def released(self) -> CartonSet:
        """Goods whose booking or cartons were released."""
        return self["booking_released"] | self["cartons_released"]

    @property
    def in_work(self) -> CartonSet:
        """Goods that are being reworked or remade."""
        return self["rework_started"] | self["remake_approved"]


CLEARANCE = (
    "reinspection_passed",
    "final_record_signed",
    "partial_release_signed",
    "booking_released",
    "cartons_released",
    "balance_requested",
)
REVOKES: Mapping[str, tuple[str, ...]] = {
    "hold_placed": CLEARANCE,
    # A second failure asks for a new sheet, with a new date and trigger, before more work (R15).
    "reinspection_failed": (
        *CLEARANCE,
        "reinspection_booked",
        "corrective_action_agreed",
        "rework_authorised",
    ),
    "rework_started": CLEARANCE,
    "rework_finished": ("rework_started",),
    "remake_approved": CLEARANCE,
    "remake_finished": ("remake_approved",),
    "reinspection_passed": ("reinspection_booked", "reinspection_failed"),
}
# What these take away is taken away even where a gate forbids the entry: it happened.
ALWAYS_HOLDS = frozenset({"hold_placed", "reinspection_failed", "rework_started"})
# Without carton numbers these are about goods that have not left; a hold calls all of them back.
ABOUT_GOODS_NOT_RELEASED = frozenset(
    {
        "corrective_action_agreed",
        "rework_authorised",
        "rework_started",
        "rework_finished",
        "remake_approved",
        "remake_finished",
        "sorting_finished",
        "reinspection_booked",
        "reinspection_passed",
        "reinspection_failed",
    }
)
