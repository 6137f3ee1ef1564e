"""Rebuild the drawn tables of the illustrative case: python data/build_illustrative_case.py.

Units, findings and measurements are made from a seed; the other tables are kept by hand. The
story: pins are scratched where one plating batch was handled, keychain rings open where one
line closed them, coins are nearly clean. How many pieces offend is chosen; which cartons were
opened, which pieces offend and what was measured is drawn.
"""

import csv
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qcanalysis.records.schema import TABLES, columns

SEED = 20261005
VISIT = "PSI-1"
FOLDER = Path(__file__).parent / "cases" / "metal-promo-illustrative"
PIN, KEYCHAIN, COIN = "soft-enamel-pin", "zinc-keychain", "struck-coin"
PIECES_A_CARTON = 10
CARTONS_OPENED = (5, 4, 5, 6, 5, 5, 5, 5, 10, 10)  # in each row of cartons.csv
Row = Mapping[str, Any]

# product, defect, key and value of the pieces it hits, pieces already bad, pieces still good
DEFECTS = [
    (PIN, "front plating scratch", "plating_batch", "PB-0912", 0, 5),
    (PIN, "enamel underfill", "", "", 0, 2),
    (PIN, "card off position", "", "", 2, 3),
    (PIN, "backside haze", "", "", 0, 3),
    (KEYCHAIN, "jump ring opening", "assembly_line", "B2", 0, 7),
    (KEYCHAIN, "front plating scratch", "plating_batch", "PB-0912", 1, 1),
    (KEYCHAIN, "card off position", "", "", 1, 6),
    (KEYCHAIN, "backside haze", "", "", 0, 5),
    (COIN, "front plating scratch", "", "", 0, 1),
    (COIN, "backside haze", "", "", 0, 3),
]
NATURE_COLUMNS = (
    "defect_class",
    "fault_kind",
    "appearance_zone",
    "place",
    "repairability",
    "fails_within_one_use",
)
NATURE = {
    "front plating scratch": ("major", "cosmetic", "zero_defect", "front", "irreparable", "no"),
    "enamel underfill": ("major", "cosmetic", "zero_defect", "logo text", "irreparable", "no"),
    "jump ring opening": ("major", "functional", "", "jump ring", "repairable", "yes"),
    "card off position": (
        "minor", "measurement", "controlled_cosmetic", "card", "repairable", "no",
    ),
    "backside haze": ("minor", "cosmetic", "non_appearance", "back", "repairable", "no"),
    "lot colour shift": ("minor", "cosmetic", "controlled_cosmetic", "front", "irreparable", "no"),
}  # fmt: skip
SPEC_LINES = {
    (PIN, "front plating scratch"): "PIN-01",
    (PIN, "enamel underfill"): "PIN-03",
    (PIN, "card off position"): "PIN-08",
    (PIN, "lot colour shift"): "PIN-09",
    (KEYCHAIN, "front plating scratch"): "KEY-01",
    (KEYCHAIN, "jump ring opening"): "KEY-02",
    (KEYCHAIN, "card off position"): "KEY-05",
    (COIN, "front plating scratch"): "COIN-01",
}

# line: decimals, value of a piece within the limits, value of a piece with the defect, pieces
Draw = Callable[[random.Random], float]
MEASURED: dict[str, tuple[int, Draw, Draw | None, int]] = {
    "PIN-03": (3, lambda r: r.uniform(0.04, 0.14), lambda r: r.uniform(0.17, 0.24), 20),
    "PIN-06": (2, lambda r: min(max(r.gauss(0, 0.35), -1), 1), None, 20),
    "PIN-07": (2, lambda r: min(max(r.gauss(1.5, 0.03), 1.4), 1.6), None, 20),
    "PIN-08": (1, lambda r: r.uniform(-1.8, 1.8), lambda r: r.uniform(2.2, 3.4), 20),
    "KEY-02": (2, lambda r: r.uniform(0.05, 0.19), lambda r: r.uniform(0.24, 0.55), 20),
    "KEY-03": (1, lambda r: max(r.gauss(10.4, 0.8), 8.0), None, 8),
    "KEY-05": (1, lambda r: r.uniform(-2.8, 2.8), lambda r: r.uniform(3.2, 4.5), 20),
    "KEY-06": (1, lambda r: min(max(r.gauss(48, 0.3), 47), 49), None, 20),
    "COIN-02": (2, lambda r: min(max(r.gauss(50, 0.06), 49.8), 50.2), None, 20),
}


