"""Kernels of a batch: one warm process forks a fresh kernel for every page.

Nothing is imported here. The parts, from the outside in:

- :mod:`~qcanalysis.reporting.kernels.warm`: starts the warm process for the time of a batch;
- :mod:`~qcanalysis.reporting.kernels.engine`: Papermill's engine, kept in memory, without waits;
- :mod:`~qcanalysis.reporting.kernels.provisioner`: asks the warm process for a kernel;
- :mod:`~qcanalysis.reporting.kernels.zygote`: the warm process itself;
- :mod:`~qcanalysis.reporting.kernels.kernel`: the kernel it forks.
"""
