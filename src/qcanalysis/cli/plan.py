"""``qcanalysis plan``."""

from dataclasses import asdict

import click

from qcanalysis.cli.outcome import Outcome, json_option

STANDARDS = {"iso": "ISO 2859-1:1999", "105e": "MIL-STD-105E"}


@click.command()
@click.option("--lot-size", type=int, required=True, help="Items in the lot.")
@click.option("--aql", "aql_percent", type=float, required=True, help="AQL as tabulated [%].")
@click.option("--level", default="II", show_default=True, help="S-1 to S-4, I, II or III.")
@click.option("--severity", default="normal", show_default=True, help="Or tightened, reduced.")
@click.option("--standard", type=click.Choice(list(STANDARDS)), default="iso", show_default=True)
@click.option("--sampling", default="single", show_default=True, help="Or double, multiple.")
@json_option
def plan(
    lot_size: int,
    aql_percent: float,
    level: str,
    severity: str,
    standard: str,
    sampling: str,
    as_json: bool,
) -> Outcome:
    """Print the sampling plan that a standard tabulates for a lot."""
    from qcanalysis.sampling import lookup_plan

    found = lookup_plan(
        lot_size,
        aql_percent,
        inspection_level=level,
        severity=severity,
        standard=STANDARDS[standard],
        sampling=sampling,
    )
    data = {
        "lot_size": found.lot_size,
        "aql_percent": found.aql_percent,
        "inspection_level": found.inspection_level,
        "severity": found.severity,
        "standard": found.standard,
        "sampling": found.sampling,
        "code_letter": found.code_letter,
        "plan_letter": found.plan_letter,
        **asdict(found.plan),
        "inspects_all": found.inspects_all,
        "confidence": found.confidence,
        "note": found.note,
    }
    letter = found.code_letter
    if found.plan_letter != letter:
        letter += f" (the table's arrow leads to {found.plan_letter})"
    lines = [
        f"{found.standard}, {found.sampling} sampling, {found.severity} inspection",
        f"Lot of {lot_size:,} items, level {level}, AQL {aql_percent:g} %: code letter {letter}",
    ]
    stages = zip(
        found.plan.sample_sizes,
        found.plan.acceptance_numbers,
        found.plan.rejection_numbers,
        strict=True,
    )
    for number, (sample_size, acceptance, rejection) in enumerate(stages, start=1):
        sample = f"Sample {number}" if len(found.plan.sample_sizes) > 1 else "Sample"
        accept = "no acceptance at this stage" if acceptance is None else f"accept at {acceptance}"
        lines.append(f"{sample}: {sample_size:,} items, {accept}, reject at {rejection}")
    if found.inspects_all:
        lines.append("The sample takes in the whole lot: inspect every item.")
    lines += [found.note] if found.note else []
    return Outcome(data, lines)
