"""What a result's document holds, by name and type: a type checker knows the attributes from here."""

from __future__ import annotations

from archsim.run.fact_tables import Row


class ResultFields:
    """The keys of the JSON document. Their meaning is that of the schema (`result_schema`); those
    that a run does not have are absent.
    """

    # what runs on what
    schema: int
    version: str
    network: str
    architecture: str
    scheme: str | None
    phase: str
    batch: int
    images: int
    node_nm: float
    clock_mhz: float
    seed: int
    activity: str
    settings: Row
    notes: list[str]
    unused: list[str]
    # time; None where nothing was timed
    timing: bool
    cycles: int | None
    latency_s: float | None
    latency_per_image_s: float | None
    interval_per_image_s: float | None
    utilisation: float | None
    limited_by: Row | None
    # counts
    tiles: int
    tiles_without: dict[str, int]
    kinds: dict[str, Row]
    operations: int
    tile_operations: float
    # prices of the chip boundary, and of the others; a reference run has none of them
    area_mm2: float
    area_mm2_range: list[float]
    energy_j: float
    energy_per_image_j: float
    power_uw: float | None
    power_uw_range: list[float] | None
    assumed_share: dict[str, float]
    static_power_uw: float
    dynamic_power_uw: float | None
    boundaries: dict[str, Row]
    # tables
    by_component: dict[str, Row]
    by_component_off_chip: dict[str, Row]
    by_layer: list[Row]
    by_phase: dict[str, Row]
    inventory: list[Row]
    figures: list[Row]
    ledger: list[Row]
    resources: list[Row]
    stalls: dict[str, int]
    timeline: list[Row]
    roofline: Row
    placement: list[Row]
    # of a training only
    dataset: str
    device: str | None
    epochs: list[Row]
    accuracy_percent: float | None
    writes_per_device: float
    activity_file: str | None
    # of an inference with trained weights only
    accuracy_range: list[float]
    reference_accuracy_percent: float
    seeds: int
    inference: Row
    training: Row
    setup: Row
