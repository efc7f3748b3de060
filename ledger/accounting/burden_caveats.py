"""What must be said beside every figure on who benefits and who pays, in one place; no output leaves it out."""

from __future__ import annotations

from joulebook.ledger.accounting.sentences_ko import KOREAN_CAVEATS

CAVEATS: dict[str, tuple[str, ...]] = {
    "en": (
        (
            "The country social cost of carbon (Ricke et al. 2018) rests on an econometric link between "
            "temperature and growth whose size is disputed; the range shown is that of all its 160 published "
            "specifications. Its climate and socio-economic data are of 2018."
        ),
        (
            "It leaves out sea-level rise, storms, loss of species, conflict and adaptation, and most small "
            "islands have no estimate at all. The Maldives have none."
        ),
        (
            "A negative value means that the model finds gains in a cold country, not that emissions do good "
            "there. Shares are of the positive damages."
        ),
        (
            "Within a country, damage is taken to fall alike on those who use AI and those who don't. The poor "
            "are hit harder, so the gap is understated."
        ),
        (
            "Damages reach beyond the year 2100, users are counted in 2026. People not yet born count as non-"
            "users only at today's rates of use."
        ),
        (
            "The figures on AI use are one company's, modelled, and many rows are one value shared by a region: a"
            " dozen African economies read the same."
        ),
        "One organisation's tonne is marginal: these are shares of the damage, not people who could be named.",
        (
            "Weighting by income is an ethical choice. The first view weights a dollar as a dollar (eta 0), which"
            " does not show that the poor pay more; shares relative to income do."
        ),
        "More efficient models may be used more, so that savings are lost in volume (rebound).",
        (
            "Water use and local air pollution fall near the data centres and power plants, not where the climate"
            " damage falls."
        ),
        (
            "Shares are normalised by the sum of the country medians. The median of a sum is not the sum of "
            "medians, so they don't add up to the published world value."
        ),
        (
            "No benefit in dollars is set against the damage: there is no defensible value of a request. The side"
            " of benefit is measured quality, requests served, and where the users are."
        ),
    ),
    "ko": KOREAN_CAVEATS,
}


def caveats(language: str = "en") -> tuple[str, ...]:
    """All caveats in that language; English where it is missing."""
    return CAVEATS.get(language, CAVEATS["en"])
