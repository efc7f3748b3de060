"""The factor set of today: reference data with what the user declared on top.

The settings file may hold, besides `pue`, `wue_l_per_kwh`, `price_usd_per_kwh` and `gpu_hour_usd`:

    [accounting]
    cpu_model = "family"            # or "codecarbon", "tdp"
    memory_model = "used"           # or "allotted"
    embodied_source = "all"         # or the key of one source
    pue_operator = "Google"         # a known operator's PUE and WUE instead of unknown
    price_sector = "industry"       # or "household", "business", "large industry", "wholesale"

    [[contracts]]
    kind = "certificate"            # or "contract", "supplier", "residual"
    zone = "KOR"
    start = 2026-01-01
    end = 2027-01-01
    intensity_g_per_kwh = 0
    share = 0.6                     # of the use in the zone; or kwh = 120000 for the scope 2 report
    name = "REC KR 2026"
    tracking = "K-REC"

    [data]
    grid = "/data/grid-2027.csv"    # a newer file in place of a reference set (`joulebook data check` says if it fits)

    [[hourly]]
    file = "/data/kr-2026.csv"      # Electricity Maps, UK Carbon Intensity, ENTSO-E style, or two columns: time, g/kWh
    zone = "KOR"
    kind = "average"                # or "marginal", which never enters a total
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from statistics import quantiles

from joulebook.ledger.accounting.embodied import SOURCE_GSD
from joulebook.ledger.accounting.factors import CpuFamily, Factor, Factors
from joulebook.ledger.accounting.figure import Method
from joulebook.ledger.accounting.social_cost import interpolated_scc
from joulebook.ledger.accounting.uncertainty import Range, by_factor, from_gsd
from joulebook.ledger.declared import accounting_choices, contracts, hourly_series
from joulebook.ledger.errors import LedgerError
from joulebook.meters.settings import Settings
from joulebook.reference_data import carbon_prices, data_centres, electricity, embodied, grid, tables, water
from joulebook.reference_data.cpus import CpuPower, cpu_families, cpu_power
from joulebook.reference_data.errors import ReferenceDataError
from joulebook.reference_data.sets import use_files

NAME = "2026-11"
YEAR = 2026
# A year's mean for a run's hours, and one collector's figure against another's (Ember and CodeCarbon differ by up to
# 35 %).
YEARLY_GSD = 1.15
# Prices of one country and sector between contracts.
PRICE_FACTOR = 1.4
# The grid's water by country: withdrawal methods and years differ between WRI, Li et al. and Jegham et al. (1.3 to 1.6
# times).
GRID_WATER_FACTOR = 1.5


def current_factors(settings: Settings) -> Factors:
    """The newest factor set, with PUE, WUE, price, GPU-hour rate, contracts and model choices of the settings.

    Raises:
        LedgerError: A declared value or a file of the user's is not usable; the message says where.
    """
    try:
        use_files(settings.extra.get("data", {}))
    except ReferenceDataError as error:
        raise LedgerError(str(error)) from error
    choices = accounting_choices(settings)
    rows = [
        *_grid_rows(),
        *_site_rows(settings, choices.pop("pue_operator", None)),
        *_water_rows(),
        *_price_rows(settings, choices.pop("price_sector", "industry")),
        *_embodied_rows(),
        *_social_cost_rows(),
        *_assumptions(),
    ]
    return Factors(
        name=NAME,
        table={row.key: row for row in rows},
        cpu_families=tuple(_cpu_families()),
        cpu_tdp_w={} if choices.get("cpu_model", "family") == "family" else _rated_power(),
        contracts=contracts(settings),
        hourly=hourly_series(settings),
        **choices,
    )


def _row(key: str, shown: Range, unit: str, vintage: object, source: str, *, method: Method = "published") -> Factor:
    return Factor(key, *shown, unit, method, str(vintage), source)


def _grid_rows() -> Iterator[Factor]:
    """Every zone's yearly life-cycle figures, and the regions' own direct ones beside them."""
    bases = {grid.LIFE_CYCLE: "grid", grid.DIRECT: "grid-direct"}
    latest: dict[str, grid.GridIntensity] = {}
    for zone in grid.zones():
        for figure in _chosen_sets(grid.intensities(zone)):
            if figure.basis in bases and zone != "WLD":
                shown = from_gsd(figure.intensity_g_per_kwh, YEARLY_GSD)
                yield _row(
                    f"{bases[figure.basis]}/{zone}/{figure.year}", shown, "g/kWh", figure.year, figure.source_key
                )
            if figure.level == "country" and figure.year >= latest.get(zone, figure).year:
                latest[zone] = figure
    yield from _world_rows([figure.intensity_g_per_kwh for figure in latest.values()])


def _chosen_sets(figures: tuple[grid.GridIntensity, ...]) -> list[grid.GridIntensity]:
    """One collector a basis: Ember where it has the zone, so that sources never mix within a series of years."""
    chosen = {}
    for figure in figures:
        if figure.factor_set == "ember" or figure.basis not in chosen:
            chosen[figure.basis] = figure.factor_set
    return [figure for figure in figures if figure.factor_set == chosen[figure.basis]]


def _world_rows(countries: list[float]) -> Iterator[Factor]:
    """The world's mean, with the spread of countries as its range: nobody knows which one it was."""
    ends = quantiles(countries, n=20)
    for figure in _chosen_sets(grid.intensities("WLD")):
        value = figure.intensity_g_per_kwh
        shown = Range(value, min(ends[0], value), max(ends[-1], value))
        yield _row(f"grid/WLD/{figure.year}", shown, "g/kWh", figure.year, figure.source_key)


