"""The parts of our dashboards: rows of numbers and graphs, each of which says what bad looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Threshold, ThresholdsMode

#: Height of a panel and width of a row, in Grafana's units.
NUMBER_HEIGHT, GRAPH_HEIGHT, ROW_WIDTH = 4, 8, 24
#: Grafana fills in the window: four scrapes, or the time that one pixel stands for.
WINDOW = "$__rate_interval"
#: The viewer selects it on the dashboard.
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def per_minute(counter: str, by: str = "") -> str:
    """Events a minute, by labels; without any, all together."""
    return f"60 * sum by ({by}) (rate({counter}[{WINDOW}]))" if by else f"60 * sum(rate({counter}[{WINDOW}]))"


@dataclass(frozen=True)
class Number:
    """One figure. It is red from `bad_from` on, if that is given."""

    title: str
    #: What it shows, and what bad looks like.
    description: str
    query: str
    unit: str = "short"
    bad_from: float | None = None


@dataclass(frozen=True)
class Graph:
    """Curves over time: legend → query."""

    title: str
    #: What it shows, and what bad looks like.
    description: str
    queries: Mapping[str, str]
    unit: str = "short"
    stacked: bool = False


@dataclass(frozen=True)
class Row:
    """Panels that answer one question."""

    question: str
    panels: Sequence[Number | Graph]


def dashboard_json(uid: str, title: str, description: str, rows: Sequence[Row]) -> str:
    """A dashboard as Grafana reads it. Panels of a row share its width."""
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["fonoteca"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    ids = count(1)
    for row in rows:
        made = made.with_row(dashboard.Row(row.question).id(next(ids)))
        width = ROW_WIDTH // min(len(row.panels), 4)
        for panel in row.panels:
            shown = _number(panel, width) if isinstance(panel, Number) else _graph(panel, width)
            made = made.with_panel(shown.id(next(ids)))
    return str(JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(made.build())) + "\n"


def _query(expression: str, legend: str, name: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).datasource(SOURCE).ref_id(name)


def _number(panel: Number, width: int) -> stat.Panel:
    steps = [Threshold(value=None, color="green")]
    if panel.bad_from is not None:
        steps.append(Threshold(value=panel.bad_from, color="red"))
    return (
        stat.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(SOURCE)
        .unit(panel.unit)
        .height(NUMBER_HEIGHT)
        .span(width)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        .with_target(_query(panel.query, panel.title, "A"))
    )


def _graph(panel: Graph, width: int) -> timeseries.Panel:
    made = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(SOURCE)
        .unit(panel.unit)
        .min(0)
        .fill_opacity(20 if panel.stacked else 5)
        .height(GRAPH_HEIGHT)
        .span(width)
    )
    if panel.stacked:
        made = made.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    for name, (legend, expression) in zip(ascii_uppercase, panel.queries.items(), strict=False):
        made = made.with_target(_query(expression, legend, name))
    return made
