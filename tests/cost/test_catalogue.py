"""Does the catalogue hold all that the library has, and say of every part what its prices rest on?"""

import dataclasses
import itertools

import pytest

from hwlib import PARTS, load_catalogue, load_figures, load_sources, price

CATALOGUE = load_catalogue()
ENTRIES = {entry.name: entry for entry in CATALOGUE.parts}


def test_every_part_figure_and_source_is_listed_once():
    assert len(CATALOGUE.parts) == len(ENTRIES) and set(ENTRIES) == set(PARTS)
    assert [figure.name for figure in CATALOGUE.figures] == sorted(load_figures())
    assert [source.key for source in CATALOGUE.sources] == sorted(load_sources())


def ends_of(part):
    """Both ends of every parameter and its default, or all its words."""
    return {
        p.name: tuple(dict.fromkeys(p.choices or (*p.limits(), p.default))) for p in part.parameters
    }


def combined_in_pairs(part):
    """Every two parameters at all their ends, the others all low, all high and all as they are."""
    ends = ends_of(part)
    for common in (
        {name: taken[0] for name, taken in ends.items()},
        {name: taken[-1] for name, taken in ends.items()},
        {p.name: p.choices[-1] if p.choices else p.limits()[1] for p in part.parameters},
    ):
        for pair in itertools.combinations(ends, 2):
            for taken in itertools.product(*(ends[name] for name in pair)):
                yield common | dict(zip(pair, taken))


def combined(part):
    """All ends of all parameters with each other."""
    ends = ends_of(part)
    return [dict(zip(ends, taken)) for taken in itertools.product(*ends.values())]


def unlisted(name, settings):
    """Figures of prices that the catalogue does not name at the part, with the settings."""
    # a node scales a price, whatever the parameters are
    for node, values in [
        *((40.0, values) for values in settings),
        (28.0, settings[0]),
        (28.0, settings[-1]),
    ]:
        priced = price(name, values, node)
        costs = [priced.area, priced.leakage, *priced.energy.values(), *priced.latency.values()]
        used = {figure.name for cost in costs for figure in cost.figures()}
        # what scales a part is the node's, not the part's
        of_the_node = {figure for figure in used if figure.startswith("scaling.")}
        if missing := used - of_the_node - set(ENTRIES[name].figures):
            yield missing, node, values


MANY = [name for name, part in PARTS.items() if len(part.parameters) > 4]


def test_the_figures_of_any_price_are_among_those_of_its_part():
    faults = {
        name: next(
            unlisted(name, [*combined_in_pairs(part)] if name in MANY else combined(part)), ()
        )
        for name, part in PARTS.items()
    }
    assert not {name: fault for name, fault in faults.items() if fault}


@pytest.mark.study
@pytest.mark.parametrize("name", MANY)
def test_so_are_those_of_all_ends_of_many_parameters(name):
    assert not [*unlisted(name, combined(PARTS[name]))]


def test_a_part_in_many_steps_lists_every_row_of_its_table():
    # the table of the memory: 1 KiB to 1 MiB in octaves
    rows = {f"sram.area_{2**octave}_w64" for octave in range(11)}
    assert rows <= set(ENTRIES["sram"].figures)


def test_figures_and_sources_lead_to_each_other():
    sources = {source.key: source for source in CATALOGUE.sources}
    for figure in CATALOGUE.figures:
        assert figure in CATALOGUE.figures_of(figure.source)
        assert sources[figure.source].title
    users = {part.name for part in CATALOGUE.parts if "adc_sar.area_7" in part.figures}
    assert users == {"adc_sar"}


def test_a_source_has_who_when_and_its_whole_entry():
    for source in CATALOGUE.sources:
        assert source.title and source.author and len(source.year) == 4 and source.kind
        assert source.bibtex.startswith(f"@{source.kind}{{{source.key},")
        assert source.bibtex.count("{") == source.bibtex.count("}")


def test_a_catalogue_refuses_assignment():
    for record in (CATALOGUE, CATALOGUE.parts[0], CATALOGUE.sources[0]):
        name = dataclasses.fields(record)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)
