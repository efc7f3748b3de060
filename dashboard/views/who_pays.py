"""Who pays: who benefits from emissions, and where their damage falls."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard import data, who_pays
from joulebook.dashboard.charts import burden as burden_charts
from joulebook.dashboard.charts import world
from joulebook.dashboard.components.chart import chart, chart_title, plot
from joulebook.dashboard.components.headline import Headline, Working, headlines
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.scale_legend import scale_legend
from joulebook.dashboard.components.states import error_state
from joulebook.dashboard.components.table import table
from joulebook.dashboard.escape import plain
from joulebook.dashboard.figures import boundary_word
from joulebook.dashboard.palette import current_palette, translucent
from joulebook.dashboard.sentences import sentence
from joulebook.dashboard.texts import current_language, t
from joulebook.ledger.accounting.burden import Burden, UseKind
from joulebook.ledger.errors import LedgerError

STRONG = ("damages", "loss")  # the panels that the page is about
FILE_MOST_MB = 1  # a row a country is a few kB
USE_KINDS: tuple[UseKind, ...] = ("count", "intensity", "typed")


def subject_controls(books: data.Books) -> tuple[who_pays.Subject, float]:
    """What the emissions are of."""
    choices = who_pays.subjects(books)
    name = st.selectbox(t("who_pays.subject"), list(choices), key="who_pays_of", bind="query-params", width=330)
    subject, typed_kg = choices[name], 1000.0
    if subject.kind == "typed":
        typed_kg = st.number_input(
            t("who_pays.typed_kg"), min_value=0.001, value=1000.0, key="who_pays_kg", bind="query-params", width=150
        )
    return subject, typed_kg


def user_controls() -> tuple[UseKind, str, tuple[str, bytes] | None, tuple[str, ...]]:
    """Where the users are, and which countries count as benefiting."""
    words = {t(f"who_pays.users_{kind}"): kind for kind in USE_KINDS}
    by = st.segmented_control(
        t("who_pays.users"), list(words), default=next(iter(words)), required=True, key="who_pays_by",
        bind="query-params",
    )  # fmt: skip
    typed, file = "", None
    if words[by] == "typed":
        typed = st.text_input(
            t("who_pays.users_text"),
            placeholder="USA=0.6, KOR=0.4",
            key="who_pays_users",
            bind="query-params",
            width=260,
        )
        with st.popover(t("who_pays.import")):
            given = st.file_uploader(
                t("who_pays.file"), type="csv", max_upload_size=FILE_MOST_MB, help=t("who_pays.file_help"),
                key="who_pays_file",
            )  # fmt: skip
        file = (given.name, given.getvalue()) if given else None
    names = who_pays.country_names()
    home = who_pays.home_country(data.settings().location)
    beneficiaries = st.multiselect(
        t("who_pays.beneficiaries"), list(names), default=[home] if home else [], format_func=names.get,
        placeholder=t("who_pays.nobody"), key="who_pays_for", bind="query-params", width=330,
    )  # fmt: skip
    return words[by], typed, file, tuple(beneficiaries)


def weight_controls() -> tuple[str, float]:
    """The income weight, from 0; the specification folds away."""
    eta = st.slider(
        t("who_pays.eta"), 0.0, 1.5, 0.0, 0.1, key="who_pays_eta", bind="query-params", help=t("who_pays.eta_help"),
        width=260,
    )  # fmt: skip
    with st.popover(t("who_pays.specification")):
        st.caption(t("who_pays.specification_help"))
        parts = {"ssp": 5, "damage": 4, "discount": 2, "rcp": 4}
        defaults = {"ssp": 2, "damage": 1, "discount": 1, "rcp": 1}
        chosen = [
            st.selectbox(
                t(f"who_pays.{name}"), list(range(1, n + 1)), index=defaults[name] - 1,
                format_func=lambda i, name=name: t(f"who_pays.{name}_{i}"),
                key=f"who_pays_{name}", bind="query-params",
            )
            for name, n in parts.items()
        ]  # fmt: skip
    return "s" + "".join(str(i) for i in chosen), eta


def figures(result: Burden) -> None:
    """The headline figures."""
    over = t("who_pays.over_specifications")
    sources = [t("who_pays.source_damages"), t("who_pays.source_use")]
    items = [
        Headline(
            "non-users", t("who_pays.non_users"), result.non_user_share, "share", note=over,
            working=Working(t("who_pays.non_users_formula"), factors=sources),
        ),
        Headline(
            "outside", t("who_pays.outside"), result.externalised_share, "share",
            note=over if result.externalised_share else t("who_pays.outside_unknown"),
            working=Working(t("who_pays.outside_formula"), factors=sources[:1]),
        ),
        Headline(
            "emissions", t("word.emissions"), result.emissions_g, "emissions",
            note=boundary_word(result.emissions_g.boundary) if result.emissions_g else t("who_pays.emissions_unknown"),
        ),
    ]  # fmt: skip
    headlines(items)


def maps(result: Burden) -> None:
    """Use and damage on one scale, and its legend."""
    palette = current_palette()
    left, right = st.columns(2, gap="medium")
    top_use = max(result.countries, key=lambda row: row.use_share.value if row.use_share else 0.0)
    top_damage = result.countries[0]
    with left:
        title = t("who_pays.map_use", country=top_use.name, share=who_pays.figure_text(top_use.use_share))
        chart(
            world.figure(who_pays.use_map(result), palette), title=title,
            subtitle=t(f"who_pays.map_use_{result.use_kind}"), alt=title, key="who-pays-use",
        )  # fmt: skip
    with right:
        title = t("who_pays.map_damage", country=top_damage.name, share=who_pays.damage_text(top_damage))
        subtitle = t("who_pays.map_damage_subtitle" if result.eta == 0 else "who_pays.map_damage_weighted")
        chart(
            world.figure(who_pays.damage_map(result), palette), title=title, subtitle=subtitle, alt=title,
            key="who-pays-damage",
        )  # fmt: skip
    colours = [*world.shades(palette, len(world.SHARE_EDGES) + 1), translucent(palette.quiet, 0.55)]
    words = [*who_pays.bin_words(), t("who_pays.legend_gain")]
    scale_legend(colours, words, outline=palette.quiet, hatched=[t("who_pays.legend_none")])


def income_groups(result: Burden) -> None:
    """Four panels: people, users, damages, loss relative to income."""
    groups = result.income_groups
    chart_title(who_pays.group_title(result), t("who_pays.groups_subtitle"))
    names = [t("who_pays.group", name=group.group) for group in groups]
    world_mean = t("who_pays.world")
    panels = who_pays.group_panels(groups)
    top = max(figure.value for name, (figures, _) in panels.items() if name != "loss" for figure in figures)
    for column, (name, (figures, words)) in zip(st.columns(4, gap="small"), panels.items(), strict=True):
        rows, values, texts, end = names, [figure.value for figure in figures], words, top
        if name == "loss":
            rows, values, texts, end = [*names, world_mean], [*values, 1.0], [*words, "1"], max(values)
        with column:
            label = t(f"who_pays.panel_{name}")
            st.markdown(f"**{label}**")
            plot(
                burden_charts.group_panel(
                    rows, values, texts, current_palette(), top=end, strong=name in STRONG, quiet=world_mean
                ),
                alt=f"{label}: " + "; ".join(f"{n} {x}" for n, x in zip(rows, texts, strict=True)),
                key=f"who-pays-{name}",
            )  # fmt: skip


def show(result: Burden) -> None:
    """The whole answer: sentence and figures above the controls, the rest below them."""
    with slot:
        poor = t(
            "who_pays.poor" if result.eta == 0 else "who_pays.poor_weighted",
            share=who_pays.figure_text(result.poor_share),
        )
        answer(sentence(result.verdict), poor)
        figures(result)
    st.caption(" ".join(plain(warning, limit=400) for warning in result.warnings))
    maps(result)
    income_groups(result)
    st.subheader(t("who_pays.table_title"), anchor=False)
    table(
        who_pays.table_of(result), key="who-pays-table", alt=t("who_pays.table_alt"), export=who_pays.export_of(result),
        file_name="who-pays.csv", height=420,
    )  # fmt: skip
    st.subheader(t("who_pays.caveats"), anchor=False)
    st.markdown("\n".join(f"- {plain(caveat, limit=600)}" for caveat in result.caveats))


with header(t("nav.who_pays")):
    pass
books = data.open_books()
slot = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    asked, kg = subject_controls(books)
    kind, typed_text, imported, benefiting = user_controls()
    spec, weight = weight_controls()
emissions = who_pays.emissions_of(books, asked, kg)
try:
    data.factors()  # puts the settings' newer files in place of the reference sets
    show(
        who_pays.worked_out(
            who_pays.key_of(emissions),
            users=who_pays.users_of(typed_text, imported),
            use_kind=kind,
            beneficiaries=benefiting,
            specification=spec,
            eta=weight,
            language=current_language(),
        )
    )
except LedgerError as error:
    error_state(str(error))
page_footer(books, boundary=t("who_pays.boundary"))
