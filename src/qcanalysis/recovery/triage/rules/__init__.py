"""Packaged rules of the guides as editable data, one YAML file a concept."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def packaged_rules(name: str) -> Any:
    """Content of a packaged rule file, as plain lists, mappings, text and numbers.

    Parameters
    ----------
    name
        File name without its ending: ``triage``, ``wording``, ``feasibility``, ``metal_promo``.

    Examples
    --------
    >>> packaged_rules("triage")["visual_rule"]["viewing_distance_cm"]
    30
    """
    return yaml.safe_load((files(__name__) / f"{name}.yaml").read_text(encoding="utf-8"))
