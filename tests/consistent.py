"""Made-up documents brought into agreement with themselves: readers refuse a result whose totals
are not its sums.
"""

import math


def settle(document):
    """The document, changed in place so that every total follows from its parts: components first,
    then boundaries, layers and phases.
    """
    components = {**document["by_component"], **document["by_component_off_chip"]}
    rows = [row for row in document["inventory"] if row["component"] in components]
    known = {row["component"] for row in rows}
    for table in ("by_component", "by_component_off_chip"):
        for name in document[table]:
            if name not in known:
                rows.append(
                    {
                        "component": name,
                        "part": "toy",
                        "parameters": {},
                        "count": 1,
                        "area_mm2": 0.0,
                        "static_power_uw": 0.0,
                        "boundary": "system" if table.endswith("chip") else "chip",
                    }
                )
    document["inventory"] = rows
    for row in rows:
        row.pop("unit_prices", None)
        row |= {
            name: components[row["component"]][name] for name in ("area_mm2", "static_power_uw")
        }
    depth = ("macro", "chip", "system")
    for number, name in enumerate(depth):
        inside = [
            components[row["component"]] for row in rows if depth.index(row["boundary"]) <= number
        ]
        area, energy = (math.fsum(each[key] for each in inside) for key in ("area_mm2", "energy_j"))
        document["boundaries"][name] |= {
            "area_mm2": area,
            "energy_j": energy,
            "area_mm2_range": [area / 2, 2 * area],
            "energy_j_range": [energy / 2, 2 * energy],
            "power_uw_range": None,
        }
    chip = document["boundaries"]["chip"]
    system = document["boundaries"]["system"]
    on_chip = [components[row["component"]] for row in rows if row["boundary"] != "system"]
    static = math.fsum(each["static_power_uw"] for each in on_chip)
    document |= {
        "area_mm2": chip["area_mm2"],
        "energy_j": chip["energy_j"],
        "static_power_uw": static,
        "power_uw_range": None,
        "area_mm2_range": chip["area_mm2_range"],
        "energy_per_image_j": chip["energy_j"] / document["images"],
    }
    if document["cycles"] is not None:
        document["latency_s"] = document["cycles"] / (document["clock_mhz"] * 1e6)
        document["latency_per_image_s"] = document["latency_s"] / document["images"]
        document["power_uw"] = document["static_power_uw"] + document["dynamic_power_uw"]
    for parts in (document["by_layer"], list(document["by_phase"].values())):
        for key, wanted in (
            ("energy_j", chip["energy_j"]),
            ("off_chip_energy_j", system["energy_j"] - chip["energy_j"]),
        ):
            total = math.fsum(row[key] for row in parts)
            for row in parts:
                row[key] = row[key] * wanted / total if total else wanted / len(parts)
    tiles = [row for row in document["resources"] if row["kind"] == "tile"]
    for row in document["resources"]:
        row["total_cycles"] = row["busy_cycles"] + row["stalled_cycles"] + row["idle_cycles"]
    if tiles:
        document["utilisation"] = sum(row["busy_cycles"] for row in tiles) / sum(
            row["total_cycles"] for row in tiles
        )
    return document