def _site_rows(settings: Settings, operator: str | None) -> Iterator[Factor]:
    if settings.pue is not None:
        yield _row(
            "pue", Range(settings.pue, settings.pue, settings.pue), "1", "settings", "declared", method="declared"
        )
    else:
        yield _pue(operator)
    if settings.wue_l_per_kwh is not None:
        declared = settings.wue_l_per_kwh
        yield _row("wue", Range(declared, declared, declared), "L/kWh", "settings", "declared", method="declared")
    else:
        yield _wue(operator)


def _pue(operator: str | None) -> Factor:
    """An operator's fleet figure to within a site's spread, else the industry's mean from a bare room to a poor one."""
    found = data_centres.pue(operator)
    if found is None:
        known = ", ".join(sorted({row.operator for row in data_centres.pues()}))
        raise LedgerError(f"settings: no PUE is known for pue_operator {operator!r}; known are {known}")
    high = found.pue * 1.1 if operator else 2.0
    low = max(1.0, found.pue / 1.1) if operator else 1.0
    return _row("pue", Range(found.pue, low, high), "1", found.year, found.source_key)


def _wue(operator: str | None) -> Factor:
    """An operator's figure, else the middle of the known fleets with air-cooled and evaporative sites as its ends."""
    found = data_centres.wue(operator) if operator else None
    if found is not None:
        return _row("wue", by_factor(found.wue_l_per_kwh, 1.5), "L/kWh", found.year, found.source_key)
    fleets = sorted(row.wue_l_per_kwh for row in data_centres.wues() if row.kind == "on site" and row.scope == "fleet")
    shown = Range(fleets[len(fleets) // 2], 0.0, max(1.8, fleets[-1]))
    return _row("wue", shown, "L/kWh", "middle of known fleets", "operators' disclosures", method="modelled")


def _water_rows() -> Iterator[Factor]:
    for country, factor in water.water_factors().items():
        spread = 2.0 if factor.is_world_default and country != "WLD" else GRID_WATER_FACTOR
        shown = by_factor(factor.water_l_per_kwh, spread)
        yield _row(f"water/{country}", shown, "L/kWh", factor.year, factor.source_key)


def _price_rows(settings: Settings, sector: str) -> Iterator[Factor]:
    if settings.gpu_hour_usd is not None:
        rate = settings.gpu_hour_usd
        yield _row("gpu_hour", Range(rate, rate, rate), "USD/h", "settings", "declared", method="declared")
    if settings.price_usd_per_kwh is not None:
        price = settings.price_usd_per_kwh
        yield _row("price", Range(price, price, price), "USD/kWh", "settings", "declared", method="declared")
    for zone in sorted({row.zone for row in electricity.electricity_prices()}):
        found = electricity.electricity_price(zone, sector)
        if found is not None:
            vintage = f"{found.sector} {found.year}" + (", from memory" if found.verified == "recall" else "")
            shown = by_factor(found.price_usd_per_kwh, PRICE_FACTOR)
            yield _row(f"price/{zone}", shown, "USD/kWh", vintage, found.source_key)


def _embodied_rows() -> Iterator[Factor]:
    """Making of accelerators by source, one row a device and source; `any` where no source knows the device."""
    known = [row for row in embodied.embodied_rows() if row.unit == "per device"]
    for row in known:
        if not row.device.startswith("any "):
            key = f"embodied-gpu/{row.device}/{row.source_key}"
            yield _row(key, from_gsd(row.embodied_kgco2e, SOURCE_GSD), "kg", row.boundary, row.source_key)
    for row in embodied.embodied("any GPU"):
        devices = [other.embodied_kgco2e for other in known if not other.device.startswith("any ")]
        shown = Range(row.embodied_kgco2e, min(devices), max(devices))
        yield _row(
            f"embodied-gpu/any/{row.source_key}", shown, "kg", "any accelerator", row.source_key, method="modelled"
        )


def _social_cost_rows() -> Iterator[Factor]:
    """Every published value, those with several years at the year of the set."""
    names: dict[str, dict[int, carbon_prices.SocialCost]] = {}
    for row in carbon_prices.social_costs():
        names.setdefault(row.name, {})[row.emission_year] = row
    for name, by_year in names.items():
        value = interpolated_scc({year: row.cost_usd_per_t for year, row in by_year.items()}, YEAR)
        one = next(iter(by_year.values()))
        shown = Range(value, value, value)
        if len(by_year) == 1 and one.low_usd_per_t is not None and one.high_usd_per_t is not None:
            shown = Range(value, one.low_usd_per_t, one.high_usd_per_t)
        vintage = f"emission in {YEAR if len(by_year) > 1 else one.emission_year}"
        yield _row(f"scc/{name}", shown, f"USD({one.usd_year})/t", vintage, one.source_key)


def _assumptions() -> Iterator[Factor]:
    """Assumed factors that no table holds; each with its source and a range as wide as sources disagree."""
    # 0.048-0.061 W/GB measured on 37 bare-metal platforms (Tailpipe), 0.3725 rated (Green Algorithms, Micron), 0.392
    # (CCF).
    yield _row(
        "memory_w_per_gb",
        Range(0.14, 0.048, 0.392),
        "W/GB",
        "2025",
        "tailpipe; green-algorithms; ccf",
        method="modelled",
    )
    # 0.24 Wh of all against 0.10 Wh in active accelerators; 1.32 where an eighth of a 1.2 kW host stands beside a 700
    # W GPU.
    yield _row("full_stack", Range(2.4, 1.3, 3.0), "1", "2025", "arXiv 2508.15734", method="modelled")
    # EcoLogits 3 years, Cloud Carbon Footprint 4, LLMCarbon 5, BLOOM 6.
    yield _row(
        "embodied/life_years", Range(4.0, 3.0, 6.0), "years", "2023-2026", "EcoLogits, CCF, BLOOM", method="modelled"
    )
    yield _row("embodied/utilisation", Range(0.85, 0.4, 1.0), "1", "2022", "JMLR 24(253), BLOOM", method="modelled")
    # CCF's baseline rack server 1,000 kg, the BLOOM paper's 2,500 kg without GPUs.
    yield _row(
        "embodied/server_kg", Range(1000.0, 600.0, 2500.0), "kg", "2021-2022", "CCF; JMLR 24(253)", method="modelled"
    )
    # EcoLogits 0.11.3 for a server without its eight GPUs; the BLOOM paper has 2,500 kg.
    yield _row(
        "embodied/gpu_server_kg", Range(5700.0, 2500.0, 7000.0), "kg", "2026", "EcoLogits 0.11.3", method="modelled"
    )


def _cpu_families() -> Iterator[CpuFamily]:
    """The families in the order of the table; last, for any other name, the middle of all with their whole spread."""
    named = {power.family: power for power in cpu_families()}
    for row in tables.rows("cpu_families.csv"):
        yield _family(row["name_pattern"], named[row["family"]])
    yield _family("", cpu_power(None))


def _family(pattern: str, power: CpuPower) -> CpuFamily:
    return CpuFamily(
        power.family,
        pattern,
        power.idle_w_per_thread,
        power.idle_low_w_per_thread,
        power.idle_high_w_per_thread,
        power.full_w_per_thread,
        power.full_low_w_per_thread,
        power.full_high_w_per_thread,
        power.source_key,
    )


def _rated_power() -> dict[str, float]:
    """Rated power by CPU model from the installed CodeCarbon's own table.

    Raises:
        LedgerError: CodeCarbon is not installed.
    """
    spec = find_spec("codecarbon")
    if spec is None or not spec.submodule_search_locations:
        raise LedgerError("cpu_model goes by rated power, which CodeCarbon brings: pip install 'joulebook[codecarbon]'")
    import csv
    from pathlib import Path

    from joulebook.ledger.accounting.cpu import plain_model_name

    path = Path(spec.submodule_search_locations[0], "data", "hardware", "cpu_power.csv")
    # A few of its cells are no numbers ("27.29.5"); those processors go by watts per thread.
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["TDP"].replace(".", "", 1).isdigit()]
    return {plain_model_name(row["Name"]): float(row["TDP"]) for row in rows}
