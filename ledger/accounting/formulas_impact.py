"""The formulas of impact: emissions, water, embodied carbon, money, social cost, SCI and the ranges of all of them."""

from __future__ import annotations

from joulebook.ledger.accounting.embodied import embodied_kg
from joulebook.ledger.accounting.emissions import location_emissions_g, market_emissions_g
from joulebook.ledger.accounting.formula import Example, Formula, Symbol
from joulebook.ledger.accounting.hourly import matched_share
from joulebook.ledger.accounting.money import accelerator_cost_usd, electricity_cost_usd
from joulebook.ledger.accounting.sci import sci_g
from joulebook.ledger.accounting.social_cost import excess_deaths_central, social_cost_usd
from joulebook.ledger.accounting.stars import star_by_range
from joulebook.ledger.accounting.uncertainty import gsd_of_product, half_width_of_sum
from joulebook.ledger.accounting.water import water_l

FACILITY = Symbol("E_fac", "energy of the facility", "kWh")
_LLAMA_2_70B_KWH = 1_720_320 * 0.4 * 1.1

IMPACT = (
    Formula(
        "emissions-location",
        "Emissions, location-based",
        "G = sum_h E_fac,h · CI_h",
        (
            FACILITY,
            Symbol("CI_h", "mean intensity of the grid in that hour, else in that year; life cycle", "gCO2e/kWh"),
        ),
        "GHG Protocol Scope 2 Guidance 2015; yearly factors: Ember through Our World in Data",
        Example(
            "Llama 2 70B: 1,720,320 A100 hours at 400 W, PUE 1.1, 385 g/kWh",
            location_emissions_g,
            {"facility_kwh": _LLAMA_2_70B_KWH, "intensity_g_per_kwh": 385.0},
            "tCO2e",
            1e-6,
            5,
            "291.42 t",
        ),
        "An hourly series is used where it covers the whole run; marginal series never enter. The range of a year's "
        "mean is a "
        "GSD of 1.15; an unknown place takes the world's mean with the 5 to 95 % spread of countries.",
    ),
    Formula(
        "emissions-market",
        "Emissions, market-based by year",
        "G = sum_s q_s · EF_s + max(0, E_fac - sum_s q_s) · EF_residual",
        (
            FACILITY,
            Symbol("q_s", "energy covered by a certificate or contract, the best first", "kWh"),
            Symbol("EF_s", "its factor", "gCO2e/kWh"),
            Symbol(
                "EF_residual", "supplier's mix, else residual mix, else the location's factor with a flag", "gCO2e/kWh"
            ),
        ),
        "GHG Protocol Scope 2 Guidance 2015, chapter 6 and table 6.3",
        Example(
            "Google's median prompt: 0.24 Wh at 94 g/kWh",
            market_emissions_g,
            {"facility_kwh": 0.24e-3, "claims": (), "residual_g_per_kwh": 94.0},
            "g",
            digits=3,
            published="0.03 g with embodied carbon",
        ),
        "Shown beside the location-based figure, never instead of it and never in SCI.",
    ),
    Formula(
        "emissions-hourly-match",
        "Energy matched hour by hour (draft method)",
        "m = sum_h min(E_h, q_h) / sum_h E_h",
        (Symbol("E_h", "use in the hour", "kWh"), Symbol("q_h", "contracted generation in that hour and grid", "kWh")),
        "GHG Protocol, Scope 2 public consultation of October 2025 (draft; no final text)",
        Example(
            "1 kWh in each of two hours, a solar contract of 3 kWh in the first",
            matched_share,
            {"load_kwh": (1.0, 1.0), "supply_kwh": (3.0, 0.0)},
            "",
        ),
        "What is not matched takes the hour's grid intensity; a surplus of one hour does not help another.",
    ),
    Formula(
        "water",
        "Water, on site and off site",
        "W = E_IT · (WUE + PUE · EWIF)",
        (
            Symbol("E_IT", "energy of the IT equipment", "kWh"),
            Symbol("WUE", "water used on site per IT kWh", "L/kWh"),
            Symbol("EWIF", "water used in generating a kWh, by country", "L/kWh"),
        ),
        "Li et al. 2023, arXiv 2304.03271; WUE: ISO/IEC 30134-9",
        Example(
            "Google's median prompt, on site: 0.24 Wh of facility energy at PUE 1.09, 1.15 L/kWh",
            water_l,
            {"it_kwh": 0.24e-3 / 1.09, "pue": 1.09, "wue_l_per_kwh": 1.15, "grid_l_per_kwh": 0.0},
            "mL",
            1000.0,
            3,
            "0.26 mL",
        ),
        "WUE is per IT kWh: multiplying it by facility energy counts the overhead twice (0.276 mL in the example).",
    ),
    Formula(
        "embodied",
        "Embodied carbon of a run",
        "M = TE · t / (L · u)",
        (
            Symbol("TE", "emissions of making the device or server", "kgCO2e"),
            Symbol("t", "time that the run held it, times its share", "years"),
            Symbol("L", "life", "years"),
            Symbol("u", "share of its life in which it is in use", "1"),
        ),
        "ISO/IEC 21031:2024 (SCI); utilisation as in Luccioni et al. 2023, JMLR 24(253)",
        Example(
            "GPUs of BLOOM: 1,082,990 hours of 150 kg devices, 6 years at 85 %",
            embodied_kg,
            {"made_kg": 150.0, "busy_years": 1_082_990 / 8760, "life_years": 6.0, "utilisation": 0.85},
            "tCO2e",
            1e-3,
            3,
            "3.64 t",
        ),
        "The source is to choose: the same H100 is 164 kg (NVIDIA), 273 kg (EcoLogits) or 575 kg (BoaviztAPI). The "
        "default is the "
        "middle one with all of them in the range.",
    ),
    Formula(
        "cost-electricity",
        "Cost of electricity",
        "C = E_fac · p",
        (FACILITY, Symbol("p", "price: declared, else the country's for the sector", "USD/kWh")),
        "prices by country: Eurostat, US EIA and others, named beside each figure",
        Example("150 kWh at 0.12 USD", electricity_cost_usd, {"facility_kwh": 150.0, "price_usd_per_kwh": 0.12}, "USD"),
    ),
    Formula(
        "cost-rental",
        "Cost of rented accelerators",
        "C = H · r",
        (
            Symbol("H", "accelerator hours, held ones included, by the run's share of each", "h"),
            Symbol("r", "declared rate", "USD/h"),
        ),
        "the contract",
        Example(
            "8 GPUs for 3 h at 2.40 USD",
            accelerator_cost_usd,
            {"accelerator_hours": 24.0, "rate_usd_per_hour": 2.4},
            "USD",
        ),
        "Never added to electricity: the rate includes it. A part of a GPU (MIG) counts by its compute slices, so that "
        "the parts of a rented GPU add up to it; what several runs shared at the same time is paid once.",
    ),
    Formula(
        "social-cost",
        "Social cost",
        "D = G · SCC",
        (Symbol("G", "location-based emissions", "tCO2e"), Symbol("SCC", "damage of a marginal tonne", "USD/t")),
        "US EPA 2023, Report on the Social Cost of Greenhouse Gases; IWG 2021; Ricke et al. 2018, doi "
        "10.1038/s41558-018-0282-y",
        Example(
            "a kWh of 400 g at EPA's 190 USD of 2020 (2 %, emission in 2020)",
            social_cost_usd,
            {"emissions_g": 400.0, "scc_usd_per_t": 190.0},
            "USD",
        ),
        "Several dated values are shown side by side; none is the truth, and US agencies have contested EPA's since "
        "2025.",
    ),
    Formula(
        "mortality",
        "Mortality cost",
        "deaths = G · 2.26e-4 (-1.71e-4 to 6.78e-4)",
        (Symbol("G", "location-based emissions", "tCO2e"),),
        "Bressler 2021, Nature Communications 12:4467 (heat and cold, 2020 to 2100, baseline path)",
        Example("4,434 t", excess_deaths_central, {"emissions_g": 4.434e9}, "deaths"),
        "Beside the social cost, never added to it.",
    ),
    Formula(
        "sci",
        "Software Carbon Intensity",
        "SCI = (E · I + M) / R",
        (
            Symbol("E", "facility energy, idle and reserved hardware included", "kWh"),
            Symbol("I", "location-based intensity", "gCO2e/kWh"),
            Symbol("M", "embodied carbon", "gCO2e"),
            Symbol("R", "functional units: requests, tokens, samples", "1"),
        ),
        "ISO/IEC 21031:2024, Green Software Foundation SCI 1.1",
        Example(
            "10 kWh at 400 g/kWh and 500 g embodied for 1,000 requests",
            sci_g,
            {"energy_kwh": 10.0, "intensity_g_per_kwh": 400.0, "embodied_g": 500.0, "units": 1000.0},
            "g per request",
        ),
        "Offsets, certificates and contracts are left out by the standard. The parts add up to the score.",
    ),
    Formula(
        "stars",
        "Stars of the AI Energy Score",
        "stars = 5 - min(4, floor(5 · (e - min) / (max - min))); or by rank, a fifth of the models each",
        (Symbol("e", "GPU energy of 1,000 queries, on one kind of GPU", "Wh"),),
        "AI Energy Score, Hugging Face and Salesforce 2025",
        Example(
            "300 Wh where models take 100 to 900 Wh", star_by_range, {"energy": 300, "least": 100, "most": 900}, ""
        ),
        "Its text gives both rules, and they disagree for most models: the rule is named with the stars.",
    ),
    Formula(
        "range-product",
        "Range of a product",
        "ln(high/x) = sqrt(sum_i ln(high_i/x_i)^2), and so for the low end",
        (Symbol("x_i, low_i, high_i", "inputs with their 90 % ranges, independent of each other", "any"),),
        "propagation of lognormals: Limpert et al. 2001, BioScience 51(5)",
        Example("GSDs of 1.05, 1.10 and 1.15", gsd_of_product, {"gsds": (1.05, 1.10, 1.15)}, "as GSD"),
        "90 % ranges of the mean, not of the spread from run to run.",
    ),
    Formula(
        "range-sum",
        "Range of a sum",
        "high - x = sqrt(sum_i (high_i - x_i)^2) where parts err independently, sum_i (high_i - x_i) where they err "
        "together",
        (Symbol("x_i", "parts", "any"),),
        "moments of independent sums",
        Example(
            "two parts of ±30 and ±40, independent",
            half_width_of_sum,
            {"half_widths": (30.0, 40.0), "shared": False},
            "",
        ),
        "Devices of one kind, hosts under one model and zones under one PUE err together; components err "
        "independently. "
        "Comparisons draw 10,000 pairs with a fixed seed, a shared input (grid, PUE) moving both sides alike.",
    ),
)