def kept_by_hand(table: str) -> list[dict[str, str]]:
    """Rows of a table of the case that this script does not write."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def drawn_units(rng: random.Random) -> list[dict[str, Any]]:
    """Ten pieces from each carton opened, still without a defect."""
    units: list[dict[str, Any]] = []
    counts = dict.fromkeys((PIN, KEYCHAIN, COIN), 0)
    for cartons, opened in zip(kept_by_hand("cartons"), CARTONS_OPENED, strict=True):
        first, last = int(cartons["first_carton_no"]), int(cartons["last_carton_no"])
        for carton in sorted(rng.sample(range(first, last + 1), opened)):
            for _ in range(PIECES_A_CARTON):
                sku = cartons["sku"]
                counts[sku] += 1
                sample = f"{sku.split('-')[-1][0].upper()}{counts[sku]:03d}"
                units.append(
                    {**cartons, "sample_id": sample, "carton_no": f"{carton:03d}", "defects": []}
                )
    return units


def place_defects(units: list[dict[str, Any]], rng: random.Random) -> None:
    """Give each defect its pieces, among those its cause reaches."""
    for sku, defect, key, value, on_bad, on_good in DEFECTS:
        reached = [u for u in units if u["sku"] == sku and (not key or u[key] == value)]
        bad = [unit for unit in reached if "major" in classes(unit)]
        good = [unit for unit in reached if not unit["defects"]]
        for unit in rng.sample(bad, on_bad) + rng.sample(good, on_good):
            unit["defects"].append(defect)


def classes(unit: Row) -> list[str]:
    """Class of each defect on a piece."""
    return [NATURE[defect][0] for defect in unit["defects"]]


def unit_rows(units: list[dict[str, Any]]) -> list[Row]:
    """Rows of units: the defects on each piece by class."""
    return [
        {**unit, "inspection_id": VISIT}
        | {f"{name}_defects": classes(unit).count(name) for name in ("critical", "major", "minor")}
        for unit in units
    ]


def finding_rows(units: list[dict[str, Any]], rng: random.Random) -> list[Row]:
    """Defect list: a row a defect and piece, and the colour of the pin lot."""
    rows = [
        finding(unit["sku"], defect, "item", rng)
        | {"sample_id": unit["sample_id"], "carton_no": unit["carton_no"]}
        for unit in units
        for defect in unit["defects"]
    ]
    rows.append(finding(PIN, "lot colour shift", "lot", rng))
    return [
        {**row, "finding_id": f"F{number:03d}", "photo": f"IMG-{number:04d}"}
        for number, row in enumerate(rows, start=1)
    ]


def finding(sku: str, defect: str, counted_per: str, rng: random.Random) -> dict[str, Any]:
    """One line of the defect list, without its piece."""
    row = {
        "inspection_id": VISIT,
        "sku": sku,
        "defect_type": defect,
        "count": 1,
        "counted_per": counted_per,
        "size_mm": round(rng.uniform(0.6, 2.4), 1) if "scratch" in defect else "",
        "spec_reference": SPEC_LINES.get((sku, defect), ""),
        **dict(zip(NATURE_COLUMNS, NATURE[defect], strict=True)),
    }
    if row["fault_kind"] == "cosmetic":
        row["visible_seconds"] = round(rng.uniform(0.8, 2.8), 1)
        row["viewing_distance_cm"], row["illuminance_lux"] = 30, 900
    return row


def measurement_rows(units: list[dict[str, Any]], rng: random.Random) -> list[Row]:
    """Values of every piece that offends a line and of some that do not."""
    lines = {line["spec_id"]: line for line in kept_by_hand("specification")}
    rows = []
    for spec_id, (decimals, within, beyond, pieces) in MEASURED.items():
        line = lines[spec_id]
        defects = {defect for (_, defect), number in SPEC_LINES.items() if number == spec_id}
        own = [unit for unit in units if unit["sku"] == line["sku"]]
        offending = [unit for unit in own if defects & set(unit["defects"])]
        others = [unit for unit in own if unit not in offending]
        for unit in sorted(offending + rng.sample(others, pieces), key=lambda u: u["sample_id"]):
            value = beyond(rng) if beyond and unit in offending else within(rng)
            rows.append(
                {
                    "inspection_id": VISIT,
                    "sku": line["sku"],
                    "sample_id": unit["sample_id"],
                    "spec_id": spec_id,
                    "value": f"{value:.{decimals}f}",
                    "unit": line["unit"],
                    "gauge": line["method"],
                }
            )
    return rows


def build(folder: Path) -> None:
    """Write the drawn tables into `folder` as CSV, without columns that nobody filled."""
    rng = random.Random(SEED)
    units = drawn_units(rng)
    place_defects(units, rng)
    tables = {
        "units": unit_rows(units),
        "findings": finding_rows(units, rng),
        "measurements": measurement_rows(units, rng),
    }
    for name, rows in tables.items():
        names = [column.name for column in columns(TABLES[name])]
        used = [name for name in names if any(row.get(name, "") != "" for row in rows)]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(
                stream, used, restval="", extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
