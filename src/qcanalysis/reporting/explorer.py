"""Sliders for a person at a notebook; silent in a batch run."""

from qcanalysis.reporting.provenance import is_interactive
from qcanalysis.sampling import SamplingPlan
from qcanalysis.sampling.curve import operating_characteristic


def explore_oc_curve(
    *,
    sample_size: int,
    acceptance_number: int,
    lot_size: int,
    worst_quality: float = 0.15,
) -> None:
    """Show an operating characteristic curve that follows two sliders.

    Nothing at all is shown, and no widget library loaded, unless a person runs the notebook in
    JupyterLab: a batch run and its report hold no widget.

    Parameters
    ----------
    sample_size, acceptance_number : int
        Where the sliders start [items].
    lot_size : int
        Items in the lot; no sample is larger.
    worst_quality : float
        Right end of the quality axis [fraction nonconforming].

    Examples
    --------
    >>> explore_oc_curve(sample_size=200, acceptance_number=10, lot_size=8000)
    """
    if not is_interactive():
        return
    from ipywidgets import IntSlider, interact

    from qcanalysis.reporting.display import show_figure
    from qcanalysis.reporting.plots import describe_oc_curves, plot_oc_curve

    def draw(sample_size: int, acceptance_number: int) -> None:
        plan = SamplingPlan.single(sample_size, acceptance_number)
        curve = operating_characteristic(plan, lot_size=lot_size, worst_quality=worst_quality)
        show_figure(plot_oc_curve([curve]), alt=describe_oc_curves([curve]))

    interact(
        draw,
        sample_size=IntSlider(sample_size, 1, min(lot_size, 1250), description="n"),
        acceptance_number=IntSlider(acceptance_number, 0, 44, description="Ac"),
    )
