"""Does everything that a training plot says fit into it?"""

import pytest
from matplotlib.figure import Figure

from archsim.studies.training_report import add_legend

SHORT = ["RPU", "SGD", "momentum"]
LONG = ["13 devices a weight on K2 under update management, without variations of the devices"] * 2
WORD = ["x" * 300, "y"]


def plot_of(titles):
    plot = Figure(figsize=(7.2, 4.5), layout="constrained")
    axes = plot.subplots()
    for number, title in enumerate(titles):
        axes.plot([1, 2], [number, 1], label=title)
    return plot


@pytest.mark.parametrize("titles", [SHORT, SHORT * 6, LONG, LONG * 5, [LONG[0] * 3, "RPU"], WORD])
def test_a_legend_is_never_wider_than_its_plot(titles):
    plot = plot_of(titles)
    legend = add_legend(plot)
    plot.canvas.draw()
    box = legend.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= plot.bbox.width
    assert box.y0 >= -1 and box.height < 0.6 * plot.bbox.height  # and leaves the curves their room


def test_titles_that_fit_stand_in_two_columns():
    plot = plot_of(SHORT)
    assert add_legend(plot)._ncols == 2
    assert plot.get_figheight() == 4.5
