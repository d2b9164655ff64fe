"""Does a document of an older version still read, and is a changed schema noticed? Every older version
has a copy here that reads with a note, and every schema a digest that stands beside its version.
"""

import gzip
import json
import shutil
import warnings
from pathlib import Path

import pytest

from archsim.chip.config import Architecture
from archsim.comparison.requests import REQUEST
from archsim.devices import presets
from archsim.exploration.space.load import FIELDS as SPACE_FIELDS
from archsim.exploration.store import schema as sweep_schema
from archsim.exploration.store import store
from archsim.readers import versions
from archsim.readers.digest import digest_of, seal
from archsim.readers.form import LEAVES, check_form, schema_of
from archsim.readers.stored import read_stored
from archsim.readers.versions import DOCUMENTS, Kind, current_version, migrated, versioned
from archsim.report.comparison.page import load_comparison
from archsim.run import comparison_schema, result_schema
from archsim.trace.file import trace_schema
from hwlib.errors import InputError, StoredNote
from tests.members import every
from workloads import toml_file

OLDER = Path(__file__).parent / "older"


def read_rows(path):
    with store.Store(path.parent, writable=False) as rows:
        return [list(rows.rows(head)) for head in range(len(rows.heads))]


# kind: (the name that its file has in a folder, what reads it)
READERS = {
    "comparison": ("compare.json", load_comparison),
    "head": (store.FILE, read_rows),
    "request": (REQUEST, lambda path: read_stored(path, "request", "request").document),
}
OLDER_VERSIONS = [(kind, n) for kind, entry in DOCUMENTS.items() for n in entry.migrations]


