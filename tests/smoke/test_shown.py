"""Does what the public calls return show itself: short in a console, as a page in a notebook, as a
table with units in LaTeX?
"""

import html.parser

import pytest

import archsim
from archsim.run.result_tables import heading_of, unit_of
from hwlib.errors import InputError
from tests.near import near

SHORT = 500  # letters of a representation


@pytest.fixture(scope="module")
def step():
    return archsim.build("digits_cnn", "cim40", scheme="rpu", phase="training", batch=2)


@pytest.fixture(scope="module")
def training():
    return archsim.train("digits_cnn", scheme="rpu", epochs=1, images=20)


@pytest.fixture(scope="module")
def comparison():
    return archsim.compare("digits_cnn", ["sgd", "rpu"], "cim40", images=20)


@pytest.fixture(scope="module")
def sweep(step):
    return step.sweep({"tile.rows": [64, 128]}, {"area_mm2": "minimise"}, rungs=[{"kind": "price"}])


@pytest.fixture(scope="module")
def returned(step, training, comparison, sweep, tmp_path_factory):
    stored = tmp_path_factory.mktemp("stored")
    step.run().save(stored)
    return {
        "Network": archsim.load_network("lenet1"),
        "Architecture": archsim.load_architecture("cim40"),
        "Trace": step.built.trace,
        "Build": step,
        "Result": step.price,
        "Training": training,
        "Comparison": comparison,
        "Sweep": sweep,
        "Citations": archsim.cite(step.price),
        "NetworkCheck": archsim.check("lenet1"),
        "Node": archsim.explain(step.run(), "energy_j"),
        "Dataset": archsim.load_dataset("digits"),
        "Verification": archsim.verify(stored),
    }


class Page(html.parser.HTMLParser):
    """Rows of the tables of a page, and tags that are still open at its end."""

    def __init__(self, page):
        super().__init__()
        self.rows = 0
        self.open = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.rows += tag == "tr"
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_everything_has_a_short_representation(returned):
    for name, thing in returned.items():
        assert repr(thing).startswith(f"{name}("), name
        assert len(repr(thing)) < SHORT and len(str(thing)) < SHORT, name
    assert len(repr(returned["Build"].built)) < SHORT


def test_everything_is_a_page_with_a_table_in_a_notebook(returned):
    for name, thing in returned.items():
        page = Page(thing._repr_html_())
        assert page.open == [] and page.rows >= 2, name


def test_one_is_no_plural(training, sweep):
    assert "after 1 epoch)" in repr(training) and ": 1 axis," in repr(sweep)


def test_a_page_shows_names_as_text_and_runs_none(step):
    network = archsim.load_network("lenet1")
    odd = type(network)("<script>", network.layers, notes=("<b>",))
    assert "<script>" not in odd._repr_html_() and "&lt;script&gt;" in odd._repr_html_()


@pytest.mark.parametrize("name", ["Result", "Training", "Comparison", "Sweep"])
def test_a_table_keeps_the_names_of_the_document_and_shows_units(returned, name):
    table = returned[name].table()
    units = table.attrs["units"]
    assert set(units) <= set(table.columns) and units
    shown = list(table.with_units().columns)
    for column, unit in units.items():
        words = column.rsplit("_", 1)[0].split("_")[0]
        assert any(text.startswith(words) and text.endswith(f"{unit})") for text in shown), column
    assert all(f"<th>{text}</th>" in table._repr_html_() for text in shown[:3])


def test_shown_numbers_are_those_of_the_document_in_the_unit_of_the_heading(step):
    table = step.run().table("layer")
    shown = table.with_units()
    heading = next(text for text in shown.columns if text.startswith("energy ("))
    factor = {"pJ": 1e12, "nJ": 1e9, "µJ": 1e6}[heading.split("(")[1].rstrip(")")]
    assert list(shown[heading]) == near([value * factor for value in table["energy_j"]])
    assert 1 <= max(shown[heading]) < 1000


def test_a_table_goes_to_latex_with_units_in_its_headings(step, tmp_path):
    text = step.price.table("component").sort_values("area_mm2").to_latex()
    head = text.splitlines()[2]
    assert text.startswith(r"\begin{tabular}") and "area (mm$^2$)" in head and "energy (" in head
    assert r"tile\_clock" in text and "area_mm2" not in text and text.isascii()
    assert step.price.table("component").to_latex(tmp_path / "parts.tex") is None
    assert "mm$^2$" in (tmp_path / "parts.tex").read_text()


def test_an_unknown_table_is_refused_with_the_nearest_name(step, training):
    for thing in (step.price, training):
        with pytest.raises(InputError, match="did you mean 'layer'"):
            thing.table("layers")


@pytest.mark.parametrize(
    "column, unit, heading",
    [
        ("area_mm2", "mm²", "area (mm²)"),
        ("energy_per_image_j", "J", "energy per image (nJ)"),
        ("images_per_second", "1/s", "images (1/s)"),
        ("cycles", None, "cycles"),
        ("writes_per_device", None, "writes per device"),
        ("read.adc_bits", None, "read.adc_bits"),
    ],
)
def test_a_column_has_the_unit_that_its_name_ends_in(column, unit, heading):
    # the largest of 2.5e-9 and 3e-7 J is 300 nJ
    assert unit_of(column) == unit
    assert heading_of(column, unit, [2.5e-9, 3e-7]).text == heading