def compulsory(schema, definitions):
    """What a schema asks for, without what may be left out."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    required = schema.get("required", [])
    kept = {
        name: compulsory(schema["properties"][name], definitions)
        for name in required
        if name in schema.get("properties", {})
    }
    words = {key: schema[key] for key in ("type", "const", "enum", "minimum") if key in schema}
    return words | ({"required": kept} if kept else {})


def chip_schema():
    schema = Architecture.model_json_schema()
    return compulsory(schema, schema["$defs"])


# What a user writes is held to what it must say: a new field that may be left out is no new version.
SCHEMAS = {
    "architecture": chip_schema,
    "network": lambda: list(toml_file._TOP),
    "device": lambda: list(presets._REQUIRED),
    "space": lambda: list(SPACE_FIELDS),
    "result": lambda: [
        schema_of(form)
        for form in (result_schema.SCHEMA, result_schema.TRAINING, result_schema.SETUP)
    ],
    "comparison": lambda: [
        schema_of(form) for form in (comparison_schema.COMPARED, comparison_schema.COMPARED_ROWS)
    ],
    "sweep": lambda: schema_of(sweep_schema.FORM),
    "head": lambda: schema_of(store.HEAD),
    "trace": trace_schema,
}
# Where a schema changes: raise the version in archsim/readers/versions.py, add its migration and a copy
# of an older document, then put the new digest here. Where every older document stays good (a field was
# added that may be missing), put the new digest here alone.
DIGESTS = {
    ("architecture", 1): "e679e57966f2",
    ("network", 1): "d31b008df872",
    ("device", 1): "3ac2bea9b420",
    ("space", 1): "c68912ec02c6",
    ("result", 1): "24441b97e627",
    ("comparison", 2): "73d969589462",
    ("sweep", 1): "99aadf4a7a46",
    ("head", 1): "8f8d092757c9",
    ("trace", 1): "f053daa98ac7",
}


def read(kind, version, folder):
    """The older copy of a kind, read from a folder, with what was told about it."""
    name, reader = READERS[kind]
    copy = next(OLDER.glob(f"{kind}-{version}.*"))
    if copy.suffix == ".gz":
        (folder / name).write_bytes(gzip.decompress(copy.read_bytes()))
    else:
        shutil.copy(copy, folder / name)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", StoredNote)
        document = reader(folder / name)
    return document, [str(each.message) for each in told]


@pytest.mark.parametrize(("kind", "version"), OLDER_VERSIONS)
def test_an_older_document_reads_and_says_so(kind, version, tmp_path):
    document, told = read(kind, version, tmp_path)
    assert document
    assert any(
        f"of version {version}, read as version {current_version(kind)}" in text for text in told
    )


@pytest.mark.parametrize("version", [0, 1])
def test_an_older_comparison_keeps_its_numbers(version, tmp_path):
    document, _ = read("comparison", version, tmp_path)
    (scheme,) = document["schemes"]
    (row,) = document["rows"]
    # one seed, trained on exact weights, tuned by nobody
    assert row["accuracy_percent"] == scheme["accuracy_percent"]
    assert [seed["accuracy_percent"] for seed in row["seeds"]] == [scheme["accuracy_percent"]]
    assert (row["accuracy_std"], row["tuning"], row["device"]) == (None, None, "exact")
    assert document["paired"] == []
    # reports/update_schemes/lenet1 as it was first stored
    assert (scheme["label"], scheme["cycles"], scheme["area_mm2"]) == (
        "essop",
        305972,
        3.335345107360789,
    )


def test_older_rows_keep_their_numbers(tmp_path):
    (rows,), _ = read("head", 0, tmp_path)
    assert [row.values for row in rows] == [(64,), (128,)]
    assert [row.metrics[0] for row in rows] == [2.3505551075257336, 2.2118990883148615]


@every("kind", DOCUMENTS)
def test_a_newer_document_is_refused_with_a_hint(kind):
    document = versioned(kind, {}) | {DOCUMENTS[kind].field: current_version(kind) + 1}
    with pytest.raises(InputError, match="unknown version of the .* update archsim"):
        migrated(kind, document, "file: ")


@pytest.mark.parametrize("version", [True, "1", 1.0, None, -1, [1]])
def test_what_is_no_version_is_refused(version):
    with pytest.raises(InputError):
        migrated("result", {"schema": version}, "file: ")


def test_migrations_follow_each_other(monkeypatch):
    kind = Kind(
        "note",
        current=3,
        migrations={
            1: lambda document: {"lines": [document["line"]]},
            2: lambda document: document | {"count": len(document["lines"])},
        },
    )
    monkeypatch.setitem(versions.DOCUMENTS, "note", kind)
    with pytest.warns(StoredNote, match="f: a note of version 1, read as version 3"):
        latest = migrated("note", {"schema": 1, "line": "a"}, "f: ")
    assert latest == {"schema": 3, "lines": ["a"], "count": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error", StoredNote)  # the current one is read in silence
        assert migrated("note", latest, "f: ") == latest


def test_a_digest_stands_for_the_document_as_it_was_written(tmp_path):
    # the version of a document is under its digest too
    path = tmp_path / "request.json"
    document = seal(versioned("request", {"label": "a"}))
    path.write_text(json.dumps(document | {"schema": 0}))
    with pytest.raises(InputError, match="the digest does not fit"):
        read_stored(path, "request", "request")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_changes_with_its_version(kind):
    version = current_version(kind)
    assert DIGESTS.get((kind, version)) == digest_of(SCHEMAS[kind]())[:12], (
        f"the schema of kind {kind!r} is not that of version {version}: see DIGESTS"
    )


# without 1.0: JSON Schema takes it for a whole number, a reader of counts does not
VALUES = [None, True, 0, 1, -1, 2**60, 0.5, -0.5, 1.5, 150, 12_000.5, "", "word", [], {}]


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_takes_what_its_schema_takes(leaf):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema_of(leaf))
    for value in VALUES:
        try:
            check_form(value, leaf, "file", "field")
            taken = True
        except InputError:
            taken = False
        assert taken == validator.is_valid(value), value
